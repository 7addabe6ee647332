"""case.toml: what people declare about a case. All of it is optional.

    formats = ["../nightly.toml"]  # formats of your own (docs/formats-of-your-own.md), beside those in the case's folder `formats`

    [zones]                       # what the times of a source mean that states no zone: IANA names
    "runs/*/console.log" = "Europe/Berlin"

    [years]                       # where times state no year: the year, or the day from which they count
    "syslog*" = 2026
    "host:ci2" = "2025-11-01"     # December is 2025's, January 2026's

    [offsets]                     # seconds that a clock is ahead of UTC: one number, or the least and the most
    "host:ci2" = 0.35             # a host as the lines name it
    "dockerd.log" = [-2.0, 0.5]   # or a source's path; * and ? as in the shell

    [coverage]                    # windows that somebody vouches for: nothing of what the source shows is missing in them
    "docker-events.ndjson" = { from = 2026-11-23T08:00:00Z, to = 2026-11-23T12:00:00Z }   # a recorder ran; either end may be left out

    [runs]                        # where a run's id stands in a path: group `run`
    patterns = ['^nightly/(?P<run>[^/]+)/']

The first pattern that fits a path wins. What is not listed here is an error: a misspelt key would silently do nothing.

The same may be said with options of `ingest` and `replay` (`--zone`, `--year`, `--offset`); the ledger keeps that, and case.toml goes before it,
later options before earlier ones. Events change by `forensics replay`. Offsets apply to no record of docker's own: its clock is what others are measured against.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from forensics.errors import UsageError
from parsers.user_formats import UserFormats

SECTIONS = ("zones", "years", "offsets", "coverage", "runs", "formats")
# What an option of the command line may declare: the section, an example.
DECLARED = {"zones": "--zone Europe/Berlin", "years": "--year 2026", "offsets": "--offset 'host:ci2=0.35'"}
EVERYTHING = "*"
FOLDER = "formats"  # in the case: every *.toml in it is read


@dataclass(frozen=True)
class Config:
    """case.toml as read. Offsets are integer microseconds `(least, most)` that a clock is ahead of UTC."""

    zones: tuple[tuple[str, str], ...] = ()
    years: tuple[tuple[str, date], ...] = ()
    offsets: tuple[tuple[str, tuple[int, int]], ...] = ()
    coverage: tuple[tuple[str, tuple[datetime | None, datetime | None]], ...] = ()
    run_patterns: tuple[str, ...] = ()
    formats: UserFormats = UserFormats()
    texts: tuple[tuple[str, str], ...] = ()  # name and text of each file of formats


def read_config(path: Path) -> Config:
    """Read case.toml; an empty Config where there is none.

    Raises:
        UsageError: If it is not TOML, or says something that is not known.
    """
    said = _said(path)
    if said is None:
        return Config(**dict(zip(("formats", "texts"), read_all(_files(path, {})), strict=True)))
    _known(path, "", said, SECTIONS)
    return Config(
        *(
            tuple((glob, READ[name](f'{path}, {name}."{glob}"', glob, value)) for glob, value in _table(path, name, said).items())
            for name in DECLARED
        ),
        tuple((glob, _window(path, glob, value)) for glob, value in _table(path, "coverage", said).items()),
        _runs(path, _table(path, "runs", said)),
        *read_all(_files(path, said)),
    )


def _said(path: Path) -> dict[str, Any] | None:
    """What the file says; null where there is none."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"`{path}` cannot be read", str(path), str(error), "make it readable UTF-8, or remove it") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"`{path}` is not TOML", str(path), str(error), "mend that line; https://toml.io shows the grammar") from error


