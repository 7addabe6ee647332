"""What pytest prints of its tests.

    tests/test_x.py::test_upgrade PASSED                            [ 33%]
    [gw0] [ 33%] FAILED tests/test_x.py::test_upgrade
    FAILED tests/test_x.py::test_upgrade - AssertionError: HC1: chaos commit 'eb96de94+U',...
    ========== 2 failed, 4 passed, 1 skipped in 0.04s ==========

A failed test is told twice: when it ran, and in the short summary, whose order is not that of the run and whose reason is cut unless `-vv`. With a live log a
test's name stands on one line and its outcome, alone, on a later one: the outcome is given the name before it. An error in a teardown follows the PASSED
of the same test. Alone on a line are read PASSED, FAILED and SKIPPED.

References:
    https://docs.pytest.org/en/stable/how-to/output.html
    https://pytest-xdist.readthedocs.io/en/stable/distribution.html
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, g

_DOCS = ("https://docs.pytest.org/en/stable/how-to/output.html",)
_XDIST = ("https://pytest-xdist.readthedocs.io/en/stable/distribution.html",)
_OUTCOME = {"PASSED": "pass", "FAILED": "fail", "ERROR": "error", "SKIPPED": "skip", "XFAIL": "xfail", "XPASS": "xpass"}
_WORD = "|".join(_OUTCOME)
_COUNT = r"\d+ (?:subtests )?(?:passed|failed|skipped|xfailed|xpassed|errors?|warnings?|deselected|rerun)"
_NODE = r"\S+?\.py::.+?"


def _outcome() -> dict[str, pl.Expr]:
    return {"outcome": g("out").replace_strict(_OUTCOME, default=None, return_dtype=pl.String)}


PYTEST = (
    Rule(
        "pytest_xdist",
        1,
        "test.result",
        (".py::",),
        rf"^\[gw\d+\](?: \[ *\d+%\])? (?P<out>{_WORD}) (?P<node>{_NODE}) *$",
        _outcome(),
        {"node": "node"},
        samples=(
            Sample("[gw0] [ 33%] FAILED test_x.py::test_fail ", [{"outcome": "fail", "attrs": {"node": "test_x.py::test_fail"}}]),
            Sample("[gw0] test_x.py::test_fail", None),
        ),
        references=_XDIST,
    ),
    Rule(
        "pytest_summary",
        2,
        "test.result",
        (".py::", ".py - "),
        rf"^(?P<out>FAILED|ERROR|XFAIL|XPASS) (?P<node>{_NODE}|[^\s:]+\.py)(?: - (?P<why>.*))?$",
        _outcome(),
        {"node": "node", "reason": "why"},
        samples=(
            Sample(
                "FAILED test_x.py::test_p[a b] - AssertionError: HC1: chaos commit 'eb96de94+U',...",
                [
                    {
                        "outcome": "fail",
                        "attrs": {"node": "test_x.py::test_p[a b]", "reason": "AssertionError: HC1: chaos commit 'eb96de94+U',..."},
                    }
                ],
            ),
            Sample("ERROR test_x.py::test_down", [{"outcome": "error", "attrs": {"node": "test_x.py::test_down", "reason": None}}]),
            Sample(  # a module that could not be imported
                "ERROR tests/test_x.py - ModuleNotFoundError: No module named 'x'",
                [{"outcome": "error", "attrs": {"node": "tests/test_x.py", "reason": "ModuleNotFoundError: No module named 'x'"}}],
            ),
            Sample("FAILED to run test_x.py", None),
            Sample("ERROR in test_x.py - it failed", None),
        ),
        references=_DOCS,
    ),
    Rule(
        "pytest_result",
        1,
        "test.result",
        (".py::",),
        rf"^(?P<node>{_NODE}) (?P<out>{_WORD})(?: \((?P<why>.*)\))?(?: +\[ *\d+%\])?$",
        _outcome(),
        {"node": "node", "reason": "why"},
        samples=(
            Sample(
                "test_x.py::test_p[\\xe9] PASSED                    [ 33%]",
                [{"outcome": "pass", "attrs": {"node": "test_x.py::test_p[\\xe9]"}}],
            ),
            Sample(
                "tests/a/test_x.py::TestA::test_b SKIPPED (no backup labels)  [100%]",
                [{"outcome": "skip", "attrs": {"node": "tests/a/test_x.py::TestA::test_b", "reason": "no backup labels"}}],
            ),
            Sample("tests/gitea/custom/test_lfs_roundtrip.py::test_lfs_roundtrip PASSED", [{"outcome": "pass"}]),
            Sample("test_x.py::test_fail", None),
        ),
        references=_DOCS,
    ),
    Rule(
        "pytest_skipped",
        1,
        "test.result",
        ("SKIPPED [",),
        r"^SKIPPED \[(?P<n>\d+)\] (?P<place>[^:]+:\d+): (?P<why>.*)$",
        {"outcome": pl.lit("skip")},
        {"node": "place", "reason": "why", "count": "n"},
        samples=(
            Sample(
                "SKIPPED [2] test_x.py:10: no backup labels",
                [{"outcome": "skip", "attrs": {"node": "test_x.py:10", "reason": "no backup labels", "count": "2"}}],
            ),
            Sample("SKIPPED [1]", None),
        ),
        references=_DOCS,
    ),
    Rule(
        "pytest_late_result",
        1,
        "test.result",
        (".py::", "PASSED", "FAILED", "SKIPPED"),
        rf"^(?P<out>{_WORD})(?: \((?P<why>.*)\))?(?: +\[ *\d+%\])?$",
        _outcome(),
        {"node": pl.col("opened_by"), "reason": "why"},
        opener=rf"^({_NODE}) *$",
        samples=(
            Sample(
                "test_x.py::test_fail \n---- live log call ----\nWARNING  a:x.py:5 y\nFAILED       [ 50%]",
                [{"outcome": "fail", "attrs": {"node": "test_x.py::test_fail"}}],
            ),
            Sample("FAILED                 [ 50%]", None),
            Sample("PASSED away", None),
        ),
        references=_DOCS,
    ),
    Rule(
        "pytest_total",
        2,
        "test.total",
        ("passed", "failed", "skipped", "deselected", "no tests ran", " error in ", " errors in ", " warning in ", " warnings in "),
        rf"^(?:=+ )?(?P<counts>no tests ran|{_COUNT}(?:, {_COUNT})*) in (?P<secs>[\d.]+)s(?: \([\d:]+\))?(?: =+)?$",
        {},
        {"counts": "counts", "seconds": "secs"},
        samples=(
            Sample(
                "========== 2 failed, 4 passed, 1 skipped, 1 xfailed, 1 error in 0.04s ==========",
                [{"attrs": {"counts": "2 failed, 4 passed, 1 skipped, 1 xfailed, 1 error", "seconds": "0.04"}}],
            ),
            Sample("1 skipped in 61.20s (0:01:01)", [{"attrs": {"counts": "1 skipped", "seconds": "61.20"}}]),
            Sample("no tests ran in 0.01s", [{"attrs": {"counts": "no tests ran", "seconds": "0.01"}}]),
            Sample("1 error in 0.2s", [{"attrs": {"counts": "1 error"}}]),
            Sample("2 failed, 1 error in 1.50s", [{"attrs": {"counts": "2 failed, 1 error"}}]),
            Sample("5 deselected in 0.01s", [{"attrs": {"counts": "5 deselected"}}]),
            Sample("2 xfailed in 0.01s", [{"attrs": {"counts": "2 xfailed"}}]),
            Sample("===== 1 passed, 1 xpassed, 3 warnings in 0.01s =====", [{"attrs": {"counts": "1 passed, 1 xpassed, 3 warnings"}}]),
            Sample("3 warnings, 2 errors in 0.03s", [{"attrs": {"counts": "3 warnings, 2 errors"}}]),
            Sample("1 passed, 2 subtests passed, 1 rerun in 0.5s", [{"attrs": {"counts": "1 passed, 2 subtests passed, 1 rerun"}}]),
            Sample("4 passed the gate in 3s", None),
            Sample("no tests ran in vain", None),
            Sample("1 error in 3s of waiting", None),
        ),
        references=_DOCS,
    ),
)
