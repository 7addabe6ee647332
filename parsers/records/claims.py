"""What people state, one claim a line, to be checked like everything else.

    claim run=dstamp-repro4 at=2026-11-23T08:43:00Z by="J. Doe": the re-checkout failed

Written by `forensics claim`, or by hand into a file named `claims.md`, `NAME.claims` or `claims.txt`, where other text may stand around it; a
list marker in front does no harm. Each of `run`, `stack`, `at` and `by` may be missing, in any order; a value with spaces stands in double
quotes. `at` is when it is said to have been so: RFC 3339, with its zone, seconds may be missing. The rest of the line is the claim.

The words are mapped to a predicate that evidence can contradict, by `PREDICATES`: the first that fits, and none where the sentence holds a
`not` or the like that would turn it round. Its subject is the version, run or commit that it names. A claim without a predicate is kept and shown, and
checked by nobody. What we do not read: several claims in one sentence; who "it" is.

References:
    https://www.rfc-editor.org/rfc/rfc3339
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import LOCATOR, US_PER_S, attrs, located, timed
from parsers.records.instants import epoch_ns

_VALUE = r'(?:"[^"]*"|[^\s":]\S*?)'
_FIELD = rf"(?:run|stack|at|by)={_VALUE}"
CLAIM = rf"^\s*(?:[-*+]\s+)?claim((?:\s+{_FIELD})*)\s*:\s+(\S.*?)\s*$"
_NAMED = re.compile(r"(?:^|/)(?:[^/]*[._-])?claims?(?:\.(?:md|txt|claims?))?$|\.claims?$")
_LINE = re.compile(rb"^[ \t]*(?:[-*+][ \t]+)?claim(?:[ \t]+(?:run|stack|at|by)=|[ \t]*:)", re.MULTILINE)
_INSTANT = r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$"

COMMIT = r"[0-9a-f]{7,40}(?:\+U)?"
VERSION = rf"(?:{COMMIT}|v?\d+\.\d+[\w.]*(?:\+\S*[\w])?)"
RUN = r"(?:run\s+)?[`'\"]?([\w][\w./-]*[\w]|\w)"
TURNED = r"(?i)\b(?:not|never|no|nothing|without|neither|nor|cannot|hardly|almost|unlikely|if|would|should)\b|n['’]t\b"


@dataclass(frozen=True)
class Predicate:
    """What somebody can assert. `words` recognises it in a sentence; `subject` is a pattern whose first group is what it is asserted of."""

    name: str
    says: str
    words: str
    subject: str
    turns: bool = True  # a `not` in the sentence makes it another claim, which is not known


PREDICATES = (
    Predicate(
        "recheckout-failed",
        "the work tree was not brought to the commit under test before the upgrade",
        r"(?i)\bre-?check-?out\b.*\b(?:fail|did(?:n['’]t| not)|never|missing|skipped|broken)|\bwrong (?:checkout|HEAD)\b|\bnever checked out\b",
        rf"\b({COMMIT})\b",
        turns=False,
    ),
    Predicate(
        "concurrent",
        "another run deployed to the same stack at the same time",
        r"(?i)\b(?:concurrent(?:ly)?|in parallel|at the same time|simultaneous(?:ly)?|overlap(?:s|ped|ping)?|collided|raced)\b",
        rf"(?i)\b(?:with|as|by|and)\s+{RUN}",
    ),
    Predicate(
        "promoted",
        "a version was recorded as known good",
        r"(?i)\bpromot(?:ed|ion (?:succeeded|done|ok))\b",
        rf"(?:^|[\s`'\"(])({VERSION})(?:[\s`'\"),.;]|$)",
    ),
    Predicate(
        "rolled-back",
        "swarm, or somebody, put the old version back",
        r"(?i)\broll(?:ed|ing|s)?[ -]?(?:\S+ ){0,3}back\b|\breverted\b",
        rf"(?:^|[\s`'\"(])({VERSION})(?:[\s`'\"),.;]|$)",
    ),
    Predicate(
        "torn-down",
        "the stack was removed",
        r"(?i)\b(?:torn down|tore down|undeployed|teardown (?:succeeded|done|ok|worked))\b",
        r"(?i)\bstack\s+[`'\"]?([\w.-]*\w)",
    ),
    Predicate(
        "deployed",
        "the deploy took effect: the stack held that version",
        r"(?i)\b(?:deployed|deploy(?:ment)? (?:succeeded|worked|done|ok|went through)|upgraded|upgrade (?:succeeded|worked|done|ok))\b",
        rf"(?:^|[\s`'\"(])({VERSION})(?:[\s`'\"),.;]|$)",
    ),
    Predicate(
        "passed",
        "the run, or its stage, passed",
        r"(?i)\b(?:passed|green|all tests pass)\b",
        r"(?i)\b(?:stage|step)\s+[`'\"]?([\w-]+)",
    ),
)


def _fits(path: str, head: bytes) -> Fit:
    hits = len(_LINE.findall(head)) if b"claim" in head else 0
    if not hits:
        return Fit(0.0, "no line that begins with `claim` and its fields")
    if _NAMED.search(path):
        return Fit(0.95, f"{hits} claims, in a file named for them")
    lines = sum(1 for line in head.split(b"\n") if line.strip())
    return Fit(round(0.8 * hits / max(lines, 1), 3), f"{hits} of the first {lines} lines are claims")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    rows = batch.filter(pl.col("text").str.contains(CLAIM)).select(*located(), "text")
    rows = rows.with_columns(fields=pl.col("text").str.extract(CLAIM, 1), said=pl.col("text").str.extract(CLAIM, 2))
    rows = rows.with_columns(_field(name) for name in ("run", "stack", "at", "by"))
    parts = pl.col("at").str.extract_groups(_INSTANT).struct
    seconds = parts.field("3").fill_null(":00")
    instant = pl.concat_str(parts.field("1"), pl.lit("T"), parts.field("2"), seconds, parts.field("4"))
    width = pl.when(parts.field("3").is_null()).then(60 * US_PER_S).when(parts.field("3").str.contains(r"\.")).then(1).otherwise(US_PER_S)
    turned = pl.col("said").str.contains(TURNED)
    fits = [pl.col("said").str.contains(p.words) & ~(turned if p.turns else pl.lit(False)) for p in PREDICATES]
    rows = rows.with_columns(
        ns=epoch_ns(instant),
        width=width,
        predicate=pl.coalesce(pl.when(fit).then(pl.lit(p.name)) for p, fit in zip(PREDICATES, fits, strict=True)),
    )
    subject = [pl.when(pl.col("predicate") == p.name).then(pl.col("said").str.extract(p.subject, 1)) for p in PREDICATES]
    rows = rows.with_columns(subject=pl.coalesce(subject))
    version = pl.col("predicate").is_in(["deployed", "promoted", "rolled-back", "recheckout-failed"])
    return rows.select(
        *LOCATOR,
        *timed(pl.col("ns"), span_us=pl.col("width") - 1),
        "run",
        "stack",
        kind=pl.lit("claim"),
        clock_kind=pl.when(pl.col("ns").is_null()).then(pl.lit("none")).otherwise(pl.lit("stated")),
        stamp=pl.when(version).then("subject"),
        actor="by",
        attrs=attrs(
            text=pl.col("said"),
            predicate=pl.col("predicate"),
            subject=pl.col("subject"),
            by=pl.col("by"),
            at=pl.when(pl.col("ns").is_null()).then("at"),
        ),
    )


def _field(name: str) -> pl.Expr:
    """The value of one field, without its quotes; null where it is missing or empty."""
    value = pl.col("fields").str.extract(rf"(?:^|\s){name}=({_VALUE})(?:\s|$)", 1).str.strip_chars('"')
    return pl.when(value != "").then(value).alias(name)


_IN = "claims/claims.md"

CLAIMS = Record(
    name="claims",
    version=1,
    kinds=("claim",),
    references=("https://www.rfc-editor.org/rfc/rfc3339",),
    scope="line",
    fits=_fits,
    parse=_parse,
    clock="claims",
    samples=(
        Sample(
            'claim run=dstamp-repro4 at=2026-11-23T08:43:00Z by="J. Doe": the re-checkout failed\n',
            [
                {
                    "kind": "claim",
                    "run": "dstamp-repro4",
                    "ts": "2026-11-23 08:43:00+00:00",
                    "actor": "J. Doe",
                    "attrs": {"predicate": "recheckout-failed", "text": "the re-checkout failed", "by": "J. Doe"},
                }
            ],
            _IN,
            synthetic=True,
        ),
        Sample(
            "# Monday\n\n- claim run=m2p: it ran concurrently with run ab\n* claim by=ops stack=disc-1 : we deployed a7be5bae+U\n",
            [
                {"kind": "claim", "line_no": 3, "run": "m2p", "ts": None, "attrs": {"predicate": "concurrent", "subject": "ab"}},
                {"kind": "claim", "line_no": 4, "stack": "disc-1", "stamp": "a7be5bae+U", "attrs": {"predicate": "deployed"}},
            ],
            _IN,
            synthetic=True,
        ),
        Sample(
            'claim at="2026-11-23 09:43+01:00" run=x: 0.7.0+3.3.1 was promoted, I think\nclaim: it was not deployed\n',
            [
                {
                    "kind": "claim",
                    "ts": "2026-11-23 08:43:00+00:00",
                    "stamp": "0.7.0+3.3.1",
                    "attrs": {"predicate": "promoted", "subject": "0.7.0+3.3.1"},
                },
                {"kind": "claim", "attrs": {"predicate": None, "text": "it was not deployed"}},
            ],
            _IN,
            synthetic=True,
        ),
        Sample("We claim that it was deployed.\n", None, _IN, synthetic=True),
        Sample("claim run=x deployed\n", None, _IN, synthetic=True),
    ),
)
