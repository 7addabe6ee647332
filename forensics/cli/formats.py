"""`forensics formats [FILE]`: what can be read, and as what a file would be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import of_ones_own, viewing
from forensics.cli.output import Column
from forensics.cli.view import View
from forensics.errors import SourceError

if TYPE_CHECKING:
    from parsers.context import Context

KNOWN = (
    Column("sort", "sort"),
    Column("name", "name", wide=True),
    Column("version", "v", right=True),
    Column("kinds", "gives", wide=True),
)
CANDIDATES = (Column("format", "format"), Column("score", "fits", right=True), Column("why", "because", wide=True))


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@of_ones_own("to be tried")
@viewing("json", "case")
def command(view: View, file: str | None, formats: tuple[str, ...]) -> None:
    """List the formats known, or judge which one fits FILE.

    A record parser reads a source with a grammar of its own. Text is read in two steps: envelopes take time and level off each line, rules
    read the message; any rule works inside any envelope. Nothing is stored.

    Formats of your own (docs/formats-of-your-own.md) take part: those of the case, if there is one, and those in the files of --formats, which are
    checked first.

    \b
    Example:
      forensics formats
      forensics formats data/dstamp/evidence/dockerd.log
      forensics formats nightly.log --formats nightly.toml
    """
    context = own_formats(view, formats)
    rows = known(context) if file is None else candidates(file, context)
    if view.as_json:
        output.machine(rows)
    elif file is None:
        output.table([row | {"kinds": ", ".join(row["kinds"]) or None} for row in rows], KNOWN)
        output.note("docs/formats.md shows what each reads; --json says where it is defined")
    else:
        taken = [row["format"] for row in rows if row["taken"]]
        output.say(
            output.quoted(
                f"{file} is read as {taken[0]}" if taken else f"{file}: no format fits; its lines are kept, and counted as unparsed"
            )
        )
        output.table([row | {"score": f"{row['score']:.0%}"} for row in rows], CANDIDATES)


def own_formats(view: View, files: tuple[str, ...]) -> Context:
    """What the case declares, where there is one, and the formats of these files."""
    from forensics.config import format_files, read_all, read_config
    from forensics.store.parsing import context_of

    place = Path(view.case_path) / "case.toml"
    config = read_config(place)
    if files:
        formats, texts = read_all([*(f for f in format_files(place) if f.name not in {Path(g).name for g in files}), *map(Path, files)])
        config = replace(config, formats=formats, texts=texts)
    return context_of(config)


def known(context: Context) -> list[dict]:
    """Every entry of the registries, in their order: name, version, the kinds of events that it gives, references."""
    from parsers.engine import envelopes, rules
    from parsers.registry import RECORDS

    def row(sort: str, entry: object, kinds: tuple[str, ...]) -> dict:
        return {"sort": sort, "name": entry.name, "version": entry.version, "kinds": list(kinds), "references": list(entry.references)}

    return [
        *(row("record", record, record.kinds) for record in RECORDS),
        *(row("envelope", envelope, ()) for envelope in envelopes(context)),
        *(row("rule", rule, (rule.kind,)) for rule in rules(context)),
    ]


def candidates(file: str, context: Context) -> list[dict]:
    """How well each format fits the file's path and first 64 KiB, best first; `taken` marks the one that ingest would use."""
    from parsers.engine import HEAD_BYTES, choose

    try:
        with open(file, "rb") as source:
            head = source.read(HEAD_BYTES)
    except OSError as error:
        raise SourceError(f"`{file}` cannot be read", file, error.strerror or str(error), f"ls -l {file}") from error
    choice = choose(file, head, context)
    rows = [{"format": name, "score": score, "why": why, "taken": name == choice.name} for name, score, why in choice.candidates]
    if choice.name != "unparsed" and not any(row["taken"] for row in rows):  # a chain of envelopes is no single candidate
        rows.insert(
            0, {"format": choice.name, "score": 1.0, "why": "the envelopes that its lines wear, from the outside in", "taken": True}
        )
    return sorted(rows, key=lambda row: (not row["taken"], -row["score"]))
