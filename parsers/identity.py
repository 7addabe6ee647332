"""Names for contents, sources and events: the same on every machine and in every run."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pyarrow as pa

from parsers import arrow

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def content_id(content: bytes) -> str:
    """sha256 of the bytes, hex."""
    return hashlib.sha256(content).hexdigest()


def source_id(content_id: str, path: str) -> str:
    """Name one content found at one path: equal bytes at two paths are two sources."""
    return hashlib.sha256(f"{content_id}\n{path}".encode("utf-8", "surrogateescape")).hexdigest()


def event_ids(source_ids: pl.Series, offset: pl.Series, length: pl.Series, ordinal: pl.Series) -> pl.Series:
    """Name events: 32 hex digits mixed from source, byte range and ordinal.

    One row is one event. The mixing function is splitmix64's finaliser, applied twice with different
    seeds, so that the value depends on nothing but its input.

    References:
        https://prng.di.unimi.it/splitmix64.c
    """
    if len(source_ids) == 0:
        return pl.Series("event_id", [], dtype=pl.String)
    known = source_ids.unique()
    seeds = pl.DataFrame(
        {"source_id": known, "hi": [int(s[:16], 16) for s in known], "lo": [int(s[16:32], 16) for s in known]},
        schema_overrides={"hi": pl.UInt64, "lo": pl.UInt64},
    )
    frame = pl.DataFrame({"source_id": source_ids}).join(seeds, on="source_id", how="left", maintain_order="left")
    parts = [s.cast(pl.UInt64).to_numpy() for s in (offset, length, ordinal)]
    halves = []
    with np.errstate(over="ignore"):
        for seed in ("hi", "lo"):
            value = frame[seed].to_numpy().copy()
            for part in parts:
                value = _mix(value + _GOLDEN + part * _M1)
            halves.append(value)
    digits = np.stack(halves, axis=1).astype(">u8").tobytes().hex().encode()
    bounds = np.arange(0, len(digits) + 1, 32, dtype=np.int64)
    text = pa.Array.from_buffers(pa.large_string(), len(source_ids), [None, pa.py_buffer(bounds), pa.py_buffer(digits)])
    return arrow.series(text, "event_id")


def _mix(value: np.ndarray) -> np.ndarray:
    value = (value ^ (value >> np.uint64(30))) * _M1
    value = (value ^ (value >> np.uint64(27))) * _M2
    return value ^ (value >> np.uint64(31))
