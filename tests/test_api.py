"""`forensics.open_case`: tables are lazy, answers show themselves, and nothing shown is markup or secret."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

import forensics
from forensics.api import OpenCase
from forensics.case import Case
from forensics.display import Finding, Read, Rows
from forensics.errors import UsageError
from forensics.ingest import ingest
from forensics.tables import TABLES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> OpenCase:
    place = tmp_path_factory.mktemp("api") / "case"
    ingest(Case.create(place), [ROOT / "data" / "shared-tree-race" / "evidence"])
    return forensics.open_case(place)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> OpenCase:
    return forensics.open_case(Case.create(tmp_path_factory.mktemp("none") / "case").path)


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import forensics, sys; forensics.open_case; print(*sorted({m.split('.')[0] for m in sys.modules}))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()

    assert not {"polars", "numpy", "pyarrow", "matplotlib", "rich", "click"} & set(loaded)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_lazy_and_documented(case: OpenCase, name: str) -> None:
    table = case.table(name)

    assert isinstance(table, pl.LazyFrame)
    assert table.collect().height > 0 or name == "failures"  # nothing was killed in this incident
    assert f"`{name}`" in (ROOT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_an_empty_case_is_empty_with_the_same_columns(case: OpenCase, empty: OpenCase, name: str) -> None:
    assert empty.table(name).collect().is_empty()
    assert empty.table(name).collect().schema == case.table(name).collect().schema == case.table(name).collect_schema()


@pytest.mark.parametrize(("name", "worked_out"), [("events", set()), ("sources", set()), ("runs", {"analysis"}), ("findings", {"analysis", "findings"})])
def test_only_what_is_collected_is_worked_out(case: OpenCase, name: str, worked_out: set[str]) -> None:
    fresh = OpenCase(case.case)
    every = {name: fresh.table(name) for name in TABLES}
    columns = {name: table.collect_schema().names() for name, table in every.items()}

    assert "analysis" not in vars(fresh)
    assert all(columns.values())
    every[name].collect()
    assert {"analysis"} & vars(fresh).keys() == worked_out & {"analysis"}
    if worked_out:
        assert {"findings", "drift", "shared"} & vars(fresh.analysis).keys() == worked_out - {"analysis"}


@pytest.mark.parametrize("name", ["findings", "drift", "overlaps"])
def test_answers_are_tables_too_with_their_nested_parts_as_json(case: OpenCase, name: str) -> None:
    rows, table = list(getattr(case, name)), case.table(name).collect()

    assert all(table.columns == list(row) for row in rows)
    for row, flat in zip(rows, table.iter_rows(named=True), strict=True):
        for key, value in flat.items():
            if isinstance(row[key], list | dict) and isinstance(value, str):
                value = json.loads(value)
            assert (value.isoformat(timespec="microseconds").replace("+00:00", "Z") if isinstance(value, datetime) else value) == row[key], key


def test_bounds_are_instants_and_null_where_unbounded(case: OpenCase) -> None:
    deploys = case.deploys.collect()

    assert {str(deploys.schema[name]) for name in ("sE", "sL", "eE", "eL")} == {"Datetime(time_unit='us', time_zone='UTC')"}
    assert deploys.filter(pl.col("sE") > pl.col("eL")).is_empty()


def test_services_say_what_they_held_last(case: OpenCase) -> None:
    services = case.services.collect()

    assert set(services["value"]) == {"absent"}
    assert services.filter(pl.col("service") == "disc-69811c_ci_example_org_app")["writers"].to_list() == [["m2p"]]


def test_a_name_that_is_no_table_is_answered_with_those_that_are(case: OpenCase) -> None:
    with pytest.raises(KeyError, match="no table is called `eventz`; there are lines, events"):
        case.table("eventz")


def test_the_answers_are_those_of_the_commands(case: OpenCase) -> None:
    assert list(case.findings) == case.analysis.findings
    assert list(case.drift) == case.analysis.drift
    assert list(case.overlaps) == case.analysis.shared
    assert {row["resource"] for row in case.overlaps} == {"tree"}
    assert case.finding(case.findings[0]["id"][:6]) == case.findings[0]


def test_no_case_is_said_in_four_parts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no case at"):
        forensics.open_case(tmp_path / "nothing")


def test_evidence_is_read_into_a_case_and_what_it_changed_is_told(tmp_path: Path) -> None:
    evidence = ROOT / "data" / "dstamp" / "evidence"
    shutil.copytree(evidence, tmp_path / "first", ignore=shutil.ignore_patterns("docker*", "inspect-*"))

    bare = forensics.make_case(tmp_path / "case", tmp_path / "first")
    steps = bare.next_steps
    whole = forensics.make_case(tmp_path / "case", evidence / "docker-events.ndjson")

    assert steps[0]["collect"] == "swarm-events"
    assert "docker events --since" in steps._repr_html_()
    assert {row["moved_by"][0] for row in whole.changes()} == {"docker-events.ndjson"}
    assert forensics.make_case(tmp_path / "case", evidence / "docker-events.ndjson").sources.collect().equals(whole.sources.collect())


class Checked(HTMLParser):
    """Counts tags, and insists that they close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_shows_itself_is_sound_html(case: OpenCase) -> None:
    shown = [case, case.tables, case.findings, case.drift, case.overlaps, *case.findings, *case.drift]

    for what in shown:
        page = Checked(what._repr_html_())
        assert page.open == []
        assert page.seen


