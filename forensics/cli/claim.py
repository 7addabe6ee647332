"""`forensics claim TEXT`: what somebody says, as evidence to be checked."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View
from forensics.errors import UsageError

if TYPE_CHECKING:
    from forensics.case import Case


@click.command()
@click.argument("text")
@viewing("tz", "json", "case")
@click.option("--run", metavar="RUN", help="The run that it is about.")
@click.option("--stack", metavar="STACK", help="The stack that it is about.")
@click.option("--at", metavar="TIME", help="When it is said to have been so: '2026-11-23 12:42', 12:42.")
@click.option("--by", metavar="NAME", help="Who says so.")
def command(view: View, text: str, run: str | None, stack: str | None, at: str | None, by: str | None) -> None:
    """Put a person's statement into the case, to be checked.

    It becomes a source of its own, with its hash and its place in the ledger, like every other. "re-checkout failed", "deployed", "concurrent
    with RUN", "promoted" and the like are held against what the artefacts show: where they show otherwise, `forensics findings` says
    claim-contradicted. What is not understood is kept and shown. A file of claims can be ingested too: docs/claims.md.

    \b
    Example:
      forensics claim "the re-checkout failed" --run dstamp-repro4 --by "J. Doe"
    """
    from forensics.case import CLAIMED, Case
    from forensics.ingest import ingest

    line = claim(view, text, run=run, stack=stack, at=at, by=by)
    case = Case.create(view.case_path)
    name = f"{CLAIMED}{hashlib.sha256(line.encode()).hexdigest()[:12]}.claims"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CLAIMED).mkdir()
        (Path(folder) / name).write_text(line, encoding="utf-8")
        receipt = ingest(case, [folder])
    event = read_back(case, name)
    if view.as_json:
        output.machine([event], view.zone)
        return
    added = "known before" if receipt.known else "added"
    output.say(output.quoted(f"{name}: {added}: {event['text']}"))
    if event["predicate"] is None:
        output.note(f"it is kept, but nothing checks it: none of these is in it\n{known()}")
        return
    output.say(output.quoted(f"understood as: {event['predicate']}" + (f" of {event['subject']}" if event["subject"] else "")))
    if run and run not in set(view.analysis.runs["run"]):
        output.note(f"no run in the case is called `{run}` yet; nothing can contradict this before its log is ingested")
    else:
        output.say("check it with: forensics findings --class claim-contradicted")


def claim(view: View, text: str, *, at: str | None, **fields: str | None) -> str:
    """The line that is stored. Raises UsageError for what it cannot hold."""
    said = " ".join(text.split())
    if not said:
        raise UsageError("the claim is empty", "TEXT", "nothing is asserted", 'forensics claim "the re-checkout failed" --run RUN')
    for name, value in fields.items():
        if value and ('"' in value or "\n" in value):
            raise UsageError(f'--{name} cannot hold a " or a line break', f"--{name}", "a claim is one line", "leave it out of the name")
    fields["at"] = instant(view, at) if at else None
    head = " ".join(["claim", *(f'{name}="{value}"' for name, value in fields.items() if value)])
    return f"{head}: {said}\n"


def instant(view: View, at: str) -> str:
    """When it was, in UTC, as precisely as it was typed. Raises UsageError for what names no minute."""
    from forensics.times import iso, typed

    # A day may be left out where the case tells it; not where there is no case yet.
    lo, hi = typed(at, "--at", view.zone, view.days if (Path(view.case_path) / "ledger.jsonl").is_file() else tuple)
    span = (hi - lo).total_seconds()
    if span > 60:
        raise UsageError(f"`{at}` names no minute", "--at", "a claim is of one moment", f"--at '{lo:%Y-%m-%d} 12:42', or leave it out")
    if span > 1:
        return f"{lo:%Y-%m-%dT%H:%MZ}"
    return f"{lo:%Y-%m-%dT%H:%M:%SZ}" if not lo.microsecond else str(iso(lo))


def read_back(case: Case, name: str) -> dict:
    """The event that the claim became."""
    import json

    import polars as pl

    rows = case.events().filter((pl.col("kind") == "claim") & (pl.col("path") == name)).collect().to_dicts()
    if not rows:
        raise UsageError("the claim cannot be read", name, "the words before its colon are no fields", "forensics claim --help")
    event, said = rows[0], json.loads(rows[0]["attrs"])
    fields = {key: said.get(key) for key in ("text", "predicate", "subject", "by")}
    return {key: event[key] for key in ("path", "run", "stack", "ts")} | fields | {"sha256": event["content_id"]}


def known() -> str:
    from parsers.records.claims import PREDICATES

    return "\n".join(f"  {p.name}: {p.says}" for p in PREDICATES)
