"""Which writes a read may have seen: the last completed one, or any that was under way.

Writes and reads belong to a register and are bounded like spans; a write is sure (it took effect) or optional (it may
not exist: failed, of unknown outcome, a gap, a hole in coverage). For a read in `[rE, rL]`:

    m(r) = the latest sE of the sure writes with eL < rE      minus infinity if there is none
    C(r) = the writes with sE <= rL and eL >= m(r)            candidates, sure and optional
    V(r) = those of C(r) whose value may be the observed one  values that cannot be compared stay in

A write with eL < m(r) is overwritten. Optional writes never enter m(r): one that may not exist overwrites nothing.
Touching disqualifies no candidate. A sure write is unavoidable if it surely has started by the read and no other
write can lie between its end and the read: no better clock would rule it out.

Writes: `id`, `register`, `run`, the ends of `intervals`, `sure`, `value`. Reads: `id`, `register`, `rE`, `rL`,
`observed`. In index order (`Version.Index`): writes with `iE`, `iL` in place of the ends, reads with `index`.
Rows without a register, and rows whose bounds nothing satisfies, take no part.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from forensics.correlate.axis import Axis
from forensics.correlate.histories import Histories, latest_before
from forensics.correlate.intervals import INF, nullable_length
from forensics.correlate.tables import Frame
from forensics.correlate.values import NOTHING_KNOWN, Known, Values, verdicts

MOST = 1000


@dataclass(frozen=True)
class Attribution:
    """Per read what is known of its writer, and the candidates that it was judged by.

    `reads`, one row per read in the order given: `read`; `m_us` (in index order an index; null: no sure write ended
    before); `last_sure`, the write that gives it; `candidates` = |C|, null if the read took no part; `listed`, how
    many of them were looked at; `matching` = |V| of those; `unknown`, how many of V have a value that cannot be
    compared; `certain`: V is all one run's, or a single write of no run, and no value in it is unknown; then
    `writer_run` is that run and `writer` that write, null where the run has several in V; `unavoidable_runs`: how
    many runs (a write of no run counts for itself) have an unavoidable write among the candidates. `certain` is null
    where `listed < candidates`: what was not looked at may change it.

    `candidates`, one row per read and candidate looked at: `read`, `write`, `run`, `same` (yes, no, void),
    `unavoidable`; by read as given, then by the earliest start of the write.
    """

    reads: pl.DataFrame
    candidates: pl.DataFrame


def attribute(reads: Frame, writes: Frame, *, known: Known = NOTHING_KNOWN, most: int = MOST) -> Attribution:
    """Attribute each read to the writes that it may have seen, by time.

    A read with more than `most` candidates is judged by those that start at m(r) or later, at most `most` of them.
    """
    return _attributed(Histories.in_time(reads, writes), known, most)


def attribute_by_index(reads: Frame, writes: Frame, *, known: Known = NOTHING_KNOWN, most: int = MOST) -> Attribution:
    """The same by index, which no clock can upset.

    With exact indices the candidate is the last writer; with bounded ones a superset, never too small. A write
    without index bounds is a candidate of every read; a read without index takes no part.
    """
    return _attributed(Histories.by_index(reads, writes), known, most)


def count_candidates(reads: Frame, writes: Frame) -> pl.DataFrame:
    """Only `read`, `m_us` and `candidates` of `attribute`, without looking at any: `run`, values, `sL`, `eE` are not needed."""
    histories = Histories.in_time(reads, writes, bare=True)
    m, _ = histories.last_sure(named=False)
    counts = histories.as_given(histories.counts(m), "candidates")
    return pl.DataFrame([histories.reads["id"].alias("read"), _bound(histories, m), counts])


def overwritten_match(reads: Frame, writes: Frame, *, known: Known = NOTHING_KNOWN) -> pl.DataFrame:
    """Find for each read the latest overwritten write that surely has the observed value.

    One row per read that has one: `read`; `write` and its `run`; `overwriter`, the sure write that gives m(r);
    `stale_us`, for how long at least the value was gone (null where that is not known); `behind`, how many sure
    writes were over between that write and the read. Whether the value has a candidate too is for `attribute` to say.
    """
    histories = Histories.in_time(reads, writes)
    m, giver = histories.last_sure()
    values, observed, written = _values(histories, known)
    asked = pl.DataFrame({"key": histories.read_keys, "observed": observed, "read": np.arange(len(observed))}).filter(pl.Series(giver) >= 0)
    wrote = pl.DataFrame({"key": histories.keys, "value": written})
    spelled = wrote.unique().sort("key", "value").with_row_index("spelling")
    meant = asked.select("key", "observed").unique().join(spelled, on="key")
    meant = meant.filter(pl.Series(values.same(meant["observed"].to_numpy(), meant["value"].to_numpy()) == 1))
    asked = asked.join(meant, on=["key", "observed"])
    read, spelling = asked["read"].to_numpy(), asked["spelling"].to_numpy()

    spelling_of = wrote.join(spelled, on=["key", "value"], how="left", maintain_order="left")["spelling"].to_numpy()
    span, ids, over_from = histories.span, histories.writes["id"], histories.axis.times(m)[read]
    axis = Axis.fit(len(spelled), [span.sE, span.eL, over_from])
    _, write = latest_before(axis, spelling_of, span.sE, span.eL, ids, spelling, over_from)
    found = np.flatnonzero(write >= 0)
    read, write = read[found], write[found]
    return (
        pl.DataFrame(
            [
                histories.reads["id"].gather(histories.rows[read]).alias("read"),
                ids.gather(write).alias("write"),
                histories.writes["run"].gather(write).alias("run"),
                ids.gather(giver[read]).alias("overwriter"),
                nullable_length(histories.first[read] - span.eL[giver[read]], "stale_us"),
                pl.Series("behind", histories.sure_between(write, read), dtype=pl.Int64),
                pl.Series("row", histories.rows[read]),
                pl.Series("start", span.sE[write]),
            ]
        )
        .sort("row", "start", "write")
        .unique("row", keep="last", maintain_order=True)
        .drop("row", "start")
    )


def _attributed(histories: Histories, known: Known, most: int) -> Attribution:
    m, giver = histories.last_sure()
    read, write = histories.candidates(m, most)
    values, observed, written = _values(histories, known)
    listed = (
        histories.writes.select(pl.col("id").alias("write"), "run")[write]
        .with_columns(
            pl.Series("row", histories.rows[read]),
            verdicts(values.same(observed[read], written[write])),
            pl.Series("unavoidable", histories.unavoidable(read, write)),
        )
        .sort("row", maintain_order=True)
    )
    ids = histories.reads["id"]
    per_read = pl.DataFrame(
        [
            ids.alias("read"),
            _bound(histories, m),
            _named(histories, giver),
            histories.as_given(histories.counts(m), "candidates"),
        ]
    )
    summary = per_read.with_row_index("row").join(_summed(listed), on="row", how="left", maintain_order="left").drop("row")
    tallies = ("listed", "matching", "unknown", "unavoidable_runs")
    took_part = pl.col("candidates").is_not_null()
    summary = summary.with_columns(pl.when(took_part).then(pl.col(name).fill_null(0)) for name in tallies)
    one = (pl.col("unknown") == 0) & (pl.col("matching") > 0) & pl.col("one_writer").fill_null(False)
    certain = pl.when(took_part & (pl.col("listed") == pl.col("candidates"))).then(one)
    summary = summary.with_columns(certain=certain).with_columns(
        writer_run=pl.when("certain").then("writer_run"), writer=pl.when(pl.col("certain") & (pl.col("matching") == 1)).then("writer")
    )
    columns = ("read", "m_us", "last_sure", "candidates", "listed", "matching", "unknown", "certain", "writer_run", "writer")
    candidates = listed.select(ids.gather(listed["row"]).alias("read"), "write", "run", "same", "unavoidable")
    return Attribution(summary.select(*columns, "unavoidable_runs"), candidates)


def _summed(listed: pl.DataFrame) -> pl.DataFrame:
    """Per read: how many were looked at, how V is made up, who cannot be ruled out."""
    in_v = pl.col("same") != "no"
    run_in_v, unavoidable = pl.col("run").filter(in_v), pl.col("run").filter("unavoidable")
    runs = run_in_v.drop_nulls()
    return (
        listed.lazy()
        .group_by(pl.col("row").cast(pl.get_index_type()))
        .agg(
            pl.len().cast(pl.Int64).alias("listed"),
            in_v.sum().cast(pl.Int64).alias("matching"),
            (pl.col("same") == "void").sum().cast(pl.Int64).alias("unknown"),
            ((in_v.sum() == 1) | ((runs.n_unique() == 1) & (run_in_v.null_count() == 0))).alias("one_writer"),
            runs.first().alias("writer_run"),
            pl.col("write").filter(in_v).first().alias("writer"),
            (unavoidable.drop_nulls().n_unique() + unavoidable.null_count()).cast(pl.Int64).alias("unavoidable_runs"),
        )
        .collect()
    )


def _values(histories: Histories, known: Known) -> tuple[Values, np.ndarray, np.ndarray]:
    observed, written = histories.reads["observed"], histories.writes["value"]
    values = Values([observed, written], known)
    return values, values.codes(observed)[histories.rows], values.codes(written)


def _bound(histories: Histories, m: np.ndarray) -> pl.Series:
    times = histories.axis.times(m)
    return histories.as_given(times, "m_us", known=times > -INF)


def _named(histories: Histories, giver: np.ndarray) -> pl.Series:
    ids, rows = histories.writes["id"], histories.as_given(giver, "row", known=giver >= 0)
    return (ids.gather(rows) if len(ids) else rows.cast(ids.dtype)).alias("last_sure")
