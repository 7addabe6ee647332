"""The column `attrs` of an event, read: what its other columns have no place for."""

from __future__ import annotations

import json
from typing import Any


def attrs(text: str | None) -> dict[str, Any]:
    """The JSON object as a dict; an empty one for null."""
    return json.loads(text) if text else {}
