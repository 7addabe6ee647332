"""What every target needs: instrumented imports, seeds, a start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:  # the targets can be called with their seeds without it, as the tests do
    atheris = None

instrumented: Any = (
    atheris.instrument_imports(include=["parsers", "forensics"]) if atheris and "pytest" not in sys.modules else nullcontext()
)


def start(one: Callable[[bytes], None], seeds: Iterable[bytes]) -> None:
    """Fuzz a function with the arguments of the command line: a corpus folder, which gets the seeds, or a file to try again."""
    for folder in (Path(a) for a in sys.argv[1:] if Path(a).is_dir()):
        for number, seed in enumerate(seeds):
            (folder / f"seed-{number:04}").write_bytes(seed)
        break
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


class Choices:
    """Numbers and bytes taken from an input's front, one after the other; zeros when nothing is left."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def number(self, most: int) -> int:
        """A number from 0 to `most`."""
        taken, self._data = self._data[:2], self._data[2:]
        return int.from_bytes(taken) % (most + 1)

    def bytes(self, size: int) -> bytes:
        """At most `size` bytes."""
        taken, self._data = self._data[:size], self._data[size:]
        return taken
