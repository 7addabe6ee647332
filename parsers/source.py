"""What a path tells about its source: the run, the tree, the moment of capture.

Patterns are tried in order; each fills only what earlier ones left open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HINTS: tuple[tuple[str, str], ...] = (
    (r"(?:^|/)(?:cc-ci-)?runs/(?P<run>[^/]+)/", "a folder per run"),
    (r"(?:^|/)(?P<run>[^/]+)\.console\.log$", "a console log named for its run"),
    (r"(?:^|/)ccci-(?P<run>[^/]+)\.log$", "a log kept by hand"),
    (r"(?:^|/)servers/(?P<owner>[^/]+)/[^/]+\.env$", "an app's env file of one ABRA_DIR"),
    (r"^(?P<tree>(?:.*/)?recipes/(?:[^/]+/)?(?P<recipe>[^/]+)/\.?git)(?:/|$)", "a recipe's git dir"),
    (r"^(?P<tree>(?:.*/)?recipes/(?:[^/]+/)?(?P<recipe>[^/]+))/(?:git-)?(?:ref)?log(?:-g)?\.\w+$", "the log of a recipe's repository"),
    (r"^(?P<tree>(?:.*/)?[^/]*\.git)(?:/|$)", "a git dir"),
    (r"(?:^|[^A-Za-z0-9])inspect-[^/]*?-(?P<captured_ns>\d{19})\.json$", "an inspect named for its capture"),
)
_COMPILED = tuple(re.compile(p) for p, _ in HINTS)


KEYS = ("run", "tree", "recipe", "owner", "captured_ns")


@dataclass(frozen=True)
class Hints:
    """What one path tells; null is not told."""

    run: str | None = None
    tree: str | None = None
    recipe: str | None = None
    owner: str | None = None
    captured_ns: int | None = None


_PACKED = re.compile(r"([^/]+)\.[A-Za-z0-9]+!/\1$")


def unpacked(path: str) -> str:
    """The path that a file had before it was compressed: `logs/HEAD.gz!/HEAD` was `logs/HEAD`. Any other stays as it is."""
    return _PACKED.sub(r"\1", path)


def hints(path: str, run_patterns: tuple[str, ...] = ()) -> Hints:
    """Read run, tree, recipe and capture time off a path; declared patterns (group `run`) before our own."""
    found: dict[str, str] = {}
    for pattern in (*map(re.compile, run_patterns), *_COMPILED):
        if m := pattern.search(path):
            for key, value in m.groupdict().items():
                if value and key in KEYS:
                    found.setdefault(key, value)
    captured = found.pop("captured_ns", None)
    return Hints(**found, captured_ns=int(captured) if captured else None)
