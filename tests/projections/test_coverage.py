"""Each source says over which window it could have shown an event, and how that is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from forensics.case import Case
from forensics.ingest import ingest
from forensics.projections.coverage import COVERAGE, DOCKER_KEEPS, SHOWS, coverage, coverage_of
from parsers.kinds import KINDS
from parsers.schema import EVENTS
from tests.evidence import events_of
from tests.store.cases import write

A, B, ZERO = "9" * 40, "a" * 40, "0" * 40
T0 = 1_795_423_300


def docker(n: int, kind: str = "network", at: int = T0) -> str:
    attributes = {"name": "disc_app"}
    told = {
        "Type": kind,
        "Action": "create",
        "Actor": {"ID": f"{n:025}", "Attributes": attributes},
        "scope": "swarm",
        "time": at,
        "timeNano": (at + n) * 10**9,
    }
    return json.dumps(told, separators=(",", ":")) + "\n"


def move(old: str, new: str, at: int) -> str:
    return f"{old} {new} ci <ci@ci.example.org> {at} +0000\tcheckout: moving from a to b\n"


def line(second: int, message: str) -> str:
    return f"2026-11-23T08:00:{second:02}Z {message}\n"


START, END = (
    "recipe-ci: RECIPE=disc REF=7ae7b0f7 PR=4 SRC=x stages=install quick=0",
    "RUN SUMMARY: run=m1 level=5 install=pass upgrade=pass",
)
FILES = {
    "full.ndjson": "".join(docker(n, "service" if n == 9 else "network") for n in range(DOCKER_KEEPS)),
    "short.ndjson": "".join(docker(n, "service" if n == 9 else "network") for n in range(DOCKER_KEEPS - 1)),
    "x/.git/logs/HEAD": move(ZERO, A, T0) + move(A, B, T0 + 60),
    "y/.git/logs/HEAD": move(A, B, T0),
    "runs/m1/harness.log": line(1, START) + line(2, "deploy_app: disc.example.org") + line(3, END),
    "runs/m2/harness.log": line(2, "deploy_app: disc.example.org") + line(4, "deploy_app: done disc.example.org"),
    "runs/m3/console.log": START + "\n",
    "notes.txt": "nothing that anybody knows\n",
}


def windows(files: dict[str, str] = FILES, note: str | None = None, declared: list | None = None) -> dict[tuple[str, str | None], dict]:
    events = events_of(files)
    sources = pl.DataFrame({"path": list(files)}).join(events.select("path", "source_id").unique(), on="path", how="left")
    sources = sources.with_columns(pl.col("source_id").fill_null(pl.col("path")), note=pl.lit(note, pl.String))
    ids = dict(sources.select("path", "source_id").iter_rows())
    said = None
    if declared is not None:
        said = pl.LazyFrame([(ids[path], *ends) for path, *ends in declared], schema=["source_id", "from", "to"], orient="row")
    found = coverage(events.lazy(), sources.lazy(), said).collect()
    assert found.schema == COVERAGE
    return {(row["path"], row["shows"]): row for row in found.to_dicts()}


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def test_what_a_source_shows_is_made_of_kinds_that_there_are() -> None:
    shown = [kind for _, kinds in SHOWS.values() for kind in kinds]

    assert set(shown) <= set(KINDS)
    assert len(shown) == len(set(shown))


def test_every_source_has_a_row_and_one_that_shows_nothing_says_so() -> None:
    found = windows()

    assert {path for path, _ in found} == set(FILES)
    assert found["notes.txt", None]["how"] == "it shows no writer"
    assert all(row["how"] for row in found.values())


def test_a_dump_of_as_many_events_as_docker_keeps_has_a_hole_before_it() -> None:
    full, short = windows()["full.ndjson", "services"], windows()["short.ndjson", "services"]

    assert (full["before"], short["before"]) == ("hole", None)
    assert "256 events: docker keeps no more" in full["how"]
    assert full["events"] == 1


def test_events_of_any_type_stretch_the_window_of_a_dump() -> None:
    row = windows()["short.ndjson", "services"]

    assert (row["from"], row["to"]) == (at(T0), at(T0 + DOCKER_KEEPS - 2))


def test_a_reflog_that_begins_with_its_ref_is_whole_and_another_has_lost_entries() -> None:
    whole, cut = windows()["x/.git/logs/HEAD", "tree"], windows()["y/.git/logs/HEAD", "tree"]

    assert (whole["before"], cut["before"]) == ("whole", "hole")
    assert (whole["from"], whole["to"].replace(microsecond=0)) == (at(T0), at(T0 + 60))


def test_a_log_of_a_run_says_at_which_end_it_is_cut() -> None:
    found = windows()

    assert [found["runs/m1/harness.log", "run"][side] for side in ("before", "after")] == ["whole", "whole"]
    assert [found["runs/m2/harness.log", "run"][side] for side in ("before", "after")] == ["hole", "hole"]
    assert [found["runs/m3/console.log", "run"][side] for side in ("before", "after", "from")] == ["whole", "hole", None]
    assert found["runs/m3/console.log", "run"]["how"] == "from the run's start, it stops before the run's end; it states no time"


def test_what_was_read_only_in_part_is_cut_at_its_end() -> None:
    row = windows(note="it cannot be read to its end: damaged")["runs/m1/harness.log", "run"]

    assert row["after"] == "hole"
    assert row["how"].endswith("; it cannot be read to its end: damaged")


def test_a_window_that_is_declared_goes_before_what_events_state() -> None:
    declared = [("full.ndjson", at(T0 - 900), None)]

    row = windows(declared=declared)["full.ndjson", "services"]

    assert (row["from"], row["before"], row["to"], row["after"]) == (at(T0 - 900), "whole", at(T0 + DOCKER_KEEPS - 1), None)
    assert row["how"] == "declared in case.toml"
    assert windows(declared=declared)["short.ndjson", "services"] == windows()["short.ndjson", "services"]


def test_it_stays_lazy_and_the_order_of_rows_does_not_matter() -> None:
    events = events_of(FILES)
    sources = events.select("path", "source_id", note=pl.lit(None, pl.String)).unique()

    one = coverage(events.lazy(), sources.lazy())
    other = coverage(events.sample(fraction=1.0, shuffle=True, seed=3).lazy(), sources.reverse().lazy())

    assert isinstance(one, pl.LazyFrame)
    assert one.collect().equals(other.collect())


def test_nothing_in_nothing_out() -> None:
    sources = pl.LazyFrame(schema={"source_id": pl.String, "path": pl.String, "note": pl.String})

    assert coverage(pl.LazyFrame(schema=EVENTS), sources).collect().equals(pl.DataFrame(schema=COVERAGE))


def test_a_case_declares_windows_for_the_sources_that_a_pattern_names(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    (case.path / "case.toml").write_text('[coverage]\n"*.ndjson" = { from = 2026-11-23T08:00:00+01:00 }\n')
    ingest(case, [write(tmp_path / "evidence", {name: text.encode() for name, text in FILES.items()})])

    found = {(row["path"], row["shows"]): row for row in coverage_of(case).collect().to_dicts()}

    assert found["full.ndjson", "services"]["from"] == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert found["x/.git/logs/HEAD", "tree"]["from"] == at(T0)


@pytest.mark.parametrize(
    "value",
    [
        "3",
        "{ since = 1 }",
        "{}",
        '{ from = "soon" }',
        "{ from = 2026-11-23T08:00:00 }",
        "{ from = 2026-11-23T08:00:00Z, to = 2026-11-22T08:00:00Z }",
    ],
)
def test_a_window_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    from forensics.config import read_config
    from forensics.errors import UsageError

    (tmp_path / "case.toml").write_text(f'[coverage]\n"a" = {value}\n')

    with pytest.raises(UsageError, match="is no (window|instant)") as caught:
        read_config(tmp_path / "case.toml")

    assert "from = 2026-11-23T08:00:00Z" in caught.value.next


def test_the_correlator_believes_a_declared_window_and_what_events_state_without_one() -> None:
    from forensics.correlate.reconstruct import reconstruct

    files = {"short.ndjson": FILES["short.ndjson"]}
    events = events_of(files)
    sources = events.select("path", "source_id", note=pl.lit(None, pl.String)).unique().lazy()
    said = sources.select("source_id").with_columns(pl.lit(at(T0 - 900)).alias("from"), pl.lit(None, pl.Datetime).alias("to"))

    alone, told, vouched = (
        reconstruct(events.lazy(), *more) for more in ((), (coverage(events.lazy(), sources),), (coverage(events.lazy(), sources, said),))
    )

    assert alone.windows == told.windows
    assert vouched.windows.spans == (((T0 - 900) * 1_000_000, alone.windows.last),)
