"""overlaps, drift, findings, explain and compare: for people and machines, with what they say where there is nothing to judge."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from forensics.cli import compare, drift
from tests.cli.conftest import DATA, objects, typed

DRIFT_KEYS = {"run", "stack", "ordinal", "t_lo", "t_hi", "intended", "taken", "observed", "drift", "cause", "writer_run", "hypotheses"}
FINDING_KEYS = {"id", "class", "sub", "verdict", "strength", "severity", "stack", "service", "runs", "t_lo", "t_hi", "summary"}
FINDING_KEYS |= {"missing", "rejected", "open", "evidence"}


def expected(incident: str) -> dict:
    return json.loads((DATA / incident / "expected.json").read_text())


def test_drift_for_machines_keeps_the_contract(dstamp: Path, race: Path) -> None:
    for incident, case in (("dstamp", dstamp), ("shared-tree-race", race)):
        rows = {(row["run"], row["ordinal"]): row for row in objects(typed("drift", "--case", case, "--json"))}

        assert all(row.keys() >= DRIFT_KEYS for row in rows.values())
        for want in expected(incident)["reads"]:
            assert rows[want["run"], want["ordinal"]].items() >= want.items()
        for want in expected(incident)["hypotheses"]:
            assert rows[want["run"], want["ordinal"]]["hypotheses"][want["name"]]["verdict"] == want["verdict"]


def test_drift_for_people_names_cause_verdicts_and_lines(dstamp: Path) -> None:
    result = typed("drift", "--case", dstamp)

    assert result.exit_code == 0
    assert "swarm-rollback" in result.stdout and "REFUTED     concurrency:" in result.stdout
    proof = objects(typed("drift", "--case", dstamp, "--json"))[2]["hypotheses"]["swarm-rollback"]["evidence"][0]
    assert f"    {proof['path']}:{proof['line']}\n" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_drift_can_be_narrowed(race: Path) -> None:
    assert {row["run"] for row in objects(typed("drift", "--case", race, "--json", "--run", "ab"))} == {"ab"}
    assert [row["run"] for row in objects(typed("drift", "--case", race, "--json", "--drifted"))] == ["m2p"]
    assert objects(typed("drift", "--case", race, "--json", "--until", "08:43:10")) == []
    assert "no identity read fits what was asked for" in typed("drift", "--case", race, "--until", "08:43:10").stderr


def test_an_unknown_run_is_answered_with_the_runs(race: Path) -> None:
    result = typed("drift", "--case", race, "--run", "m2")

    assert result.exit_code == 2
    assert result.stderr == (
        f"error: no run is called `m2`\n  where: --run, case `{race}`\n  why:   the runs are ab, m2p\n  next:  forensics drift --run m2p\n"
    )


def test_times_are_shown_in_the_zone_asked_for(race: Path) -> None:
    assert "08:43:16" in typed("drift", "--case", race, "--run", "m2p").stdout
    assert "09:43:16" in typed("drift", "--case", race, "--run", "m2p", "--tz", "Europe/Berlin").stdout


@pytest.mark.parametrize(("command", "missing"), [("drift", "no identity read"), ("overlaps", "no deploy")])
def test_nothing_to_judge_is_said_with_what_is_missing(empty: Path, command: str, missing: str) -> None:
    for arguments in ((), ("--json",)):
        result = typed(command, "--case", empty, *arguments)

        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith(f"nothing to judge: the case `{empty}` holds {missing}\n  missing: ")
        assert "\n  next:    forensics " in result.stderr


def test_no_overlap_is_an_answer_and_says_what_was_looked_at(dstamp: Path) -> None:
    result = typed("overlaps", "--case", dstamp)

    assert result.exit_code == 0
    assert " ".join(result.stdout.split()).startswith("no two deploys of different runs overlap on one stack (3 deploys, 1 run, 1 stack)")
    assert typed("overlaps", "--case", dstamp, "--json").output == ""


def test_findings_for_machines_keep_the_contract(dstamp: Path) -> None:
    rows = objects(typed("findings", "--case", dstamp, "--json"))

    assert all(row.keys() >= FINDING_KEYS for row in rows)
    found = {row["class"] for row in rows if row["verdict"] == "PROVEN"}
    assert {want["class"] for want in expected("dstamp")["findings"]} <= found
    assert not {row["class"] for row in rows} & set(expected("dstamp")["absent"])


def test_every_quote_stands_in_its_line(dstamp: Path) -> None:
    rows = objects(typed("findings", "--case", dstamp, "--json"))

    cited = [item for row in rows for item in row["evidence"]]
    assert cited
    for item in cited:
        line = (DATA / "dstamp/evidence" / item["path"]).read_text().split("\n")[item["line"] - 1]
        assert all("".join(piece.split()) in "".join(line.split()) for piece in item["text"].split("…"))


@pytest.mark.parametrize(("severity", "status"), [("critical", 1), ("info", 1)])
def test_findings_fail_where_one_is_bad_enough(dstamp: Path, severity: str, status: int) -> None:
    assert typed("findings", "--case", dstamp).exit_code == 0

    result = typed("findings", "--case", dstamp, "--fail-on", severity)

    assert result.exit_code == status
    assert result.stderr.endswith(f"findings are {severity} or worse\n")


def test_findings_do_not_fail_for_what_is_less_bad_or_not_shown(dstamp: Path, empty: Path) -> None:
    assert typed("findings", "--case", empty, "--fail-on", "info").exit_code == 0
    assert typed("findings", "--case", dstamp, "--class", "rolled-back-write", "--fail-on", "critical").exit_code == 0


def test_explain_tells_one_finding_in_full(dstamp: Path) -> None:
    row = next(row for row in objects(typed("findings", "--case", dstamp, "--json")) if row["class"] == "rolled-back-write")

    result = typed("explain", row["id"][:6], "--case", dstamp)

    assert result.exit_code == 0
    for title in ("What happened", "Other explanations, rejected", "What to do", "Evidence"):
        assert f"\n{title}\n" in result.stdout
    assert re.search(r"\n  1\. [A-Z]\S* .*[.\n]", result.stdout)
    shown = "".join(result.stdout.split())
    assert all(f"{item['path']}:{item['line']}" in shown for item in row["evidence"])
    assert objects(typed("explain", row["id"], "--case", dstamp, "--json")) == [row]


def test_an_unknown_finding_is_answered_with_the_findings(dstamp: Path) -> None:
    result = typed("explain", "nonsense", "--case", dstamp)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: no finding is called `nonsense`\n  where: case `{dstamp}`\n  why:   the findings are ")


def test_an_id_that_fits_several_findings_is_refused(dstamp: Path) -> None:
    result = typed("explain", "", "--case", dstamp)

    assert result.exit_code == 2
    assert "fits " in result.stderr


def test_compare_needs_runs_of_both_kinds(dstamp: Path, race: Path) -> None:
    lonely = typed("compare", "--case", dstamp)

    assert lonely.exit_code == 1
    assert lonely.stderr.startswith("nothing to compare\n  missing: a run that went as intended in this case\n")
    rows = objects(typed("compare", "--case", race, "--json"))
    assert {row["drifting"] for row in rows} == {row["others"] for row in rows} == {1}
    assert typed("compare", "--case", race).exit_code == 0


def test_overlaps_tell_every_shared_resource(race: Path) -> None:
    rows = objects(typed("overlaps", "--case", race, "--json"))

    assert {(row["resource"], row["name"], row["verdict"]) for row in rows} == {("tree", "shared/discourse", "must")}
    assert objects(typed("overlaps", "--case", race, "--json", "--on", "stack")) == []
    shown = " ".join(typed("overlaps", "--case", race).stdout.split())
    assert "tree shared/discourse" in shown
    assert "no two deploys of different runs overlap on one stack" in shown


READ = {
    "run": "m2p",
    "ordinal": 2,
    "stack": "s",
    "cause": "wrong-head",
    "drift": True,
    "intended": "a7be5bae",
    "taken": "92a304dd",
    "observed": "92a304dd",
    "writer_run": "ab",
    "hypotheses": {
        "concurrency": {"verdict": "REFUTED", "because": "nobody else was there", "missing": [], "evidence": []},
        "wrong-head": {
            "verdict": "PROVEN",
            "because": "HEAD was elsewhere",
            "missing": [],
            "evidence": [{"path": "token.log", "line": 7, "text": "x"}],
        },
        "vacuous": {"verdict": "REFUTED", "because": "they are two commits", "missing": [], "evidence": []},
    },
}


def test_of_many_reads_what_is_refuted_is_only_named(capsys: pytest.CaptureFixture[str]) -> None:
    drift.explain(READ)
    full = capsys.readouterr().out
    drift.explain(READ, short=True)
    short = capsys.readouterr().out

    assert "REFUTED     concurrency: nobody else was there\n" in full
    assert "  REFUTED     concurrency, vacuous\n" in short and "nobody else" not in short
    assert all("  written by run ab\n" in said and "    token.log:7\n" in said for said in (full, short))


def test_what_chance_explains_is_not_listed_but_counted(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"with_drift": 1, "drifting": 2, "without_drift": 0, "others": 2, "separates": "partly", "by_chance_of_all": 1.0, "note": None}

    compare.people([row | {"fact": f"fact {n:02d}", "by_chance": n / 30} for n in range(30)])

    told = capsys.readouterr()
    assert [line.split()[1] for line in told.out.splitlines() if line.startswith("fact ")][-1] == "05"  # 5/30 is less than a fifth
    assert told.err == "showing 6 of 30 facts, the least likely by chance; --json lists all\n"
