"""Where a git dir and its work trees are: `.git` files, linked worktrees; and repositories whose refs cannot be read from files.

    gitdir: /srv/ci/recipes/discourse/.git/worktrees/m2p       a `.git` that is a file: of a linked worktree, or of a submodule
    /srv/ci/work/m2p/.git                                      worktrees/<id>/gitdir: the other way round
    ../..                                                      worktrees/<id>/commondir: where refs and objects are

Written by git. No time: what was true when somebody copied the files. `tree` is the git dir as the path tells it, so a link says which two trees
are one repository's. Not read: what the paths lead to.

A repository in reftable format (git 2.45 on) keeps refs and reflogs in binary tables; HEAD and `refs/heads` are stand-ins. Nothing is read of it; the
fact says what to ask for instead.

References:
    https://git-scm.com/docs/gitrepository-layout
    https://git-scm.com/docs/git-worktree
    https://git-scm.com/docs/reftable
"""

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import attrs, attrs_text, located

_LINK = r"^(?P<tree>(?:.*/)?\.git)$"
_WORKTREE = r"^(?P<tree>(?:.*/)?worktrees/[^/]+)/(?P<name>gitdir|commondir)$"
_GITDIR = r"^gitdir: (\S.*)$"
_PATH = r"^(\S.*)$"
_TABLE = re.compile(r"(?:^|/)reftable/(?:tables\.list|0x[0-9a-f]+-0x[0-9a-f]+-[0-9a-f]+\.ref)$")
_STAND_IN = re.compile(rb"\s*(?:this repository uses the reftable format|ref: refs/heads/\.invalid)\s*")
_GIT_DIR = r"^(?P<tree>.*?)/?(?:reftable/[^/]+|refs/heads|HEAD)$"
ASK = "git reflog --date=iso-strict --all; git for-each-ref"


def _fits(path: str, head: bytes) -> Fit:
    text = head[:4096].decode("utf-8", "replace").rstrip("\r\n")
    if re.match(_LINK, path):
        return (
            Fit(1.0, "a `.git` that is a file and names the git dir")
            if re.match(_GITDIR, text)
            else Fit(0.0, "named .git, but names no git dir")
        )
    if re.match(_WORKTREE, path) and text and "\n" not in text:
        return Fit(1.0, "the path that git keeps for a linked worktree")
    return Fit(0.0, "no `.git` file and nothing of a linked worktree")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    place, text = pl.col("path").str.extract_groups(_WORKTREE).struct.field, pl.col("text")
    linked = place("name").is_not_null()
    lines = batch.filter(pl.col("line_no") == 1).with_columns(
        tree=pl.coalesce(place("tree"), pl.col("path").str.extract(_LINK)),
        gitdir=pl.when(~linked).then(text.str.extract(_GITDIR)),
        worktree=pl.when(place("name") == "gitdir").then(text.str.extract(_PATH)),
        common=pl.when(place("name") == "commondir").then(text.str.extract(_PATH)),
    )
    told = ("gitdir", "worktree", "common")
    return lines.filter(pl.any_horizontal(pl.col(*told).is_not_null())).select(
        *located(),
        tree="tree",
        kind=pl.lit("git.link"),
        clock_kind=pl.lit("none"),
        attrs=attrs(**{name: pl.col(name) for name in told}),
    )


def _fits_reftable(path: str, head: bytes) -> Fit:
    why = "a reftable repository: refs and reflogs are in binary tables; ask for an export"
    if (_TABLE.search(path) and (head.startswith(b"REFT") or path.endswith("tables.list"))) or _STAND_IN.fullmatch(head[:200]):
        return Fit(1.0, why)
    return Fit(0.0, "nothing of a repository in reftable format")


def _parse_reftable(batch: pl.DataFrame) -> pl.DataFrame:
    table = pl.col("path").str.contains(_TABLE.pattern) & (
        pl.col("text").str.starts_with("REFT") | pl.col("path").str.ends_with("tables.list")
    )
    stands_in = pl.col("text").str.contains(rf"^(?:{_STAND_IN.pattern.decode()})$")
    return batch.filter((pl.col("line_no") == 1) & (table | stands_in)).select(
        *located(),
        tree=pl.col("path").str.extract(_GIT_DIR).replace("", "."),
        kind=pl.lit("export.needed"),
        clock_kind=pl.lit("none"),
        attrs=pl.lit(attrs_text({"what": "refs and reflogs in reftable format", "ask": ASK})),
    )


_REFERENCES = ("https://git-scm.com/docs/gitrepository-layout", "https://git-scm.com/docs/git-worktree")

GIT_LINK = Record(
    name="git_link",
    version=1,
    kinds=("git.link",),
    references=_REFERENCES,
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="git:{source}",
    samples=(
        Sample(
            "gitdir: /srv/ci/recipes/discourse/.git/worktrees/m2p\n",
            [{"kind": "git.link", "tree": "work/m2p/.git", "attrs": {"gitdir": "/srv/ci/recipes/discourse/.git/worktrees/m2p"}}],
            "work/m2p/.git",
        ),
        Sample(
            "/srv/ci/work/m2p/.git\n",
            [{"kind": "git.link", "tree": "recipes/discourse/.git/worktrees/m2p", "attrs": {"worktree": "/srv/ci/work/m2p/.git"}}],
            "recipes/discourse/.git/worktrees/m2p/gitdir",
        ),
        Sample(
            "../..\n",
            [{"kind": "git.link", "attrs": {"common": "../.."}}],
            "recipes/discourse/.git/worktrees/m2p/commondir",
        ),
        Sample("gitdir:\n", None, ".git", synthetic=True),
        Sample("\n", None, ".git/worktrees/w/gitdir", synthetic=True),
    ),
)

GIT_REFTABLE = Record(
    name="git_reftable",
    version=1,
    kinds=("export.needed",),
    references=("https://git-scm.com/docs/reftable",),
    scope="document",
    fits=_fits_reftable,
    parse=_parse_reftable,
    clock="git:{source}",
    note=f"refs and reflogs are in binary tables (reftable), which are not read; ask for `{ASK}`",
    samples=(
        Sample(
            "this repository uses the reftable format\n",
            [{"kind": "export.needed", "tree": "recipes/x/.git", "attrs": {"ask": ASK}}],
            "recipes/x/.git/refs/heads",
            synthetic=True,
        ),
        Sample("ref: refs/heads/.invalid\n", [{"kind": "export.needed", "tree": ".git"}], ".git/HEAD", synthetic=True),
        Sample(
            "REFT\x01\x00\x10\x00",
            [{"kind": "export.needed", "tree": ".git"}],
            ".git/reftable/0x000000000001-0x000000000002-4b3fe8a1.ref",
            synthetic=True,
        ),
        Sample("ref: refs/heads/main\n", None, ".git/HEAD", synthetic=True),
    ),
)
