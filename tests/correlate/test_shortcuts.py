"""What is looked up instead of searched for is what a search of everything finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate import offsets
from forensics.correlate.constraints import of_call
from forensics.correlate.extents import Extents
from forensics.correlate.history import History
from forensics.correlate.holes import EVER, holes, overwriting
from forensics.correlate.model import INF, Deploy, Read, Write
from forensics.correlate.owning import may_have_left
from forensics.correlate.reads import Calls
from forensics.findings.redundant_redeploy import standing_before
from tests.world.any import told

WORLDS = [("less", 104), ("skew", 202), ("skew", 5032), ("cut", 309), ("begun", 407), ("gaps", 1126)]
times = st.integers(-20, 20)


def call(lo: int, hi: int) -> Deploy:
    return Deploy("a/1", "a", 1, "deploy", "s", {}, sE=min(lo, hi), eL=max(lo, hi))


@given(st.lists(st.builds(call, times, times), max_size=12), times, times)
def test_extents_that_meet_a_span_are_those_that_begin_before_its_end_and_end_after_its_beginning(
    calls: list[Deploy], lo: int, hi: int
) -> None:
    assert Extents.of(calls).meeting(lo, hi) == [d for d in calls if d.sE <= hi and d.eL >= lo]


def test_an_extent_without_an_end_meets_whatever_comes_after_its_beginning() -> None:
    assert len(Extents.of([Deploy("a/1", "a", 1, "deploy", "s", {}, sE=5, eL=INF)]).meeting(1000, INF)) == 1
    assert Extents.of([Deploy("a/1", "a", 1, "deploy", "s", {}, sE=5, eL=INF)]).meeting(-INF, 4) == []


def played(how: str, seed: int) -> History:
    return next(told([seed], how)).analysis.history


def clocks(h: History) -> dict[str, tuple[int, int, bool]]:
    return {run: (log.clock.lo, log.clock.hi, log.clock.contradicted) for run, log in h.logs.items()}


def everything(h, log, told, shown, taken, zones) -> offsets.Made:
    """All events that each call can have made under whatever offset."""
    fit = lambda ask, w: w.kind == "client" and w.outcome != "allocation" and ask.fits(w)  # noqa: E731
    mine = {
        a: [w for w in h.writes_of.get(a.register, ()) if w.sE == w.eL and fit(a, w) and may_have_left(h.stamps, a, w, shown)] for a in told
    }
    return {a: [(w, of_call(log, a, w)) for w in events if w.id not in taken] for a, events in mine.items()}


@pytest.mark.parametrize(("how", "seed"), WORLDS)
def test_a_clock_is_the_same_when_every_event_is_held_against_every_call(how: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = clocks(played(how, seed))

    monkeypatch.setattr(offsets, "outwards", lambda _prior: [])
    monkeypatch.setattr(offsets, "_made", everything)

    assert clocks(played(how, seed)) == said
    assert any(lo > -INF for lo, _, _ in said.values())


def searched(h: History, read: Read) -> list[tuple[int, int]]:
    """The holes before a read, from all writes of its service."""
    windows, writes, until = h.windows_of(read.register), h.writes_of.get(read.register, []), read.rL if read.rL < INF else read.rE
    since = [w.sE for w in overwriting(writes, read)]
    if not windows:
        return [(EVER, until)]
    if read.inspect is not None and read.inspect["at_us"] is not None:
        service, until = h.services.get(read.inspect["service_id"] or read.inspect["service"]), read.inspect["at_us"]
        if service is None or not any(e["at_us"] == until for e in service.events):
            return [(max(since, default=EVER), until)]
    made = [w.sE for w in writes if w.verb == "create" and w.sE <= read.rL]
    since += [t for t in made if t <= read.rE]
    if not since and read.observed is not None:
        since = made[:1]
    found = [windows.outside(t, max(t, until)) for t in since]
    return (
        min(found, key=lambda spans: sum(hi - lo + 1 for lo, hi in spans))
        if found
        else [(EVER, windows.first - 1), *windows.outside(windows.first, max(windows.first, until))]
    )


def pairs(h: History) -> Iterator[tuple[list, list]]:
    for read in h.reads:
        yield holes(h, read), searched(h, read)


@pytest.mark.parametrize(("how", "seed"), WORLDS)
def test_holes_before_a_read_are_those_that_all_writes_leave(how: str, seed: int) -> None:
    h = played(how, seed)

    found = list(pairs(h))

    assert found
    assert all(a == b for a, b in found)


def test_writes_of_an_instant_are_found_by_time() -> None:
    h = History(None)  # type: ignore[arg-type]
    h.writes = [Write(f"s@{t}", "s", "st", "update", "client", None, t, t, t, e) for t, e in ((5, 5), (1, 1), (3, 4), (3, 3), (9, 9))]
    h.index()

    assert [w.sE for w in h.instants("s", 2, 8)] == [3, 5]
    assert [w.sE for w in h.instants("s")] == [1, 3, 5, 9]
    assert h.instants("other") == []


logged = st.builds(lambda n, at: Deploy(f"a/{n}", "a", n, "deploy", "s", {"source_id": "log", "start_at": at}), times, times)
filed = st.builds(lambda n: Deploy(f"a/{n}", "a", n, "deploy", "s", {"source_id": None, "start_at": None}), times)


@given(st.lists(logged | filed, max_size=8), times)
def test_the_last_call_before_a_line_is_the_last_of_all_that_precede_it(calls: list[Deploy], line: int) -> None:
    def precedes(d: Deploy) -> bool:
        if d.row["source_id"] is not None:
            return d.row["start_at"] < line
        return not any(c.row["source_id"] is not None and c.n < d.n for c in calls)

    before = [d for d in calls if precedes(d)]

    assert Calls(calls).last_before(line) is (before[-1] if before else None)


@given(st.lists(st.tuples(times, times), min_size=1, max_size=8))
def test_what_stood_before_a_write_is_the_last_to_begin_of_all_that_had_ended(spans: list[tuple[int, int]]) -> None:
    h = History(None)  # type: ignore[arg-type]
    h.writes = [Write(f"s@{n}", "s", "st", "update", "client", None, min(at), min(at), max(at), max(at)) for n, at in enumerate(spans)]
    h.index()

    for w in h.writes:
        stood, ended = standing_before(h, w), [x for x in h.writes if x.eL < w.sE]
        assert (stood is None) == (not ended)
        assert stood is None or (stood in ended and stood.sE == max(x.sE for x in ended))
