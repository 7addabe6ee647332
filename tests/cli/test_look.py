"""events, sources, sql, formats, timeline and report: to look for oneself, and to hand on."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import polars as pl
import pytest

from forensics.tables import TABLES
from parsers.schema import EVENTS
from tests.cli.conftest import DATA, objects, typed


def test_events_for_machines_have_the_columns_of_the_event_table(race: Path) -> None:
    rows = objects(typed("events", "--case", race, "--json"))

    assert all(list(row) == list(EVENTS) for row in rows)
    assert all(isinstance(row["attrs"], dict | None) for row in rows)


def test_events_can_be_narrowed(race: Path) -> None:
    def ask(*arguments: str) -> list[dict]:
        return objects(typed("events", "--case", race, "--json", *arguments))

    assert {row["kind"].split(".")[0] for row in ask("--kind", "git.*")} == {"git"}
    assert {row["run"] for row in ask("--run", "m2p")} == {"m2p"}
    assert {row["path"] for row in ask("--path", "*/harness.log")} == {"runs/ab/harness.log", "runs/m2p/harness.log"}
    assert len(ask("--limit", "3")) == 3
    window = ask("--since", "08:43:16", "--until", "08:43:17")
    assert window and all(row["ts_hi"] >= "2026-11-23T08:43:16" and row["ts_lo"] < "2026-11-23T08:43:18" for row in window)
    assert len(ask("--since", "08:43:16", "--untimed")) > len(ask("--since", "08:43:16"))


def test_events_have_the_runs_of_the_answers_where_neither_line_nor_path_names_one(tmp_path: Path) -> None:
    told = (DATA / "shared-tree-race/evidence/runs/m2p/harness.log").read_text()
    (tmp_path / "build-7.txt").write_text(told)
    typed("ingest", tmp_path / "build-7.txt", "--case", tmp_path / "case")

    reads = objects(typed("drift", "--case", tmp_path / "case", "--json"))
    rows = objects(typed("events", "--case", tmp_path / "case", "--json", "--run", "m2p", "--kind", "stamp.read"))
    stored = objects(typed("sql", "SELECT run FROM events WHERE kind = 'stamp.read'", "--case", tmp_path / "case", "--json"))

    assert {row["run"] for row in reads} == {"m2p"}
    assert len(rows) == len(reads) == len(stored) > 0
    assert {row["run"] for row in stored} != {"m2p"}


def test_events_without_a_time_come_last(race: Path) -> None:
    stated = [row["ts"] is not None for row in objects(typed("events", "--case", race, "--json"))]

    assert stated == sorted(stated, reverse=True)


def test_a_pattern_that_fits_no_source_is_said_to(race: Path) -> None:
    assert (
        typed("events", "--path", "nope/*", "--case", race).stderr == "no source has a path like `nope/*`; forensics sources lists them\n"
    )
    assert typed("events", "--path", "runs/*", "--kind", "task.oom", "--case", race).stderr == "no event fits what was asked for\n"


def test_events_for_people_fit_and_say_how_many_there_are(race: Path) -> None:
    result = typed("events", "--case", race, "--limit", "5")

    assert max(map(len, result.stdout.splitlines())) <= 80
    assert re.search(r"^5 of \d+; --limit 0 shows all\n$", result.stderr)


def test_unparsed_lines_are_as_many_as_the_receipt_counted(race: Path) -> None:
    counted = sum(row["unparsed"] for row in objects(typed("sources", "--case", race, "--json")))

    assert len(objects(typed("events", "--case", race, "--unparsed", "--json"))) == counted


def test_sources_add_up_and_show_what_they_cover(race: Path) -> None:
    rows = objects(typed("sources", "--case", race, "--json"))

    assert all(row["lines"] == row["in_events"] + row["unparsed"] + row["blank"] for row in rows)
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    spans = {row["path"]: (row["first"], row["last"]) for row in rows}
    assert spans["docker-events.ndjson"][0].startswith("2026-11-23T08:43:")
    shown = {(row["path"], window["shows"]) for row in rows for window in row["coverage"]}
    assert {("docker-events.ndjson", "services"), ("runs/m2p/harness.log", "run")} <= shown
    people = typed("sources", "--case", race)
    assert "what could have shown" in people.stdout
    assert "the chain holds" in people.stdout
    assert all(row["path"] in people.stdout for row in rows)


def test_sql_asks_any_table(race: Path) -> None:
    def ask(query: str) -> list[dict]:
        return objects(typed("sql", query, "--case", race, "--json"))

    events = objects(typed("events", "--case", race, "--json"))
    assert ask("SELECT COUNT(*) AS n FROM events") == [{"n": len(events)}]
    assert ask("SELECT run FROM runs ORDER BY run") == [{"run": "ab"}, {"run": "m2p"}]
    assert ask("SELECT r.run, d.stamp FROM reads r JOIN deploys d ON r.run = d.run WHERE r.drift AND d.upgrade") == [
        {"run": "m2p", "stamp": "92a304dd"}
    ]
    assert ask("SELECT SUM(lines) AS n FROM sources")[0]["n"] == sum(
        row["lines"] for row in objects(typed("sources", "--case", race, "--json"))
    )


def test_sql_without_a_query_lists_every_table(race: Path) -> None:
    rows = {row["table"]: row["columns"] for row in objects(typed("sql", "--case", race, "--json"))}

    assert list(rows) == list(TABLES)
    assert rows["events"] == ", ".join(EVENTS)


def test_sql_and_export_give_the_same_tables(race: Path, tmp_path: Path) -> None:
    assert typed("export", "--to", "parquet", "--output", tmp_path / "tables", "--case", race).exit_code == 0

    rows = {row["table"]: row["columns"].split(", ") for row in objects(typed("sql", "--case", race, "--json"))}

    assert {path.stem: list(pl.read_parquet_schema(path)) for path in (tmp_path / "tables").iterdir()} == rows


def test_sql_over_answers_gives_what_the_commands_give(race: Path) -> None:
    findings = objects(typed("findings", "--case", race, "--json"))

    rows = objects(typed("sql", "SELECT id, t_lo FROM findings WHERE verdict = 'PROVEN' ORDER BY id", "--case", race, "--json"))

    assert rows == [{"id": f["id"], "t_lo": f["t_lo"]} for f in sorted(findings, key=lambda f: f["id"]) if f["verdict"] == "PROVEN"]


@pytest.mark.parametrize(
    ("query", "what", "next_step"),
    [
        ("SELECT * FROM finding", "no table is called `finding`", "forensics sql 'SELECT * FROM findings'"),
        ("SELECT * FROM nowhere", "no table is called `nowhere`", "forensics sql   (lists the tables and their columns)"),
        ("SELECT clas FROM findings", "no column is called `clas`", "forensics sql 'SELECT class FROM findings'"),
        ("SELECT f.clas FROM findings f", "no column is called `clas`", "forensics sql 'SELECT f.class FROM findings f'"),
        ("SELEC", "the query cannot be run", "forensics sql   (lists the tables and their columns)"),
        ("INSERT INTO events VALUES (1)", "a query cannot change the case", "forensics sql   (lists the tables and their columns)"),
        (" -- so\n drop TABLE events", "a query cannot change the case", "forensics sql   (lists the tables and their columns)"),
    ],
)
def test_a_query_that_cannot_be_run_says_what_to_type_instead(race: Path, query: str, what: str, next_step: str) -> None:
    result = typed("sql", query, "--case", race)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {what}\n")
    assert result.stderr.endswith(f"  next:  {next_step}\n")
    known = "the columns of findings are id, class" if "column" in what else "the tables are lines, events, sources, coverage"
    assert known in result.stderr


def test_formats_lists_every_registry() -> None:
    from parsers.registry import ENVELOPES, RECORDS, RULES

    rows = objects(typed("formats", "--json"))

    assert [row["name"] for row in rows] == [entry.name for entry in (*RECORDS, *ENVELOPES, *RULES)]


def test_formats_says_how_a_file_is_read_and_why_not_otherwise() -> None:
    rows = objects(typed("formats", DATA / "dstamp/evidence/docker-events.ndjson", "--json"))

    assert [row["format"] for row in rows if row["taken"]] == ["docker_events_json"]
    assert rows[0]["taken"]
    assert all(row["why"] for row in rows)


def test_formats_of_a_binary_file_says_that_none_fits(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))

    result = typed("formats", tmp_path / "x.bin")

    assert result.exit_code == 0
    assert "no format fits" in " ".join(result.stdout.split())


def test_a_timeline_is_drawn_where_it_was_asked_for(dstamp: Path, tmp_path: Path) -> None:
    result = typed("timeline", "--case", dstamp, "-o", tmp_path / "new/t.png")

    assert result.exit_code == 0
    assert (tmp_path / "new/t.png").read_bytes().startswith(b"\x89PNG")


def test_a_timeline_as_data_draws_nothing(dstamp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    lanes = objects(typed("timeline", "--case", dstamp, "--json"))

    assert {lane["kind"] for lane in lanes} == {"run", "service", "tree"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "name"),
    [("--stack", "disc-69811c_ci_example_org"), ("--run", "dstamp-repro4"), ("--service", "disc-69811c_ci_example_org_app")],
)
def test_a_part_of_a_case_is_drawn(dstamp: Path, tmp_path: Path, option: str, name: str) -> None:
    result = typed("timeline", "--case", dstamp, option, name, "-o", tmp_path / "t.svg", "-o", tmp_path / "t.pdf", "--width", "700")

    assert result.exit_code == 0
    assert name in (tmp_path / "t.svg").read_text()
    assert 'width="700"' in (tmp_path / "t.svg").read_text()


def test_a_finding_is_drawn_by_the_beginning_of_its_id(dstamp: Path, tmp_path: Path) -> None:
    finding = objects(typed("findings", "--case", dstamp, "--json"))[0]

    result = typed("timeline", "--case", dstamp, "--finding", finding["id"][:5], "-o", tmp_path / "t.svg")

    assert result.exit_code == 0
    assert f"finding {finding['id']}: {finding['class']}" in (tmp_path / "t.svg").read_text()


@pytest.mark.parametrize("option", ["--stack", "--run", "--service", "--finding"])
def test_a_name_that_is_not_in_the_case_is_answered_with_those_that_are(dstamp: Path, option: str) -> None:
    result = typed("timeline", "--case", dstamp, option, "nothing", "--json")

    assert result.exit_code == 2
    assert "nothing" in result.stderr and "\n  why:   " in result.stderr


def test_a_picture_is_about_one_thing(dstamp: Path) -> None:
    result = typed("timeline", "--case", dstamp, "--run", "dstamp-repro4", "--stack", "x")

    assert result.exit_code == 2
    assert "--stack and --run do not go together" in result.stderr


def test_a_picture_of_another_kind_is_refused(dstamp: Path) -> None:
    result = typed("timeline", "--case", dstamp, "-o", "t.gif")

    assert result.exit_code == 2
    assert result.stderr.endswith("next:  --output t.svg\n")


def test_a_report_goes_to_stdout_or_a_file_and_only_a_file_has_a_picture_beside_it(dstamp: Path, tmp_path: Path) -> None:
    printed = typed("report", "--case", dstamp)
    written = typed("report", "--case", dstamp, "-o", tmp_path / "new/report.md")
    again = typed("report", "--case", dstamp, "-o", tmp_path / "again/report.md")

    assert (written.exit_code, again.exit_code) == (0, 0)
    assert f"\n  forensics verify {tmp_path}/new/report.md --case {dstamp}\n" in written.stdout  # whole, however long
    assert printed.stdout.startswith("# Evidence report\n")
    files = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert files.keys() == {"report.md", "report.timeline.svg"}
    theirs, mine = printed.stdout.splitlines()[:-1], files["report.md"].decode().splitlines()[:-1]
    told = ["![Timeline: 1 run, 3 deploys, 1 stack.](report.timeline.svg)", ""]
    told += [f"Picture: `report.timeline.svg`, sha256 `{hashlib.sha256(files['report.timeline.svg']).hexdigest()}`"]
    at = mine.index(told[0])
    assert mine[at : at + 3] == told
    assert [*mine[:at], *mine[at + 3 :]] == [*theirs[:at], *theirs[at + 1 :]]


def test_facts_alone_have_no_picture_for_it_shows_what_drifted(dstamp: Path, tmp_path: Path) -> None:
    typed("report", "--facts", "--case", dstamp, "-o", tmp_path / "facts.md")

    assert [path.name for path in tmp_path.iterdir()] == ["facts.md"]


def test_a_report_of_another_kind_is_refused(dstamp: Path) -> None:
    result = typed("report", "--case", dstamp, "-o", "report.docx")

    assert result.exit_code == 2
    assert result.stderr.endswith("next:  --output report.md\n")


@pytest.mark.parametrize("name", ["b.zip", "b.tar", "b.7z"])
def test_an_archive_of_another_kind_is_refused(dstamp: Path, tmp_path: Path, name: str) -> None:
    result = typed("bundle", "--case", dstamp, "--output", tmp_path / name)

    assert result.exit_code == 2
    assert result.stderr.endswith("  next:  --output b.tar.gz\n")
    assert not (tmp_path / name).exists()
