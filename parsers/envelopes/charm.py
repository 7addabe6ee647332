"""charmbracelet/log's text form, as abra prints it.

    DEBU <app/deploy.go:372> version: taking chaos version: 7ae7b0f7+U
    2026/02/15 03:10:12 DEBU <telegram/bot.go:401> telegram: photo optimized originalSize=24098
    FATA deploy timed out
      stderr=
      │ first line of a value that holds newlines
      │ second line
     took=3s

The time is optional, local, of one second (or a time of day alone, which is not read); the caller is printed with or without angle brackets. Pairs of key and value
follow the message and cannot be told from it for certain: both readings are tried. A value with newlines stands in a block below, and belongs to the message: it is read
as if it stood behind it, its newlines as `\\n`, and the event names all these lines. Worn line by line inside any other envelope, since a harness repeats its tool's output. Its JSON and logfmt forms are read as such. A level that a program
spells otherwise, and lines printed without one, are not known from other text.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

_TIME = r"(?:(?P<ts>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) |\d{1,2}:\d\d(?::\d\d)?(?:[AP]M)? )?"
_PAIR = r'[^\s="]+=(?:"(?:[^"\\]|\\.)*"|\S*)'
_LEVEL = rf"^{_TIME}(?P<level>DEBU|INFO|WARN|ERRO|FATA)(?: <?(?P<logger>[^<>\s]+:\d+)>?)?"
HEAD = rf"{_LEVEL}(?: (?P<msg>(?P<all>.*?)(?: {_PAIR})*))?$"
_WITHOUT_PAIRS = rf"{_LEVEL}(?: (?P<msg>[^=\n]*))?$"  # most lines: to look for where pairs begin takes twice the time

CHARM = Envelope(
    name="charm",
    version=4,
    doc=__doc__,
    shape=r"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |\d{1,2}:\d\d(?::\d\d)?(?:[AP]M)? )?(?:DEBU|INFO|WARN|ERRO|FATA)(?: |$)",
    open=by_regex(_WITHOUT_PAIRS, HEAD, formats=("%Y/%m/%d %H:%M:%S",)),
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
        Sample('INFO deploy succeeded took="3 s" n=1', [{"msg": 'deploy succeeded took="3 s" n=1', "otherwise": "deploy succeeded"}]),
        Sample("3:04PM INFO hello", [{"ts": None, "level": "INFO", "msg": "hello"}]),
        Sample("FATA deploy timed out", [{"level": "FATA", "msg": "deploy timed out"}]),
        Sample("DEBUG not a level of four letters", None),
        Sample("  │ the inside of a block", None),
        Sample("DEBU <app/deploy.go:372>", None),
    ),
    resolution_us=1_000_000,
)
