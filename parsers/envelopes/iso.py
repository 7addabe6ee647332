"""A time in ISO 8601, in all its spellings, before the message.

    2026-11-23T08:56:14.961+0000 [INFO] ccci.run recipe-ci: RECIPE=…
    2026-11-23T08:56:14Z recipe-ci: RECIPE=…
    2026-11-23T08:56:14Z - ccci.run - INFO - recipe-ci: RECIPE=…
    20261123T085614,961+01 recipe-ci: RECIPE=…
    [2026-11-23 08:56:14 UTC] recipe-ci: RECIPE=…

Printed by many programs, `docker logs --timestamps` and `kubectl logs --timestamps` among them. Extended or basic form, calendar, week
or ordinal dates, a comma or a point, any number of digits (those below a microsecond are cut), down to the minute; 24:00 is the next
day, a leap second is the second after it. UTC or an offset where the line states one, else local and said to be assumed.
"""

import polars as pl

from parsers.envelope import LEVELS, NAIVE, Envelope, bulk, in_stages, match, resolution
from parsers.odd_times import odd
from parsers.record import Sample

EXTENDED = r"(?:\d{4}-\d\d-\d\d|\d{4}-\d{3}|\d{4}-W\d\d-\d)[Tt _]\d\d:\d\d(?::\d\d(?:[.,]\d{1,12})?)?"
BASIC = r"(?:\d{8}|\d{7}|\d{4}W\d{3})[Tt]\d{6}(?:[.,]\d{1,12})?"
ZONE = r" ?(?:[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)"
# What may follow a stated offset, and say the same again: Go's `+0100 CET m=+0.01`, Java's `+01:00[Europe/Paris]`.
AGAIN = r"([+-]\d\d:?\d\d|Z)(?: [A-Z]{1,5}| [+-]\d\d(?:\d\d)?)?(?: m=[+-][\d.]+)?(?:\[[\w/+-]+\])?$"
LINE = (
    rf"^\[?(?P<ts>(?:{EXTENDED}|{BASIC})(?:{ZONE})?)(?:\]:?|:)? "
    rf"(?P<all>(?:\[?(?P<level>{LEVELS})\]? (?:(?P<logger>[a-z_]\w*(?:\.\w+)+):? )?)?(?P<msg>.*))$"
)
DASHED = rf"^\[?(?P<ts>(?:{EXTENDED}|{BASIC})(?:{ZONE})?)\]? - (?:(?P<logger>[\w.]+) - )?\[?(?P<level>{LEVELS})\]? - (?P<all>(?P<msg>.*))$"
DATES = ("%Y-%m-%d", "%Y-%j", "%G-W%V-%u")
FORMATS = (*(f"{date}T%H:%M:%S%.f{zone}" for zone in ("%z", "") for date in DATES), "%d/%b/%Y:%H:%M:%S %z")

USUAL = ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [DASHED, LINE], ["ts", "all", "level", "logger", "msg"])
    return found.with_columns(otherwise=pl.when(pl.col("all") != pl.col("msg")).then("all"), **times(pl.col("ts")))


def times(ts: pl.Expr) -> dict[str, pl.Expr]:
    """What a time in ISO 8601 tells."""
    return {"ts": iso_instant(ts), "zone": zoned(ts), "resolution_us": resolution(ts)}


def zoned(ts: pl.Expr) -> pl.Expr:
    """Whether a time states its zone: behind the time of day, where the year may follow (`08:56:14 UTC 2026`)."""
    return ts.str.replace(AGAIN, "$1").str.contains(rf"(?i)[T _:]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?{ZONE}(?: \d{{4}})?$")


def iso_instant(ts: pl.Expr) -> pl.Expr:
    """Naive instants, in UTC where the zone is stated, of any spelling of ISO 8601; null for what is no time."""
    return ts.map_batches(_instants, return_dtype=NAIVE)


def _instants(ts: pl.Series) -> pl.Series:
    read = pl.DataFrame({"ts": ts}, schema={"ts": pl.String}).with_columns(read=bulk(pl.col("ts"), USUAL))["read"]
    for rarer in (_odd_instants, odd):  # each sees only what those before it left
        left = (read.is_null() & ts.is_not_null()).arg_true()
        read = read.scatter(left, rarer(ts.gather(left))) if len(left) else read
    return read


