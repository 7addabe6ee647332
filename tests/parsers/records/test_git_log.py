from __future__ import annotations

import pytest
from reading import picked, read

from parsers.records.git_log import GIT_LOG

A = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2"


@pytest.mark.parametrize(
    ("rest", "decoration", "subject", "tags"),
    [
        ("  pr: step 7", None, "pr: step 7", None),
        (" HEAD, origin/pr upgrade to 0.9.0+3.5.0", "HEAD, origin/pr", "upgrade to 0.9.0+3.5.0", None),
        (" tag: a, tag: b, main x", "tag: a, tag: b, main", "x", "a, b"),
        (" HEAD -> main, tag: v1 fix: one, two", "HEAD -> main, tag: v1", "fix: one, two", "v1"),
        (" main fix, then go", "main", "fix, then go", None),
        (" main ümlaut, (tag: x)", "main", "ümlaut, (tag: x)", None),
        (" (tag: v1, main) fix (again)", "tag: v1, main", "fix (again)", "v1"),
        ("  (tag: v1) not a decoration", None, "(tag: v1) not a decoration", None),
        (" tag: v1 ", "tag: v1", None, "v1"),
        (" main", "main", None, None),
        ("  ", None, None, None),
        ("", None, None, None),
    ],
)
def test_decoration_and_subject_are_told_apart(rest: str, decoration: str | None, subject: str | None, tags: str | None) -> None:
    events = read(GIT_LOG, f"{A} 2026-11-23T08:42:18+01:00{rest}\n")

    assert picked(events, "commit", ".decoration", ".subject", ".tags") == [(A, decoration, subject, tags)]
    assert str(events[0]["ts"]) == "2026-11-23 07:42:18+00:00"
