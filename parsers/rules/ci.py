"""What a CI runner prints around a step: groups of GitHub, Gitea and Forgejo, sections of GitLab.

Where a line only tells that a step begins or ends, the envelope's time is the step's; a section states its own, in whole seconds since 1970. Sections
stand before a carriage return, several of them in one line at times: what a terminal would show is the text behind them.

References:
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    https://docs.gitlab.com/ci/jobs/job_logs/
"""

import polars as pl

from parsers.envelope import epoch_us
from parsers.record import Sample
from parsers.rule import Rule, g

_GITHUB = ("https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands",)
_GITLAB = ("https://docs.gitlab.com/ci/jobs/job_logs/",)
_UNTIMED = pl.col("clock_kind").is_in(["none", "relative"])
_OWN_TIME = {
    "ts": pl.when(_UNTIMED).then(epoch_us(g("epoch"))).otherwise("ts"),
    "resolution_us": pl.when(_UNTIMED).then(1_000_000).otherwise("resolution_us"),
    "clock_kind": pl.when(_UNTIMED).then(pl.lit("stated")).otherwise("clock_kind"),
}

CI = (
    Rule(
        "ci_group",
        1,
        "step.start",
        ("group]",),
        r"^##\[group\](?P<step>.+)$",
        {"command": g("step").str.extract(r"^Run (.+)$")},
        {"step": "step"},
        samples=(
            Sample("##[group]Run actions/checkout@v2", [{"command": "actions/checkout@v2", "attrs": {"step": "Run actions/checkout@v2"}}]),
            Sample("##[group]Set up job", [{"command": None, "attrs": {"step": "Set up job"}}]),
            Sample("##[group]", None),
            Sample("see ##[group]x", None),
        ),
        references=_GITHUB,
    ),
    Rule(
        "ci_endgroup",
        1,
        "step.end",
        ("group]",),
        r"^##\[endgroup\]$",
        samples=(Sample("##[endgroup]", [{"outcome": None}]), Sample("##[endgroup] of what", None)),
        references=_GITHUB,
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
