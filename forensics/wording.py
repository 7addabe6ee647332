"""How durations and instants are said."""

from __future__ import annotations

from datetime import UTC, datetime


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
