"""A bundle is the case without its secrets, gives the same answers, and verifies as far as it says."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import forensics
from forensics import bundle
from forensics.case import Case
from forensics.errors import UsageError
from forensics.ingest import ingest
from forensics.replay import replay
from forensics.store import ledger, segments
from forensics.verify import verify_case
from tests.cli.conftest import objects, typed
from tests.store.cases import FILES, RUN_LOG, contents, events, write

DATA = Path(__file__).parents[1] / "data"
SECRET = b"hunter2-of-the-house"
LOG = (
    b"2026-11-23 08:43:11,000 INFO ccci.run: $ abra app deploy x.example.org --password "
    + SECRET
    + b"\nfine\n\x1b[31mDB_PASS\x1b[0mWORD="
    + SECRET
)
OTHERS = {path: data for path, data in FILES.items() if path not in ("runs/m2/console.log", "runs/m3/console.log")}
SECRETS = {"runs/x/harness.log": LOG + b" \xff\r\nlast", "again/x.log": LOG + b"\n", "big.log": RUN_LOG * 30 + LOG + b"\n" + RUN_LOG}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The captured incident and files with secrets, one of them big, one that grew."""
    place = tmp_path_factory.mktemp("bundled")
    made = Case.create(place / "case")
    ingest(made, [DATA / "dstamp" / "evidence", write(place / "secret", OTHERS | SECRETS)], big_bytes=5000)
    ingest(made, [write(place / "more", {"again/x.log": LOG + b"\nand more\n"})])
    return made


