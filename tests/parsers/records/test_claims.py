from __future__ import annotations

from pathlib import Path

import pytest
from reading import picked, read

from parsers import engine
from parsers.records.claims import CLAIMS, PREDICATES

DOCS = (Path(__file__).parents[3] / "docs" / "claims.md").read_text()


@pytest.mark.parametrize(
    ("said", "predicate", "subject"),
    [
        ("re-checkout failed", "recheckout-failed", None),
        ("the recheckout to a7be5bae never happened", "recheckout-failed", "a7be5bae"),
        ("The re-checkout did not work.", "recheckout-failed", None),
        ("it was on the wrong HEAD", "recheckout-failed", None),
        ("deployed", "deployed", None),
        ("deployed a7be5bae+U at noon", "deployed", "a7be5bae+U"),
        ("The upgrade succeeded: 0.9.0+3.5.0.", "deployed", "0.9.0+3.5.0"),
        ("concurrent with RUN-7", "concurrent", "RUN-7"),
        ("it overlapped with run `ab`", "concurrent", "ab"),
        ("two runs collided", "concurrent", None),
        ("0.7.0+3.3.1 was promoted", "promoted", "0.7.0+3.3.1"),
        ("promoted", "promoted", None),
        ("swarm rolled it back to 92a304dd", "rolled-back", "92a304dd"),
        ("stack disc-1_ci was undeployed", "torn-down", "disc-1_ci"),
        ("the stage upgrade was green", "passed", "upgrade"),
        # What a word turns round is another claim, and none that is known.
        ("it was not deployed", None, None),
        ("never ran concurrently with ab", None, None),
        ("it wasn't promoted", None, None),
        ("if it was deployed, then twice", None, None),
        ("the coffee was cold", None, None),
    ],
)
def test_a_sentence_is_mapped_to_what_evidence_can_contradict(said: str, predicate: str | None, subject: str | None) -> None:
    assert picked(read(CLAIMS, f"claim run=x: {said}\n"), ".predicate", ".subject", ".text") == [(predicate, subject, said)]


@pytest.mark.parametrize(
    ("fields", "run", "stack", "by", "ts"),
    [
        ("", None, None, None, None),
        (" run=a", "a", None, None, None),
        (' by="J. Doe" stack=s_1 run="a b"', "a b", "s_1", "J. Doe", None),
        (" at=2026-11-23T08:43Z", None, None, None, "2026-11-23 08:43:00+00:00"),
        (' at="2026-11-23 09:43:05.5+01:00" run=a', "a", None, None, "2026-11-23 08:43:05.500000+00:00"),
        (' run=""', None, None, None, None),
    ],
)
def test_fields_come_in_any_order_and_may_be_missing(
    fields: str, run: str | None, stack: str | None, by: str | None, ts: str | None
) -> None:
    event = read(CLAIMS, f"- claim{fields}: deployed\n")[0]

    assert (event["run"], event["stack"], event["actor"], event["attrs"].get("by")) == (run, stack, by, by)
    assert (str(event["ts"]) if event["ts"] else None) == ts


def test_a_minute_spans_its_minute_and_a_second_its_second() -> None:
    events = read(CLAIMS, "claim at=2026-11-23T08:43Z: deployed\nclaim at=2026-11-23T08:43:10Z: deployed\n")

    assert [str(e["ts_hi"])[11:] for e in events] == ["08:43:59.999999+00:00", "08:43:10.999999+00:00"]


@pytest.mark.parametrize("at", ["yesterday", "2026-11-23T08:43:00", "2026-13-23T08:43:00Z"])
def test_a_time_that_names_no_instant_is_kept_as_said(at: str) -> None:
    event = read(CLAIMS, f"claim at={at}: deployed\n")[0]

    assert (event["ts"], event["clock_kind"], event["attrs"]["at"]) == (None, "none", at)


@pytest.mark.parametrize("path", ["claims.md", "x/claims.txt", "incident.claims", "monday-claims.md", "notes/claim"])
def test_a_file_named_for_claims_may_hold_other_text(path: str) -> None:
    text = b"# What was said on Monday\n\nSeveral things.\nMore of them.\n\n- claim run=x: deployed\n"

    assert engine.choose(path, text).name == "claims"


def test_a_log_that_quotes_a_claim_stays_a_log() -> None:
    assert engine.choose("console.log", b"a line\n" * 20 + b"claim run=x: deployed\n").name == "console"


@pytest.mark.parametrize("predicate", PREDICATES, ids=lambda p: p.name)
def test_every_predicate_is_documented(predicate: object) -> None:
    assert f"| `{predicate.name}` | {predicate.says} |" in DOCS  # type: ignore[attr-defined]
