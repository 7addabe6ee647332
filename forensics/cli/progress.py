"""A progress bar on stderr, for what takes longer than a second in front of a person."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_S = 1.0


class Report(Protocol):
    """Called now and then by whoever works: so much of so much is done (bytes), at `what`. `total` null: not known."""

    def __call__(self, done: int, total: int | None, what: str) -> None: ...


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Report]:
    """Give a function to report to. The bar appears after a second, and never where stderr is not a terminal."""
    bar: Progress | None = None
    task = None
    begun = time.monotonic()
    silent = quiet or not sys.stderr.isatty()

    def report(done: int, total: int | None, what: str) -> None:
        nonlocal bar, task
        if silent or (bar is None and time.monotonic() - begun < PATIENCE_S):
            return
        if bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[what]}", markup=False),
            )
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            task = bar.add_task(title, total=total, what="")
            bar.start()
        bar.update(task, completed=done, total=total, what=shortened(what))

    try:
        yield report
    finally:
        if bar is not None:
            bar.stop()


def shortened(path: str, width: int = 30) -> str:
    """The end of a path, made safe for the terminal: its last part tells most."""
    from forensics.errors import printable

    text = printable(path)
    return text if len(text) <= width else "…" + text[-width + 1 :]