@pytest.fixture(scope="module")
def made(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Case:
    place = tmp_path_factory.mktemp("made") / "bundle"
    bundle.write(case, place)
    return Case.open(place)


@pytest.fixture
def copy(made: Case, tmp_path: Path) -> Case:
    shutil.copytree(made.path, tmp_path / "copy")
    return Case.open(tmp_path / "copy")


def test_no_file_of_it_holds_a_secret(made: Case) -> None:
    files = [path for path in made.path.rglob("*") if path.is_file()]

    assert len(files) > 6
    for path in files:
        data = path.read_bytes()
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            data = b"\n".join(v if isinstance(v, bytes) else str(v).encode() for row in frame.iter_rows() for v in row)
        assert SECRET not in data, path


def test_every_content_without_a_secret_is_there_byte_for_byte(case: Case, made: Case) -> None:
    original, passed = contents(case), contents(made)

    assert original.keys() == passed.keys()
    hidden = {s.path for s in made.state.sources.values() if s.entry.get("redacted")}
    assert hidden == set(SECRETS)
    for path in original.keys() - hidden:
        assert passed[path] == original[path]
        assert hashlib.sha256(passed[path]).hexdigest() == made.state.at_path[path][-1].content_id
    for path in hidden:
        old, new = original[path].split(b"\n"), passed[path].split(b"\n")
        numbers = [n for n, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b]
        assert bundle.ranges(numbers) == made.state.at_path[path][-1].entry["redacted"]["ranges"]


def test_sources_locators_and_answers_are_those_of_the_case(case: Case, made: Case) -> None:
    same = (
        "path",
        "source_id",
        "content_id",
        "size",
        "mtime_ns",
        "parser",
        "lines",
        "in_events",
        "events",
        "extends",
        "superseded",
        "read_at",
    )
    where = ("event_id", "source_id", "path", "line_no", "line_last", "offset", "length", "kind", "ts")

    assert made.sources().select(same).equals(case.sources().select(same))
    assert events(made).select(where).equals(events(case).select(where))
    old, new = forensics.open_case(case.path), forensics.open_case(made.path)
    assert list(new.findings) == list(old.findings)
    assert list(new.drift) == list(old.drift)


def test_a_report_of_the_case_stands_against_the_bundle(case: Case, made: Case, tmp_path: Path) -> None:
    typed("report", "--case", case.path, "--output", tmp_path / "report.md")

    assert typed("verify", tmp_path / "report.md", "--case", made.path).exit_code == 0


def test_it_verifies_and_says_how_far(made: Case) -> None:
    assert verify_case(made) == []

    said = " ".join(typed("verify", "--case", made.path).stdout.split())
    own = bundle.own_entry(made)
    assert own is not None
    assert f"{own['contents'] - 4} of {own['contents']} contents are whole, and hash to what was read; 4 hold 8 redacted lines" in said
    assert "the ledger of the case that it was made from is with it, and holds" in said


def test_a_case_that_is_none_says_nothing_of_bundles(case: Case) -> None:
    assert bundle.how_far(case) is None
    assert "bundle" not in typed("verify", "--case", case.path).stdout


def rewritten(copy: Case, path: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Alter a segment of lines and name the new one in a ledger that is rewritten to match, as a forger would."""
    source = copy.state.at_path[path][-1]
    name = copy.state.line_segments[source.content_id][0]
    rows = pl.read_parquet(copy.path / "lines" / name).with_columns(pl.col("content_id").cast(pl.String))
    writer = segments.SegmentWriter(copy.path, "lines")
    writer.write(change(rows).to_arrow(compat_level=pl.CompatLevel.oldest()))
    sealed = writer.seal()
    segments.settle(copy.path, [writer])
    (copy.path / "lines" / name).unlink()
    prev, out = ledger.GENESIS, b""
    for seq, entry in enumerate(copy.ledger.entries):
        body = {k: v for k, v in entry.items() if k not in bundle.OWN}
        if "line_segments" in body:
            body["line_segments"] = [sealed.said() if s["name"] == name else s for s in body["line_segments"]]
        line, prev = ledger.sealed(body, seq, prev, entry["left"])
        out += line
    (copy.path / ledger.NAME).write_bytes(out)
    (copy.path / ledger.HEAD).write_bytes(ledger.head_of(len(copy.ledger.entries) - 1, prev))


def altered(content: str, line: int, raw: bytes) -> Callable[[pl.DataFrame], pl.DataFrame]:
    here = (pl.col("content_id") == content) & (pl.col("line_no") == line)
    return lambda rows: rows.with_columns(pl.when(here).then(pl.lit(raw)).otherwise(pl.col("raw")).alias("raw"))


@pytest.mark.parametrize(("path", "line"), [("runs/x/harness.log", 2), ("runs/x/harness.log", 1), ("runs/m1/console.log", 1)])
def test_a_line_that_was_changed_is_found_even_where_the_ledger_was_forged_to_match(copy: Case, path: str, line: int) -> None:
    rewritten(copy, path, altered(copy.state.at_path[path][-1].content_id, line, b"other\n"))

    problems = verify_case(copy.path)

    assert any(path in p.what or path in p.why for p in problems) or "stored lines of" in problems[0].what


def test_a_line_of_another_length_than_the_original_is_found(made: Case) -> None:
    import numpy as np

    numbers, offsets = np.array([1, 2, 3]), np.array([0, 10, 15])

    assert bundle.lengths_problem(numbers, offsets, np.array([40, 5, 5]), 20, [[1, 1]]) is None
    assert bundle.lengths_problem(numbers, offsets, np.array([40, 6, 5]), 20, [[1, 1]]) == "line 2 has 6 bytes, the original 5"
    assert bundle.lengths_problem(numbers, offsets, np.array([40, 5, 6]), 20, [[1, 1]]) == "line 3 has 6 bytes, the original 5"
    assert "missing" in (bundle.lengths_problem(np.array([1, 3, 4]), offsets, np.array([10, 5, 5]), 20, []) or "")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda data: None, "is missing"),
        (lambda data: data.replace(b"dockerd.log", b"dockerx.log", 1), "is broken"),
        (lambda data: data[: data[:-1].rfind(b"\n") + 1], "is not the one that it was made from"),
    ],
)
def test_an_origin_that_does_not_hold_is_found(copy: Case, harm: Callable[[bytes], bytes | None], said: str) -> None:
    origin = copy.path / bundle.ORIGIN
    new = harm(origin.read_bytes())
    origin.unlink() if new is None else origin.write_bytes(new)

    problems = verify_case(copy.path)

    assert len(problems) == 1
    assert said in problems[0].what
    assert typed("verify", "--case", copy.path).exit_code == 3


def test_more_evidence_can_be_ingested_into_a_bundle(copy: Case, tmp_path: Path) -> None:
    ingest(copy, [write(tmp_path / "e", {"notes.txt": b"seen later\n"})])

    assert verify_case(copy) == []
    assert "notes.txt" in contents(copy)


def test_what_was_read_from_the_original_is_known_in_the_bundle(copy: Case, tmp_path: Path) -> None:
    receipt = ingest(copy, [write(tmp_path / "e", {"runs/x/harness.log": SECRETS["runs/x/harness.log"]})])

    assert receipt.known == 1


def test_the_events_of_a_bundle_are_not_rebuilt_from_redacted_lines(copy: Case) -> None:
    with pytest.raises(UsageError, match="cannot be rebuilt"):
        replay(copy)


def test_a_bundle_of_a_bundle_is_the_same_again(made: Case, tmp_path: Path) -> None:
    own = bundle.write(made, tmp_path / "again")

    again = Case.open(tmp_path / "again")
    assert verify_case(again) == []
    assert contents(again) == contents(made)
    first = bundle.own_entry(made)
    assert first is not None
    assert {k: own[k] for k in ("contents", "redacted_contents", "redacted_lines")} == {
        k: first[k] for k in ("contents", "redacted_contents", "redacted_lines")
    }


def test_an_empty_case_makes_an_empty_bundle(tmp_path: Path) -> None:
    bundle.write(Case.create(tmp_path / "case"), tmp_path / "bundle")

    assert verify_case(tmp_path / "bundle") == []
    assert "0 lines of 0 of 0 contents" in (tmp_path / "bundle" / "README.md").read_text()


def test_a_ledger_with_a_secret_in_it_is_left_out(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "e", {"password=hunter2.txt": b"x\n"})])

    own = bundle.write(case, tmp_path / "bundle")

    assert own["origin"] is False
    assert not (tmp_path / "bundle" / bundle.ORIGIN).exists()
    assert "that ledger is left out" in (bundle.how_far(Case.open(tmp_path / "bundle")) or "")


def test_the_archive_unpacks_to_a_case_that_verifies(case: Case, tmp_path: Path) -> None:
    done = typed("bundle", "--case", case.path, "--output", tmp_path / "incident.tar.gz")

    assert done.exit_code == 0
    assert "redacted: runs/x/harness.log: line 1, 3" in done.stdout
    with tarfile.open(tmp_path / "incident.tar.gz") as archive:
        assert {(m.uid, m.uname) for m in archive} == {(0, "")}
        assert not [m.name for m in archive if "lock" in m.name]
        archive.extractall(tmp_path / "there", filter="data")
    assert typed("verify", "--case", tmp_path / "there" / "incident").exit_code == 0
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_command_tells_machines_what_is_redacted(case: Case, tmp_path: Path) -> None:
    row = objects(typed("bundle", "--case", case.path, "--output", tmp_path / "b", "--json"))[0]

    assert row["redacted_lines"] == 8
    assert {"path": "runs/x/harness.log", "lines": "1, 3"} in row["redacted"]
    assert json.loads((tmp_path / "b" / ledger.HEAD).read_text())["seq"] > 1


@pytest.mark.parametrize("name", ["there.tar.gz", "full"])
def test_nothing_is_overwritten(case: Case, tmp_path: Path, name: str) -> None:
    (tmp_path / "there.tar.gz").write_text("mine")
    write(tmp_path / "full", {"x": b"mine"})

    done = typed("bundle", "--case", case.path, "--output", tmp_path / name)

    assert done.exit_code == 2
    assert (tmp_path / "there.tar.gz").read_text() == "mine"
