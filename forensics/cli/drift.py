"""`forensics drift`: every identity read, and whose write it saw."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View
from forensics.wording import written_by

COLUMNS = (
    Column("run", "run", wide=True),
    Column("ordinal", "#", right=True),
    Column("time", "time"),
    Column("intended", "intended", show=output.stamp),
    Column("observed", "observed", show=output.stamp),
    Column("word", "drift"),
    Column("cause", "cause"),
    Column("writer", "writer", wide=True),
)
FULL = 3  # reads that are explained in full; of more, what is REFUTED is only named
WORDS = {True: "drift", False: "no", None: "unknown"}


@click.command()
@listing("run", "stack", "window")
@click.option("--drifted", is_flag=True, help="Only the reads that drifted, or passed by a peer's hand.")
def command(view: View, drifted: bool) -> None:
    """Judge every identity read: whose write did it see?

    A read drifts when the stamp observed is not the one intended. Each read that did, or that passed only because another run's write
    landed, is explained below the table: the hypotheses, their verdicts, and the lines that they rest on.

    \b
    Example:
      forensics drift --run m2p
      forensics drift --json | jq 'select(.drift)'
    """
    judged = view.analysis.drift
    rows = [row for row in view.select(judged) if not drifted or telling(row)]
    if view.as_json:
        output.machine(rows, view.zone)
    elif rows:
        output.timed_table(view, [row | {"word": WORDS[row["drift"]], "writer": writer(row)} for row in rows], COLUMNS, time="t_lo")
        told = [row for row in rows if telling(row)]
        for row in told:
            explain(row, short=len(told) > FULL)
        if len(told) > FULL:
            output.say()
            output.say("why each explanation is REFUTED: forensics drift --run RUN, of one run")
    elif judged:
        output.note("no identity read fits what was asked for")
    if not judged:
        output.attention(nothing_to_judge(view))


def telling(row: dict) -> bool:
    """True for a read that needs explaining: it did not see the run's own, intended write."""
    return row["drift"] is not False or row["cause"] != "as-intended"


def writer(row: dict) -> str | None:
    return "itself" if row["writer_run"] == row["run"] else row["writer_run"]


def explain(row: dict, *, short: bool = False) -> None:
    """Print why one read is as it is: values, hypotheses, the lines of what is PROVEN. `short` only names what is REFUTED."""
    from forensics.quote import brief

    verb = {True: "drifted", False: "passed", None: "cannot be compared"}[row["drift"]]
    values = [f"{name} {output.stamp(row[name]) or 'not known'}" for name in ("intended", "taken", "observed")]
    output.say()
    output.say(output.quoted(f"{row['run']} #{row['ordinal']} on {row['stack']} {verb}: {row['cause']}"), style="bold")
    output.say(output.quoted(", ".join(values)), indent=2)
    output.say(output.quoted(f"written by {written_by(row)}"), indent=2)
    refuted = [name for name, hypothesis in row["hypotheses"].items() if hypothesis["verdict"] == "REFUTED"]
    for name, hypothesis in ordered(row["hypotheses"]):
        if short and name in refuted:
            continue
        output.say(output.quoted(f"{name}: {output.stamp(hypothesis['because'])}"), indent=2, label=f"{hypothesis['verdict']:<12}")
        if hypothesis["verdict"] == "NOT PROVEN" and hypothesis["missing"]:
            output.say(output.quoted("missing: " + "; ".join(hypothesis["missing"])), indent=14)
        if hypothesis["verdict"] == "PROVEN":
            for cited in hypothesis["evidence"][:3]:
                output.say(output.place(cited), indent=4, style="cyan")
                output.say(output.quoted(brief(cited["text"])), indent=6)
    if short and refuted:
        output.say(", ".join(refuted), indent=2, label=f"{'REFUTED':<12}")


def ordered(hypotheses: dict[str, dict]) -> list[tuple[str, dict]]:
    """PROVEN first, then NOT PROVEN, then REFUTED; otherwise as they came."""
    order = ("PROVEN", "NOT PROVEN", "REFUTED")
    return sorted(hypotheses.items(), key=lambda item: order.index(item[1]["verdict"]))


def nothing_to_judge(view: View) -> str:
    return (
        f"nothing to judge: the case `{view.case_path}` holds no identity read\n"
        "  missing: a harness log that says what was read (deployed_identity: …), or the message of a check that failed\n"
        "  next:    forensics ingest the runs' logs; forensics sources shows what there is"
    )
