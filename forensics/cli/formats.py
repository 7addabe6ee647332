"""`forensics formats [FILE]`: what can be read, and as what a file would be."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.output import Column
from forensics.errors import SourceError

KNOWN = (
    Column("sort", "sort"),
    Column("name", "name", wide=True),
    Column("version", "v", right=True),
    Column("kinds", "gives", wide=True),
    Column("reference", "defined in", wide=True),
)
CANDIDATES = (Column("format", "format"), Column("score", "fits", right=True), Column("why", "because", wide=True))


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
def command(file: str | None, as_json: bool) -> None:
    """List the formats known, or judge which one fits FILE.

    A record parser reads a source with a grammar of its own. Text is read in two steps: envelopes take time and level off each line, rules
    read the message; any rule works inside any envelope. Nothing is stored.

    \b
    Example:
      forensics formats
      forensics formats data/dstamp/evidence/dockerd.log
    """
    rows = known() if file is None else candidates(file)
    if as_json:
        output.machine(rows)
    elif file is None:
        output.table(
            [row | {"kinds": ", ".join(row["kinds"]) or None, "reference": next(iter(row["references"]), None)} for row in rows], KNOWN
        )
    else:
        taken = [row["format"] for row in rows if row["taken"]]
        output.say(
            output.quoted(
                f"{file} is read as {taken[0]}" if taken else f"{file}: no format fits; its lines are kept, and counted as unparsed"
            )
        )
        output.table([row | {"score": f"{row['score']:.0%}"} for row in rows], CANDIDATES)


def known() -> list[dict]:
    """Every entry of the registries, in their order: name, version, the kinds of events that it gives, references."""
    from parsers.registry import ENVELOPES, RECORDS, RULES

    def row(sort: str, entry: object, kinds: tuple[str, ...]) -> dict:
        return {"sort": sort, "name": entry.name, "version": entry.version, "kinds": list(kinds), "references": list(entry.references)}

    return [
        *(row("record", record, record.kinds) for record in RECORDS),
        *(row("envelope", envelope, ()) for envelope in ENVELOPES),
        *(row("rule", rule, (rule.kind,)) for rule in RULES),
    ]


def candidates(file: str) -> list[dict]:
    """How well each format fits the file's path and first 64 KiB, best first; `taken` marks the one that ingest would use."""
    from parsers.engine import HEAD_BYTES, choose

    try:
        with open(file, "rb") as source:
            head = source.read(HEAD_BYTES)
    except OSError as error:
        raise SourceError(f"`{file}` cannot be read", file, error.strerror or str(error), f"ls -l {file}") from error
    choice = choose(file, head)
    rows = [{"format": name, "score": score, "why": why, "taken": name == choice.name} for name, score, why in choice.candidates]
    if choice.name != "unparsed" and not any(row["taken"] for row in rows):  # a chain of envelopes is no single candidate
        rows.insert(
            0, {"format": choice.name, "score": 1.0, "why": "the envelopes that its lines wear, from the outside in", "taken": True}
        )
    return sorted(rows, key=lambda row: (not row["taken"], -row["score"]))
