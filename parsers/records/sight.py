"""How a format of lines shows itself in the first bytes of a source."""

from __future__ import annotations

import re
from functools import cache

from parsers.record import Fit

SIGHT = 8_192  # bytes
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(\[)\s*)?\{")
_HEADED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[^\s{\[][^\n]*\n\s*(?:\[\]\s*)?)?(?:(\[)\s*)?\{")


def begins_with_json(head: bytes, *, in_array: bool = False, headed: bool = False) -> bool:
    """Whether a source begins with a JSON object, or else (`in_array`) with an array of them; or (`headed`) so below the command that printed it."""
    begins = (_HEADED if headed else _BEGINS).match(head)
    return begins is not None and (in_array or begins[1] is None)


def fit_of_lines(pattern: re.Pattern[bytes], head: bytes, what: str, *, best: float = 0.95) -> Fit:
    """A fit as good as the share of lines that begin like `pattern` (which is anchored at lines and takes one each).

    A log that only quotes such lines stays a log: below a half nothing fits.
    """
    sight = head[:SIGHT]
    hits = len(_after_newline(pattern).findall(b"\n" + sight))
    if not hits:
        return Fit(0.0, f"no {what.removeprefix('a ')}")
    if len(head) > SIGHT:
        sight = sight[: sight.rfind(b"\n") + 1] or sight
    lines = max(sum(1 for line in sight.split(b"\n") if line.strip()), hits)
    return Fit(round(best * (1.0 if 2 * hits >= lines else hits / lines), 3), f"{hits} of the first {lines} lines: {what}")


@cache
def _after_newline(pattern: re.Pattern[bytes]) -> re.Pattern[bytes]:
    """The same lines: Python's engine searches for a newline ten times as fast as it tries `^` at each byte."""
    return re.compile(b"\n(?:" + pattern.pattern + b")", pattern.flags)
