"""GitLab CI's job log with `FF_TIMESTAMPS`.

    2024-05-14T11:19:20.000000Z 00O Hello
    2024-05-14T11:19:20.000000Z 00O+ there

UTC, microseconds, when the runner saw the line; the stream's number and O or E (stdout, stderr); `+` says that the line goes on the last one of
its stream, to which it is joined. Sections (`section_start:…`) stand before a carriage return, with seconds since 1970: rules read them, in a
log without stamps too.
"""

import polars as pl

from parsers.envelope import Envelope, by_regex, in_stages
from parsers.record import Sample

LINE = r"(?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<stream>[0-9a-f]{2}[OE])(?P<all>[+ ]?(?P<msg>.*))$"
_STAMPED = by_regex("^" + LINE, formats=("%Y-%m-%dT%H:%M:%S%.f%z",))


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    opened = frame.select(o=_STAMPED(pl.col("text"))).unnest("o")
    return opened.with_columns(goes_on=pl.col("otherwise").str.starts_with("+").fill_null(False))


GITLAB = Envelope(
    name="gitlab",
    version=1,
    doc=__doc__,
    shape=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[OE](?:[+ ]|$)",
    open=lambda text: in_stages(text, ("ts", "stream", "goes_on", "msg"), _read),
    render=lambda msg: f"2026-11-23T08:55:27.546028Z 01O {msg}",
    references=("https://docs.gitlab.com/ci/jobs/job_logs/", "https://docs.gitlab.com/runner/configuration/feature-flags/"),
    samples=(
        Sample("2024-05-14T11:19:20.000000Z 00O Hey there!", [{"ts": "2024-05-14 11:19:20", "msg": "Hey there!"}]),
        Sample(
            "2024-05-14T11:19:20.000000Z 00O up\n2024-05-14T11:19:21.000000Z 01E other\n2024-05-14T11:19:22.000000Z 00O+grade: PASS",
            [{"ts": "2024-05-14 11:19:20", "msg": "upgrade: PASS"}, {"msg": "other"}],
        ),
        Sample("2024-05-14T11:19:20.000000Z 01E", [{"msg": ""}]),
        Sample("2024-05-14T11:19:20.000000Z Hey there!", None),
    ),
    stated=True,
    pieces=True,
    plain=False,  # whether a line is whole, only the next one says
)
