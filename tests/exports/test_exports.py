"""Exports: read back by those they are made for, redacted, and held against their published contracts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forensics
from forensics.case import Case
from forensics.exports import FORMATS
from forensics.exports.chrome_trace import events
from forensics.exports.tables import for_csv
from forensics.ingest import ingest
from forensics.redacting import without_secrets
from forensics.report.lanes import Bar, Lane, Layout, Mark
from forensics.tables import TABLES
from tests.cli.conftest import typed

DATA = Path(__file__).parents[2] / "data"
SECRET = "hunter2-of-the-house"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> forensics.api.OpenCase:
    """The captured incident, and a log that tries to get out of every format."""
    place = tmp_path_factory.mktemp("exported")
    (place / "runs" / "x").mkdir(parents=True)
    (place / "runs" / "x" / "harness.log").write_bytes(
        b"2026-11-23 08:43:10,000 INFO ccci.run: recipe-ci: RECIPE==HYPERLINK(1) REF=main PR=2 SRC=x stages=install quick=0\n"
        + f"2026-11-23 08:43:11,000 INFO ccci.run: $ abra app deploy x.example.org --password {SECRET}\n".encode()
        + f"=cmd|' /C calc'!A0 DB_PASS\x1b[0mWORD={SECRET}\n".encode()
        + b'"quoted", and \xff\xfe bytes\n'
    )
    ingest(Case.create(place / "case"), [DATA / "dstamp" / "evidence", place])
    return forensics.open_case(place / "case")


@pytest.fixture(scope="module")
def written(case: forensics.api.OpenCase, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every format, written once."""
    folder = tmp_path_factory.mktemp("written")
    places = {name: folder / name for name in FORMATS}
    for name, form in FORMATS.items():
        form.write(case, places[name], ())
    return places


def whole(place: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(place.iterdir())) if place.is_dir() else place.read_bytes()


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet"])
def test_no_secret_and_no_control_character_is_exported(written: dict[str, Path], name: str) -> None:
    text = whole(written[name])

    assert SECRET.encode() not in text
    assert b"\x1b" not in text
    assert name == "chrome-trace" or b"[redacted]" in text


def test_parquet_holds_no_secret(written: dict[str, Path]) -> None:
    for path in written["parquet"].iterdir():
        frame = pl.read_parquet(path)
        texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
        assert not frame.filter(pl.any_horizontal(pl.lit(False), *(pl.col(n).str.contains(SECRET, literal=True) for n in texts))).height


@pytest.mark.parametrize("table", TABLES)
def test_duckdb_and_pandas_read_every_table_as_it_is(case: forensics.api.OpenCase, written: dict[str, Path], table: str) -> None:
    parquet, csv = written["parquet"] / f"{table}.parquet", written["csv"] / f"{table}.csv"
    mine = pl.read_parquet(parquet)

    by_duckdb = [duckdb.sql(f"SELECT COUNT(*) FROM '{path}'").fetchall()[0][0] for path in (parquet, csv)]
    frames = [pd.read_parquet(parquet), pd.read_csv(csv)]

    expected = case.table(table).select(pl.len()).collect().item()
    assert by_duckdb == [expected, expected]
    assert [len(frame) for frame in frames] == [expected, expected]
    assert [list(frame.columns) for frame in frames] == [mine.columns, mine.columns]
    assert duckdb.sql(f"SELECT * FROM '{csv}'").columns == mine.columns


def test_parquet_keeps_types_nulls_and_lists(case: forensics.api.OpenCase, written: dict[str, Path]) -> None:
    deploys = pl.read_parquet(written["parquet"] / "deploys.parquet")

    assert deploys.equals(case.deploys.collect())
    assert (
        dict(
            duckdb.sql(f"DESCRIBE SELECT * FROM '{written['parquet'] / 'deploys.parquet'}'").project("column_name, column_type").fetchall()
        )["sE"]
        == "TIMESTAMP WITH TIME ZONE"
    )


def test_csv_reads_back_to_what_was_written_once_the_quotes_are_off(case: forensics.api.OpenCase, written: dict[str, Path]) -> None:
    mine = without_secrets(case.events.collect())

    back = pl.read_csv(written["csv"] / "events.csv", schema_overrides=dict.fromkeys(mine.columns, pl.String))

    for name in ("event_id", "path", "line_no", "kind", "run", "recipe", "stamp", "attrs"):
        assert back[name].str.replace("^'", "").to_list() == mine[name].cast(pl.String).to_list(), name


@given(st.lists(st.one_of(st.none(), st.text(st.sampled_from("=+-@\t\r'\"\n,;a1 "), max_size=6)), min_size=1, max_size=5))
def test_no_cell_of_a_csv_is_a_formula_and_every_text_comes_back(cells: list[str | None]) -> None:
    shown = for_csv(pl.DataFrame({"n": range(len(cells)), "x": pl.Series(cells, dtype=pl.String)}))

    assert not any(text and text[0] in "=+-@\t\r" for text in shown["x"])
    back = pl.read_csv(shown.write_csv().encode(), schema={"n": pl.Int64, "x": pl.String})["x"].to_list()
    assert [text if text is None else text.removeprefix("'") for text in back] == cells


