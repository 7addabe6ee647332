"""What a CI runner prints around a step, and how a step or a job ended: GitHub, Gitea and Forgejo, GitLab, Woodpecker.

    ##[group]Run actions/checkout@v2                 ::group::Run tests
    ##[error]Process completed with exit code 1.
      ❌  Failure - Main Run tests [1m2.783279728s]
    exitcode '1': failure
    ERROR: Job failed: exit code 1                   Job succeeded
    (woodpecker: exit status 1)

Where a line only tells that a step begins or ends, the envelope's time is the step's; a section states its own, in whole seconds since 1970. Sections
stand before a carriage return, several of them in one line at times: what a terminal would show is the text behind them. A step that ends without a word
of how (`##[endgroup]`, GitHub's that succeeds) has no outcome. `step` is `job` where the whole job ends, and missing where it is the log's only one, or not named.
An exit code in Woodpecker is a record without text: its envelope words it so.

References:
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    https://docs.gitlab.com/ci/jobs/job_logs/
    https://github.com/nektos/act
"""

import polars as pl

from parsers.envelope import epoch_us
from parsers.record import Sample
from parsers.rule import Rule, by_exit, g, own_time

_GITHUB = ("https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands",)
_GITLAB = ("https://docs.gitlab.com/ci/jobs/job_logs/",)
_ACT = ("https://github.com/nektos/act", "https://gitea.com/gitea/act_runner")
_BY_RC = by_exit(g("rc"))
_OWN_TIME = own_time(epoch_us(g("epoch")))
# act's own console names workflow and job before each line; in Gitea's and Forgejo's logs they are left out.
_JOB = r"^(?:\[[^\]]+\])? *"

