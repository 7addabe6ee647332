"""What docker's own client prints around a stack deploy.

A line comes before the call: it is an intent. "converged" comes after a rollback too.

References:
    https://github.com/docker/cli (cli/command/stack/swarm/deploy_composefile.go)
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, g

SWARM_CLI = (
    Rule(
        "docker_intent",
        1,
        "service.intent",
        ("ing service ",),
        r"^(?P<verb>Creating|Updating|Removing) service (?P<name>\S+)(?: \(id: (?P<id>\w+)\))?$",
        {"service": "name", "service_id": "id"},
        {"verb": g("verb").str.to_lowercase().str.replace("ing$", "e"), "object": pl.lit("service")},
        samples=(
            Sample(
                "Updating service s_app (id: rytamito0ipnk7dan5dqqlgcw)",
                [{"service": "s_app", "service_id": "rytamito0ipnk7dan5dqqlgcw", "attrs": {"verb": "update"}}],
            ),
            Sample("Removing service s_app", [{"service": "s_app", "attrs": {"verb": "remove"}}]),
            Sample("Starting service s_app", None),
        ),
        references=("https://github.com/docker/cli",),
    ),
)
