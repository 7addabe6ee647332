"""The time of the Common Log Format, before the message.

    127.0.0.1 - admin [23/Nov/2026:08:56:14 +0000] "GET / HTTP/1.1" 200 12
    [23/Nov/2026:08:56:14 +0000] recipe-ci: RECIPE=…

Written by Apache, nginx, Traefik and what logs like them. A stated offset, whole seconds. The address before it is the client's, not the
host that logs, so it is not taken for one.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

ACCESS_LOG = Envelope(
    name="access_log",
    version=1,
    doc=__doc__,
    shape=r"(?:\S+ \S+ .{0,80}?)?\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] ",
    open=by_regex(
        r"^(?:\S+ \S+ .{0,80}?)?\[(?P<ts>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (?P<msg>.*)$",
        formats=("%d/%b/%Y:%H:%M:%S %z",),
    ),
    render=lambda msg: f"[23/Nov/2026:08:55:27 +0000] {msg}",
    references=("https://httpd.apache.org/docs/current/logs.html#common",),
    samples=(
        Sample('127.0.0.1 - admin [23/Nov/2026:10:56:14 +0200] "GET /"', [{"ts": "2026-11-23 08:56:14", "msg": '"GET /"'}]),
        Sample("[23/Nov/2026:08:56:14 +0000] install: PASS", [{"ts": "2026-11-23 08:56:14", "msg": "install: PASS"}]),
        Sample("[23/Nov/2026 08:56:14] install: PASS", None),
    ),
    stated=True,
    resolution_us=1_000_000,
)
