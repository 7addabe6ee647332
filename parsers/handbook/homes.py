"""Which module each entry of a registry is written in: its docstring says who writes such lines, and with which clock."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import TypeVar

Entry = TypeVar("Entry")


def homes(package: str, entries: Iterable[Entry]) -> dict[ModuleType, list[Entry]]:
    """The entries by the module of `package` that holds each, alone or in a tuple; both in the order of the entries.

    Raises:
        LookupError: If no module holds one.
    """
    found = importlib.import_module(package)
    modules = [importlib.import_module(f"{package}.{info.name}") for info in pkgutil.iter_modules(found.__path__)]
    held = {
        id(entry): module
        for module in modules
        for value in vars(module).values()
        for entry in (value if isinstance(value, tuple) else (value,))
    }
    by_home: dict[ModuleType, list[Entry]] = {}
    for entry in entries:
        if id(entry) not in held:
            raise LookupError(f"no module of {package} holds {entry}")
        by_home.setdefault(held[id(entry)], []).append(entry)
    return by_home