def _files(path: Path, said: Mapping[str, Any]) -> list[Path]:
    """The files of formats: those that case.toml names, then those in the case's folder, by name."""
    named = []
    for i, name in enumerate(_list(path, "formats", said.get("formats", []))):
        if not isinstance(name, str) or not (path.parent / name).is_file():
            why = "it is a path of a TOML file, relative to case.toml"
            raise _wrong(
                path, f"formats[{i}]", f"`{name}` is no file of formats", why, "correct it; docs/formats-of-your-own.md has an example"
            )
        named.append(path.parent / name)
    return [*named, *sorted((path.parent / FOLDER).glob("*.toml"))]


def format_files(path: Path) -> list[Path]:
    """The files of formats of the case whose case.toml is at `path`."""
    return _files(path, _said(path) or {})


def read_all(files: Sequence[Path]) -> tuple[UserFormats, tuple[tuple[str, str], ...]]:
    """Read and check files of formats; and the text of each, by its name.

    Raises:
        UsageError: If one cannot be read.
        FormatError: If one is wrong.
    """
    if not files:
        return UserFormats(), ()
    from parsers.registry import names
    from parsers.user_formats import read_formats

    found, texts, taken = [], [], names()
    for file in files:
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"`{file}` cannot be read", str(file), str(error), "make it readable UTF-8, or remove it") from error
        found.append(read_formats(str(file), text, taken))
        texts.append((file.name, text))
        taken = taken | {f.name for f in (*found[-1].envelopes, *found[-1].rules)}
    joined = (tuple(x for f in found for x in getattr(f, part)) for part in ("envelopes", "rules", "digests"))
    return UserFormats(*joined), tuple(texts)


def _wrong(path: Path, where: str, what: str, why: str, next_: str) -> UsageError:
    return UsageError(what, f"{path}, {where}" if where else str(path), why, next_)


def _known(path: Path, where: str, said: Mapping[str, Any], known: Collection[str]) -> None:
    for key in said:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise _wrong(
                path, where, f"`{key}` is not known", f"known are {', '.join(known)}", f"write `{near[0]}`" if near else f"remove `{key}`"
            )


