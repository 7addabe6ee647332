"""JUnit XML as pytest writes it: one outcome per test.

    <testsuite name="pytest" errors="0" failures="1" skipped="0" tests="2" time="0.04" timestamp="2026-11-23T07:54:21.673123+00:00" hostname="vm">
      <testcase classname="tests.test_x" name="test_fail" time="0.001"><failure message="AssertionError: HC1">…</failure></testcase>

Written by the test runner at the end of a session. Clock: its host. `timestamp` is the session's start: naive local time up to pytest 8.2
(zone assumed), with an offset from 8.3 on. Tests have durations only, so no time.

`test.result` names the lines of its test case, `test.total` that of the suite's tag. A test with an `error` beside a
pass is an error. The stage is the file's name below `junit/`.

Read by expat, without a document type: a document that declares one, and so could declare entities, is not
read; nor is one over 64 MiB. One that breaks off gives the tests before the break. Not read: properties, captured output.

References:
    https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files
    https://github.com/testmoapp/junitxml
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from xml.parsers import expat

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.documents import Document, documents, read_whole
from parsers.records.facts import NS_PER_US, attrs_text, plain, rows_of, timed
from parsers.records.instants import epoch_ns_of

_MAX_CHARS = 64 * 2**20
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?>.*?-->)\s*)*<testsuites?[\s>]", re.DOTALL)
_STAGE = re.compile(r"(?:^|/)junit/(?:junit[-_.])?([^/]+?)\.xml$")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:?\d\d)?")
_OUTCOMES = {"failure": "fail", "error": "error", "skipped": "skip"}
_RANK = {"pass": 0, "skip": 1, "fail": 2, "error": 3}


def _fits(path: str, head: bytes) -> Fit:
    return Fit(0.95, "XML that begins with a test suite") if _BEGINS.match(head) else Fit(0.0, "no XML that begins with a test suite")


class _DocumentType(Exception):
    """The document declares a type."""


class _Reader:
    """Collects rows while expat walks the tags."""

    def __init__(self, doc: Document) -> None:
        stage = _STAGE.search(doc.path)
        self.rows: list[dict[str, Any]] = []
        self._doc = doc
        self._stage = stage[1] if stage else None
        self._case: dict[str, Any] | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = False
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close

    def read(self) -> list[dict[str, Any]]:
        # The text is decoded already, whatever encoding the prolog names.
        text = re.sub(r"^\s*<\?xml[^>]*\?>", lambda m: "\n" * m[0].count("\n"), self._doc.text.lstrip("\ufeff"), count=1)
        with suppress(expat.ExpatError, _DocumentType):  # what was read before the break stands
            self._parser.Parse(text.encode("utf-8", "replace"), True)
            if self.rows:
                self.rows.append(read_whole(self._doc, self._doc.first, self._doc.first + text.rstrip().count("\n")))
        return self.rows

    def _line(self) -> int:
        return self._doc.first + self._parser.CurrentLineNumber - 1

    def _refuse(self, *_: object) -> None:
        raise _DocumentType

    def _open(self, tag: str, given: dict[str, str]) -> None:
        if tag == "testsuite":
            self._suite(given)
        elif tag == "testcase":
            node = "::".join(part for part in (given.get("classname"), given.get("name")) if part)
            self._case = {"node": node, "line": self._line(), "outcome": "pass", "reason": None, "ms": _ms(given.get("time"))}
        elif self._case is not None and tag in _OUTCOMES and _RANK[_OUTCOMES[tag]] > _RANK[self._case["outcome"]]:
            self._case |= {"outcome": _OUTCOMES[tag], "reason": given.get("message") or None}

    def _close(self, tag: str) -> None:
        case = self._case
        if tag != "testcase" or case is None:
            return
        self._case = None
        if case["node"]:
            told = {"node": plain(case["node"]), "reason": plain(case["reason"]), "ms": case["ms"], "stage": plain(self._stage)}
            line = {"line_no": case["line"], "line_last": self._line()}
            self.rows.append(
                {
                    "source": self._doc.source,
                    "kind": "test.result",
                    **line,
                    "clock_kind": "none",
                    "outcome": case["outcome"],
                    "attrs": attrs_text(told),
                }
            )

    def _suite(self, given: dict[str, str]) -> None:
        counts = ",".join(f"{key}={given[key]}" for key in ("tests", "failures", "errors", "skipped") if key in given)
        ns, clock_kind = _moment(given.get("timestamp"))
        told = {"counts": plain(counts) or None, "seconds": _seconds(given.get("time"))}
        line = self._line()
        self.rows.append(
            {
                "source": self._doc.source,
                "kind": "test.total",
                "line_no": line,
                "line_last": line,
                "ts_ns": ns,
                "clock_kind": clock_kind,
                "attrs": attrs_text(told),
            }
        )


def _moment(text: str | None) -> tuple[int | None, str]:
    parts = _STAMP.fullmatch(text or "")
    if parts is None:
        return None, "none"
    zone = re.sub(r"^([+-]\d\d)(\d\d)$", r"\1:\2", parts[3] or "Z")
    ns = epoch_ns_of(f"{parts[1]}T{parts[2]}{zone}")
    return ns, "none" if ns is None else "stated" if parts[3] else "zone-assumed"


def _seconds(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", ""))
    except ValueError:  # "1 234.5", "n/a"
        return None
    return value if abs(value) < float("inf") else None


def _ms(text: str | None) -> int | None:
    seconds = _seconds(text)
    return None if seconds is None or abs(seconds) > 1e12 else round(seconds * 1000)


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    rows = [row for doc in documents(batch) if len(doc.text) <= _MAX_CHARS for row in _Reader(doc).read()]
    facts = rows_of(rows, batch)
    return facts.with_columns(*timed(pl.col("ts_ns") // NS_PER_US * NS_PER_US), pl.lit(None, pl.Int64).alias("ts_ns"))


_DOC = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="3" time="0.041" timestamp="2026-11-23T07:54:21.673123+00:00" hostname="vm">
<testcase classname="tests.test_x" name="test_ok" time="0.001" />
<testcase classname="tests.test_x" name="test_fail" time="0.012"><failure message="AssertionError: HC1: chaos commit">trace
back</failure></testcase>
<testcase classname="tests.test_x" name="test_skip" time="0.000"><skipped type="pytest.skip" message="no backup labels">x</skipped></testcase>
</testsuite></testsuites>
"""

