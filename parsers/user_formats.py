r"""Formats of a user's own: envelopes and rules from a TOML file, checked before they are used.

    [[envelope]]                                   # how a line carries time and level around a message
    name = "nightly"
    version = 1
    pattern = '^(?P<ts>\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d) (?P<level>[A-Z]+) (?P<msg>.*)$'
    time = "%d.%m.%Y %H:%M:%S"
    [[envelope.samples]]
    line = "23.11.2026 08:55:27 INFO rolling out disc.example.org"
    expect = { ts = "2026-11-23 08:55:27", level = "INFO", msg = "rolling out disc.example.org" }
    [[envelope.samples]]
    line = "rolling out disc.example.org"
    expect = false

    [[rule]]                                       # what a message says: one kind of event
    name = "nightly_rollout"
    version = 1
    kind = "deploy.start"
    has = "rolling out"
    pattern = '^rolling out (?P<domain>\S+)$'
    set = { command = "deploy" }
    [[rule.samples]]
    line = "rolling out disc.example.org"
    expect = { stack = "disc_example_org" }
    [[rule.samples]]
    line = "rolling out"
    expect = false

Patterns are regular expressions of the Rust crate `regex`: no look-around. A rule's groups are named for the columns and attributes of its kind;
`domain` gives the stack too, where the kind has one. Every format shows a line that it reads and one that it must not.

References:
    https://docs.rs/regex/latest/regex/#syntax
    https://docs.rs/chrono/latest/chrono/format/strftime/
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import polars as pl

from parsers.envelope import Envelope, bulk
from parsers.errors import FormatError
from parsers.kinds import KINDS
from parsers.record import Sample
from parsers.rule import Rule, g, stack_of
from parsers.toml_places import Place, Toml

ENVELOPE_KEYS = ("name", "version", "pattern", "time", "resolution", "reference", "samples")
RULE_KEYS = ("name", "version", "kind", "has", "pattern", "set", "levels", "beside", "reference", "samples")
ENVELOPE_GROUPS = ("ts", "level", "logger", "host", "run", "msg")
EPOCHS = {"epoch": 1_000_000, "epoch-ms": 1_000, "epoch-us": 1, "epoch-ns": 1}  # microseconds in one, or that one is told by
RESOLUTIONS = {"1us": 1, "1ms": 1_000, "1s": 1_000_000, "1min": 60_000_000}
ANYWHERE = ("run", "host", "stack", "service", "recipe")  # columns that a line of any kind may tell
YEARS = ("%Y", "%y", "%F", "%D", "%+", "%c", "%x")  # what prints a year
NAME = r"[a-z][a-z0-9_]*"
NEXT = "forensics formats --formats {}"


@dataclass(frozen=True)
class UserFormats:
    """What one file declares. `digests` name each format with a digest of its definition."""

    envelopes: tuple[Envelope, ...] = ()
    rules: tuple[Rule, ...] = ()
    digests: tuple[str, ...] = ()


def read_formats(path: str, text: str, taken: Collection[str] = ()) -> UserFormats:
    """Read and check one file.

    Args:
        path: Its name, for errors.
        taken: Names that other formats have.

    Raises:
        FormatError: At the first thing that is wrong: where it stands, why it is wrong and what to do.
    """
    toml = Toml(path, text)
    said = _parsed(toml)
    _known(toml, said, ("envelope", "rule"), toml.top)
    names = set(taken)
    envelopes, rules, digests = [], [], []
    for table, keys, made, build in (("envelope", ENVELOPE_KEYS, envelopes, _envelope), ("rule", RULE_KEYS, rules, _rule)):
        entries = said.get(table, [])
        if not isinstance(entries, list):
            _wrong(toml.find(table), f"`{table}` is one table", "a file may hold several", f"write [[{table}]]", path)
        for index, entry in enumerate(entries):
            one = _One(toml, table, index, entry)
            one.check(keys, names)
            made.append(build(one))
            names.add(entry["name"])
            digest = hashlib.sha256(json.dumps(entry, sort_keys=True, default=str).encode()).hexdigest()[:12]
            digests.append(f"{table}:{entry['name']}/{entry['version']}@{digest}")
    return UserFormats(tuple(envelopes), tuple(rules), tuple(digests))


def _parsed(toml: Toml) -> dict[str, Any]:
    try:
        return tomllib.loads(toml.text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        place = toml.at(int(at[1]), int(at[2])) if at else Place(toml.path, toml.text.count("\n") + 1)
        why = re.sub(r" \(at .*\)$", "", str(error))
        _wrong(
            place,
            "the file is not TOML",
            why[:1].lower() + why[1:],
            f"mend line {place.line}; https://toml.io shows the grammar",
            toml.path,
        )


def _wrong(place: Place, what: str, why: str, next_: str, path: str) -> NoReturn:
    raise FormatError(what, str(place), why, f"{next_}, then: {NEXT.format(path)}")


def _known(toml: Toml, said: Mapping[str, Any], known: Collection[str], place: Any) -> None:
    for key in said:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            _wrong(
                place(key),
                f"`{key}` is not known",
                f"known are {', '.join(known)}",
                f"write `{near[0]}`" if near else f"remove `{key}`",
                toml.path,
            )


@dataclass(frozen=True)
class _One:
    """One `[[envelope]]` or `[[rule]]` of a file."""

    toml: Toml
    table: str
    index: int
    entry: dict[str, Any]

    @property
    def what(self) -> str:
        return f"{self.table} `{self.entry.get('name', self.index + 1)}`"

    def wrong(self, key: str | None, what: str, why: str, next_: str, sample: int | None = None, mark: str | None = None) -> NoReturn:
        _wrong(self.toml.find(self.table, self.index, key, sample, mark), what, why, next_, self.toml.path)

    def check(self, keys: Collection[str], names: Collection[str]) -> None:
        """What holds for envelopes and rules alike."""
        if not isinstance(self.entry, dict):
            self.wrong(None, f"{self.table} {self.index + 1} is no table", f"it is {type(self.entry).__name__}", f"write [[{self.table}]]")
        _known(self.toml, self.entry, keys, lambda key: self.toml.find(self.table, self.index, key, mark=key, on_key=True))
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
            _wrong(place, f"the pattern of {self.what} cannot be read", why, "mend the pattern", self.toml.path)

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


def _envelope(one: _One) -> Envelope:
    entry, groups = one.entry, one.groups()
    for name in groups:
        if name not in ENVELOPE_GROUPS:
            near = difflib.get_close_matches(name, ENVELOPE_GROUPS, n=1)
            mark = f"<{name}>"
            one.wrong(
                "pattern",
                f"an envelope has no group `{name}`",
                f"its groups are {', '.join(ENVELOPE_GROUPS)}",
                f"write (?P<{near[0] if near else 'msg'}>...)",
                mark=mark,
            )
    if "msg" not in groups:
        one.wrong(
            "pattern",
            f"{one.what} gives no message",
            "the group (?P<msg>...) is missing: rules read what stands there",
            "mark the message: (?P<msg>.*)",
        )
    times = tuple(_times(one))
    if ("ts" in groups) != bool(times):
        missing = "`time`, which says how the group ts is printed" if "ts" in groups else "the group (?P<ts>...), which `time` is for"
        one.wrong("pattern" if times else None, f"{one.what} cannot read its time", f"it lacks {missing}", 'time = "%Y-%m-%d %H:%M:%S"')
    resolution = entry.get("resolution", "1us" if any("f" in t or t in EPOCHS for t in times) else "1s")
    if resolution not in RESOLUTIONS:
        one.wrong("resolution", f"`{resolution}` is no resolution", f"known are {', '.join(RESOLUTIONS)}", 'resolution = "1s"')
    stated = {("%z" in t or t in EPOCHS) for t in times}
    if len(stated) > 1:
        one.wrong(
            "time", f"{one.what} states a zone in some times only", "either all of its times have %z, or none", "make two envelopes of it"
        )
    sample = next(s for s in one.samples() if s.expect)
    said = sample.expect[0].get("msg", "")  # type: ignore[index]
    envelope = Envelope(
        name=entry["name"],
        version=entry["version"],
        open=_opener(entry["pattern"], [n for n in groups if n not in ("ts", "msg")], times, by_digits="resolution" not in entry),
        render=lambda msg: sample.text.replace(said, msg),
        references=one.reference(),
        samples=one.samples(),
        stated=stated == {True},
        resolution_us=RESOLUTIONS[resolution],
    )
    opened = pl.DataFrame({"text": [s.text for s in one.samples()]}).select(envelope.open(pl.col("text")).alias("o")).unnest("o").to_dicts()
    one.hold([None if row["msg"] is None else row for row in opened])
    if times and not any(row.get("ts") or row.get("yearless") for row in opened if row["msg"] is not None):
        one.wrong(
            "time", f"{one.what} reads the time of no sample", f"{times[0]!r} does not fit what the group ts holds", "correct either one"
        )
    return envelope


def _times(one: _One) -> Iterator[str]:
    said = one.entry.get("time", [])
    for fmt in [said] if isinstance(said, str) else said if isinstance(said, list) else [said]:
        if not isinstance(fmt, str) or not (fmt in EPOCHS or "%" in fmt):
            why = f"it is as strftime writes it, or one of {', '.join(EPOCHS)}"
            one.wrong("time", f"`{fmt}` is no way to print a time", why, 'time = "%Y-%m-%d %H:%M:%S"')
        yield fmt


def _opener(pattern: str, names: Collection[str], times: tuple[str, ...], *, by_digits: bool) -> Any:
    whole = tuple(t for t in times if t not in EPOCHS and any(d in t for d in YEARS))
    yearless = tuple(t for t in times if t not in EPOCHS and t not in whole)
    epochs = [t for t in times if t in EPOCHS]

    def open_(text: pl.Expr) -> pl.Expr:
        groups = text.str.extract_groups(pattern).struct.field
        fields = {name: groups(name) for name in [*names, "msg"]}
        if times:
            ts = groups("ts")
            tries = [*([bulk(ts, whole)] if whole else []), *(_epoch(ts, unit) for unit in epochs)]
            fields["ts"] = pl.coalesce(tries) if tries else pl.lit(None, pl.Datetime("us"))
            if by_digits and (epochs or any("f" in t for t in times)):
                fields["resolution_us"] = _step(ts, min(EPOCHS.get(t, 1_000_000) for t in times))
        if yearless:
            # Of a leap year, so that 29 February is a day.
            days = [pl.concat_str(pl.lit("2000 "), ts).str.to_datetime(f"%Y {fmt}", time_unit="us", strict=False) for fmt in yearless]
            fields["yearless"] = pl.coalesce(days).dt.to_string("%m-%d %H:%M:%S%.6f")
        return pl.struct(**fields)

    return open_


def _epoch(ts: pl.Expr, unit: str) -> pl.Expr:
    """An instant of a number of seconds (with a fraction) or parts of a second; digits below a microsecond are cut."""
    if unit == "epoch-ns":
        return (ts.cast(pl.Int64, strict=False) // 1000).cast(pl.Datetime("us"))
    return (ts.cast(pl.Float64, strict=False) * EPOCHS[unit]).round(0).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))


def _step(ts: pl.Expr, whole_us: int) -> pl.Expr:
    """Microseconds that the last digit of a printed time stands for; `whole_us` where no fraction ends it."""
    digits = ts.str.extract(r"[.,](\d{1,9})\s*(?:[A-Za-z]{1,5}|[+-]\d\d:?\d\d)?$").str.len_bytes().cast(pl.Int64)
    return pl.when(digits.is_null()).then(whole_us).otherwise(pl.lit(10, pl.Int64).pow(6 - digits.clip(0, 6))).cast(pl.Int64)


def _rule(one: _One) -> Rule:
    entry = one.entry
    kind = entry.get("kind")
    if kind not in KINDS:
        near = difflib.get_close_matches(str(kind), KINDS, n=1)
        one.wrong(
            "kind",
            f"no kind is called `{kind}`",
            "an event is of a kind that is known; `forensics events --help` lists them",
            f'kind = "{near[0] if near else "claim"}"',
        )
    columns, attrs = (*KINDS[kind].columns, *ANYWHERE), KINDS[kind].attrs
    told = dict.fromkeys([*columns, *attrs])
    groups, given = one.groups(), entry.get("set", {})
    if not isinstance(given, dict):
        one.wrong("set", f"`set` of {one.what} is no table", "it gives columns fixed values", 'set = { outcome = "ok" }')
    for name in [*groups, *given]:
        if name not in told and not (name == "domain" and "stack" in columns):
            near = difflib.get_close_matches(name, told, n=1)
            key, mark = ("set", name) if name in given else ("pattern", f"<{name}>")
            one.wrong(
                key,
                f"events of kind {kind} have no `{name}`",
                f"they have {', '.join(told)}",
                f"write `{near[0]}`" if near else f"leave (?:...) unnamed, or remove `{name}`",
                mark=mark,
            )
    has = [entry["has"]] if isinstance(entry.get("has"), str) else entry.get("has", [])
    if not isinstance(has, list) or not all(isinstance(h, str) and h for h in has):
        one.wrong("has", f"`has` of {one.what} is no text", "it is a text, or a list of texts, one of which each line holds", 'has = "..."')
    levels = entry.get("levels", [])
    if not isinstance(levels, list) or not all(isinstance(level, str) for level in levels):
        one.wrong("levels", f"`levels` of {one.what} is no list of texts", "only lines of these levels are read", 'levels = ["ERROR"]')
    picked: dict[str, Any] = {name: name for name in groups if name in told}
    picked |= {name: pl.lit(str(value)) for name, value in given.items() if name in told}
    if "domain" in groups and "stack" in columns and "stack" not in picked:
        picked["stack"] = stack_of(g("domain"))
    rule = Rule(
        name=entry["name"],
        version=entry["version"],
        kind=kind,
        literals=tuple(has),
        pattern=entry["pattern"],
        columns={name: value for name, value in picked.items() if name in columns},
        extra={name: value for name, value in picked.items() if name in attrs and name not in columns},
        samples=one.samples(),
        references=one.reference(),
        beside=entry.get("beside") is True,
        levels=tuple(levels),
    )
    one.hold([_given(rule, sample["line"], told) for sample in entry["samples"]])
    for number, sample in enumerate(entry["samples"]):
        if has and sample["expect"] is not False and not any(h in sample["line"] for h in has):
            one.wrong(
                "line",
                f"sample {number + 1} of {one.what} is never looked at",
                f"it holds no `{'` or `'.join(has)}`, which `has` demands",
                "correct either one",
                number,
            )
    return rule


def _given(rule: Rule, line: str, told: Collection[str]) -> dict[str, Any] | None:
    """Columns and attributes of the event that a line gives; null where it gives none."""
    level = rule.levels[0] if rule.levels else None
    hit = rule.apply(pl.DataFrame({"msg": [line], "level": [level]}, schema={"msg": pl.String, "level": pl.String}))
    if hit.is_empty():
        return None
    row = hit.to_dicts()[0]
    attrs = json.loads(row["attrs"] or "{}")
    return {name: row[name] if name in rule.columns else attrs.get(name) for name in told}
