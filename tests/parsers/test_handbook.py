"""The page of formats says what the registries hold, and is Markdown."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from parsers import handbook
from parsers.handbook import homes, markdown
from parsers.kinds import KINDS
from parsers.record import Record
from parsers.registry import ENVELOPES, RECORDS, RULES
from parsers.rule import Rule

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
PARSER = MarkdownIt("commonmark").enable("table")


@pytest.fixture(scope="module")
def page() -> str:
    return handbook.page()


def rows(text: str) -> dict[str, list[str]]:
    """The tables' rows as they are shown: the other cells by the first one."""
    cells: list[list[str]] = []
    for token in PARSER.parse(text):
        if token.type == "tr_open":
            cells.append([])
        elif token.type == "inline" and cells and token.level > 3:
            cells[-1].append("".join(child.content for child in token.children or ()))
    return {name: rest for name, *rest in cells}


def test_the_page_is_the_one_that_the_registries_make(page: str) -> None:
    assert PAGE.read_text("utf-8") == page, "python -m parsers.handbook > docs/formats.md"


def test_nothing_on_the_page_is_taken_for_html_and_every_link_leads_somewhere(page: str) -> None:
    tokens = [child for token in PARSER.parse(page) for child in (token, *(token.children or ()))]

    headings = {page.splitlines()[token.map[0]].lstrip("# ") for token in tokens if token.type == "heading_open" and token.map}
    anchors = {heading.lower().replace(",", "").replace(" ", "-") for heading in headings}
    links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert not [token.content for token in tokens if token.type in ("html_block", "html_inline")]
    assert len(headings) == page.count("\n## ") + page.count("\n### ") + 1
    assert {link[1:] for link in links if link.startswith("#")} <= anchors


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.name)
def test_an_envelope_has_a_section_with_a_line_that_wears_it(envelope: object, page: str) -> None:
    section = page.split(f"\n### {envelope.name}\n")[1].split("\n### ")[0]
    said, not_read = section.split("\nNot read:")

    assert "\n\n    " in said and "\n    " in not_read
    assert all(reference in section for reference in envelope.references)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_is_shown_with_a_message_of_its_samples_its_kind_and_what_it_fills(rule: Rule, page: str) -> None:
    reads, gives = rows(page)[rule.name]

    shown = [markdown.visible(s.text.replace("\n", " ⏎ ")).strip() for s in rule.samples if s.expect is not None]
    assert any(reads.startswith(text[: markdown.LONGEST - 1]) for text in shown)
    assert gives.split(":")[0] == rule.kind
    assert all(name in gives for name in rule.extra)
    assert all(f"{name}={value}" in gives for name, value in rule.fixed.items())


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.name)
def test_a_record_parser_has_a_section_with_an_example_and_the_kinds_that_it_gives(record: Record, page: str) -> None:
    (title,) = [line for line in page.splitlines() if line.startswith("### ") and record.name in line[4:].split(", ")]
    section = page.split(f"\n{title}\n")[1].split("\n### ")[0].split("\n## ")[0]

    assert "\n\n    " in section
    assert rows(page)[record.name][0]
    assert all(f"\n- `{kind}`" in section for kind in record.kinds if kind != "document")
    assert all(reference in section for reference in record.references)


def test_every_kind_is_told(page: str) -> None:
    told = rows(page)

    assert all(told[name][0].replace("`", "") == kind.says.replace("`", "") for name, kind in KINDS.items())


@pytest.mark.parametrize("text", ["a|b", "a `b` c", "``", "a\nb", "a\rb\x1b[0K", "<b>*x*</b>", "x" * 500])
def test_a_sample_stays_text_in_a_table_whatever_it_holds(text: str) -> None:
    told = rows("# x\n\n" + markdown.table(("name", "reads"), [("x", markdown.code(text))]))["x"]

    shown = markdown.visible(text.replace("\n", " ⏎ "))
    assert told == [shown if len(shown) <= markdown.LONGEST else shown[: markdown.LONGEST - 1] + "…"]


def test_what_no_module_holds_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"no module of parsers\.rules holds"):
        homes.homes("parsers.rules", [*RULES, object()])
