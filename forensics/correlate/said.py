"""The events of some kinds, as rows: the one place where analyses look beyond what is reconstructed."""

from __future__ import annotations

from typing import Any

import polars as pl

from forensics.correlate.attrs import attrs as _attrs
from forensics.correlate.history import History


def of_kind(h: History, *kinds: str) -> list[dict[str, Any]]:
    """The events of these kinds, by path and line."""
    return h.events.filter(pl.col("kind").is_in(kinds)).sort("path", "line_no", "offset", "event_id").to_dicts()


def attrs(event: dict[str, Any]) -> dict[str, Any]:
    """What else an event says."""
    return _attrs(event["attrs"])