JUNIT_XML = Record(
    name="junit_xml",
    version=3,
    kinds=("test.result", "test.total", "document"),
    references=(
        "https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files",
        "https://github.com/testmoapp/junitxml",
    ),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="junit:{source}",
    samples=(
        Sample(
            _DOC,
            [
                {
                    "kind": "test.total",
                    "line_no": 2,
                    "ts": "2026-11-23 07:54:21.673123+00:00",
                    "clock_kind": "stated",
                    "attrs": {"counts": "tests=3,failures=1,errors=0,skipped=1", "seconds": 0.041},
                },
                {
                    "kind": "test.result",
                    "line_no": 3,
                    "outcome": "pass",
                    "attrs": {"node": "tests.test_x::test_ok", "ms": 1, "stage": "install"},
                },
                {
                    "kind": "test.result",
                    "line_no": 4,
                    "line_last": 5,
                    "outcome": "fail",
                    "attrs": {"reason": "AssertionError: HC1: chaos commit", "ms": 12},
                },
                {"kind": "test.result", "line_no": 6, "outcome": "skip", "attrs": {"reason": "no backup labels"}},
            ],
            "runs/184/junit/install.xml",
            synthetic=True,
        ),
        Sample('<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite><testcase classname="c" name="&a;"/></testsuite>', None, synthetic=True),
        Sample("<testsuite", None, synthetic=True),
    ),
)
