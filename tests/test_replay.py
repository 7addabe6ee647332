"""Events are rebuilt from lines alone, and equal parsers give equal tables."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.errors import StoreError
from forensics.ingest import ingest
from forensics.replay import replay
from forensics.store import parsing
from forensics.verify import verify_case
from parsers import reading
from tests.store.cases import FILES, RUN_LOG, events, sound, write
from tests.test_ingest import BYTES, NAMES


@settings(max_examples=20)
@given(files=st.dictionaries(NAMES, BYTES, min_size=1), big_bytes=st.sampled_from([3, 1 << 20]))
def test_replay_gives_equal_tables_and_adds_nothing(files: dict[str, bytes], big_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        case = Case.create(Path(folder) / "case")
        evidence = write(Path(folder) / "evidence", files)
        ingest(case, [evidence], big_bytes=big_bytes)
        before, sources = events(case), case.sources()
        shutil.rmtree(evidence)
        shutil.rmtree(case.path / "events")
        (case.path / "events").mkdir()

        done = replay(case)

        assert done["sources"] == len(files)
        assert events(case).equals(before)
        assert case.sources().equals(sources)
        assert replay(case)["changed"] == 0
        sound(case)


@pytest.mark.parametrize("at_once", [0, 1 << 30], ids=["streamed", "together"])
def test_other_parsers_supersede_the_events_of_a_source_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES | {"big.log": RUN_LOG * 30})], big_bytes=5000)
    before = events(case)
    monkeypatch.setattr("forensics.replay.AT_ONCE", at_once)
    others = tuple(rule for rule in reading.RULES if rule.kind != "deploy.start")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "RULES", others)
        done = replay(case)
    assert done["changed"] > 0
    assert events(case).equals(before.filter(before["kind"] != "deploy.start"))
    sound(case)

    replay(case)

    assert events(Case.open(case.path)).equals(before)
    sound(case)


def test_superseded_segments_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES)])
    old = list((case.path / "events").iterdir())
    with monkeypatch.context() as patch:
        real = parsing.engine.parse
        patch.setattr(parsing.engine, "parse", lambda *a: (lambda e, c: (e.with_columns(parser=parsing.pl.lit("other/2")), c))(*real(*a)))
        replay(case)
    for path in old:
        path.unlink()

    assert verify_case(case) == []
    assert set(events(case)["parser"]) == {"other/2"}


def test_lines_that_are_gone_are_said(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES)])
    for path in (case.path / "lines").iterdir():
        path.unlink()

    with pytest.raises(StoreError, match="stored lines cannot be read") as caught:
        replay(case)

    assert "missing" in caught.value.why


def test_what_it_did_is_a_row_and_a_sentence(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES)])

    done = replay(case)

    assert set(done) == {"sources", "changed", "events", "lines", "in_events", "unparsed", "blank"}
    assert str(done).startswith("6 sources parsed again, 0 of them changed;")