CI = (
    Rule(
        "ci_group",
        2,
        "step.start",
        ("group",),
        r"^(?:##\[group\]|::group::)(?P<step>.+)$",
        {"command": g("step").str.extract(r"^Run (.+)$")},
        {"step": "step"},
        samples=(
            Sample("##[group]Run actions/checkout@v2", [{"command": "actions/checkout@v2", "attrs": {"step": "Run actions/checkout@v2"}}]),
            Sample("##[group]Set up job", [{"command": None, "attrs": {"step": "Set up job"}}]),
            Sample("::group::Run tests", [{"command": "tests", "attrs": {"step": "Run tests"}}]),
            Sample("##[group]", None),
            Sample("see ##[group]x", None),
        ),
        references=_GITHUB,
    ),
    Rule(
        "ci_endgroup",
        2,
        "step.end",
        ("group",),
        r"^(?:##\[endgroup\]|::endgroup::)$",
        samples=(
            Sample("##[endgroup]", [{"outcome": None}]),
            Sample("::endgroup::", [{"outcome": None}]),
            Sample("##[endgroup] of what", None),
        ),
        references=_GITHUB,
    ),
    Rule(
        "ci_exit",
        1,
        "step.end",
        ("exit code ",),
        r"^(?:##\[error\]|::error::)?Process completed with exit code (?P<rc>-?\d+)\.?$",
        {"outcome": _BY_RC},
        {"rc": "rc"},
        samples=(
            Sample("##[error]Process completed with exit code 1.", [{"outcome": "fail", "attrs": {"rc": "1"}}]),
            Sample("Process completed with exit code 0.", [{"outcome": "ok", "attrs": {"rc": "0"}}]),
            Sample("a Process completed with exit code 1.", None),
        ),
        references=_GITHUB,
    ),
    Rule(
        "ci_canceled",
        1,
        "step.end",
        ("operation was cancel",),
        r"^(?:##\[error\]|::error::)?The operation was cancell?ed\.$",
        {"outcome": pl.lit("canceled")},
        samples=(
            Sample("##[error]The operation was canceled.", [{"outcome": "canceled"}]),
            Sample("The operation was canceled by x", None),
        ),
        references=_GITHUB,
    ),
    Rule(
        "ci_error",
        1,
        "step.error",
        ("error]", "::error"),
        rf"{_JOB}(?:❗ *)?(?:##\[error\]|::error(?: (?P<at>[^:]*(?:::?[^:]+)*?))?::)(?P<message>.+)$",
        {},
        {"message": "message", "place": "at"},
        whole=True,
        samples=(
            Sample(
                "::error file=tests/x.py,line=3::upgrade did not converge",
                [{"attrs": {"message": "upgrade did not converge", "place": "file=tests/x.py,line=3"}}],
            ),
            Sample("##[error]no space", [{"attrs": {"message": "no space", "place": None}}]),
            Sample(
                "[CI/build]   ❗  ::error::Input required and not supplied: token",
                [{"attrs": {"message": "Input required and not supplied: token"}}],
            ),
            Sample("::error::", None),
            Sample("std::error::Error is a trait", None),
        ),
        references=_GITHUB,
    ),
    Rule(
        "act_start",
        1,
        "step.start",
        ("Run ",),
        rf"{_JOB}⭐ *Run (?P<step>.+)$",
        {"command": g("step").str.extract(r"^Main (.+)$")},
        {"step": g("step").str.replace(r"^Main ", "")},
        samples=(
            Sample("⭐ Run Main actions/checkout@v4", [{"command": "actions/checkout@v4", "attrs": {"step": "actions/checkout@v4"}}]),
            Sample("[CI/build] ⭐ Run Post Upload artifact", [{"command": None, "attrs": {"step": "Post Upload artifact"}}]),
            Sample("⭐ a star", None),
        ),
        references=_ACT,
    ),
    Rule(
        "act_end",
        1,
        "step.end",
        ("Success - ", "Failure - "),
        rf"{_JOB}(?:✅|❌) *(?P<out>Success|Failure) - (?P<step>.+?)(?: \[[\d.hmsµnu]+\])?$",
        {"outcome": pl.when(g("out") == "Success").then(pl.lit("ok")).otherwise(pl.lit("fail"))},
        {"step": g("step").str.replace(r"^Main ", "")},
        samples=(
            Sample("  ❌  Failure - Main 🚀 Deploy to QNAP", [{"outcome": "fail", "attrs": {"step": "🚀 Deploy to QNAP"}}]),
            Sample("[CI/build]   ✅  Success - Main Run go vet [1m2.783279728s]", [{"outcome": "ok", "attrs": {"step": "Run go vet"}}]),
            Sample("Success - it works", None),
        ),
        references=_ACT,
    ),
    Rule(
        "act_exit",
        1,
        "step.end",
        ("exitcode ",),
        rf"{_JOB}exitcode '(?P<rc>\d+)': (?:failure|success)$",
        {"outcome": _BY_RC},
        {"rc": "rc"},
        samples=(
            Sample("exitcode '1': failure", [{"outcome": "fail", "attrs": {"rc": "1"}}]),
            Sample("[Local Development Tasks/Lint Go Files] exitcode '137': failure", [{"outcome": "fail", "attrs": {"rc": "137"}}]),
            Sample("the exitcode '1': failure", None),
        ),
        references=_ACT,
    ),
    Rule(
        "ci_job_end",
        1,
        "step.end",
        ("Job succeeded", "Job failed"),
        rf"{_JOB}(?:🏁 *)?(?:ERROR: )?Job (?P<out>succeeded|failed)(?: \([^)]*\))?(?::? (?P<why>.+))?$",
        {"outcome": pl.when(g("out") == "succeeded").then(pl.lit("ok")).otherwise(pl.lit("fail"))},
        {"step": pl.lit("job"), "rc": g("why").str.extract(r"^exit (?:code|status) (\d+)$"), "why": "why"},
        samples=(
            Sample("Job succeeded", [{"outcome": "ok", "attrs": {"step": "job", "rc": None}}]),
            Sample("ERROR: Job failed: exit code 1", [{"outcome": "fail", "attrs": {"step": "job", "rc": "1", "why": "exit code 1"}}]),
            Sample("ERROR: Job failed: execution took longer than 1h0m0s seconds", [{"outcome": "fail", "attrs": {"rc": None}}]),
            Sample("ERROR: Job failed (system failure): prepare environment: exit status 1", [{"outcome": "fail", "attrs": {"rc": None}}]),
            Sample("[CI/build] 🏁  Job failed", [{"outcome": "fail", "attrs": {"step": "job"}}]),
            Sample("the Job succeeded", None),
        ),
        references=(*_GITLAB, *_ACT),
    ),
    Rule(
        "woodpecker_exit",
        1,
        "step.end",
        (": exit status ",),
        r"^\(woodpecker: exit status (?P<rc>-?\d+)\)$",
        {"outcome": _BY_RC},
        {"rc": "rc"},
        samples=(
            Sample("(woodpecker: exit status 0)", [{"outcome": "ok", "attrs": {"rc": "0"}}], synthetic=True),
            Sample("(woodpecker: exit status 137)", [{"outcome": "fail", "attrs": {"rc": "137"}}], synthetic=True),
            Sample("woodpecker: exit status 0", None, synthetic=True),
        ),
        references=("https://github.com/woodpecker-ci/woodpecker/blob/main/server/model/log.go",),
    ),
    Rule(
        "gitlab_section_start",
        1,
        "step.start",
        ("section_",),
        r"^section_start:(?P<epoch>\d{9,11}):(?P<name>[^\r\[]+)(?:\[[^\]]*\])?$",
        _OWN_TIME,
        {"step": "name"},
        frames=True,
        samples=(
            Sample(
                "section_start:1560896352:my_first_section[collapsed=true]\rHeader",
                [{"ts": "2019-06-18 22:19:12+00:00", "clock_kind": "stated", "attrs": {"step": "my_first_section"}}],
            ),
            Sample("section_end:1560896352:a\r\x1b[0Ksection_start:1560896353:b\r\x1b[0KHeader", [{"attrs": {"step": "b"}}]),
            Sample("section_start:1560896352:no_carriage_return", None),
        ),
        references=_GITLAB,
    ),
    Rule(
        "gitlab_section_end",
        1,
        "step.end",
        ("section_",),
        r"^section_end:(?P<epoch>\d{9,11}):(?P<name>[^\r\[]+)$",
        _OWN_TIME,
        {"step": "name"},
        frames=True,
        samples=(
            Sample("section_end:1560896353:my_first_section\r\x1b[0K", [{"outcome": None, "attrs": {"step": "my_first_section"}}]),
            Sample("section_end:soon:x\rHeader", None),
        ),
        references=_GITLAB,
    ),
)