def _odd_instants(ts: pl.Series) -> pl.Series:
    """The rarer spellings, brought to the usual one."""
    t = ts.str.replace(AGAIN, "$1").str.replace(r"^(\d{4})/(\d\d)/(\d\d) ", "$1-$2-${3}T")
    t = t.str.replace(r"^(\d{4}-\S{4,5})[t _]", "${1}T").str.replace(",", ".", literal=True)
    t = t.str.replace(r"^(\d{4})(\d\d)(\d\d)[Tt]", "$1-$2-${3}T").str.replace(r"^(\d{4})(\d{3}|W\d\d)(\d)?[Tt]", "$1-$2-${3}T")
    t = t.str.replace("-T", "T", literal=True).str.replace(r"T(\d\d)(\d\d)(\d\d)", "T$1:$2:$3")
    t = t.str.replace(r"(?i) ?(?:Z|UTC|GMT)$", "+0000").str.replace(r" ?([+-]\d\d):?(\d\d)?$", "$1$2")
    t = t.str.replace(r"([T:]\d\d:\d\d(?:\.\d+)?[+-]\d\d)$", "${1}00").str.replace(r"T(\d\d:\d\d)([+-]\d{4})?$", "T$1:00$2")
    midnight, leap = t.str.contains(r"T24:00:00(?:\.0+)?(?:[+-]|$)"), t.str.contains(r"T\d\d:\d\d:60")
    t = t.str.replace(r"T24:(00:00(?:\.0+)?(?:[+-]|$))", "T00:$1").str.replace(r"(T\d\d:\d\d:)60", "${1}59")
    frame = pl.DataFrame({"t": t, "midnight": midnight, "leap": leap}, schema={"t": pl.String, "midnight": pl.Boolean, "leap": pl.Boolean})
    later = pl.when("midnight").then(86_400_000_000).when("leap").then(1_000_000).otherwise(0)
    return frame.select(bulk(pl.col("t"), FORMATS) + pl.duration(microseconds=later)).to_series()


ISO = Envelope(
    name="iso",
    version=3,
    doc=__doc__,
    shape=rf"\[?(?:{EXTENDED}|{BASIC})(?:{ZONE})?(?:\]:?|:)? ",
    open=lambda text: in_stages(text, ("ts", "zone", "resolution_us", "level", "logger", "msg", "otherwise"), _read),
    general=True,
    render=lambda msg: f"2026-11-23T08:55:27.546+0000 [INFO] ccci.run {msg}",
    references=("https://www.rfc-editor.org/rfc/rfc3339", "https://docs.docker.com/reference/cli/docker/container/logs/"),
    samples=(
        Sample(
            "2026-11-23T08:56:14.961+0000 [INFO] ccci.run install: PASS",
            [{"ts": "2026-11-23 08:56:14.961000", "zone": True, "level": "INFO", "logger": "ccci.run", "msg": "install: PASS"}],
        ),
        Sample(
            "2026-11-23T08:56:14+0000 - ccci.run - INFO - install: PASS",
            [{"ts": "2026-11-23 08:56:14", "level": "INFO", "logger": "ccci.run", "msg": "install: PASS", "otherwise": None}],
        ),
        Sample("2026-11-23T08:56:14Z - INFO - boom", [{"level": "INFO", "logger": None, "msg": "boom"}]),
        Sample("2026-11-23T10:56:14+02:00 install: PASS", [{"ts": "2026-11-23 08:56:14", "zone": True, "msg": "install: PASS"}]),
        Sample("2026-11-23T08:56:14.518186328Z x", [{"ts": "2026-11-23 08:56:14.518186", "resolution_us": 1, "msg": "x"}]),
        Sample("2026-11-23T08:56:14 x", [{"ts": "2026-11-23 08:56:14", "zone": False, "resolution_us": 1_000_000}]),
        Sample("2026-11-23 08:56:14,961 x", [{"ts": "2026-11-23 08:56:14.961000", "zone": False, "resolution_us": 1000}]),
        Sample("[2026-11-23 08:56:14 UTC] x", [{"ts": "2026-11-23 08:56:14", "zone": True, "msg": "x"}]),
        Sample("2026-11-23 08:56:14 +0200 x", [{"ts": "2026-11-23 06:56:14", "zone": True, "msg": "x"}]),
        Sample("2026-11-23t08:56:14.5z x", [{"ts": "2026-11-23 08:56:14.500000", "zone": True, "resolution_us": 100_000}]),
        Sample("2026-11-23T08:56Z x", [{"ts": "2026-11-23 08:56:00", "zone": True, "resolution_us": 60_000_000}]),
        Sample("20261123T085614,961+01 x", [{"ts": "2026-11-23 07:56:14.961000", "zone": True, "resolution_us": 1000}]),
        Sample("20261123T085614Z x", [{"ts": "2026-11-23 08:56:14", "zone": True, "resolution_us": 1_000_000}]),
        Sample("2026-327T08:56:14Z x", [{"ts": "2026-11-23 08:56:14", "zone": True}]),
        Sample("2026327T085614Z x", [{"ts": "2026-11-23 08:56:14", "zone": True}]),
        Sample("2026-W48-1T08:56:14Z x", [{"ts": "2026-11-23 08:56:14", "zone": True}]),
        Sample("2026W481T085614Z x", [{"ts": "2026-11-23 08:56:14", "zone": True}]),
        Sample("2026-11-23T24:00:00Z x", [{"ts": "2026-11-24 00:00:00"}]),
        Sample("2016-12-31T23:59:60Z x", [{"ts": "2017-01-01 00:00:00"}]),
        Sample("2026-13-23T08:56:14Z month 13", [{"ts": None, "msg": "month 13"}]),
        Sample("2026-11-23 is a Monday", None),
        Sample("20261123 085614 x", None),
    ),
)
