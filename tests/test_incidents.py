"""What really happened in the incidents kept under data/, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forensics.quote import quote
from tests.evidence import analysis, folder

DATA = Path(__file__).parent.parent / "data"
INCIDENTS = sorted(p.parent for p in DATA.glob("*/expected.json"))


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda p: p.name)
def test_an_incident_is_told_as_it_happened(incident: Path) -> None:
    expected = json.loads((incident / "expected.json").read_text())
    a = analysis(folder(incident / "evidence"))
    reads = {(r["run"], r["ordinal"]): r for r in a.drift}

    for want in expected["reads"]:
        got = reads[want["run"], want["ordinal"]]
        assert {k: got[k] for k in want} == want
    for want in expected["hypotheses"]:
        assert reads[want["run"], want["ordinal"]]["hypotheses"][want["name"]]["verdict"] == want["verdict"], want
    proven = {f["class"] for f in a.findings if f["verdict"] == "PROVEN"}
    assert {f["class"] for f in expected["findings"]} <= proven
    assert not {f["class"] for f in a.findings} & set(expected["absent"])


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda p: p.name)
def test_every_citation_quotes_its_line(incident: Path) -> None:
    files = folder(incident / "evidence")
    a = analysis(files)

    cited = [e for f in a.findings for e in f["evidence"]] + [e for r in a.drift for h in r["hypotheses"].values() for e in h["evidence"]]
    assert cited
    for e in cited:
        assert quote(files[e["path"]].encode().split(b"\n")[e["line"] - 1]) == e["text"]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda p: p.name)
def test_the_order_of_the_events_does_not_matter(incident: Path) -> None:
    files = folder(incident / "evidence")

    one, other = analysis(files), analysis(files, shuffle=True)

    assert one.findings == other.findings
    assert one.drift == other.drift


def test_the_conceiving_case_names_the_rollback_and_refutes_the_first_guess() -> None:
    a = analysis(folder(DATA / "dstamp" / "evidence"))

    last = [r for r in a.drift if r["drift"]]
    assert [(r["cause"], r["writer_run"]) for r in last] == [("swarm-rollback", "swarm")]
    verdicts = {n: h["verdict"] for n, h in last[0]["hypotheses"].items()}
    assert verdicts.pop("swarm-rollback") == "PROVEN"
    assert set(verdicts.values()) == {"REFUTED"}
    assert "no other run touched" in last[0]["hypotheses"]["concurrency"]["because"]


def test_the_shared_tree_names_the_peer_that_moved_it() -> None:
    a = analysis(folder(DATA / "shared-tree-race" / "evidence"))

    told = next(r for r in a.drift if r["drift"])["hypotheses"]["wrong-head"]["because"]
    assert "run ab moved HEAD of the shared tree shared/discourse" in told


def test_without_swarms_events_the_rollback_is_still_seen_in_the_inspects() -> None:
    files = {p: t for p, t in folder(DATA / "dstamp" / "evidence").items() if not p.startswith("docker")}

    read = next(r for r in analysis(files).drift if r["drift"])

    assert (read["cause"], read["writer_run"]) == ("swarm-rollback", "swarm")
    assert read["hypotheses"]["swarm-rollback"]["verdict"] == "PROVEN"


def test_without_events_and_inspects_the_cause_is_not_proven_and_says_what_is_missing() -> None:
    files = {p: t for p, t in folder(DATA / "dstamp" / "evidence").items() if not p.startswith("docker") and "inspect" not in p}

    a = analysis(files)
    read = next(r for r in a.drift if r["drift"])

    assert read["cause"] == "unattributed"
    rollback = read["hypotheses"]["swarm-rollback"]
    assert rollback["verdict"] == "NOT PROVEN"
    assert any("docker service events" in m for m in rollback["missing"])
    assert read["hypotheses"]["wrong-head"]["verdict"] == "REFUTED"
    assert not [f for f in a.findings if f["class"] == "rolled-back-write"]
