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

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from parsers.envelope import Envelope
from parsers.rule import Rule
from parsers.toml_places import Toml
from parsers.user_formats.entry import Entry, known, parsed, wrong
from parsers.user_formats.envelope import ENVELOPE_KEYS, envelope_of
from parsers.user_formats.rule import RULE_KEYS, rule_of

__all__ = ["UserFormats", "read_formats"]


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
    said = parsed(toml)
    known(toml, said, ("envelope", "rule"), toml.top)
    names = set(taken)
    envelopes, rules, digests = [], [], []
    for table, keys, made, build in (("envelope", ENVELOPE_KEYS, envelopes, envelope_of), ("rule", RULE_KEYS, rules, rule_of)):
        entries = said.get(table, [])
        if not isinstance(entries, list):
            wrong(toml.find(table), f"`{table}` is one table", "a file may hold several", f"write [[{table}]]", path)
        for index, entry in enumerate(entries):
            one = Entry(toml, table, index, entry)
            one.check(keys, names)
            made.append(build(one))
            names.add(entry["name"])
            digest = hashlib.sha256(json.dumps(entry, sort_keys=True, default=str).encode()).hexdigest()[:12]
            digests.append(f"{table}:{entry['name']}/{entry['version']}@{digest}")
    return UserFormats(tuple(envelopes), tuple(rules), tuple(digests))
