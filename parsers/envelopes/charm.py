"""charmbracelet/log's text form, as abra prints it.

`DEBU <app/deploy.go:372> version: taking chaos version: 7ae7b0f7+U`

The time is optional, local, of one second; the caller is printed with or without angle brackets. Worn line by
line inside any other envelope, since a harness repeats its tool's output.

References:
    https://github.com/charmbracelet/log
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

CHARM = Envelope(
    name="charm",
    version=1,
    open=by_regex(
        r"^(?:(?P<ts>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) )?(?P<level>DEBU|INFO|WARN|ERRO|FATA)(?: (?:<(?P<logger>[^<>\s]+:\d+)>|(?P<caller>\S+\.go:\d+)))?(?: (?P<msg>.*))?$",
        formats=("%Y/%m/%d %H:%M:%S",),
    ),
    render=lambda msg: f"DEBU <app/deploy.go:372> {msg}",
    references=("https://github.com/charmbracelet/log",),
    samples=(
        Sample(
            "DEBU <app/deploy.go:372> version: taking chaos version: 7ae7b0f7+U",
            [{"level": "DEBU", "logger": "app/deploy.go:372", "msg": "version: taking chaos version: 7ae7b0f7+U"}],
        ),
        Sample(
            "DEBU app/deploy.go:372 version: taking chaos version: 7ae7b0f7",
            [{"level": "DEBU", "msg": "version: taking chaos version: 7ae7b0f7"}],
        ),
        Sample("2026/02/15 03:10:12 DEBU <telegram/bot.go:401> telegram: photo", [{"ts": "2026-02-15 03:10:12", "msg": "telegram: photo"}]),
        Sample("FATA deploy timed out", [{"level": "FATA", "msg": "deploy timed out"}]),
        Sample("DEBUG not a level of four letters", None),
    ),
    resolution_us=1_000_000,
)
