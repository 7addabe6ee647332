"""`forensics overlaps`: deploys of different runs at the same time on the same stack."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View

COLUMNS = (
    Column("verdict", "overlap"),
    Column("first", "one deploy", wide=True),
    Column("second", "other deploy", wide=True),
    Column("stack", "stack", wide=True, below=True),
    Column("at_least_us", "at least", right=True, show=output.duration),
    Column("at_most_us", "at most", right=True, show=output.duration),
    Column("under", "locks", wide=True, below=True),
)


@click.command()
@listing("run", "stack", "window")
@click.option("--must", is_flag=True, help="Only where no reading of the clocks keeps the two apart.")
def command(view: View, must: bool) -> None:
    """List deploys that overlap on the same stack.

    Starts and ends are known only within bounds. Deploys `must` overlap where every instant within those bounds makes them, and `may` where
    some do. A lock that both sides held should have kept them apart.

    \b
    Example:
      forensics overlaps --must
    """
    deploys = view.analysis.deploys
    rows = view.select([with_span(row) for row in view.analysis.overlaps])
    rows = [row for row in rows if not must or row["verdict"] == "must"]
    if view.as_json:
        output.machine([{key: value for key, value in row.items() if key not in ("t_lo", "t_hi")} for row in rows], view.zone)
    elif rows:
        output.table([row | {"first": side(row["a"]), "second": side(row["b"]), "under": locks(row)} for row in rows], COLUMNS)
    if deploys.is_empty():
        output.attention(nothing_to_judge(view))
    if not rows and not view.as_json:
        among = f"{deploys.height} deploys, {deploys['run'].n_unique()} runs, {deploys['stack'].drop_nulls().n_unique()} stacks"
        output.say(f"no two deploys of different runs {'surely ' if must else ''}overlap on one stack ({among})")


def with_span(row: dict) -> dict:
    """The row with the span that holds both deploys, for --since and --until; open where an end is not known."""
    starts, ends = [row[x]["start_lo"] for x in "ab"], [row[x]["end_hi"] for x in "ab"]
    return row | {"t_lo": None if None in starts else min(starts), "t_hi": None if None in ends else max(ends)}


def side(deploy: dict) -> str:
    return f"{deploy['run']} #{deploy['n']}" + (f" ({deploy['stamp']})" if deploy["stamp"] else "")


def locks(row: dict) -> str:
    """The locks held on each side; those on both are named once."""
    both = set(row["a"]["locks"]) & set(row["b"]["locks"])
    alone = [", ".join(sorted(set(row[x]["locks"]) - both)) or "none" for x in "ab"]
    return f"both: {', '.join(sorted(both))}" if both else "none" if alone == ["none", "none"] else f"{alone[0]} / {alone[1]}"


def nothing_to_judge(view: View) -> str:
    return (
        f"nothing to judge: the case `{view.case_path}` holds no deploy\n"
        "  missing: a harness log (deploy_app: …), what abra printed, or docker events of the stack's services\n"
        "  next:    forensics ingest them; forensics sources shows what there is"
    )
