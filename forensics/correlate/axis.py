"""One integer line for the times of many keys: `key * 2^k + time`.

Sorting and searching by key and time together then cost one integer comparison, and nothing is ever compared across
keys. Order and equality of times are exact: microseconds counted from the earliest one where they fit into 63 bits
together with the keys, ranks of the times where they do not (one date of the year 1 among thousands of stacks).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from forensics.correlate.intervals import INF


@dataclass(frozen=True)
class Axis:
    """Where times go inside a key's stretch: minus infinity at 0, times from 1, plus infinity at `top`."""

    origin: int
    top: int
    bits: int
    ranks: np.ndarray | None

    @classmethod
    def fit(cls, keys: int, times: Sequence[np.ndarray], *, spare: int = 0) -> "Axis":
        """An axis for `keys` keys on which all of these times have a place, leaving `spare` bits free below 2^63."""
        low = min((int(t.min(where=t > -INF, initial=INF)) for t in times if t.size), default=0)
        high = max((int(t.max(where=t < INF, initial=-INF)) for t in times if t.size), default=0)
        top = high - low + 2 if low <= high else 1
        room = 63 - spare - max(1, int(keys)).bit_length()
        if top.bit_length() <= room:
            return cls(low, top, top.bit_length(), None)
        ranks = np.unique(np.concatenate([np.unique(t) for t in times]))
        ranks = ranks[(ranks > -INF) & (ranks < INF)]
        top = len(ranks) + 1
        return cls(0, top, top.bit_length(), ranks)

    def place(self, codes: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Int64 places; the times must be among those the axis was fitted to, or infinite."""
        if self.ranks is None:
            within = times - (self.origin - 1)
            np.clip(within, 0, self.top, out=within)
        else:
            within = np.searchsorted(self.ranks, times) + 1
            within[times <= -INF] = 0
        within += self.start(codes)
        return within

    def start(self, codes: np.ndarray) -> np.ndarray:
        """The place of minus infinity of each key: nothing of that key lies below it."""
        return codes.astype(np.int64) << self.bits

    def times(self, places: np.ndarray) -> np.ndarray:
        """Microseconds back from places; infinities as `-INF` and `INF`."""
        within = places & ((1 << self.bits) - 1)
        finite = np.clip(within - 1, 0, max(self.top - 2, 0))
        out = finite + self.origin
        if self.ranks is not None and len(self.ranks):
            out = self.ranks[finite]
        out[within == 0] = -INF
        out[within == self.top] = INF
        return out


def codes_of(*columns: pl.Series) -> tuple[list[np.ndarray], int]:
    """Number the values of several columns together, in sorted order.

    Returns:
        One array per column, -1 where null, and how many numbers there may be (some may be unused).
    """
    if all(column.dtype.is_integer() for column in columns) and (dense := _near_integers(columns)):
        return dense
    distinct = pl.concat([column.unique().rename("value") for column in columns], how="vertical").unique().drop_nulls().sort()
    numbered = distinct.to_frame().with_row_index("code")
    codes = [
        column.rename("value").to_frame().join(numbered, on="value", how="left", maintain_order="left")["code"].cast(pl.Int64).fill_null(-1)
        for column in columns
    ]
    return [code.to_numpy() for code in codes], len(distinct)


def _near_integers(columns: Sequence[pl.Series]) -> tuple[list[np.ndarray], int] | None:
    lows = [int(low) for column in columns if (low := column.min()) is not None]
    highs = [int(high) for column in columns if (high := column.max()) is not None]
    low, count = min(lows, default=0), max(highs, default=-1) - min(lows, default=0) + 1
    if count > 4 * sum(len(column) for column in columns) + 1024 or not -(2**62) < low < 2**62:
        return None
    if not any(column.null_count() for column in columns) and low in (0, 1):
        return [column.to_numpy() for column in columns], count + low
    return [(column.cast(pl.Int64) - low).fill_null(-1).to_numpy() for column in columns], count
