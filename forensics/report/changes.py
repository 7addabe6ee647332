"""What more evidence changed: the answers before and after, and which new source moved each.

The case as it was is the same case without the sources that came later; both are read by today's parsers, so that what differs is the evidence's
doing. Sources that moved an answer are found by trying: the older case with each group of new sources alone, then the newer case without
it. A group is one source, or, where there are many, all of one format.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from forensics.analysis import Analysis, analyse
from forensics.case import Case
from forensics.errors import UsageError
from forensics.quote import quoter

MOST_GROUPS = 12  # how many groups are tried one by one: each costs an analysis of the case
Key = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """One answer: `value` is compared, `because` says why it is so now."""

    value: str
    because: str


def answers(a: Analysis) -> dict[Key, Answer]:
    """Every answer of an analysis: per read its drift and cause and each hypothesis, per finding its verdict and severity."""
    found: dict[Key, Answer] = {}
    for r in a.drift:
        at = (r["run"], str(r["ordinal"]))
        proven = [h["because"] for h in r["hypotheses"].values() if h["verdict"] == "PROVEN"]
        values = f"intended {r['intended'] or 'is not known'}, observed {r['observed'] or 'nothing'}"
        found["read", *at, "cause"] = Answer(r["cause"] or "not known", "; ".join(proven) or values)
        for name, h in r["hypotheses"].items():
            found["hypothesis", *at, name] = Answer(h["verdict"], h["because"])
    for f in a.findings:
        key = ("finding", f["class"], f["sub"] or "", f["stack"] or "", f["service"] or "", ", ".join(f["runs"]))
        n = sum(k[: len(key)] == key for k in found)
        found[*key, *([str(n)] if n else [])] = Answer(f"{f['verdict']}, {f['severity']}", f["summary"])
    return found


def positions(case: Case) -> list[int]:
    """Ledger entries after which the case can be looked at: the last of each commit that added sources, in order."""
    found, added = [], False
    for entry in case.ledger.entries:
        added = added or entry["kind"] == "source"
        if not entry["left"]:
            found += [entry["seq"]] if added else []
            added = False
    return found


def changes(case: Case, before: int | None = None, after: int | None = None) -> dict[str, Any]:
    """Compare the answers after ledger entry `before` with those after `after`.

    Args:
        before: Default: the position before `after`.
        after: Default: the last.

    Returns:
        `before`, `after`; `sources`, the paths that came between; `changes`, one row per answer that differs: `kind` (`read`, `hypothesis`,
        `finding`), `of`, `name`, `before` and `after` (null where there is no such answer), `because`, and `moved_by`, the sources that
        move it, with `how`: `alone` (each moves it by itself), `needed` (without each it does not move), `together` (no one source does).

    Raises:
        UsageError: If the case has no such position, or no earlier one.
    """
    known = positions(case)
    last = _position(known, after, known[-1] if known else None, "--to", len(case.ledger.entries) - 1)
    earlier = [n for n in known if n < last]
    first = _position(earlier, before, earlier[-1] if earlier else None, "--from", last - 1)
    old = {s.source_id for s in case.state.sources.values() if s.seq <= first}
    new = [s for s in case.state.sources.values() if first < s.seq <= last]

    def asked(ids: Collection[str]) -> dict[Key, Answer]:
        part = case.with_sources(ids)
        return answers(analyse(part.events(), quoter(part)))

    was, now = asked(old), asked(old | {s.source_id for s in new})
    differ = [key for key in dict.fromkeys((*now, *was)) if _value(was, key) != _value(now, key)]
    groups = _groups(new)
    moved = _movers(differ, was, now, groups, old, {s.source_id for s in new}, asked) if differ else {}
    rows = [_row(key, was.get(key), now.get(key), *moved[key]) for key in differ]
    return {"before": first, "after": last, "sources": sorted(s.path for s in new), "changes": rows}


def _value(found: dict[Key, Answer], key: Key) -> str | None:
    return found[key].value if key in found else None


def _position(known: list[int], asked: int | None, default: int | None, option: str, end: int) -> int:
    """The last position up to the entry asked for, which may stand within a commit but not after `end`."""
    if asked is None and default is not None:
        return default
    if asked is not None and known and known[0] <= asked <= end:
        return max(n for n in known if n <= asked)
    each = "evidence was added only once"
    if known:
        each = f"there is one after each time that evidence was added: entry {', '.join(map(str, known))}"
    raise UsageError(
        f"there is no state of the case at entry {asked}" if asked is not None else "there is no earlier state of the case to compare with",
        option,
        each,
        f"forensics changes {option} {known[-1]}" if known else "forensics next, collect, ingest, and ask again",
    )


def _groups(new: Iterable[Any]) -> dict[str, set[str]]:
    """New sources to try together: each alone where they are few, else those of one format."""
    sources = list(new)
    if len(sources) <= MOST_GROUPS:
        return {s.path: {t.source_id for t in sources if t.path == s.path} for s in sources}
    found: dict[str, set[str]] = {}
    named: dict[str, list[str]] = {}
    for s in sources:
        found.setdefault(s.parser, set()).add(s.source_id)
        named.setdefault(s.parser, []).append(s.path)
    return {paths[0] if len(paths) == 1 else f"{len(paths)} sources read as {parser}": found[parser] for parser, paths in named.items()}


def _movers(
    differ: list[Key],
    was: dict[Key, Answer],
    now: dict[Key, Answer],
    groups: dict[str, set[str]],
    old: set[str],
    new: set[str],
    asked: Callable[[Collection[str]], dict[Key, Answer]],
) -> dict[Key, tuple[str, list[str]]]:
    """Per answer that differs: how it was moved, and by which groups."""
    if len(groups) == 1:
        return {key: ("alone", list(groups)) for key in differ}
    alone = {name: asked(old | ids) for name, ids in groups.items()}
    found = {key: ("alone", [n for n, a in alone.items() if _value(a, key) == _value(now, key)]) for key in differ}
    if left := [key for key, (_, names) in found.items() if not names]:
        without = {name: asked(old | (new - ids)) for name, ids in groups.items()}
        for key in left:
            needed = [n for n, a in without.items() if _value(a, key) != _value(now, key)]
            found[key] = ("needed", needed) if needed else ("together", list(groups))
    return found


def _row(key: Key, was: Answer | None, now: Answer | None, how: str, movers: list[str]) -> dict[str, Any]:
    kind, *rest = key
    if kind == "finding":
        cls, sub, stack, service, runs = rest[:5]
        of, name = " ".join(p for p in (service or stack, f"({runs})" if runs else "") if p), f"{cls} ({sub})" if sub else cls
    else:
        of, name = f"{rest[0]} #{rest[1]}", rest[2]
    return {
        "kind": kind,
        "of": of,
        "name": name,
        "before": was.value if was else None,
        "after": now.value if now else None,
        "because": now.because if now else None,
        "how": how,
        "moved_by": movers,
    }
