"""`docker compose logs`.

    harness-1  | recipe-ci: RECIPE=…
    harness-1  | 2026-11-23T08:55:27.546028797Z recipe-ci: RECIPE=…

The container's name, padded to the longest, before each line of one log of many: `attrs.emitter`. No time of its own; with `--timestamps`, and where the program
prints one, it stands inside.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

COMPOSE_LOGS = Envelope(
    name="compose_logs",
    version=1,
    doc=__doc__,
    shape=r"[A-Za-z0-9][\w.-]* {2,}\|(?: |$)",
    open=by_regex(r"^(?P<emitter>[A-Za-z0-9][\w.-]*) {2,}\|(?: (?P<msg>.*))?$"),
    render=lambda msg: f"harness-1  | {msg}",
    references=("https://docs.docker.com/reference/cli/docker/compose/logs/",),
    samples=(
        Sample("harness-1  | install: PASS", [{"ts": None, "emitter": "harness-1", "msg": "install: PASS"}]),
        Sample("ci_harness_1      | install: PASS", [{"emitter": "ci_harness_1", "msg": "install: PASS"}]),
        Sample("one | column of a table", None),
    ),
    general=True,
)