def _table(path: Path, name: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    value = said.get(name, {})
    if not isinstance(value, dict):
        raise _wrong(path, name, f"`{name}` is no table", f"it is {type(value).__name__}", f"begin it with a line [{name}]")
    return value


def _list(path: Path, name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(
            path,
            name,
            f"`{name}` is no list",
            f"it is {type(value).__name__}",
            f"{name} = [...]",
        )
    return value


def option(section: str, text: str) -> tuple[str, str]:
    """Read `[WHICH=]VALUE` of an option that declares something of `section`: a pattern, and the value as it was typed.

    Raises:
        UsageError: If the value is none.
    """
    which, equals, value = text.rpartition("=")
    value, which = value.strip(), which.strip() if equals else EVERYTHING
    where = f"--{section.removesuffix('s')} {text}"
    if not which:
        raise UsageError(f"`{text}` names no source", where, "before the `=` stands a path's pattern, or host:NAME", DECLARED[section])
    READ[section](where, which, value)
    return which, value


def _zone(where: str, glob: str, name: Any) -> str:
    from zoneinfo import available_timezones

    if name not in (known := available_timezones()):
        near = difflib.get_close_matches(str(name), sorted(known), n=1)
        raise UsageError(
            f"no zone is called `{name}`",
            where,
            "zones have IANA names, like Europe/Berlin",
            f'"{glob}" = "{near[0] if near else "UTC"}"' if not where.startswith("--") else f"--zone '{glob}={near[0] if near else 'UTC'}'",
        )
    return name


def _year(where: str, glob: str, value: Any) -> date:
    """A year is its first day: times without a year are the first such moments from then on."""
    if isinstance(value, date) and type(value) is date:
        return value
    text = str(value)
    try:
        if isinstance(value, bool):
            raise ValueError
        return date(int(text), 1, 1) if re.fullmatch(r"[12]\d{3}", text, re.ASCII) else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"`{value}` is no year",
            where,
            "it is a year, or the day from which times without a year count",
            f'"{glob}" = 2026, or = "2025-11-01"' if not where.startswith("--") else f"--year '{glob}=2026'",
        ) from error


def _offset(where: str, glob: str, value: Any) -> tuple[int, int]:
    """Microseconds, least and most; an option gives `0.35` or `-2,0.5`."""
    bounds = value if isinstance(value, list) else [value, value]
    if isinstance(value, str) and where.startswith("--"):
        parts = value.split(",")
        numbers = [float(p) for p in parts if re.fullmatch(r"\s*[+-]?\d{1,9}(?:\.\d+)?\s*", p, re.ASCII)]
        bounds = [numbers[0], numbers[-1]] if len(numbers) == len(parts) <= 2 else []
    if (
        len(bounds) != 2
        or not all(isinstance(b, int | float) and not isinstance(b, bool) and abs(b) < 1e9 for b in bounds)
        or bounds[0] > bounds[1]
    ):
        raise UsageError(
            f"`{value}` is no offset",
            where,
            "it is seconds: one number, or the least and the most",
            f'"{glob}" = [-0.5, 0.5]' if not where.startswith("--") else f"--offset '{glob}=-0.5,0.5'",
        )
    return round(bounds[0] * 1_000_000), round(bounds[1] * 1_000_000)


def _window(path: Path, glob: str, value: Any) -> tuple[datetime | None, datetime | None]:
    """From when to when a source shows all of its kind; null where that end is not declared."""
    where, example = f'coverage."{glob}"', f'"{glob}" = {{ from = 2026-11-23T08:00:00Z, to = 2026-11-23T12:00:00Z }}'
    if not isinstance(value, dict) or not value or set(value) - {"from", "to"}:
        raise _wrong(path, where, f"`{value}` is no window", "it has `from`, `to` or both", example)
    ends = []
    for end in ("from", "to"):
        at = value.get(end)
        if isinstance(at, str):
            try:
                at = datetime.fromisoformat(at)
            except ValueError as error:
                raise _wrong(path, where, f"`{at}` is no instant", str(error), example) from error
        if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
            raise _wrong(path, where, f"`{at}` is no instant", "day, time and offset are needed: none is guessed", example)
        ends.append(at.astimezone(UTC) if at else None)
    if ends[0] and ends[1] and ends[0] > ends[1]:
        raise _wrong(path, where, f"`{value}` is no window", "it ends before it begins", example)
    return ends[0], ends[1]


READ = {"zones": _zone, "years": _year, "offsets": _offset}


def with_declared(config: Config, said: Collection[Mapping[str, Any]]) -> Config:
    """The configuration with what options declared, as the ledger keeps it: after case.toml's own, the latest first, those for everything last."""
    found: dict[str, tuple] = {}
    for section in DECLARED:
        later = [(which, text) for entry in reversed(said) for which, text in reversed(entry.get(section, []))]
        later.sort(key=lambda pair: pair[0] == EVERYTHING)
        pairs = ((which, READ[section](f"--{section.removesuffix('s')} {which}={text}", which, text)) for which, text in later)
        found[section] = (*getattr(config, section), *pairs)
    return replace(config, **found)


def _pattern(path: Path, where: str, text: Any, needs: str = "") -> str:
    try:
        groups = re.compile(text).groupindex
    except (re.error, TypeError) as error:
        raise _wrong(path, where, f"`{text}` is no pattern", str(error), "mend the regular expression") from error
    if needs and needs not in groups:
        raise _wrong(
            path, where, f"`{text}` names no {needs}", f"the group (?P<{needs}>...) is missing", f"mark the {needs}: (?P<{needs}>...)"
        )
    return text


def _runs(path: Path, said: Mapping[str, Any]) -> tuple[str, ...]:
    _known(path, "runs", said, ("patterns",))
    return tuple(
        _pattern(path, f"runs.patterns[{i}]", p, "run") for i, p in enumerate(_list(path, "runs.patterns", said.get("patterns", [])))
    )
