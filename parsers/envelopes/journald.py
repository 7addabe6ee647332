"""journald's `-o short-iso`, and rsyslog's RFC 3339 form.

`2023-09-08T17:20:30.655028+0200 tarta recipe-ci[20911]: message`: a stated offset.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

SHORT_ISO = Envelope(
    name="short_iso",
    version=1,
    open=by_regex(
        r"^(?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) (?P<host>[\w.-]+) (?P<logger>[^:\[\s]+)(?:\[\d+\])?: (?P<msg>.*)$",
        formats=("%Y-%m-%dT%H:%M:%S%.f%z",),
    ),
    render=lambda msg: f"2026-11-23T08:55:27.546028+0000 ci-host recipe-ci[2091]: {msg}",
    references=("https://www.freedesktop.org/software/systemd/man/latest/journalctl.html#short-iso",),
    samples=(
        Sample(
            "2023-09-08T17:20:30.655028+0200 tarta x[20911]: hello",
            [{"ts": "2023-09-08 15:20:30.655028", "host": "tarta", "logger": "x", "msg": "hello"}],
        ),
        Sample("2026-11-23T08:56:14.961+0000 [INFO] ccci.run fetch_recipe: discourse", None),
    ),
    stated=True,
    resolution_us=1,
)
