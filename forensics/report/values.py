"""How stamps and names of hypotheses are written."""

from __future__ import annotations

import re

FULL_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{32}\b")
HYPOTHESES = {
    "concurrency": "another run wrote what was read",
    "swarm-rollback": "swarm put the service back by itself",
    "wrong-head": "the deploy took another commit than the one intended",
    "stale-read": "the read saw a state that was over",
    "aborted-write": "the deploy never wrote its value",
    "manual-update": "somebody changed the service by hand",
    "clock-error": "the order of events is an error of clocks",
    "vacuous": "the two values are no different, so there was no drift",
}


def short(text: str | None) -> str:
    """Full commit hashes as eight digits, as stamps have them; nothing for null."""
    return FULL_HASH.sub(r"\1", text) if text else ""


def sentence(text: str) -> str:
    """A summary as a sentence: a capital where it begins with a word, a full stop."""
    first = text.split(" ", 1)[0].removesuffix(",")
    text = text[0].upper() + text[1:] if first.isalpha() else text
    return text if text.endswith((".", "!", "?")) else f"{text}."


def count(number: int, noun: str) -> str:
    """`1 read`, `3 reads`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
