"""A flight recorder and race detector for deployments.

    import forensics
    case = forensics.open_case("case")
    case.findings

Importing this imports nothing heavy; `open_case` does (`forensics.api`, docs/api.md).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

__all__ = ["__version__", "open_case"]
__version__ = "0.1.0"


def open_case(path: str | os.PathLike[str] = "./case") -> Any:
    """Open a case for looking at it from Python: its tables, its answers, its picture.

    Returns:
        A `forensics.api.OpenCase`.

    Raises:
        UsageError: If there is no case at `path`.
        StoreError: If its ledger is damaged.
    """
    # By name: everything else in the package stands below the API, and this must not load it before it is asked for.
    return import_module("forensics.api").open_case(path)
