"""Refs as collected from a git dir: HEAD, loose refs, packed-refs, FETCH_HEAD.

    ref: refs/heads/main                                        HEAD, attached
    a7be5baed346790646d2444a2d6f064ab6bc30a9                    HEAD, detached; or a loose ref
    a6b129f09c920310de4167fd19f12f8e8e513bad refs/tags/0.7.0    packed-refs, followed for an annotated tag by
    ^92a304dda03f5f9aa416fcb24905b6dd2703f0a2                   the commit that it stands for
    223530d6…⇥⇥tag '0.5.0+3.1.0' of /srv/ci/upstream/discourse  FETCH_HEAD

Written by git. No time at all: what was true when somebody copied the files. A loose ref beats packed-refs.

Of FETCH_HEAD a branch's oid is a commit; a tag's may be a tag object, so it is in `attrs.object` and `commit` is
null. A loose tag is no better known: its oid is both. Not read: comments, and repositories in reftable format (`git_places`).

References:
    https://git-scm.com/docs/git-pack-refs
    https://git-scm.com/docs/gitrepository-layout
    https://git-scm.com/docs/reftable
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import attrs
from parsers.records.git_reflog import OID

_PLACE = r"^(?:(?P<dir>.*?)/)?(?P<ref>HEAD|ORIG_HEAD|MERGE_HEAD|FETCH_HEAD|packed-refs|refs/(?:heads|tags|remotes|notes|pull|original|replace|bisect|worktree|prefetch)/.+|refs/stash)$"
_PLACE_RE = re.compile(_PLACE)
_VALUE = re.compile(rf"\s*(?:ref: \S+|{OID})\s*".encode())
_PACKED_RE = re.compile(rf"(?:#[^\n]*\n)*{OID} refs/".encode())
_FETCHED_RE = re.compile(rf"{OID}\t(?:not-for-merge)?\t".encode())
_PACKED = rf"^({OID}) (\S.*)$"
_PEELED = rf"^\^({OID})$"
_SYMBOLIC = r"^ref: (\S+)$"
_FETCHED = rf"^({OID})\t(?:not-for-merge)?\t(?:(tag|branch|remote-tracking branch) )?"


def _fits(path: str, head: bytes) -> Fit:
    if head.strip() in (b"this repository uses the reftable format", b"ref: refs/heads/.invalid"):
        return Fit(0.0, "a stand-in of a reftable repository, the value of no ref")
    place = _PLACE_RE.match(path)
    if place is None:
        if _PACKED_RE.match(head):
            return Fit(0.8, "oids and the refs that they belong to")
        return Fit(0.0, "not the name of a ref's file, and no packed refs inside")
    if "/logs/" in f"/{path}":
        return Fit(0.0, "the log of a ref, not its value")
    name = place["ref"]
    pattern, what = (
        (_PACKED_RE, "packed refs")
        if name == "packed-refs"
        else (_FETCHED_RE, "fetched refs")
        if name == "FETCH_HEAD"
        else (_VALUE, "the value of a ref")
    )
    fits = pattern.match(head) if name in ("packed-refs", "FETCH_HEAD") else pattern.fullmatch(head)
    return Fit(1.0, f"{what}, in the file that git keeps them in") if fits else Fit(0.0, f"named like {what}, but holds none")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    text, name = pl.col("text"), pl.col("name")
    place = pl.col("path").str.extract_groups(_PLACE)
    lines = batch.with_columns(
        name=place.struct.field("ref").fill_null("packed-refs"),
        tree=place.struct.field("dir"),
        known=place.struct.field("ref").is_not_null(),
    )
    lines = lines.with_columns(tree=pl.when("known").then(pl.col("tree").fill_null(".")), bare=text.str.strip_chars())
    peeled = text.shift(-1).over("source").str.extract(_PEELED)
    single = ~name.is_in(["packed-refs", "FETCH_HEAD"])
    lines = lines.with_columns(
        in_packed=name == "packed-refs",
        in_fetched=name == "FETCH_HEAD",
        size=pl.col("raw").bin.size().cast(pl.Int64),
        own=pl.col("bare").str.extract(rf"^({OID})$"),
        symbolic=pl.col("bare").str.extract(_SYMBOLIC),
        oid=text.str.extract(rf"^({OID})[ \t]"),
        peeled=peeled,
        next_size=pl.col("raw").bin.size().cast(pl.Int64).shift(-1).over("source"),
        packed=text.str.extract(_PACKED, 2),
        fetched=text.str.extract(_FETCHED, 1),
        fetched_as=text.str.extract(_FETCHED, 2),
    )
    value = single & (pl.col("own").is_not_null() | pl.col("symbolic").is_not_null())
    in_packed = pl.col("in_packed") & pl.col("packed").is_not_null()
    in_fetched = pl.col("in_fetched") & pl.col("fetched").is_not_null()
    facts = lines.filter(value | in_packed | in_fetched)
    follows = pl.col("in_packed") & pl.col("peeled").is_not_null()
    is_head = name == "HEAD"
    commit = (
        pl.when("in_packed")
        .then(pl.coalesce("peeled", "oid"))
        .when("in_fetched")
        .then(pl.when(pl.col("fetched_as") != "tag").then("fetched"))
        .otherwise("own")
    )
    obj = pl.when(follows).then("oid").when(pl.col("in_fetched") & (pl.col("fetched_as").fill_null("") == "tag")).then("fetched")
    return facts.select(
        "source",
        "line_no",
        "offset",
        line_last=pl.col("line_no") + follows.cast(pl.Int64),
        length=pl.col("size") + pl.when(follows).then("next_size").otherwise(0),
        ordinal=pl.lit(0, pl.UInt32),
        kind=pl.when(is_head).then(pl.lit("head.value")).otherwise(pl.lit("ref.value")),
        clock_kind=pl.lit("none"),
        tree="tree",
        ref=pl.when("in_packed").then("packed").when(~is_head).then("name"),
        commit=commit,
        attrs=attrs(object=obj, symbolic="symbolic"),
    )


_TREE = "recipes/shared/discourse/git"
_C, _T = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2", "a6b129f09c920310de4167fd19f12f8e8e513bad"

GIT_REFS = Record(
    name="git_refs",
    version=1,
    kinds=("head.value", "ref.value"),
    references=(
        "https://git-scm.com/docs/gitrepository-layout",
        "https://git-scm.com/docs/git-pack-refs",
        "https://git-scm.com/docs/reftable",
    ),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="git:{source}",
    samples=(
        Sample(f"{_C}\n", [{"kind": "head.value", "tree": _TREE, "commit": _C}], f"{_TREE}/HEAD"),
        Sample(
            "ref: refs/heads/main\n",
            [{"kind": "head.value", "tree": _TREE, "commit": None, "attrs": {"symbolic": "refs/heads/main"}}],
            f"{_TREE}/HEAD",
        ),
        Sample(f"{_C}\n", [{"kind": "ref.value", "ref": "refs/heads/main", "commit": _C}], f"{_TREE}/refs/heads/main"),
        Sample(
            "ref: refs/remotes/origin/main\n",
            [{"kind": "ref.value", "ref": "refs/remotes/origin/HEAD", "commit": None, "attrs": {"symbolic": "refs/remotes/origin/main"}}],
            f"{_TREE}/refs/remotes/origin/HEAD",
        ),
        Sample(
            f"# pack-refs with: peeled fully-peeled sorted \n{_C} refs/remotes/origin/main\n{_T} refs/tags/0.7.0+3.3.1\n^{_C}\n",
            [
                {"kind": "ref.value", "line_no": 2, "ref": "refs/remotes/origin/main", "commit": _C},
                {"kind": "ref.value", "line_no": 3, "line_last": 4, "ref": "refs/tags/0.7.0+3.3.1", "commit": _C, "attrs": {"object": _T}},
            ],
            f"{_TREE}/packed-refs",
        ),
        Sample(
            f"{_T}\t\ttag '0.7.0+3.3.1' of /srv/ci/upstream/coop-cloud/discourse\n",
            [{"kind": "ref.value", "ref": "FETCH_HEAD", "commit": None, "attrs": {"object": _T}}],
            f"{_TREE}/FETCH_HEAD",
        ),
        Sample("this repository uses the reftable format\n", None, ".git/refs/heads", synthetic=True),
        Sample("92a304dd\n", None, f"{_TREE}/refs/heads/main", synthetic=True),
    ),
)
