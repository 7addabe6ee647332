"""Compare version values: hashes by prefix, releases through the repository's tags.

`same(x, y)` is True, False or None: None means that the two cannot be compared, and is never "different".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from forensics.correlate.attrs import attrs

CHAOS = re.compile(r"^[0-9a-f]{7,64}(?:\+U)?$")
RELEASE = re.compile(r"^v?\d[\w.]*\+\S+$|^v?\d+(?:\.\d+)+$")


@dataclass(frozen=True)
class Stamps:
    """What is known of a repository: its commits and which release each tag names."""

    commits: frozenset[str] = frozenset()
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    past: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # by commit: how many commits past which tag it is
    known: dict[tuple[str, ...], Any] = field(default_factory=dict, compare=False, repr=False)  # answers given before

    def commit_of(self, value: str | None) -> str | None:
        """The hash that a value stands for, without `+U`; null for an unknown release or a name."""
        if not value:
            return None
        if CHAOS.match(value):  # before the release form: 1234567 is both
            return value.removesuffix("+U")
        found = self.tags.get(value, frozenset())
        return next(iter(found)) if len(found) == 1 else None

    def is_name(self, value: str) -> bool:
        """Whether a value is neither a hash nor a release nor a known tag: a branch, say, which stands for another commit tomorrow."""
        return not CHAOS.match(value) and not RELEASE.match(value) and value not in self.tags

    def same(self, x: str | None, y: str | None) -> bool | None:
        """Whether two values name one commit; None where that cannot be said.

        Hashes agree when one is a prefix of the other and no two known commits share it. Two releases of the
        same spelling agree without any repository.
        """
        if not x or not y:
            return None
        if (x, y) not in self.known:
            self.known[x, y] = self._same(x, y)
        return self.known[x, y]

    def _same(self, x: str, y: str) -> bool | None:
        x, y = x.removesuffix("+U"), y.removesuffix("+U")
        if x == y:
            return True
        if RELEASE.match(x) and RELEASE.match(y) and not (CHAOS.match(x) or CHAOS.match(y)):
            return False
        a, b = self.commit_of(x), self.commit_of(y)
        if a is None or b is None:
            tag, commit = (x, b) if a is None else (y, a)
            past = commit is not None and any(
                t == tag and c.startswith(commit[: len(c)]) and commit.startswith(c[: len(commit)]) for c, (_, t) in self.past.items()
            )
            return False if past else None
        short = min(a, b, key=len)
        if not (a.startswith(short) and b.startswith(short)):
            return False
        return None if sum(c.startswith(short) for c in self.commits) > 1 else True

    def may_be(self, written: str | None, seen: str | None) -> bool:
        """Whether a label that was written can be the one seen: one that is not known can.

        A label is spelled as it was written: a chaos stamp is no release, and a dirty tree's `+U` is part of it.
        """
        if written and seen:
            chaos = CHAOS.match(written) is not None, CHAOS.match(seen) is not None
            if chaos[0] != chaos[1] and RELEASE.match(seen if chaos[0] else written):
                return False
            if all(chaos) and written.endswith("+U") != seen.endswith("+U"):
                return False
        return self.same(written, seen) is not False

    def short(self, value: str | None) -> str | None:
        """The commit that a value names, eight digits, so that a release and its hash are one; the value itself where that is not known."""
        return (self.commit_of(value) or value.removesuffix("+U"))[:8] if value else None

    def named(self, value: str | None) -> str:
        """A value for people: `a7be5bae+U`, or with the release where a tag names the commit, or the one that it is past.

        A full hash is its first eight digits, as in stamps.
        """
        if not value:
            return "nothing"
        if (value,) not in self.known:
            self.known[value,] = self._named(value)
        return self.known[value,]

    def _named(self, value: str) -> str:
        commit = self.commit_of(value)
        value = value[:8] if FULL.fullmatch(value) else value
        tags = sorted(t for t, cs in self.tags.items() if commit and any(c.startswith(commit) for c in cs) and t != value)
        if tags:
            return f"{value} (tag {tags[0]})"
        past = {said for c, said in self.past.items() if commit and (c.startswith(commit) or commit.startswith(c))}
        if len(past) != 1:
            return value
        n, tag = past.pop()
        return f"{value} ({n} commit{'s' if n > 1 else ''} past {tag})"


FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # a commit's whole hash
DESCRIBED = re.compile(r"^(?P<tag>.+)-(?P<n>\d+)-g[0-9a-f]+$")  # git describe: n commits past the tag
NAMES_A_VALUE = r"\d"


def stamps_of(frame: pl.DataFrame) -> Stamps:
    """What the events of a case say of its repositories: tags in refs and logs, what checkouts of a tag found, `git describe`."""
    refs = frame.filter((pl.col("kind") == "ref.value") & pl.col("ref").str.starts_with("refs/tags/") & pl.col("commit").is_not_null())
    pairs = [(r.removeprefix("refs/tags/"), c) for r, c in refs.select("ref", "commit").unique().iter_rows()]
    tagged = frame.filter(pl.col("kind") == "git.commit").select("commit", "attrs").unique()
    for commit, text in tagged.iter_rows():
        pairs += [(t.strip(), commit) for t in str(attrs(text).get("tags") or "").split(",") if t.strip()]
    ref = pl.col("ref")
    asked = frame.filter((pl.col("kind") == "checkout") & ~ref.str.contains(r"^[0-9a-f]{7,64}$") & ref.str.contains(NAMES_A_VALUE))
    known = {r for r, _ in pairs}
    pairs += [(r, c) for r, c in asked.select("ref", "commit").unique().iter_rows() if r not in known]
    past: dict[str, tuple[int, str]] = {}
    for commit, text in frame.filter(pl.col("kind") == "recipe.snapshot").select("commit", "attrs").unique().iter_rows():
        if (m := DESCRIBED.match(str(attrs(text).get("describe") or ""))) and int(m["n"]):
            past[commit] = int(m["n"]), m["tag"]
    full = frame.filter(pl.col("kind").is_in(["git.commit", "head.move", "ref.value"]) & (pl.col("commit").str.len_chars() >= 40))
    return of(pairs, full["commit"].unique().to_list(), past)


def of(refs: Iterable[tuple[str, str]], commits: Iterable[str], past: Mapping[str, tuple[int, str]] | None = None) -> Stamps:
    """Collect what is known: `refs` are (tag, commit) pairs, `commits` full hashes, `past` how far commits are past a tag."""
    tags: dict[str, set[str]] = {}
    known = set(commits)
    for tag, commit in refs:
        tags.setdefault(tag, set()).add(commit)
        if len(commit) >= 40:  # a short hash is no commit of its own beside the full one
            known.add(commit)
    return Stamps(frozenset(known), {t: frozenset(cs) for t, cs in tags.items()}, past or {})
