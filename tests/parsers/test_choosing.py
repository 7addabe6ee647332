"""A format is chosen by how a source begins, whatever stands there."""

from __future__ import annotations

import json

import pytest

from parsers import engine
from parsers.registry import RECORDS

# Each repeats what some format looks for, and never gets there: patterns that could try a beginning in many ways would try for minutes.
BEGINNINGS = {
    "blanks": b" " * 65_000 + b"x",
    "empty lines": b"\n" * 65_000,
    "comments in XML": b"<!---->" * 9_000 + b"x",
    "versions of a recording": b"{" + b'"version": 2,' * 5_000,
    "a runner's name": b"2026 a" + b"(version:" * 7_000,
    "actions of docker": b"[{" + b'"Action":' * 7_000,
    "ids of services": b'[{"ID":' * 9_000,
    "commits": b"commit " + b"a" * 40 + b" (" * 30_000,
    "brackets": b"[{" * 30_000,
}


@pytest.mark.parametrize("head", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_beginning_that_only_repeats_what_a_format_looks_for_is_no_record(head: bytes) -> None:
    for path in ("x.log", "servers/d.env", "claims.md", ".git/packed-refs"):
        fits = [record.fits(path, head) for record in RECORDS]

        assert max(fit.score for fit in fits) <= 0.5
        assert all(fit.why for fit in fits)
    assert engine.choose("x.log", head).kind == "text"


@pytest.mark.parametrize("end", ["", "\n"], ids=["unended", "ended"])
def test_a_log_that_is_one_line_longer_than_what_is_looked_at_first_is_known_by_its_beginning(end: str) -> None:
    drone = json.dumps([{"pos": n, "out": f"a line of the log, of some length, number {n}\n", "time": n} for n in range(2_000)])
    cast = json.dumps({"version": 1, "width": 80, "height": 24, "stdout": [[0.25, f"a line, number {n}\r\n"] for n in range(4_000)]})

    for text, chain in ((drone, ("json_array", "drone")), (cast, ("asciicast_1",))):
        head = (text + end).encode()[: engine.HEAD_BYTES]

        assert len(text) > len(head)
        assert engine.choose("x.log", head).chain == chain


@pytest.mark.parametrize("hole", [b"\0" * 3_000, b"\0" * 30_000, b"\0"], ids=["short", "long", "single"])
@pytest.mark.parametrize("at", [0, 40, 4_000])
def test_nul_bytes_that_a_crash_left_in_a_log_do_not_cost_its_lines(hole: bytes, at: int) -> None:
    text = b"".join(b"2026-11-23 08:55:27,546 INFO ccci.run: line %d\n" % n for n in range(200))

    choice = engine.choose("x.log", (text[:at] + hole + text[at:])[: engine.HEAD_BYTES])

    assert (choice.kind, choice.chain) == ("text", ("python_logging",))


@pytest.mark.parametrize(
    "head",
    [
        "a log\r\n".encode("utf-16") * 50,
        b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x03\0>\0\x01\0\0\0" * 40,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x07\x80\0\0\x04\x38\x08\x06\0\0\0",
        b"\0" * 5_000,
    ],
    ids=["UTF-16", "program", "picture", "nothing but NUL"],
)
def test_what_is_no_text_is_not_read_as_one(head: bytes) -> None:
    assert engine.choose("x.log", head).kind == "unparsed"
