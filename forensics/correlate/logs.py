"""A run's log on the reference clock: each line's window.

A timed line's window is its own time plus the log's offset. An untimed one is bounded by its neighbours and by
what other sources fix: a running maximum of lower bounds, a running minimum of upper ones. While it is still being found out which
call made which write, each log is settled by itself; `bounding` then bounds all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from forensics.correlate.model import INF, Clock

CLOCKS = ("stated", "zone-declared", "zone-assumed", "relative")  # where a log has several, the first names it
STEP_US = 1_000_000  # lines of several threads may be out of order by less


@dataclass(frozen=True)
class Anchor:
    """What another source fixes about one line of a log: the closed bounds of its instant, by which event, and why."""

    at: int  # row of the log
    lo: int
    hi: int
    by: str  # event id
    why: str


@dataclass
class Log:
    """The lines of one run's main source, in order."""

    run: str
    clock: Clock
    rows: pl.DataFrame  # at, kind, event_id, line_no, local_lo, local_hi and the event's own columns
    lo: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    hi: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    stated: tuple[np.ndarray, np.ndarray] | None = None  # what `local` looks up
    places: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    anchors: list[Anchor] = field(default_factory=list)  # those that hold, of all that were found
    by: pl.DataFrame | None = None  # a row per line: `lo_by`, `hi_by`, the events whose bounds are the line's; null for its own

    @property
    def begins(self) -> bool:
        """Whether the log holds the run's first line; what it does not tell may stand in lines that are lost."""
        return bool(self.of_kind("run.start"))

    @property
    def timed(self) -> bool:
        """Whether any line carries a time of its own."""
        return self.clock.kind != "none"

    def own(self) -> tuple[np.ndarray, np.ndarray]:
        """The closed bounds that each line states itself: its time plus the log's offset; unbounded where it has none."""
        lo, hi = self._stated()
        if not (self.timed and self.clock.lo > -INF and self.clock.hi < INF):
            return np.full_like(lo, -INF), np.full_like(hi, INF)
        return np.where(lo > -INF, lo + self.clock.lo, lo), np.where(hi < INF, hi + self.clock.hi, hi)

    def _stated(self) -> tuple[np.ndarray, np.ndarray]:
        """The lines' own times, resolution included; unbounded where they have none."""
        if self.stated is None:
            lo, hi = self.rows["local_lo"].fill_null(-INF), self.rows["local_hi"].fill_null(INF)
            self.stated = lo.cast(pl.Int64).to_numpy(), hi.cast(pl.Int64).to_numpy()
        return self.stated

    def settle(self, anchors: Sequence[Anchor]) -> list[Anchor]:
        """Give every line its window: own time plus offset, then the anchors, then the order of lines.

        Returns the anchors that hold: one that contradicts the line's own time is left to the clock's own verdict, and never empties
        a window; one beyond the log's last line bounds nothing.
        """
        lo, hi = self.own()
        held = []
        for anchor in anchors:
            at = anchor.at
            if at < len(lo) and max(lo[at], anchor.lo) <= min(hi[at], anchor.hi):
                lo[at], hi[at] = max(lo[at], anchor.lo), min(hi[at], anchor.hi)
                held.append(anchor)
        up, down = np.maximum.accumulate(lo), np.minimum.accumulate(hi[::-1])[::-1]
        ok = up <= down
        self.lo, self.hi = np.where(ok, up, lo), np.where(ok, down, hi)
        return held

    def local(self, at: int | None) -> tuple[int, int]:
        """A line's own time, resolution included; unbounded where it has none, and for no line or one after the log's last."""
        if at is None or not 0 <= at < len(self.rows):
            return (-INF, INF)
        lo, hi = self._stated()
        return int(lo[at]), int(hi[at])

    def lend(self, points: list[tuple[int, int, int]]) -> None:
        """Give an untimed log the times that other files of its harness state for single lines: (row, lo, hi) on that clock.

        Lines between two points lie between their times.
        """
        n = len(self.rows)
        lo, hi = np.full(n, -INF, np.int64), np.full(n, INF, np.int64)
        for at, a, b in points:
            lo[at], hi[at] = max(lo[at], a), min(hi[at], b)
        lo, hi = np.maximum.accumulate(lo), np.minimum.accumulate(hi[::-1])[::-1]
        self.rows = self.rows.with_columns(bounds_column("local_lo", lo), bounds_column("local_hi", hi))
        self.clock.kind, self.stated = "file", None

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """The rows of these kinds, in the order of the log."""
        if not self.kinds:
            for row in self.rows.select("at", "kind", "event_id", "commit", "stamp", "stack", "lock").iter_rows(named=True):
                self.kinds.setdefault(row["kind"], []).append(row)
        found = [row for kind in kinds for row in self.kinds.get(kind, ())]
        return found if len(kinds) == 1 else sorted(found, key=lambda row: row["at"])

    def place(self, event_id: str) -> int | None:
        """The row that an event stands in; None where this log does not hold it."""
        if not self.places:
            self.places.update((e, n) for n, e in enumerate(self.rows["event_id"]))
        return self.places.get(event_id)

    def bounded_by(self, at: int | None) -> tuple[str | None, str | None]:
        """The events that a line came after and before, where not its own time but others bound it; null for none."""
        if self.by is None or at is None or not 0 <= at < len(self.by):
            return (None, None)
        return self.by.row(at)

    def window(self, at: int | None) -> tuple[int, int]:
        """A line's window on the reference clock; unbounded for no line, or one after the log's last."""
        if at is None or at >= len(self.rows):
            return (-INF, INF)
        return int(self.lo[at]), int(self.hi[at])


def bounds_column(name: str, bounds: np.ndarray) -> pl.Series:
    """Bounds as a column: null where unbounded."""
    return pl.Series(name, bounds).replace([-INF, INF], None)


def logs(stream: pl.DataFrame) -> dict[str, Log]:
    """Build the logs of all runs from the `stream` projection: one a run, untimed until settled."""
    found: dict[str, Log] = {}
    rel = pl.col("attrs").str.json_path_match("$.rel_us").cast(pl.Int64, strict=False)
    rel_p = pl.col("attrs").str.json_path_match("$.rel_resolution_us").cast(pl.Int64, strict=False).fill_null(1_000_000)
    rows = stream.filter(pl.col("role") == "main").with_columns(
        local_lo=pl.coalesce(pl.col("ts_lo").dt.epoch("us"), pl.col("ts").dt.epoch("us"), rel),
        local_hi=pl.coalesce(pl.col("ts_hi").dt.epoch("us"), pl.col("ts").dt.epoch("us"), rel + rel_p - 1),
    )
    for (run,), part in rows.group_by("run", maintain_order=True):
        part = _until_it_steps_back(part)
        spoken = set(part["clock_kind"])
        kind = next((k for k in CLOCKS if k in spoken), "none")
        clock = Clock(part["source_id"][0], part["path"][0], str(run), kind, -INF, INF)
        found[str(run)] = Log(str(run), clock, part)
    return found


def _until_it_steps_back(rows: pl.DataFrame) -> pl.DataFrame:
    """A clock that steps back has another offset from there on, and nothing ties the two: the lines after the step count as untimed."""
    latest = pl.col("local_lo").cum_max().forward_fill()
    back = (pl.col("local_hi") + STEP_US < latest).fill_null(False).cum_sum() > 0
    return rows.with_columns(pl.when(~back).then(c).alias(c) for c in ("local_lo", "local_hi"))
