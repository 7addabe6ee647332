"""Kubernetes' container logs (CRI).

    2026-11-23T07:50:12.518186328Z stdout F started hello
    2026-11-23T07:50:12.518186328Z stdout P a line over 16 KiB, whose next piece

Written by containerd and CRI-O into `/var/log/pods/…/0.log`: nanoseconds with an offset, the stream, and whether the line ends here (`F`) or goes on (`P`):
pieces are joined, each stream for itself.
"""

import polars as pl

from parsers.envelope import Envelope, in_stages, instant, match
from parsers.record import Sample

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(
        frame, [rf"^(?P<ts>{_TIME}) (?P<stream>stdout|stderr) (?P<tag>[FP])(?::\S*)? (?P<msg>.*)$"], ["ts", "stream", "tag", "msg"]
    )
    return found.with_columns(
        ts=instant(pl.col("ts"), ("%Y-%m-%dT%H:%M:%S%.f%z",)),
        msg=pl.when(pl.col("tag") == "F").then(pl.concat_str("msg", pl.lit("\n"))).otherwise("msg"),
    )


CRI = Envelope(
    name="cri",
    version=2,
    doc=__doc__,
    shape=rf"{_TIME} (?:stdout|stderr) [FP](?::\S*)? ",
    open=lambda text: in_stages(text, ("ts", "stream", "msg"), _read),
    render=lambda msg: f"2026-11-23T08:55:27.546028328Z stdout F {msg}",
    references=("https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kuberuntime/logs/logs.go",),
    samples=(
        Sample("2026-11-23T07:50:12.518186328Z stdout F started hello", [{"ts": "2026-11-23 07:50:12.518186", "msg": "started hello"}]),
        Sample(
            "2026-11-23T09:50:12+02:00 stdout P up\n2026-11-23T09:50:12+02:00 stderr F bad\n2026-11-23T09:50:12+02:00 stdout F grade: PASS",
            [{"msg": "upgrade: PASS"}, {"msg": "bad"}],
        ),
        Sample("2026-11-23T07:50:12Z stdout X x", None),
    ),
    stated=True,
    pieces=True,
    plain=lambda text: text.str.contains(r"^\S+ std(?:out|err) F"),
)