def test_where_there_is_no_html_rows_are_lines_of_what_tells(case: OpenCase, empty: OpenCase) -> None:
    from IPython.lib.pretty import pretty

    shown = pretty(case.findings).splitlines()

    assert len(shown) == len(case.findings)
    assert all(f["class"] in line and f["id"] in line for f, line in zip(case.findings, shown, strict=True))
    assert pretty(empty.findings).startswith("nothing was found")
    assert "hunter2" not in pretty(Rows([{"a": HOSTILE}], ("a",), ""))


def test_a_read_shows_each_hypothesis_and_the_lines_of_what_is_proven(case: OpenCase) -> None:
    shown = next(read for read in case.drift if read["drift"])._repr_html_()

    assert "PROVEN" in shown
    assert "wrong-head" in shown
    assert "runs/m2p/harness.log:36" in shown


def test_a_long_argument_is_folded_and_whole() -> None:
    steps = [{"because": f"step {n}", "evidence": []} for n in range(9)]
    finding = Finding(
        {"id": "1", "class": "c", "sub": None, "verdict": "PROVEN", "severity": "high", "summary": "s", "missing": [], "rejected": []}
    )
    shown = Finding(finding | {"open": [], "evidence": [], "explain": steps, "advice": ""})._repr_html_()

    assert Checked(shown).open == []
    assert "<summary>3 more steps</summary>" in shown
    assert all(f"step {n}" in shown for n in range(9))


HOSTILE = "<script>alert(1)</script> password=hunter2 \x1b[31m&amp;"


def test_text_of_a_log_stays_text_and_keeps_its_secrets() -> None:
    cited = [{"path": "<b>x</b>", "line": 1, "sha256": "0" * 64, "text": HOSTILE}]
    other = {"what": HOSTILE, "because": HOSTILE, "evidence": cited}
    finding = Finding(
        {"id": "1", "class": HOSTILE, "sub": HOSTILE, "verdict": "PROVEN", "severity": "high", "summary": HOSTILE, "missing": [HOSTILE]}
        | {"rejected": [other], "open": [other | {"missing": [HOSTILE]}], "explain": [{"because": HOSTILE, "evidence": cited}]}
        | {"evidence": cited, "advice": HOSTILE}
    )
    hypotheses = {HOSTILE: {"verdict": "PROVEN", "because": HOSTILE, "missing": [], "evidence": cited}}
    read = Read(dict.fromkeys(("run", "stack", "cause", "intended", "taken", "observed", "writer_run"), HOSTILE))
    read |= {"ordinal": 0, "drift": True, "hypotheses": hypotheses}

    for shown in (
        finding._repr_html_(),
        read._repr_html_(),
        Rows([{"a": HOSTILE, "b": [HOSTILE], "c": None}], ("a", "b", "c"), "")._repr_html_(),
    ):
        page = Checked(shown)
        assert "script" not in page.seen
        assert "hunter2" not in shown
        assert "\x1b" not in shown
        assert "&amp;amp;" in shown


@pytest.mark.parametrize("rows", ["overlaps", "drift"])
def test_nothing_found_is_a_sentence(empty: OpenCase, rows: str) -> None:
    shown = getattr(empty, rows)._repr_html_()

    assert "<table" not in shown
    assert shown.startswith("<p>no ")


def test_the_timeline_shows_itself_and_is_saved(case: OpenCase, tmp_path: Path) -> None:
    picture = case.timeline(run="m2p")

    assert picture._repr_png_().startswith(b"\x89PNG")
    assert "<svg" in picture.save(tmp_path / "t.svg").read_text()
    assert {lane.name for lane in picture.layout.lanes if lane.kind == "run"} == {"m2p"}
