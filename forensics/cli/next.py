"""`forensics next`: what to collect, with the commands to type on the host."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View


@click.command()
@viewing("json", "case")
def command(view: View) -> None:
    """List what to collect next, and the commands that do it.

    Everything that hypotheses and findings miss, merged into one list: what decides most open questions comes first. The commands are to be
    typed on the host, a manager node where they say docker. Ingest what they give; `forensics changes` then says what that changed.

    \b
    Example:
      forensics next
      forensics next --json | jq -r '.commands[]'
    """
    from forensics.report.wanted import wanted

    rows = wanted(view.analysis)
    if view.as_json:
        output.machine(rows)
        return
    if not rows:
        output.note("nothing is missing: no hypothesis and no finding is open")
        return
    for n, row in enumerate(rows, 1):
        if n > 1:
            output.say()
        output.say(output.quoted(row["what"]), style="bold", label=f"{n:>2}  ")
        for command in row["commands"]:
            click.echo(f"      $ {output.quoted(command)}")  # never folded: it is to be copied
        if row["note"]:
            output.say(row["note"], indent=6, label="note: ")
        output.say(output.quoted(decides(row["decides"])), indent=6)
        for text in row["missing"]:
            output.say(output.quoted(text), indent=6, label="missing: ")
    output.say()
    output.say("then: forensics ingest PATH..., and: forensics changes")


def decides(questions: list[dict]) -> str:
    """What a thing would decide: hypotheses by read, then findings."""
    by_read: dict[str, list[str]] = {}
    for q in questions:
        if q["kind"] == "hypothesis":
            by_read.setdefault(q["of"], []).append(q["name"])
    told = [f"{', '.join(names)} of {of}" for of, names in by_read.items()]
    told += [f"{q['name']} {q['of']}" for q in questions if q["kind"] == "finding"]
    return f"decides {output.count(len(questions))}: {'; '.join(told)}"
