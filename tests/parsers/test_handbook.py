"""The page of envelopes says what the registry holds."""

from pathlib import Path

import pytest

from parsers import handbook
from parsers.registry import ENVELOPES

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


def test_the_page_is_the_one_that_the_registry_makes() -> None:
    assert PAGE.read_text("utf-8") == handbook.page(), "python -m parsers.handbook > docs/formats.md"


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.name)
def test_an_envelope_has_a_section_with_a_line_that_wears_it(envelope: object) -> None:
    section = handbook.page().split(f"\n## {envelope.name}\n")[1].split("\n## ")[0]

    assert "\n    " in section and "Not read:" in section
    assert all(reference in section for reference in envelope.references)
