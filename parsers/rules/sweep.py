"""What the nightly sweep and people say of whole runs, and what the harness warns of.

    ===== nightly cold sweep: enrolled canonicals = [] =====
    sweep: bluesky-pds rc=0 (GREEN-BUT-PROMOTE-FAILED (canonical=none, expected 0.3.0+v0.4.219))
    discourse rc=143 → FAIL (red; canonical unchanged)
    matrix-synapse PR#4 → Drone 725 → L5 [install=p,upgrade=p,lint=p] ✓

A verdict there is a label that was made from an exit status: what was recorded, other artefacts tell. The last form is typed by people: a claim.

References:
    https://git.autonomic.zone/recipe-maintainers/cc-ci
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, by_exit, g

_CCCI = ("https://git.autonomic.zone/recipe-maintainers/cc-ci",)

SWEEP = (
    Rule(
        "sweep_list",
        1,
        "sweep",
        ("enrolled canonicals",),
        r"^=+ nightly cold sweep: enrolled canonicals = (?P<list>\[.*?\]) =+$",
        {},
        {"list": "list"},
        samples=(
            Sample("===== nightly cold sweep: enrolled canonicals = [] =====", [{"attrs": {"list": "[]"}}]),
            Sample("===== nightly cold sweep: enrolled canonicals = ['a', 'b'] =====", [{"attrs": {"list": "['a', 'b']"}}]),
            Sample("enrolled canonicals = []", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "sweep_rc",
        1,
        "sweep",
        ("sweep: ",),
        r"^sweep: (?P<sync>mirror-sync )?(?P<recipe>\S+) rc=(?P<rc>\d+)(?: \((?P<note>.*)\))?$",
        {"recipe": "recipe", "outcome": by_exit(g("rc"))},
        {"rc": "rc", "note": "note", "what": g("sync").str.strip_chars()},
        samples=(
            Sample(
                "sweep: bluesky-pds rc=0 (GREEN-BUT-PROMOTE-FAILED (canonical=none, expected 0.3.0+v0.4.219))",
                [
                    {
                        "recipe": "bluesky-pds",
                        "outcome": "ok",
                        "attrs": {"rc": "0", "note": "GREEN-BUT-PROMOTE-FAILED (canonical=none, expected 0.3.0+v0.4.219)", "what": None},
                    }
                ],
            ),
            Sample(
                "sweep: mirror-sync drone rc=128 (non-fatal — continuing)",
                [{"recipe": "drone", "outcome": "fail", "attrs": {"rc": "128", "what": "mirror-sync"}}],
            ),
            Sample("sweep: it begins", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "sweep_verdict",
        1,
        "sweep",
        (" rc=",),
        r"^(?P<recipe>[\w.-]+) rc=(?P<rc>\d+) → (?P<verdict>[A-Z]+)(?: +(?P<note>.+))?$",
        {"recipe": "recipe", "outcome": g("verdict").str.to_lowercase()},
        {"rc": "rc", "note": g("note").str.strip_chars("()"), "what": pl.lit("verdict")},
        samples=(
            Sample(
                "discourse rc=143 → FAIL (red; canonical unchanged)",
                [{"recipe": "discourse", "outcome": "fail", "attrs": {"rc": "143", "note": "red; canonical unchanged"}}],
            ),
            Sample("custom-html rc=0 → PASS (promoted)", [{"outcome": "pass", "attrs": {"note": "promoted", "what": "verdict"}}]),
            Sample("gitea rc=0 → SKIP no-new-version", [{"outcome": "skip", "attrs": {"note": "no-new-version"}}]),
            Sample("rc=0 → PASS", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "typed_run",
        1,
        "claim",
        (" Drone ",),
        r"^(?:[-*+|] *)?(?P<text>(?P<recipe>[\w.-]+) PR#\d+ → Drone (?P<run>\d+) → L\d(?: \[(?P<stages>[^\]]*)\])?(?: (?P<mark>[✓✗✔✘]))?)(?: \|)?$",
        {"run": "run"},
        {
            "text": "text",
            "predicate": pl.when(g("mark").is_in(["✓", "✔"]) & ~g("stages").fill_null("").str.contains("=f")).then(pl.lit("passed")),
        },
        samples=(
            Sample(
                "matrix-synapse PR#4 → Drone 725 → L5 [install=p,upgrade=p,backup=p,functional=p,lint=p] ✓",
                [{"run": "725", "attrs": {"predicate": "passed"}}],
            ),
            Sample("- gitea PR#2 → Drone 685 → L1 [install=p,upgrade=f] ✗", [{"run": "685", "attrs": {"predicate": None}}]),
            Sample("Drone 725 is green", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "deps_not_ready",
        1,
        "harness.warning",
        ("deps-not-ready:",),
        r"^(?P<tag>deps-not-ready): *(?P<message>.*)$",
        {},
        {"tag": "tag", "message": "message"},
        samples=(
            Sample("deps-not-ready: keycloak", [{"attrs": {"tag": "deps-not-ready", "message": "keycloak"}}]),
            Sample("deps-not-ready:", [{"attrs": {"tag": "deps-not-ready", "message": None}}]),
            Sample("the deps-not-ready: line", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "leaked_run",
        1,
        "harness.warning",
        ("possible leaked run",),
        r"^(?P<message>.*\bpossible leaked run\b.*)$",
        {},
        {"tag": pl.lit("leaked-run"), "message": "message"},
        samples=(
            Sample(
                "janitor: cc-ci-app-x.lock held for 121 min: possible leaked run",
                [{"attrs": {"tag": "leaked-run", "message": "janitor: cc-ci-app-x.lock held for 121 min: possible leaked run"}}],
                synthetic=True,
            ),
            Sample("a leaked run is possible", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "harness_warning",
        1,
        "harness.warning",
        ("WARNING [",),
        r"^WARNING \[(?P<tag>[\w-]+)\]: (?P<message>.+)$",
        {},
        {"tag": "tag", "message": "message"},
        samples=(
            Sample(
                "WARNING [cfold]: test found in deprecated folder 'tests/' — move to custom/: tests/x.py",
                [{"attrs": {"tag": "cfold", "message": "test found in deprecated folder 'tests/' — move to custom/: tests/x.py"}}],
            ),
            Sample("WARNING [cfold] test", None),
        ),
        references=_CCCI,
    ),
    Rule(
        "log_truncated",
        1,
        "log.cut",
        ("log truncated",),
        r"^\(log truncated\)$",
        samples=(Sample("(log truncated)", [{"outcome": None}]), Sample("the log truncated", None)),
        references=("https://github.com/drone/runner-go/tree/master/livelog",),
    ),
)
