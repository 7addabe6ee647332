"""What holds for every class of finding, and its three cases: has it, nearly has it, not decided."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from forensics.findings import FINDERS, classes
from forensics.findings.finding import SEVERITIES
from forensics.quote import quote
from forensics.report.wanted import wanted
from tests.argued import argued
from tests.evidence import analysis, folder
from tests.findings.three import CASES

DATA = Path(__file__).parents[2] / "data"
NEVER_PROVEN = {"insufficient-evidence"}
FOR_INFORMATION = {
    "intermediate-read",
    "transient-mixed",
    "flicker",
    "conflict-rejected",
    "redundant-redeploy",
    "resurrected-value",
    "comparison-void",
}
each = pytest.mark.parametrize("module", FINDERS, ids=lambda m: m.CLASS)


def found(files: dict[str, str], cls: str) -> list[dict]:
    return [f for f in analysis(files).findings if f["class"] == cls]


def test_there_are_nineteen_classes_and_seven_for_information() -> None:
    assert len(classes()) == len(FINDERS) == 26
    assert set(CASES) == set(classes())
    assert set(classes()) > FOR_INFORMATION


@each
def test_a_class_says_what_it_means_its_term_and_what_it_cannot_conclude(module: ModuleType) -> None:
    said = module.__doc__ or ""

    assert module.ABOUT.endswith(".")
    assert module.ADVICE.endswith(".")
    assert re.search(r"[Cc]annot (conclude|tell)|Never PROVEN|no drift and no match|No proof", said), "what it cannot conclude"
    assert re.search(r"Term:|For information|own|write-write", said), "where its term comes from"
    assert Path(module.__file__ or "").stem == module.CLASS.replace("-", "_")


@each
@pytest.mark.parametrize("name", ["explain", "others"])
def test_the_argument_is_made_from_the_finding_alone(module: ModuleType, name: str) -> None:
    tree = ast.parse(Path(module.__file__ or "").read_text())
    prose = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)

    assert [a.arg for a in prose.args.args] == ["f"]
    assert not [n for n in ast.walk(prose) if isinstance(n, ast.Name) and n.id == "h"]


@each
def test_every_statement_cites_a_line_every_run_is_named_and_the_other_explanations_are_judged(module: ModuleType) -> None:
    for files in (CASES[module.CLASS].has(), CASES[module.CLASS].undecided()):
        for f in analysis(files).findings:
            argued(f)


@pytest.mark.parametrize("incident", ["dstamp", "shared-tree-race"])
def test_so_it_is_of_captured_incidents(incident: str) -> None:
    found = analysis(folder(DATA / incident / "evidence")).findings

    assert found
    for f in found:
        argued(f)


@each
def test_the_case_that_has_it_is_found_and_cites_its_lines(module: ModuleType) -> None:
    rows = found(CASES[module.CLASS].has(), module.CLASS)

    assert rows
    wanted = "NOT PROVEN" if module.CLASS in NEVER_PROVEN else "PROVEN"
    assert wanted in {f["verdict"] for f in rows}
    for f in rows:
        assert f["evidence"]
        assert all(e["text"] for e in f["evidence"])
        assert all(step["because"] for step in f["explain"])
        assert f["verdict"] == "PROVEN" or f["missing"]
        assert f["severity"] in SEVERITIES
        assert (f["severity"] == "info") is (module.CLASS in FOR_INFORMATION | NEVER_PROVEN)


@each
def test_what_we_say_ourselves_is_never_taken_for_a_secret(module: ModuleType) -> None:
    cases = [analysis(files()) for files in (CASES[module.CLASS].has, CASES[module.CLASS].nearly, CASES[module.CLASS].undecided)]

    for text in (module.ABOUT, module.ADVICE, *(text for a in cases for text in texts([a.findings, a.drift, a.shared, wanted(a)]))):
        assert quote(text, None) == text
        assert "[redacted]" not in text


def texts(value: object) -> Iterator[str]:
    """Every text in rows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@each
def test_the_case_that_nearly_has_it_is_not_found(module: ModuleType) -> None:
    assert found(CASES[module.CLASS].nearly(), module.CLASS) == []


@each
def test_the_case_that_is_not_decided_is_never_proven(module: ModuleType) -> None:
    three = CASES[module.CLASS]
    rows = found(three.undecided(), module.CLASS)

    assert "PROVEN" not in {f["verdict"] for f in rows}
    assert bool(rows) is three.says
    assert all(f["missing"] for f in rows)


@each
def test_no_evidence_is_no_finding(module: ModuleType) -> None:
    assert found({"notes.txt": "nothing\n"}, module.CLASS) == []


@each
def test_the_order_of_the_events_does_not_matter(module: ModuleType) -> None:
    files = CASES[module.CLASS].has()

    assert analysis(files).findings == analysis(files, shuffle=True).findings
