"""Walk a JSON document and know where each value stands.

The standard decoder gives values without places. Here an object's members are stepped through by hand, down to
the level that is asked for, and whole values below it are left to the C scanner: exact places at little cost.

A document that breaks off, or goes on as something else, gives what was complete before.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*')
_NEXT = re.compile(r"[ \t\r\n]*([,}])[ \t\r\n]*")
_scan_value = json.JSONDecoder().scan_once
_scan_text = json.decoder.scanstring


class Broken(Exception):
    """The text is not JSON from here on."""


class Member(NamedTuple):
    """A member of an object or array: its key (or index), the place of its key and its value's range."""

    key: Any
    at: int
    start: int
    end: int
    value: Any


def value_at(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends."""
    try:
        return _scan_value(text, at)
    except (ValueError, StopIteration, RecursionError) as error:
        raise Broken(str(error)) from error


def skip(text: str, at: int) -> int:
    """The next place that is not white space."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def members(text: str, at: int) -> Iterator[Member]:
    """Step through the object at `at`; a value that is an object itself can be walked from its `start`.

    Raises:
        Broken: After the members before the break were given.
    """
    if text[at : at + 1] != "{":
        raise Broken("no object")
    at = skip(text, at + 1)
    if text[at : at + 1] == "}":
        return
    while True:
        named = _KEY.match(text, at)
        if named is None:
            raise Broken("no key")
        value, end = value_at(text, named.end())
        yield Member(_key(named[0]) if "\\" in named[1] else named[1], at, named.end(), end, value)
        following = _NEXT.match(text, end)
        if following is None:
            raise Broken("no comma")
        if following[1] == "}":
            return
        at = following.end()


def _key(spelled: str) -> str:
    try:
        return _scan_text(spelled, 1, True)[0]
    except ValueError as error:
        raise Broken(str(error)) from error


def elements(text: str, at: int = 0) -> Iterator[tuple[int, int, Any]]:
    """The values of a document from `at` on, one by one, with their range; an array at the top is opened.

    A sequence of values (one to a line, or none between them) is a document too. What does not parse ends it.
    """
    at = skip(text, at)
    while at < len(text):
        if text[at] == "[":
            at = skip(text, at + 1)
            if text[at : at + 1] == "]":
                at = skip(text, at + 1)
                continue
        try:
            value, end = value_at(text, at)
        except Broken:
            return
        yield at, end, value
        at = skip(text, end)
        while text[at : at + 1] in (",", "]"):
            at = skip(text, at + 1)


class Lines:
    """From a place in a text to the number of its line."""

    def __init__(self, text: str, first: int) -> None:
        self._first = first
        self._ends = [m.start() for m in re.finditer("\n", text)]

    def at(self, place: int) -> int:
        """The number of the line that holds `place`."""
        return self._first + bisect_left(self._ends, place)
