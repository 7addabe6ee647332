"""Spans with uncertain ends, and the relations between two of them.

A span runs from a start somewhere in `[sE, sL]` to an end somewhere in `[eE, eL]`: integer microseconds, both bounds
included. Its extent `[sE, eL)` is what it may cover, its core `[sL, eE)` what it surely covers; the core may be empty.
Touching is no overlap. A span of no length inside another one overlaps it, for at least 0 microseconds.

In a frame a bound that is not known is null: an earliest one (`sE`, `eE`) is then minus infinity, a latest one
(`sL`, `eL`) plus infinity. Inside, infinities are `-INF` and `INF`; stated times lie within `+-FINITE`
(18,000 years), so that a difference with an infinity cannot be mistaken for one without.

Every relation takes two `Span`s of numpy arrays or of polars expressions, in canonical form (see `canonical`).
"""

from typing import NamedTuple

import numpy as np
import polars as pl

INF = 1 << 61
FINITE = 1 << 59
ENDS = ("sE", "sL", "eE", "eL")


class Span(NamedTuple):
    """Start earliest and latest, end earliest and latest; four arrays or four expressions, no nulls."""

    sE: np.ndarray | pl.Expr
    sL: np.ndarray | pl.Expr
    eE: np.ndarray | pl.Expr
    eL: np.ndarray | pl.Expr

    def take(self, rows: np.ndarray) -> "Span":
        """The spans at these positions (arrays only)."""
        return Span(*(bound[rows] for bound in self))


def earliest(column: pl.Series) -> np.ndarray:
    """Int64 microseconds of a lower bound; null is minus infinity."""
    return _filled(column, -INF)


def latest(column: pl.Series) -> np.ndarray:
    """Int64 microseconds of an upper bound; null is plus infinity."""
    return _filled(column, INF)


def _filled(column: pl.Series, infinity: int) -> np.ndarray:
    column = column.cast(pl.Int64)
    return (column.fill_null(infinity) if column.null_count() else column).to_numpy()


def nullable(values: np.ndarray, name: str = "") -> pl.Series:
    """Back to the frame's edge: an infinite bound becomes null."""
    return _without(values, np.abs(values) >= INF, name)


def nullable_length(values: np.ndarray, name: str = "") -> pl.Series:
    """The same for a difference of bounds: one that is not limited becomes null."""
    return _without(values, values > 2 * FINITE, name)


def _without(values: np.ndarray, infinite: np.ndarray, name: str) -> pl.Series:
    column = pl.Series(name, values, dtype=pl.Int64)
    return column.set(pl.Series(infinite), None) if infinite.any() else column


def spans(frame: pl.DataFrame, suffix: str = "") -> Span:
    """The frame's four columns as arrays, in canonical form."""
    return canonical(
        Span(
            earliest(frame["sE" + suffix]),
            latest(frame["sL" + suffix]),
            earliest(frame["eE" + suffix]),
            latest(frame["eL" + suffix]),
        )
    )


def span_exprs(suffix: str = "") -> Span:
    """The same as expressions, for a frame that holds two spans a row."""
    low, high = pl.lit(-INF, pl.Int64), pl.lit(INF, pl.Int64)
    infinities = (low, high, low, high)
    columns = (pl.col(end + suffix).cast(pl.Int64).fill_null(inf) for end, inf in zip(ENDS, infinities, strict=True))
    return canonical(Span(*columns))


def canonical(span: Span) -> Span:
    """A start is no later than the latest end, an end no earlier than the earliest start."""
    return Span(span.sE, _min(span.sL, span.eL), _max(span.eE, span.sE), span.eL)


def possible(span: Span) -> np.ndarray | pl.Expr:
    """Whether any instants satisfy the bounds. A span where none do is an order contradiction, and takes no part."""
    return (span.sE <= span.sL) & (span.eE <= span.eL)


def possibly_overlap(a: Span, b: Span) -> np.ndarray | pl.Expr:
    """In some realization of the bounds each starts before the other ends."""
    return (a.sE < b.eL) & (b.sE < a.eL)


def definitely_overlap(a: Span, b: Span) -> np.ndarray | pl.Expr:
    """In every realization of the bounds each starts before the other ends."""
    return (a.sL < b.eE) & (b.sL < a.eE)


def definitely_before(a: Span, b: Span) -> np.ndarray | pl.Expr:
    """In every realization `a` has ended when `b` starts; touching counts as before."""
    return a.eL <= b.sE


def overlap_at_least(a: Span, b: Span) -> np.ndarray | pl.Expr:
    """Microseconds shared in every realization."""
    return _max(_min(a.eE, b.eE) - _max(a.sL, b.sL), 0)


def overlap_at_most(a: Span, b: Span) -> np.ndarray | pl.Expr:
    """Microseconds shared in the realization that shares most; over `2 * FINITE` where nothing limits it."""
    return _max(_min(a.eL, b.eL) - _max(a.sE, b.sE), 0)


def limited(length: pl.Expr) -> pl.Expr:
    """A length as a frame shows it: null where nothing limits it."""
    return pl.when(length <= 2 * FINITE).then(length)


def _min(a, b):
    return pl.min_horizontal(a, b) if isinstance(a, pl.Expr) else np.minimum(a, b)


def _max(a, b):
    return pl.max_horizontal(a, b) if isinstance(a, pl.Expr) else np.maximum(a, b)
