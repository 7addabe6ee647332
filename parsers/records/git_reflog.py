"""Reflogs as git keeps them: where a ref stood, line by line.

    92a304dd… a7be5bae… ci <ci@ci.example.org> 1795423365 +0000⇥checkout: moving from main to a7be5bae…

Written by git itself, appended at each move of HEAD or a branch: `logs/HEAD`, `logs/refs/**`, the same below
`worktrees/<id>/`, `modules/**` or a bare repository. Time is whole epoch seconds with an offset, from the
*committer's* environment: it can be forged and need not rise. Lines are in order of writing.

Not read: the offset (the seconds are UTC already). What git itself would not take is unparsed: a line without
oids or `>`, time 0. Git skips a last line without its newline too; where that has all before the message, HEAD was moved, or a copy lost its end: it is read,
`attrs.unfinished` says so, and of its message, which may go on, `to` is not taken. What is not logged at all (go-git, checkouts between refs of one commit
while detached) leaves no line; the gap is for the correlator to find.

References:
    https://git-scm.com/docs/git-reflog
    https://github.com/git/git/blob/v2.39.5/refs/files-backend.c
"""

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import US_PER_S, attrs, located, timed_us
from parsers.records.sight import fit_of_lines

OID = r"(?:[0-9a-f]{64}|[0-9a-f]{40})"
_LINE = rf"^{OID} {OID} [^>\n]*> [0-9]{{1,11}} [+-][0-9]{{4}}(?:\t.*)?$"
_HEAD = re.compile(rf"^{OID} {OID} [^>\n]*> [0-9]+ [+-][0-9]{{4}}(?:\t|\r?$)".encode(), re.MULTILINE)
PLACE = r"^(?:(?P<dir>.*?)/)?logs/(?P<ref>HEAD|refs/.+)$"
_PLACE = re.compile(PLACE)
# git folds white space, and cuts `from` at the first ` to `, whatever was typed after it.
_CHECKOUT = r"^checkout: moving from (\S+) to (.+)$"
_ACTION = r"^([a-z][a-z-]*(?: \([a-z-]+\))?)(?:: | |$)"


def _fits(path: str, head: bytes) -> Fit:
    if b"> " not in head:
        return Fit(0.0, "no line with an identity")
    fit = fit_of_lines(_HEAD, head, "two oids, identity, epoch and offset, as git appends them")
    return Fit(1.0, f"{fit.why}; in the place where git keeps its logs") if fit.score and _PLACE.match(path) else fit


def message_parts(message: pl.Expr) -> dict[str, pl.Expr]:
    """What a message says in git's own words; null where `GIT_REFLOG_ACTION` replaced them."""
    return {
        "message": message,
        "from": message.str.extract(_CHECKOUT, 1),
        "to": message.str.extract(_CHECKOUT, 2),
        "action": message.str.extract(_ACTION),
    }


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    parts, rest = pl.col("text").str.splitn(" ", 3).struct, pl.col("rest").str
    lines = batch.filter(pl.col("text").str.contains(_LINE)).with_columns(
        ~pl.col("raw").bin.ends_with(b"\n").alias("cut"), old=parts[0], new=parts[1], rest=parts[2]
    )
    second = rest.extract(r"^[^>]*> ([0-9]+) ").cast(pl.Int64)  # of up to the year 5138: as nanoseconds too many
    facts = lines.with_columns(actor=rest.extract(r"^([^>]*>)"), second=second, message=rest.extract(r"^[^>]*> [^\t]*\t(.*)$"))
    facts = facts.filter(pl.col("second") > 0)
    place, said = pl.col("path").str.extract_groups(PLACE), message_parts(pl.when(pl.col("message") != "").then("message"))
    said["to"] = pl.when(~pl.col("cut")).then(said["to"])
    return facts.select(
        *located(),
        *timed_us(pl.col("second") * US_PER_S, span_us=US_PER_S - 1),
        kind=pl.lit("head.move"),
        clock_kind=pl.lit("stated"),
        tree=pl.when(place.struct.field("ref").is_not_null()).then(place.struct.field("dir").fill_null(".")),
        ref=place.struct.field("ref"),
        commit=pl.col("new"),
        actor=pl.col("actor"),
        attrs=attrs(old=pl.col("old"), unfinished=pl.when("cut").then(True), **said),
    )


_A, _B, _0 = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2", "a7be5baed346790646d2444a2d6f064ab6bc30a9", "0" * 40
_IN = "recipes/shared/discourse/git/logs/HEAD"

GIT_REFLOG = Record(
    name="git_reflog",
    version=3,
    kinds=("head.move",),
    references=("https://git-scm.com/docs/git-reflog", "https://github.com/git/git/blob/v2.39.5/refs/files-backend.c"),
    scope="line",
    fits=_fits,
    parse=_parse,
    clock="git:{source}",
    samples=(
        Sample(
            f"{_A} {_B} ci <ci@ci.example.org> 1795423365 +0000\tcheckout: moving from {_A} to {_B}\n",
            [
                {
                    "kind": "head.move",
                    "tree": "recipes/shared/discourse/git",
                    "ref": "HEAD",
                    "commit": _B,
                    "actor": "ci <ci@ci.example.org>",
                    "attrs": {"old": _A, "from": _A, "to": _B, "action": "checkout"},
                }
            ],
            _IN,
        ),
        Sample(
            f"{_0} {_A} ci <ci@ci.example.org> 1795423360 +0000\tclone: from /srv/ci/upstream/recipe-maintainers/discourse\n",
            [{"kind": "head.move", "ref": "refs/heads/main", "attrs": {"old": _0, "action": "clone"}}],
            "recipes/shared/discourse/git/logs/refs/heads/main",
        ),
        Sample(
            f"{_A} {_A} NAME <MAIL> 1718001920 +0200\n",
            [{"kind": "head.move", "commit": _A, "attrs": {"old": _A}}],
            ".git/worktrees/w1/logs/HEAD",
            synthetic=True,
        ),
        Sample(
            f"{'1' * 64} {'2' * 64} NAME <MAIL> 1718002280 -0330\tdeploybot\n",
            [{"kind": "head.move", "commit": "2" * 64, "attrs": {"message": "deploybot"}}],
            "x.git/logs/HEAD",
            synthetic=True,
        ),
        Sample(
            f"{_A} {_B} NAME <MAIL> 99999999999 +0000\tcommit: far away\n",
            [{"kind": "head.move", "ts": "5138-11-16 09:46:39+00:00"}],
            _IN,
            synthetic=True,
        ),
        Sample(f"{_A} {_B} NAME <MAIL> 0 +0000\tcheckout: moving from a to b\n", None, _IN, synthetic=True),
        Sample(
            f"{_A} {_B} NAME <MAIL> 1718002280 +0000\tcheckout: moving from {_A} to cut-o",
            [{"kind": "head.move", "commit": _B, "attrs": {"old": _A, "from": _A, "to": None, "unfinished": True}}],
            _IN,
            synthetic=True,
        ),
        Sample(f"{_A} {_B} NAME <MAIL> 1718002280 +00", None, _IN, synthetic=True),
        Sample(f"{_A} NAME <MAIL> 1718002280 +0000\tone oid\n", None, _IN, synthetic=True),
    ),
)
