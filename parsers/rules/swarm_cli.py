"""What docker's own client prints around a stack deploy.

A line comes before the call: it is an intent. "converged" comes after a rollback too. Progress is redrawn: what stood there in the end is read.

References:
    https://github.com/docker/cli (cli/command/stack/swarm/deploy_composefile.go)
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, g

_CLI = ("https://github.com/docker/cli/blob/master/cli/command/service/progress/progress.go",)

SWARM_CLI = (
    Rule(
        "docker_intent",
        2,
        "service.intent",
        ("ing service ", "ing secret ", "ing config ", "ing network "),
        r"^(?P<verb>Creating|Updating|Removing) (?P<object>service|secret|config|network) (?P<name>\S+)(?: \(id: (?P<id>\w+)\))?$",
        {"service": "name", "service_id": "id"},
        {"verb": g("verb").str.to_lowercase().str.replace("ing$", "e"), "object": "object"},
        samples=(
            Sample(
                "Updating service s_app (id: rytamito0ipnk7dan5dqqlgcw)",
                [{"service": "s_app", "service_id": "rytamito0ipnk7dan5dqqlgcw", "attrs": {"verb": "update"}}],
            ),
            Sample("Removing service s_app", [{"service": "s_app", "attrs": {"verb": "remove"}}]),
            Sample("Creating secret s_db_password_v1", [{"service": "s_db_password_v1", "attrs": {"verb": "create", "object": "secret"}}]),
            Sample("Starting service s_app", None),
        ),
        references=("https://github.com/docker/cli",),
    ),
    Rule(
        "docker_progress",
        1,
        "service.progress",
        ("overall progress:",),
        r"^overall progress: (?P<back>rolling back update: )?(?P<done>\d+) out of (?P<total>\d+) tasks *$",
        {"outcome": pl.when(g("back").is_null()).then(pl.lit("updating")).otherwise(pl.lit("rolling-back"))},
        {"done": "done", "total": "total"},
        samples=(
            Sample("overall progress: 1 out of 1 tasks ", [{"outcome": "updating", "attrs": {"done": "1", "total": "1"}}]),
            Sample(
                "overall progress: rolling back update: 2 out of 2 tasks",
                [{"outcome": "rolling-back", "attrs": {"done": "2", "total": "2"}}],
            ),
            Sample("overall progress: good", None),
        ),
        references=_CLI,
    ),
    Rule(
        "docker_verify",
        1,
        "service.progress",
        ("verify: ",),
        r"^verify: (?P<message>Service (?:(?P<id>[0-9a-z]{25}|\S+) )?converged|Detected task failure|Waiting \d+ seconds? to verify that tasks are stable\.\.\.) *$",
        {
            "service_id": g("id").str.extract(r"^([0-9a-z]{25})$"),
            "outcome": pl.when(g("message").str.ends_with("converged"))
            .then(pl.lit("converged"))
            .when(g("message") == "Detected task failure")
            .then(pl.lit("task-failure"))
            .otherwise(pl.lit("verifying")),
        },
        {"message": "message"},
        samples=(
            Sample("verify: Service converged ", [{"outcome": "converged", "service_id": None}]),
            Sample(
                "verify: Service rytamito0ipnk7dan5dqqlgcw converged", [{"outcome": "converged", "service_id": "rytamito0ipnk7dan5dqqlgcw"}]
            ),
            Sample("verify: Detected task failure", [{"outcome": "task-failure"}]),
            Sample("verify: Waiting 5 seconds to verify that tasks are stable...", [{"outcome": "verifying"}]),
            Sample("verify: nothing", None),
        ),
        references=_CLI,
    ),
    Rule(
        "docker_settled",
        2,
        "service.progress",
        ("rollback: update ", "rollback: manually", "service update paused:", "service rollback paused:", "service rolled back:"),
        r"^(?P<what>rollback|service (?:update|rollback) paused|service rolled back): (?P<message>(?:update|rollback) .+?|manually requested rollback) *$",
        {
            "outcome": pl.when(g("what") == "rollback")
            .then(pl.lit("rolling-back"))
            .when(g("what") == "service rolled back")
            .then(pl.lit("rolled-back"))
            .otherwise(pl.lit("paused"))
        },
        {"message": "message"},
        samples=(
            Sample(
                "service update paused: update paused due to failure or early termination of task 9zccv",
                [{"outcome": "paused", "attrs": {"message": "update paused due to failure or early termination of task 9zccv"}}],
            ),
            Sample("rollback: update rolled back due to failure or early termination of task 9zccv", [{"outcome": "rolling-back"}]),
            Sample(
                "rollback: manually requested rollback ",
                [{"outcome": "rolling-back", "attrs": {"message": "manually requested rollback"}}],
            ),
            Sample("service rolled back: rollback completed", [{"outcome": "rolled-back", "attrs": {"message": "rollback completed"}}]),
            Sample("rollback: manual", None),
        ),
        references=_CLI,
    ),
)
