"""Walk a JSON document and know where each value stands.

The standard decoder gives values without places. Here an object's members are stepped through by hand, down to
the level that is asked for, and whole values below it are left to the C scanner: exact places at little cost, and nothing is read twice.

A document that breaks off, or goes on as something else, gives what was complete before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
# A key, and the value where it is a string as it stands there: most are, and need no scanner.
_PAIR = re.compile(
    r'[ \t\r\n]*"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"[ \t\r\n]*:[ \t\r\n]*(?:"([^"\\\x00-\x1f]*)")?',
)
_CLOSING = re.compile(r"[ \t\r\n]*\}")
_scan_value = json.JSONDecoder().scan_once
_scan_text = json.decoder.scanstring


class Broken(Exception):
    """The text is not JSON from `place` on, or from before it."""

    def __init__(self, why: str, place: int = 0) -> None:
        super().__init__(why)
        self.place = place


class Member(NamedTuple):
    """A member of an object or array: its key (or index), the place of its key and its value's range.

    `members` are those of a value that was stepped through itself.
    """

    key: Any
    at: int
    start: int
    end: int
    value: Any
    members: dict[str, Member] | None = None


Inside = Mapping[str, "Inside"]  # keys whose values are stepped through too, where they are objects


def value_at(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends."""
    try:
        return _scan_value(text, at)
    except (ValueError, StopIteration, RecursionError) as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else error.value if isinstance(error, StopIteration) else at
        raise Broken(str(error), place) from error


def skip(text: str, at: int) -> int:
    """The next place that is not white space."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def members(text: str, at: int, inside: Inside | None = None) -> Iterator[Member]:
    """Step through the object at `at`; a value that is an object itself can be walked from its `start`, or at once with `inside`.

    Raises:
        Broken: After the members before the break were given.
    """
    if text[at : at + 1] != "{":
        raise Broken("no object")
    at += 1
    if _CLOSING.match(text, at):
        return
    while True:
        pair = _PAIR.match(text, at)
        if pair is None:
            raise Broken("no key", skip(text, at))
        key, value = pair.groups()
        if "\\" in key:
            key = _key(f'"{key}"')
        start = end = pair.end()
        parts = None
        if value is not None:
            start -= len(value) + 2
        elif inside and key in inside and text[start : start + 1] == "{":
            parts, end = object_at(text, start, inside[key])
            value = {name: member.value for name, member in parts.items()}
        else:
            value, end = value_at(text, start)
        yield Member(key, pair.start(1) - 1, start, end, value, parts)
        at = end if text[end : end + 1] in (",", "}") else skip(text, end)
        following = text[at : at + 1]
        if following == "}":
            return
        if following != ",":
            raise Broken("no comma", at)
        at += 1


def whole_members(text: str, at: int) -> list[Member]:
    """The members of the object at `at` that are whole: those before a break; none where it is no object."""
    found = []
    try:
        for member in members(text, at):
            found.append(member)  # noqa: PERF402 - what came before a break stands
    except Broken:
        pass
    return found


def object_at(text: str, at: int, inside: Inside | None = None) -> tuple[dict[str, Member], int]:
    """The members of the object at `at` by their keys, the last of each, and where the object ends.

    Raises:
        Broken: If it is none, or not whole.
    """
    found = {}
    end = at + 1
    for member in members(text, at, inside):
        found[member.key] = member
        end = member.end
    return found, _CLOSING.match(text, end).end()  # type: ignore[union-attr]


def inner(of: Member | None) -> dict[str, Member]:
    """The members of a value that was stepped through; none where it is no object, or not there."""
    return (of.members or {}) if of is not None else {}


def value_of(of: dict[str, Member], key: str) -> Any:
    """The value of a member; null where it is not there."""
    return of[key].value if key in of else None


def under(value: Any, *keys: str) -> Any:
    """What stands under these keys, one in the other; null where one is missing, or what holds it is no object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _key(spelled: str) -> str:
    try:
        return _scan_text(spelled, 1, True)[0]
    except ValueError as error:
        raise Broken(str(error)) from error


def elements(text: str, at: int = 0, inside: Inside | None = None) -> Generator[tuple[int, int, Any], None, int]:
    """The values of a document from `at` on, one by one, with their range; an array at the top is opened.

    A sequence of values (one to a line, or none between them) is a document too. What does not parse ends it: where it was seen not to, is returned.

    Args:
        inside: Where given, an object is given as its members, stepped through so far.
    """
    at = skip(text, at)
    while at < len(text):
        if text[at] == "[":
            at = skip(text, at + 1)
            if text[at : at + 1] == "]":
                at = skip(text, at + 1)
                continue
        try:
            value, end = value_at(text, at) if inside is None or text[at : at + 1] != "{" else object_at(text, at, inside)
        except Broken as broken:
            return max(at, broken.place)
        yield at, end, value
        at = skip(text, end)
        while text[at : at + 1] in (",", "]"):
            at = skip(text, at + 1)
    return len(text)


class Lines:
    """From a place in a text to the number of its line; counted from the place that was asked for before, since places are near each other."""

    def __init__(self, text: str, first: int) -> None:
        self._text, self._place, self._line = text, 0, first

    def at(self, place: int) -> int:
        """The number of the line that holds `place`; a newline belongs to the line that it ends."""
        if place >= self._place:
            self._line += self._text.count("\n", self._place, place)
        else:
            self._line -= self._text.count("\n", place, self._place)
        self._place = place
        return self._line
