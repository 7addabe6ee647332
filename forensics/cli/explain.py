"""`forensics explain ID`: one finding in full."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.group import names, no_such
from forensics.cli.options import listing
from forensics.cli.view import View
from forensics.errors import UsageError

PLACES = 3  # that reject an explanation, named one by one; --json has all


@click.command()
@click.argument("identity", metavar="ID")
@listing()
def command(view: View, identity: str) -> None:
    """Explain one finding in full, with what to do about it.

    ID is as `forensics findings` prints it; its first characters are enough where they fit only one.

    \b
    Example:
      forensics explain 80b10731
    """
    finding = the_one(view, identity)
    if view.as_json:
        output.machine([finding], view.zone)
        return
    full(view, finding)


def the_one(view: View, identity: str) -> dict:
    """The finding whose id is, or alone begins with, `identity`. Raises UsageError otherwise, with the ids that there are."""
    findings = view.analysis.findings
    fits = [row for row in findings if row["id"] == identity] or [row for row in findings if row["id"].startswith(identity)]
    if len(fits) == 1:
        return fits[0]
    if not fits:
        known = [row["id"] for row in findings]
        raise no_such("finding", identity, f"case `{view.case_path}`", known, "forensics explain", "forensics findings")
    why = names("they are", [row["id"] for row in fits])
    raise UsageError(f"`{identity}` fits {len(fits)} findings", f"case `{view.case_path}`", why, f"forensics explain {fits[0]['id']}")


def full(view: View, finding: dict) -> None:
    """Print one finding: what it is, the argument step by step, the other explanations, what is missing and what to do, the lines."""
    from forensics.report.values import sentence
    from forensics.times import show

    say, quoted = output.say, output.quoted
    say(quoted(f"{finding['id']}: {finding['summary']}"), style="bold")
    say(quoted(f"{finding['verdict']} ({finding['strength']}), {finding['severity']}"), style=output.STYLES.get(finding["verdict"], ""))
    facts = {
        "class": finding["class"] + (f", {finding['sub']}" if finding["sub"] else "") + f": {finding['title']}",
        "stack": finding.get("stack"),
        "service": finding.get("service"),
        "runs": ", ".join(finding["runs"]) or None,
        "follows": f"from {finding['implied_by']}: the same damage, seen from here" if finding["implied_by"] else None,
        "when": span(show(finding["t_lo"], view.zone), show(finding["t_hi"], view.zone), view.zone_name),
    }
    for label, value in facts.items():
        if value:
            say(quoted(value), indent=2, label=f"{label + ':':<9}")
    for title, items in sections(finding):
        say()
        say(title, style="bold")
        for n, (text, places) in enumerate(items, 1):
            label = f"{n}. " if len(items) > 1 else ""
            say(quoted(sentence(output.stamp(text) or "")), indent=2, label=label)
            if places:
                say(places, indent=2 + len(label), style="cyan")
    if finding["evidence"]:
        say()
        say("Evidence", style="bold")
    for cited in finding["evidence"]:
        say(output.place(cited), indent=2, style="cyan")
        say(quoted(cited["text"]), indent=4)


def sections(finding: dict) -> list[tuple[str, list[tuple[str, str]]]]:
    """The parts of prose that there are: each sentence with the places that it rests on."""
    parts = [
        ("What happened", [(step["because"], places(step)) for step in finding["explain"]] or [(finding["summary"], "")]),
        ("Other explanations, rejected", [(f"{item['what']}: {item['because']}", places(item, PLACES)) for item in finding["rejected"]]),
        (
            "Other explanations, left open",
            [(f"{i['what']}: {i['because']}; missing: {'; '.join(i['missing'])}", places(i, PLACES)) for i in finding["open"]],
        ),
        ("Missing, to decide it", [(text, "") for text in finding["missing"]]),
        ("What to do", [(finding["advice"], "")]),
    ]
    return [(title, items) for title, items in parts if items]


def places(step: dict, most: int | None = None) -> str:
    """The places that a step of the argument rests on, `most` of them by name."""
    found = [output.place(cited) for cited in step["evidence"]]
    more = f" and {len(found) - most} more" if most and len(found) > most else ""
    return f"{', '.join(found[:most])}{more}"


def span(lo: str | None, hi: str | None, zone: str) -> str | None:
    if lo is None and hi is None:
        return None
    return f"{lo} {zone}" if lo == hi else f"{lo or 'not known'} to {hi or 'not known'} {zone}"
