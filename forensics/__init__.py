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

__all__ = ["__version__", "make_case", "open_case"]
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


def make_case(path: str | os.PathLike[str], *evidence: str | os.PathLike[str]) -> Any:
    """Read evidence (files, folders, archives) into the case at `path`, which is made where there is none, and open it.

    The same evidence again adds nothing. What could not be read is in the `note` of its source, or in what `forensics ingest` prints.

    Returns:
        A `forensics.api.OpenCase`.

    Raises:
        UsageError: If a path does not exist, or `path` cannot hold a case.
    """
    return import_module("forensics.api").make_case(path, *evidence)
