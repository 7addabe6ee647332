"""Reflogs as git prints them: `git reflog`, `git log -g`, and the NUL-separated export.

    7ae7b0f7 (HEAD, origin/pr) HEAD@{2024-06-10T08:51:20+02:00}: checkout: moving from main to 7ae7b0f7      git reflog --date=iso-strict

    commit 7ae7b0f76efb…                                                                                     git log -g
    Reflog: HEAD@{0} (NAME <MAIL>)
    Reflog message: checkout: moving from main to 7ae7b0f7

    7ae7b0f7…␀HEAD@{1718002280 +0200}␀NAME␀MAIL␀checkout: …        git log -g --date=raw --format='%H%x00%gD%x00%gn%x00%ge%x00%gs'

Written by git for whoever asked, newest first. There is no old oid, and in the first form no identity. The time stands in the selector, if a `--date` was asked
for: iso, iso-strict, raw, unix, default and rfc with their offset; `local` without one (zone assumed, or declared). `HEAD@{0}` has no time (its
number is in `attrs.index`), and of the lossy forms (`short`, `relative`, `human`) none is taken. In `git log -g`, `Date:` is the commit's own, not the
move's. Not read: that date, authors, bodies.

The file itself (`git_reflog`) beats all of these.

References:
    https://git-scm.com/docs/git-reflog
    https://git-scm.com/docs/git-log#Documentation/git-log.txt---walk-reflogs
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import LOCATOR, NS_PER_S, US_PER_S, attrs, located, timed
from parsers.records.git_reflog import OID, message_parts
from parsers.records.instants import epoch_ns
from parsers.records.sight import fit_of_lines

_SELECTOR = r"(?P<ref>[^\s@]\S*?)@\{(?P<selector>[^}]*)\}"
_PLAIN = rf"^(?P<oid>[0-9a-f]{{4,64}}) (?:\([^)]*\) )?{_SELECTOR}: (?P<message>.*)$"
_NUL = rf"^(?P<oid>{OID})\x00{_SELECTOR}\x00(?P<name>[^\x00]*)\x00(?P<mail>[^\x00]*)\x00(?P<message>[^\x00]*)$"
_PLAIN_RE = re.compile(
    rf"^(?:[0-9a-f]{{4,64}} (?:\([^)\n]*\) )?[^\s@]\S*?@\{{[^}}\n]*\}}: |{OID}\x00\S+?@\{{[^}}\n]*\}}\x00)".encode(), re.MULTILINE
)
_COMMIT = rf"^commit ({OID})(?: \(.*\))?$"
_REFLOG = rf"^Reflog: {_SELECTOR} \((?P<actor>.*)\)$"
_MESSAGE = r"^Reflog message: (.*)$"
_BLOCK_RE = re.compile(rf"\s*commit {OID}(?: \(.*\))?\r?\nReflog: ".encode())
_LOCAL = r"^[A-Z][a-z]{2} .* \d{4}$"  # `--date=local` leaves the offset out
_MONTHS = {m: f"{n:02}" for n, m in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)}


def _fits(path: str, head: bytes) -> Fit:
    if b"@{" not in head:
        return Fit(0.0, "no ref@{…}")
    return fit_of_lines(_PLAIN_RE, head, "an oid and ref@{…}, as git reflog prints", best=0.9)


def _fits_walk(path: str, head: bytes) -> Fit:
    return (
        Fit(0.95, "commits with a Reflog: line, as git log -g prints")
        if b"Reflog: " in head and _BLOCK_RE.match(head)
        else Fit(0.0, "no commit with a Reflog: line")
    )


def moment(selector: pl.Expr) -> pl.Expr:
    """Epoch nanoseconds of what stands in `@{…}`; null for a number and for forms that lose the second or the zone."""
    unix = selector.str.extract(r"^([0-9]{6,9}|[1-8][0-9]{9})(?: [+-][0-9]{4})?$").cast(pl.Int64, strict=False) * NS_PER_S
    iso = selector.str.replace(r"^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d) ?([+-]\d\d):?(\d\d)$", "${1}T${2}${3}:${4}")
    words = selector.str.extract_groups(
        r"^[A-Z][a-z]{2},? (?:([A-Z][a-z]{2}) (\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})|(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d))(?: ([+-]\d\d)(\d\d))?$"
    )
    month, day, clock, year = (
        pl.coalesce(words.struct.field(str(a)), words.struct.field(str(b))) for a, b in ((1, 6), (2, 5), (3, 8), (4, 7))
    )
    spelled = pl.concat_str(
        year,
        pl.lit("-"),
        month.replace(_MONTHS),
        pl.lit("-"),
        day.str.zfill(2),
        pl.lit("T"),
        clock,
        pl.concat_str(words.struct.field("9"), pl.lit(":"), words.struct.field("10")).fill_null("Z"),
    )
    return pl.coalesce(unix, epoch_ns(iso), epoch_ns(spelled))


def _facts(moves: pl.DataFrame) -> pl.DataFrame:
    """Facts of moves with a locator and the columns oid, ref, selector, actor and message."""
    moves = moves.with_columns(
        ns=moment(pl.col("selector")), index=pl.col("selector").str.extract(r"^([0-9]{1,5})$").cast(pl.Int64, strict=False)
    )
    named = pl.col("ref").str.replace(r"^((?:heads|remotes|tags|notes)/|stash$)", "refs/${1}")
    return moves.select(
        *LOCATOR,
        *timed(pl.col("ns"), span_us=US_PER_S - 1),
        kind=pl.lit("head.move"),
        clock_kind=pl.when(pl.col("ns").is_null())
        .then(pl.lit("none"))
        .when(pl.col("selector").str.contains(_LOCAL))
        .then(pl.lit("zone-assumed"))
        .otherwise(pl.lit("stated")),
        ref=named,
        commit="oid",
        actor="actor",
        attrs=attrs(index=pl.col("index"), **message_parts(pl.when(pl.col("message") != "").then("message"))),
    )


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    lines = batch.with_columns(plain=pl.col("text").str.contains(_PLAIN), nul=pl.col("text").str.contains(_NUL)).filter(
        pl.col("plain") | pl.col("nul")
    )
    plain, nul = pl.col("text").str.extract_groups(_PLAIN).struct, pl.col("text").str.extract_groups(_NUL).struct
    both = {name: pl.coalesce(nul.field(name), plain.field(name)) for name in ("oid", "ref", "selector", "message")}
    actor = pl.concat_str(nul.field("name"), pl.lit(" <"), nul.field("mail"), pl.lit(">"))
    return _facts(lines.select(*located(), actor=actor, **both))


def _parse_walk(batch: pl.DataFrame) -> pl.DataFrame:
    """A block is a commit line, its `Reflog:` line and, if git had one, its message."""
    text = pl.col("text")
    lines = batch.with_columns(size=pl.col("raw").bin.size().cast(pl.Int64))
    after = {n: text.shift(-n).over("source") for n in (1, 2)}
    reflog = after[1].str.extract_groups(_REFLOG).struct
    lines = lines.with_columns(
        oid=text.str.extract(_COMMIT),
        ref=reflog.field("ref"),
        selector=reflog.field("selector"),
        actor=reflog.field("actor"),
        message=after[2].str.extract(_MESSAGE),
        size_1=pl.col("size").shift(-1).over("source"),
        size_2=pl.col("size").shift(-2).over("source"),
    ).filter(pl.col("oid").is_not_null() & pl.col("ref").is_not_null())
    told = pl.col("message").is_not_null()
    return _facts(
        lines.with_columns(
            line_last=pl.col("line_no") + 1 + told.cast(pl.Int64),
            length=pl.col("size") + pl.col("size_1") + pl.when(told).then("size_2").otherwise(0),
            ordinal=pl.lit(0, pl.UInt32),
        )
    )


_O = "7ae7b0f76efb" + "0" * 28

GIT_REFLOG_EXPORT = Record(
    name="git_reflog_export",
    version=3,
    kinds=("head.move",),
    references=("https://git-scm.com/docs/git-reflog",),
    scope="line",
    fits=_fits,
    parse=_parse,
    clock="git:{source}",
    samples=(
        Sample(
            "7ae7b0f7 HEAD@{0}: checkout: moving from main to 7ae7b0f7\n",
            [
                {
                    "kind": "head.move",
                    "ref": "HEAD",
                    "commit": "7ae7b0f7",
                    "ts": None,
                    "clock_kind": "none",
                    "attrs": {"index": 0, "from": "main", "to": "7ae7b0f7"},
                }
            ],
            synthetic=True,
        ),
        Sample(
            "7ae7b0f7 (HEAD, tag: v1) HEAD@{2024-06-10 08:51:20 +0200}: reset: moving to HEAD\n",
            [{"kind": "head.move", "clock_kind": "stated", "ts": "2024-06-10 06:51:20+00:00", "attrs": {"action": "reset"}}],
            synthetic=True,
        ),
        Sample(
            f"{_O}\x00refs/heads/main@{{1718002280 +0200}}\x00NAME\x00MAIL\x00commit: x\n",
            [
                {
                    "kind": "head.move",
                    "ref": "refs/heads/main",
                    "ts": "2024-06-10 06:51:20+00:00",
                    "actor": "NAME <MAIL>",
                    "attrs": {"message": "commit: x"},
                }
            ],
            synthetic=True,
        ),
        Sample(
            "7ae7b0f7 HEAD@{Mon Jun 10 08:51:20 2024 +0200}: commit: x\n",
            [{"kind": "head.move", "ts": "2024-06-10 06:51:20+00:00"}],
            synthetic=True,
        ),
        Sample(
            "7ae7b0f7 HEAD@{Mon, 10 Jun 2024 08:51:20 +0200}: commit: x\n",
            [{"kind": "head.move", "ts": "2024-06-10 06:51:20+00:00"}],
            synthetic=True,
        ),
        Sample(
            "7ae7b0f7 HEAD@{Mon Jun 10 08:51:20 2024}: commit: x\n",
            [{"kind": "head.move", "ts": "2024-06-10 08:51:20+00:00", "clock_kind": "zone-assumed"}],
        ),
        Sample("7ae7b0f7 HEAD@{1718002280}: commit: x\n", [{"kind": "head.move", "ts": "2024-06-10 06:51:20+00:00"}]),
        Sample("7ae7b0f7 HEAD@{2024-06-10}: commit: x\n", [{"kind": "head.move", "ts": None, "clock_kind": "none"}]),
        Sample("7ae7b0f7 HEAD@{3 days ago}: commit: x\n", [{"kind": "head.move", "ts": None, "clock_kind": "none"}], synthetic=True),
        Sample("7ae7b0f7 HEAD: commit: x\n", None, synthetic=True),
    ),
)

GIT_LOG_WALK = Record(
    name="git_log_walk",
    version=3,
    kinds=("head.move",),
    references=("https://git-scm.com/docs/git-log#Documentation/git-log.txt---walk-reflogs",),
    scope="document",
    fits=_fits_walk,
    parse=_parse_walk,
    clock="git:{source}",
    samples=(
        Sample(
            f"commit {_O} (HEAD)\nReflog: HEAD@{{0}} (NAME <MAIL>)\nReflog message: checkout: moving from main to v1\nAuthor: NAME <MAIL>\nDate:   Mon Jun 10 08:51:20 2024 +0200\n\n    x\n",
            [
                {
                    "kind": "head.move",
                    "ref": "HEAD",
                    "commit": _O,
                    "ts": None,
                    "actor": "NAME <MAIL>",
                    "line_no": 1,
                    "line_last": 3,
                    "attrs": {"index": 0, "to": "v1"},
                }
            ],
            synthetic=True,
        ),
        Sample(f"commit {_O}\nAuthor: NAME <MAIL>\n", None, synthetic=True),
    ),
)
