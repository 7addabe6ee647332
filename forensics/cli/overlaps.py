"""`forensics overlaps`: what two runs used at the same time."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View

RESOURCES = ("stack", "tree", "lock", "path")
COLUMNS = (
    Column("verdict", "overlap"),
    Column("first", "one side", wide=True),
    Column("second", "other side", wide=True),
    Column("on", "on", wide=True, below=True),
    Column("at_least_us", "at least", right=True, show=output.duration),
    Column("at_most_us", "at most", right=True, show=output.duration),
    Column("under", "locks", wide=True, below=True),
)


@click.command()
@listing("run", "stack", "window")
@click.option("--must", is_flag=True, help="Only where no reading of the clocks keeps the two apart.")
@click.option("--on", "kinds", multiple=True, type=click.Choice(RESOURCES), help="Only on this kind of resource; may be repeated.")
def command(view: View, must: bool, kinds: tuple[str, ...]) -> None:
    """List what two runs used at the same time.

    Deploys on one stack; a recipe's work tree, from the checkout that a deploy relies on to the deploy's end; a lock, from taking to release; a
    shared file under /tmp/ccci-*. Starts and ends are known only within bounds: two uses `must` overlap where every instant within those
    bounds makes them, and `may` where some do. A lock that both sides held should have kept them apart.

    \b
    Example:
      forensics overlaps --must
    """
    deploys = view.analysis.deploys
    rows = view.select([with_span(row) for row in view.analysis.shared])
    rows = [row for row in rows if (not must or row["verdict"] == "must") and (not kinds or row["resource"] in kinds)]
    if view.as_json:
        output.machine([{key: value for key, value in row.items() if key not in ("t_lo", "t_hi")} for row in rows], view.zone)
    elif rows:
        output.table([row | shown(row) for row in rows], COLUMNS)
    if left := view.analysis.overlaps_left_out:
        output.note(f"showing {len(view.analysis.shared)} of {len(view.analysis.shared) + left}: the others are left out")
    if deploys.is_empty() and not rows:
        output.attention(nothing_to_judge(view))
    elif not view.as_json and not any(row["resource"] == "stack" for row in rows) and (not kinds or "stack" in kinds):
        totals = (deploys.height, "deploy"), (deploys["run"].n_unique(), "run"), (deploys["stack"].drop_nulls().n_unique(), "stack")
        among = ", ".join(f"{output.count(n)} {noun}{'' if n == 1 else 's'}" for n, noun in totals)
        output.say(f"no two deploys of different runs {'surely ' if must else ''}overlap on one stack ({among})")


def shown(row: dict) -> dict:
    """The cells for people."""
    return {"first": side(row["a"]), "second": side(row["b"]), "on": f"{row['resource']} {row['name']}", "under": locks(row)}


def with_span(row: dict) -> dict:
    """The row with the span that holds both sides, for --since and --until; open where an end is not known."""
    starts, ends = [row[x]["start_lo"] for x in "ab"], [row[x]["end_hi"] for x in "ab"]
    return row | {"t_lo": None if None in starts else min(starts), "t_hi": None if None in ends else max(ends)}


def side(use: dict) -> str:
    number = f" #{use['n']}" if use["n"] is not None else f" ({use['verb']})"
    return f"{use['run']}{number}" + (f" ({use['stamp']})" if use["stamp"] else "")


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
