"""`docker service logs`.

    2026-11-23T07:49:32.394442797Z disc_ci_example_net_app.1.t9cb8f9yv4hb@vm    | started v3

With `--timestamps`: UTC, nanoseconds, of the node that ran the task; without them, no time. Lines of several tasks are not sorted by time. The task's id is
cut to 12 characters without `--no-trunc`.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

TASK = r"(?P<emitter>(?P<service>[\w.-]+)\.(?P<logger>\d+\.[0-9a-z]{12,25}))@(?P<host>\S+) +\| ?(?P<msg>.*)$"

SERVICE_LOGS = Envelope(
    name="service_logs",
    version=2,
    doc=__doc__,
    shape=r"(?:\d{4}-\d\d-\d\dT\S+Z )?[\w.-]+\.\d+\.[0-9a-z]{12,25}@\S+ +\|",
    open=by_regex(rf"^(?:(?P<ts>\d{{4}}-\d\d-\d\dT\S+Z) )?{TASK}", formats=("%Y-%m-%dT%H:%M:%S%.f%z",)),
    render=lambda msg: f"2026-11-23T08:55:27.546028797Z disc_ci_example_net_app.1.t9cb8f9yv4hb@vm    | {msg}",
    references=("https://docs.docker.com/reference/cli/docker/service/logs/",),
    samples=(
        Sample(
            "2026-11-23T07:49:32.394442797Z disc_ci_example_net_app.1.t9cb8f9yv4hb@vm    | started v3",
            [
                {
                    "ts": "2026-11-23 07:49:32.394442",
                    "service": "disc_ci_example_net_app",
                    "host": "vm",
                    "logger": "1.t9cb8f9yv4hb",
                    "emitter": "disc_ci_example_net_app.1.t9cb8f9yv4hb",
                    "msg": "started v3",
                }
            ],
        ),
        Sample("s_app.12.t9cb8f9yv4hb@vm    | ", [{"ts": None, "service": "s_app", "msg": ""}]),
        Sample("2026-11-23T07:49:32.394442797Z s_app | no task", None),
    ),
    stated=True,
)
