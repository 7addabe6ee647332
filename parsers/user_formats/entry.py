"""One `[[envelope]]` or `[[rule]]` of a file: what holds for both, and where in the file it is said."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import polars as pl

from parsers.errors import FormatError
from parsers.record import Sample
from parsers.toml_places import Place, Toml

NAME = r"[a-z][a-z0-9_]*"
NEXT = "forensics formats --formats {}"


def parsed(toml: Toml) -> dict[str, Any]:
    """The file as TOML. Raises FormatError where it is none."""
    try:
        return tomllib.loads(toml.text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        place = toml.at(int(at[1]), int(at[2])) if at else Place(toml.path, toml.text.count("\n") + 1)
        why = re.sub(r" \(at .*\)$", "", str(error))
        wrong(
            place,
            "the file is not TOML",
            why[:1].lower() + why[1:],
            f"mend line {place.line}; https://toml.io shows the grammar",
            toml.path,
        )


def wrong(place: Place, what: str, why: str, next_: str, path: str) -> NoReturn:
    """Raise FormatError: what is wrong there, why, and what to do."""
    raise FormatError(what, str(place), why, f"{next_}, then: {NEXT.format(path)}")


def known(toml: Toml, said: Mapping[str, Any], keys: Collection[str], place: Any) -> None:
    """Insist that each key is one of `keys`; `place` says where one stands."""
    for key in said:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            wrong(
                place(key),
                f"`{key}` is not known",
                f"known are {', '.join(keys)}",
                f"write `{near[0]}`" if near else f"remove `{key}`",
                toml.path,
            )


@dataclass(frozen=True)
class Entry:
    """One `[[envelope]]` or `[[rule]]` of a file."""

    toml: Toml
    table: str
    index: int
    entry: dict[str, Any]

    @property
    def what(self) -> str:
        return f"{self.table} `{self.entry.get('name', self.index + 1)}`"

    def wrong(self, key: str | None, what: str, why: str, next_: str, sample: int | None = None, mark: str | None = None) -> NoReturn:
        wrong(self.toml.find(self.table, self.index, key, sample, mark), what, why, next_, self.toml.path)

    def check(self, keys: Collection[str], names: Collection[str]) -> None:
        """What holds for envelopes and rules alike."""
        if not isinstance(self.entry, dict):
            self.wrong(None, f"{self.table} {self.index + 1} is no table", f"it is {type(self.entry).__name__}", f"write [[{self.table}]]")
        known(self.toml, self.entry, keys, lambda key: self.toml.find(self.table, self.index, key, mark=key, on_key=True))
        self._text("name", "a name of small letters, digits and _")
        if not re.fullmatch(NAME, self.entry["name"], re.ASCII):
            near = re.sub(r"[^a-z0-9]+", "_", self.entry["name"].lower()).strip("_") or "mine"
            self.wrong("name", f"`{self.entry['name']}` is no name", "a name is of small letters, digits and _", f'name = "{near}"')
        if self.entry["name"] in names:
            self.wrong("name", f"`{self.entry['name']}` is taken", "another format has this name", f'name = "my_{self.entry["name"]}"')
        version = self.entry.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            self.wrong(
                "version",
                f"{self.what} has no version",
                "a version is a whole number from 1 on; a change of meaning raises it",
                "version = 1",
            )
        self._text("pattern", "a regular expression in '...'")
        self._pattern()
        self._samples()

    def _text(self, key: str, what: str) -> None:
        if not isinstance(self.entry.get(key), str) or not self.entry[key]:
            self.wrong(key, f"{self.what} lacks `{key}`", f"it needs {what}", f"{key} = '...'")

    def _pattern(self) -> None:
        pattern = self.entry["pattern"]
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError as error:
            told = str(error).split("\n\nThis error")[0]
            why = told.rpartition("error: ")[2].split("\n")[0]
            place = self.toml.find(self.table, self.index, "pattern", mark=pattern)
            at = next(reversed(list(re.finditer(r"^ {4}( *)(\^+)[ ^]*$", told, re.MULTILINE))), None)
            if at and place.width >= len(pattern):
                place = Place(place.path, place.line, place.column + len(at[1]), place.source, len(at[2]))
            wrong(place, f"the pattern of {self.what} cannot be read", why, "mend the pattern", self.toml.path)

    def groups(self) -> list[str]:
        return [name for name in re.findall(r"\(\?P?<(\w+)>", self.entry["pattern"]) if name]

    def _samples(self) -> None:
        samples = self.entry.get("samples")
        if not isinstance(samples, list) or not samples:
            self.wrong(
                None,
                f"{self.what} has no samples",
                "a format shows a line that it reads, and one that it must not",
                f"write [[{self.table}.samples]]",
            )
        for number, sample in enumerate(samples):
            if (
                not isinstance(sample, dict)
                or not isinstance(sample.get("line"), str)
                or not ("expect" in sample and set(sample) == {"line", "expect"})
            ):
                self.wrong(
                    None,
                    f"sample {number + 1} of {self.what} is not whole",
                    "it needs `line`, a text, and `expect`",
                    "line = '...', expect = { ... } or false",
                    number,
                )
            if not (sample["expect"] is False or isinstance(sample["expect"], dict)):
                why = "it is what the line gives: { name = value, ... }, or false for nothing"
                self.wrong("expect", f"sample {number + 1} of {self.what} expects `{sample['expect']}`", why, "expect = false", number)
        for wanted, why in ((dict, "a line that it reads"), (bool, "a line that it must not read: expect = false")):
            if not any(isinstance(s["expect"], wanted) for s in samples):
                self.wrong(
                    None, f"{self.what} lacks a sample", f"it shows no {why.removeprefix('a ')}", f"add [[{self.table}.samples]] with {why}"
                )

    def samples(self) -> tuple[Sample, ...]:
        return tuple(Sample(s["line"], None if s["expect"] is False else [s["expect"]]) for s in self.entry["samples"])

    def hold(self, got: list[dict[str, Any] | None]) -> None:
        """Insist that each sample gave what it expects; `got` is null where nothing was read."""
        for number, (sample, found) in enumerate(zip(self.entry["samples"], got, strict=True)):
            expect, nth = sample["expect"], f"sample {number + 1} of {self.what}"
            if expect is False and found is not None:
                told = ", ".join(f"{k} = {v!r}" for k, v in found.items() if v is not None)
                self.wrong(
                    "line",
                    f"{nth} is read, and must not be",
                    f"the pattern matches, and gives {told or 'an event'}",
                    "correct either one",
                    number,
                )
            if expect is False:
                continue
            if found is None:
                self.wrong("line", f"{nth} gives nothing", "the pattern does not match it", "correct either one", number)
            for key, value in expect.items():
                if key not in found:
                    near = difflib.get_close_matches(key, found, n=1)
                    self.wrong(
                        "expect",
                        f"{nth} expects `{key}`",
                        f"it can give {', '.join(found)}",
                        f"write `{near[0]}`" if near else f"remove `{key}`",
                        number,
                        key,
                    )
                if str(found[key]) != str(value):
                    self.wrong(
                        "expect",
                        f"{nth} gives another `{key}`",
                        f"it gives {found[key]!r}, and expects {value!r}",
                        "correct either one",
                        number,
                        key,
                    )

    def reference(self) -> tuple[str, ...]:
        return (str(self.entry.get("reference") or self.toml.path),)
