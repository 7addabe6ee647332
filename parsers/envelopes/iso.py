"""ISO 8601 with a zone, a level in brackets and an emitter, as access logs have it.

`2026-11-23T08:56:14.961+0000 [INFO] ccci.run recipe-ci: RECIPE=…`

UTC or a stated offset. Also a bare `2026-11-23T08:56:14Z message`, as CI runners and `kubectl logs` print.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

ISO = Envelope(
    name="iso",
    version=1,
    open=by_regex(
        r"^\[?(?P<ts>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d))\]?(?: \[?(?P<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|TRACE|FATAL)\]?(?: (?P<logger>[a-z_]\w*(?:\.\w+)+):?)?)? (?P<msg>.*)$",
        formats=("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z"),
        decimal_comma=True,
    ),
    render=lambda msg: f"2026-11-23T08:55:27.546+0000 [INFO] ccci.run {msg}",
    references=("https://www.rfc-editor.org/rfc/rfc3339",),
    samples=(
        Sample(
            "2026-11-23T08:56:14.961+0000 [INFO] ccci.run install: PASS",
            [{"ts": "2026-11-23 08:56:14.961000", "level": "INFO", "logger": "ccci.run", "msg": "install: PASS"}],
        ),
        Sample("2026-11-23T10:56:14+02:00 install: PASS", [{"ts": "2026-11-23 08:56:14", "msg": "install: PASS"}]),
        Sample("2026-11-23 08:56:14,961 INFO ccci.run: install: PASS", None),
    ),
    stated=True,
    resolution_us=1000,
)
