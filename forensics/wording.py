"""How durations, instants and writers are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

FEW = 8  # names that a sentence holds


def duration(us: int) -> str:
    """A duration for people: 842 ms, 6.2 s, 1 m 33 s, 2 h 05 m."""
    if us < 1_000:
        return f"{us} us"
    if us < 1_000_000:
        return f"{us // 1000} ms"
    seconds = us / 1_000_000
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} m {int(seconds % 60):02d} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} m"


def writer(by: str | None, *, sure: bool = True) -> str:
    """Who wrote: `by` is a run's name, `swarm`, `operator`, or null where nobody can be told. Not `sure`: that it was swarm, or a person, is not proven."""
    known = {"swarm": "swarm itself", "operator": "somebody by hand", None: "nobody in evidence"}
    open_ = {"swarm": "a rollback that swarm or a person asked for", "operator": "a client that is no run in evidence"}
    return (known if sure else known | open_).get(by, f"run {by}")


def several(names: Iterable[str], joined: str = " and ", most: int = FEW, first: int = FEW - 2) -> str:
    """Names in a sentence: all, if they are no more than `most`; else the `first` ones, and how many more there are."""
    names = list(names)
    if len(names) <= most:
        return joined.join(names)
    word = joined.strip(", ") or "and"
    return f"{', '.join(names[:first])} {word} {len(names) - first} more"


ACTORS = {"swarm": "swarm-rollback", "operator": "manual-update"}  # the hypothesis under which each is a writer


def written_by(read: Mapping[str, Any]) -> str:
    """Whose write one judged read saw; that it was swarm's or a person's is said only where it is PROVEN, and where others may have come after it, that too."""
    by = read["writer_run"]
    if not by:
        return "nobody that can be told"
    judged = read["hypotheses"].get(ACTORS.get(by, ""))
    who = writer(by, sure=by not in ACTORS or (judged is not None and judged["verdict"] == "PROVEN"))
    return f"nobody that can be told for sure; of what is in evidence, only {who} fits" if read["cause"] == "unattributed" else who


def at_least_at_most(at_least: int, at_most: int | None, definite: bool) -> str:
    """Bounded durations; the lower bound is named only where there is one."""
    most = "an unknown time" if at_most is None else f"at most {duration(at_most)}"
    if not definite:
        return f"may have overlapped, for {most}"
    return f"overlapped for at least {duration(at_least)}, {most}" if at_least else f"overlapped, for {most}"


def instant(us: int | None) -> str:
    """An instant in UTC to the millisecond; `unknown` for none."""
    if us is None or abs(us) >= 1 << 61:
        return "unknown"
    return datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%H:%M:%S.%f")[:-3]


def second(us: int | None) -> str:
    """An instant in UTC that is known to the second, as in a reflog; `unknown` for none."""
    return instant(us).partition(".")[0]


def span(start_lo: int | None, start_hi: int | None, end_lo: int | None, end_hi: int | None) -> str:
    """A span with uncertain ends, in UTC: `13:03:05.000 .. [13:05:10.000, 13:06:02.000]`; an instant where all agree."""
    start, end = between(start_lo, start_hi), between(end_lo, end_hi)
    return f"{start} .. {end}" if (start_lo, start_hi) != (end_lo, end_hi) else start


def between(lo: int | None, hi: int | None) -> str:
    """An instant that is known within bounds."""
    if lo is None and hi is None:
        return "an unknown time"
    if lo is None or hi is None:
        return f"{instant(hi)} at the latest" if lo is None else f"{instant(lo)} at the earliest"
    return instant(lo) if lo // 1000 == hi // 1000 else f"[{instant(lo)}, {instant(hi)}]"
