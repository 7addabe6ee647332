"""`git log --all --format='%H %cI %D %s'`, as kept in a `log.txt` beside the git dir.

    92a304dd… 2026-11-23T08:42:18+00:00 tag: 0.7.0+3.3.1, origin/main, HEAD -> main chore: publish 0.7.0+3.3.1
    4de7930d… 2026-11-23T08:42:18+00:00  pr: step 7

Written by git for whoever collected the evidence. The time is the commit's own date, whole seconds with an
offset: when it was made or rebased, by the committer's clock, not when any tree was moved to it.

Only a space parts decoration and subject. Two spaces after the date mean that there is no decoration; after one, the decoration is read
as git writes it: refs joined by a comma and a space, with `tag: ` or `HEAD -> ` before the name. A ref holds no space, so what
follows the last one is the subject. `%d` (in brackets) is read too. Not read: oneline and full forms.

References:
    https://git-scm.com/docs/git-log#_pretty_formats
"""

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import US_PER_S, attrs, located, timed
from parsers.records.git_reflog import OID
from parsers.records.instants import epoch_ns
from parsers.records.sight import fit_of_lines

_LINE = rf"^{OID} \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)(?: .*)?$"
_REF = r"(?:tag: |HEAD -> )?\S+"
_NAMES = rf"^((?:{_REF}?, )*{_REF})(?: .*)?$"
_BRACKETS = rf"^\(((?:{_REF}?, )*{_REF}?)\)(?: .*)?$"
_HEAD = re.compile(rf"^{OID} \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)(?: |\r?$)".encode(), re.MULTILINE)


def _fits(path: str, head: bytes) -> Fit:
    return fit_of_lines(_HEAD, head, "a commit, its date, its decoration and its subject")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    parts = pl.col("text").str.splitn(" ", 3).struct
    lines = batch.filter(pl.col("text").str.contains(_LINE)).with_columns(commit=parts[0], ns=epoch_ns(parts[1]), rest=parts[2])
    rest = pl.col("rest")
    undecorated = rest.str.starts_with(" ")
    decoration = pl.when(~undecorated).then(pl.coalesce(rest.str.extract(_BRACKETS), rest.str.extract(_NAMES)))
    lines = lines.filter(pl.col("ns").is_not_null()).with_columns(
        decoration=decoration, bracketed=~undecorated & rest.str.contains(_BRACKETS)
    )
    width = pl.col("decoration").str.len_chars() + pl.when("bracketed").then(3).otherwise(1)
    subject = pl.when(rest.str.starts_with(" ")).then(rest.str.slice(1)).otherwise(rest.str.slice(width))
    tags = (
        pl.col("decoration")
        .str.extract_all(r"(?:^|, )tag: [^\s,]+")
        .list.eval(pl.element().str.replace(r"^(?:, )?tag: ", ""))
        .list.join(", ")
    )
    return lines.with_columns(subject=subject, tags=tags).select(
        *located(),
        *timed(pl.col("ns"), span_us=US_PER_S - 1),
        kind=pl.lit("git.commit"),
        clock_kind=pl.lit("stated"),
        commit="commit",
        attrs=attrs(
            subject=pl.when(pl.col("subject") != "").then("subject"),
            decoration="decoration",
            tags=pl.when(pl.col("tags") != "").then("tags"),
        ),
    )


_A, _B = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2", "4de7930d16917ae3bf3c59330c6826a3cc6f2676"
_IN = "recipes/shared/discourse/log.txt"

GIT_LOG = Record(
    name="git_log",
    version=1,
    kinds=("git.commit",),
    references=("https://git-scm.com/docs/git-log#_pretty_formats",),
    scope="line",
    fits=_fits,
    parse=_parse,
    clock="git:{source}",
    samples=(
        Sample(
            f"{_A} 2026-11-23T08:42:18+00:00 HEAD, tag: 0.7.0+3.3.1, origin/main, origin/HEAD, main chore: publish 0.7.0+3.3.1\n",
            [
                {
                    "kind": "git.commit",
                    "commit": _A,
                    "attrs": {
                        "subject": "chore: publish 0.7.0+3.3.1",
                        "decoration": "HEAD, tag: 0.7.0+3.3.1, origin/main, origin/HEAD, main",
                        "tags": "0.7.0+3.3.1",
                    },
                }
            ],
            _IN,
        ),
        Sample(
            f"{_B} 2026-11-23T08:42:18+00:00  pr: step 7\n", [{"kind": "git.commit", "commit": _B, "attrs": {"subject": "pr: step 7"}}], _IN
        ),
        Sample(
            f"{_A} 2026-11-23T08:42:18+01:00 HEAD -> main, pr fix: one, two\n",
            [{"kind": "git.commit", "attrs": {"subject": "fix: one, two", "decoration": "HEAD -> main, pr"}}],
            _IN,
            synthetic=True,
        ),
        Sample(
            f"{_A} 2026-11-23T08:42:18Z (HEAD -> main, tag: v1) fix\n",
            [{"kind": "git.commit", "attrs": {"subject": "fix", "decoration": "HEAD -> main, tag: v1", "tags": "v1"}}],
            _IN,
            synthetic=True,
        ),
        Sample(f"{_A} 2026-13-23T08:42:18+00:00  month 13\n", None, _IN, synthetic=True),
        Sample("92a304dd chore: publish\n", None, _IN, synthetic=True),
    ),
)