def test_timesketch_gets_its_required_fields_in_every_object(case: forensics.api.OpenCase, written: dict[str, Path]) -> None:
    rows = [json.loads(line) for line in written["timesketch"].read_text().splitlines()]

    timed = case.events.filter(pl.col("ts").is_not_null()).collect()
    assert len(rows) == len(timed) + len([f for f in case.findings if f["t_lo"] or f["t_hi"]])
    for row in rows:
        assert {"message", "datetime", "timestamp", "timestamp_desc"} <= row.keys()
        assert row["message"]
        assert row["timestamp_desc"]
        assert round(datetime.fromisoformat(row["datetime"]).timestamp() * 1e6) == row["timestamp"]
        assert None not in row.values()
    assert [r["datetime"] for r in rows if "event_id" in r] == sorted(r["datetime"] for r in rows if "event_id" in r)
    assert {r["event_id"] for r in rows if "event_id" in r} == set(timed["event_id"])


def test_timesketch_gets_the_line_itself_as_the_message(written: dict[str, Path]) -> None:
    rows = [json.loads(line) for line in written["timesketch"].read_text().splitlines()]

    start = next(r for r in rows if r.get("run") == "x" and r["timestamp_desc"] == "run.start")
    assert start["message"].startswith("2026-11-23 08:43:10,000 INFO ccci.run: recipe-ci: RECIPE==HYPERLINK(1)")
    assert start["source"] == "runs/x/harness.log:1"


def trace_problems(trace: dict) -> list[str]:
    """What does not follow the Trace Event Format: fields per phase, and spans of a thread that do not nest."""
    wrong = []
    for e in trace["traceEvents"]:
        needed = {
            "X": {"name", "cat", "ts", "dur", "pid", "tid"},
            "i": {"name", "cat", "ts", "pid", "tid", "s"},
            "M": {"name", "pid", "args"},
        }
        if e["ph"] not in needed or not needed[e["ph"]] <= e.keys():
            wrong.append(f"fields of {e}")
        if not all(isinstance(e[k], int) for k in ("pid", "tid", "ts")) or e.get("dur", 0) < 0 or e.get("s", "t") not in "gpt":
            wrong.append(f"types of {e}")
        if e["ph"] == "M" and (e["name"], next(iter(e["args"]))) not in (
            ("process_name", "name"), ("thread_name", "name"), ("process_sort_index", "sort_index"), ("thread_sort_index", "sort_index"),
        ):  # fmt: skip
            wrong.append(f"metadata {e}")
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for e in trace["traceEvents"]:
        if e["ph"] == "X":
            spans.setdefault((e["pid"], e["tid"]), []).append((e["ts"], e["ts"] + e["dur"]))
    for of_thread in spans.values():
        wrong += [f"{a} and {b} cross" for a in of_thread for b in of_thread if a[0] < b[0] < a[1] < b[1]]
    return wrong


def test_chrome_trace_follows_its_field_contract(written: dict[str, Path]) -> None:
    trace = json.loads(written["chrome-trace"].read_text())

    assert trace["displayTimeUnit"] in ("ms", "ns")
    assert trace_problems(trace) == []
    names = {e["name"] for e in trace["traceEvents"]}
    assert {"value 92a304dd+U", "rollback swarm rolled back", "deploy a7be5bae+U"} <= names


bounds = st.lists(st.integers(0, 50), min_size=4, max_size=4).map(sorted)
bars = st.builds(lambda kind, b: Bar(kind, *b, label="x"), st.sampled_from(["deploy", "lock", "value"]), bounds)


@given(
    st.lists(
        st.builds(lambda b, at: Lane("r", "s", "run", b, [Mark("read-ok", at)]), st.lists(bars, max_size=8), st.integers(0, 50)), max_size=3
    )
)
def test_spans_of_a_thread_always_nest(lanes: list[Lane]) -> None:
    found = list(events(Layout(lanes, 0, 50)))

    assert trace_problems({"traceEvents": found}) == []
    assert sum(e["ph"] == "X" for e in found) >= sum(len(lane.bars) for lane in lanes)
    assert sum(e["ph"] == "i" for e in found) == len(lanes)


def test_the_command_says_what_it_wrote(case: forensics.api.OpenCase, tmp_path: Path) -> None:
    done = typed("export", "--to", "csv", "--table", "runs", "--output", tmp_path / "t", "--case", case.case.path, "--json")

    assert json.loads(done.stdout) == {"file": str(tmp_path / "t" / "runs.csv"), "rows": 2}
    assert (tmp_path / "t" / "runs.csv").read_text().startswith("run,recipe,ref,outcome")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "csv", "--table", "nothing"], "no table is called `nothing`"),
        (["--to", "timesketch", "--table", "runs"], "`timesketch` has no tables to choose"),
        (["--to", "timesketch", "--output", "."], "`.` is a folder"),
        (["--to", "xml"], "--to cannot be `xml`"),
    ],
)
def test_what_cannot_be_exported_is_said(case: forensics.api.OpenCase, arguments: list[str], said: str) -> None:
    done = typed("export", *arguments, "--case", case.case.path)

    assert done.exit_code == 2
    assert said in done.stderr
    assert "next:" in done.stderr


def test_every_format_is_offered_by_the_command() -> None:
    from forensics.cli.export import NAMES, SUFFIX

    assert tuple(FORMATS) == NAMES
    assert set(SUFFIX) == {name for name, form in FORMATS.items() if not form.folder}
