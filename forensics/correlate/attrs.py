"""An event's attributes: what its columns have no place for."""

from __future__ import annotations

import json
from typing import Any


def attrs(text: str | None) -> dict[str, Any]:
    """The attributes of one event; none for null."""
    return json.loads(text) if text else {}
