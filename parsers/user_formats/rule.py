"""A rule of a user's own, from its table."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection
from typing import Any

import polars as pl

from parsers.kinds import KINDS
from parsers.rule import Rule, g, stack_of
from parsers.user_formats.entry import Entry

RULE_KEYS = ("name", "version", "kind", "has", "pattern", "set", "levels", "beside", "reference", "samples")
ANYWHERE = ("run", "host", "stack", "service", "recipe")  # columns that a line of any kind may tell


def rule_of(one: Entry) -> Rule:
    """The rule that a checked entry declares. Raises FormatError for what a rule cannot be, or a sample that it does not keep."""
    entry = one.entry
    kind = entry.get("kind")
    if kind not in KINDS:
        near = difflib.get_close_matches(str(kind), KINDS, n=1)
        one.wrong(
            "kind",
            f"no kind is called `{kind}`",
            "an event is of a kind that is known; `forensics formats` lists them",
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
    made = Rule(
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
    one.hold([_given(made, sample["line"], told) for sample in entry["samples"]])
    for number, sample in enumerate(entry["samples"]):
        if has and sample["expect"] is not False and not any(h in sample["line"] for h in has):
            one.wrong(
                "line",
                f"sample {number + 1} of {one.what} is never looked at",
                f"it holds no `{'` or `'.join(has)}`, which `has` demands",
                "correct either one",
                number,
            )
    return made


def _given(rule: Rule, line: str, told: Collection[str]) -> dict[str, Any] | None:
    """Columns and attributes of the event that a line gives; null where it gives none."""
    level = rule.levels[0] if rule.levels else None
    hit = rule.apply(pl.DataFrame({"msg": [line], "level": [level]}, schema={"msg": pl.String, "level": pl.String}))
    if hit.is_empty():
        return None
    row = hit.to_dicts()[0]
    attrs = json.loads(row["attrs"] or "{}")
    return {name: row[name] if name in rule.columns else attrs.get(name) for name in told}
