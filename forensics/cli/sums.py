"""The sum that accounts for every line, and what it means that some are unparsed."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.cli import output

UNPARSED = "unparsed lines are kept, but say nothing known: forensics events --unparsed"  # most lines of most logs


def accounted(total: Mapping[str, int]) -> None:
    """Print how many lines there are, and what became of them."""
    number = {key: output.count(total[key]) for key in ("in_events", "unparsed", "blank")}
    output.say(
        f"{output.counted(total['lines'], 'line')} = {number['in_events']} in events + {number['unparsed']} unparsed + {number['blank']} blank"
    )
    if total["unparsed"]:
        output.say(UNPARSED)
