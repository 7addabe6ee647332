"""Build the document of a case: the answer, WHAT, HOW, EXPECTED, WHERE, then facts, reasoning and circumstances, then the exhibits.

The same case gives the same document. With `facts_only` everything is left out that is a cause, a verdict, or an attribution, for a reviewer
who must not be anchored.
"""

from __future__ import annotations

import polars as pl

from forensics.analysis import Analysis
from forensics.report import circumstances, facts, reasoning
from forensics.report.clockface import Clockface
from forensics.report.document import Document, Picture, Section, Text
from forensics.report.exhibits import Exhibits
from forensics.report.part import Part
from forensics.report.values import count

WITHOUT_REASONING = "Facts alone: causes, verdicts and findings are left out on purpose. Leave out --facts to have them."


def build(
    a: Analysis,
    sources: pl.DataFrame,
    windows: pl.DataFrame | None = None,
    *,
    title: str = "Evidence report",
    facts_only: bool = False,
    picture: tuple[str, str] = ("", ""),
) -> Document:
    """Build the document of a case.

    Args:
        sources: One row per source that counts: path, content_id, parser, lines, in_events, unparsed, blank, and archive where there are any.
        windows: What each source could have shown, as `projections.coverage` says.
        title: The headline.
        facts_only: Leave out what is reasoning, and the picture, which shows it.
        picture: The name of the picture beside the report, and the hash of its bytes.
    """
    face = Clockface.over(_instants(a))
    a.gather(facts.cited_ids(a))
    members = sources.filter(pl.col("archive").is_not_null())["path"].to_list() if "archive" in sources.columns else []
    exhibits = Exhibits(frozenset(members), _moments(a))
    if facts_only:
        return _facts(a, sources, windows, exhibits, face, title)
    return _whole(a, sources, windows, exhibits, face, title, Picture(_alt(a), *picture))


def _whole(
    a: Analysis, sources: pl.DataFrame, windows: pl.DataFrame | None, exhibits: Exhibits, face: Clockface, title: str, picture: Picture
) -> Document:
    answer = reasoning.answer(a, exhibits, face)
    claims = reasoning.claims(a)
    expected = Section(
        "expected", "EXPECTED lines", reasoning.expected(a, exhibits) or (Text("Nothing is claimed, so nothing is expected."),)
    )
    told = Section("facts", "Facts", (), facts.sections(a, exhibits, face))
    why = Section(
        "reasoning",
        "Reasoning",
        (),
        (reasoning.writers(a, exhibits, face), reasoning.drifts(a, exhibits, face), reasoning.findings(a, exhibits)),
    )
    top = (
        *_scope(a),
        Section("timeline", "Timeline", (picture,)),
        Section("what", "WHAT is claimed", claims or (Text("No drift and no finding."),)),
        circumstances.how(exhibits, _options(a)),
        expected,
        circumstances.where(a, exhibits),
    )
    around = (circumstances.coverage(a, sources, windows, face), circumstances.clocks(a, face), circumstances.sources(sources, exhibits))
    return Document(title, answer, (*top, told, why, *around, *circumstances.collect(a)), tuple(exhibits))


def _facts(a: Analysis, sources: pl.DataFrame, windows: pl.DataFrame | None, exhibits: Exhibits, face: Clockface, title: str) -> Document:
    told = facts.sections(a, exhibits, face)
    around = (circumstances.coverage(a, sources, windows, face), circumstances.clocks(a, face), circumstances.sources(sources, exhibits))
    top = (
        Section("what", "WHAT this is", (Text(WITHOUT_REASONING),)),
        *_scope(a),
        circumstances.how(exhibits, f" --facts{_options(a)}"),
        circumstances.where(a, exhibits),
    )
    return Document(title, (), (*top, *told, *around), tuple(exhibits), facts_only=True)


def _scope(a: Analysis) -> tuple[Section, ...]:
    """What the report is about, where that is a part of the case."""
    return (Section("scope", "Scope", (Text(a.said),)),) if isinstance(a, Part) else ()


def _options(a: Analysis) -> str:
    return f" {a.asked.options}" if isinstance(a, Part) else ""


def _instants(a: Analysis) -> list[int | None]:
    tables = ((a.deploys, ("sE", "sL", "eE", "eL")), (a.writes, ("sE", "eL")), (a.reads, ("rE", "rL")), (a.head_moves, ("at_us",)))
    return [t for table, columns in tables for c in columns for t in (table[c].min(), table[c].max())]  # type: ignore[misc]


def _moments(a: Analysis) -> dict[tuple[str, int], tuple[int | None, str]]:
    rows = [e for f in a.findings for e in [*f["evidence"], *(e for step in f["explain"] for e in step["evidence"])]]
    for r in a.drift:
        rows += [*r["evidence"], *(e for h in r["hypotheses"].values() for e in h["evidence"])]
    rows += [e for o in a.overlaps[: facts.ROWS] for side in ("a", "b") for e in o[side]["evidence"]]
    rows += a.cite(facts.cited_ids(a))
    return a.moments((row["path"], row["line"]) for row in rows)


def _alt(a: Analysis) -> str:
    stacks = a.deploys["stack"].drop_nulls().n_unique()
    return f"{count(a.runs.height, 'run')}, {count(a.deploys.height, 'deploy')}, {count(stacks, 'stack')}."
