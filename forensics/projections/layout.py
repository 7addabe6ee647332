"""How evidence is laid out: from files that say which run they are of to those that do not.

    builds/281/results.json says 281     builds/281/harness.txt is 281's, and a log in builds/282/ is 282's
    282-harness.log says 282             282-inspect-identity-….json is 282's, and 283-harness.log is 283's
    out/harness.log says m2p             out/02-app-deploy.log, which no other log is nearer to, is m2p's

A name of a run counts where it stands in a path as a word, not inside of one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[^\W_]+")
# What a log is called that is called for what it is: of which run, its folder says, if anything.
_PLAIN = re.compile(r"(?i)(?:harness|console|log|logs|output|out|stdout|stderr|build|job|run|journal|typescript|test|ci)\d*")

Above = tuple[str, ...]  # the folders that a file or folder lies in
Around = tuple[str, str]  # what stands before and behind a run's name


class Layout:
    """What is known of paths. `learn` from all that name their run before asking for others."""

    def __init__(self) -> None:
        self.runs: set[str] = set()
        self._folders: dict[Above, set[Around]] = defaultdict(set)
        self._files: dict[Above, set[Around]] = defaultdict(set)
        self._logs: dict[str, set[str]] = {}

    def learn(self, path: str, run: str, *, log: bool = False) -> None:
        """A file of this run; `log` where it holds the run's first line, or its last."""
        *above, name = path.split("/")
        self.runs.add(run)
        for templates, depth, part in (*((self._folders, n, part) for n, part in enumerate(above)), (self._files, len(above), name)):
            if part.count(run) == 1 and run in _words(part):
                before, _, behind = part.partition(run)
                templates[tuple(above[:depth])].add((before, behind))
        if log:
            self._logs.setdefault("/".join(above), set()).add(run)

    def run_of(self, path: str) -> str | None:
        """The run that a file belongs to, of those known: that its path names, else whose log lies nearest; null where none or several may be."""
        above = path.split("/")[:-1]
        if run := self._said(path):
            return run
        for depth in range(len(above), -1, -1):
            if logs := self._logs.get("/".join(above[:depth])):
                return next(iter(logs)) if len(logs) == 1 else None
        return None

    def _said(self, path: str) -> str | None:
        if (run := self._folder(path.split("/")[:-1])) in self.runs:
            return run
        found = {word for part in path.split("/") for word in _words(part) if word in self.runs}
        found = {word for word in found if not any(word != other and word in _words(other) for other in found)}
        return found.pop() if len(found) == 1 else None

    def name(self, path: str) -> str:
        """What to call the run of a log that does not name it: as its path is laid out, else after its file or its folder."""
        *above, name = path.split("/")
        if found := self._said(path) or self._folder(above) or _between(name, self._files.get(tuple(above))):
            return found
        stem = re.sub(r"(?:\.\w{1,8})+$", "", name)
        plain = bool(_PLAIN.fullmatch(stem))
        called = above[-1] if plain and above and not _PLAIN.fullmatch(above[-1]) else path if plain else stem
        return path if called in self.runs else called

    def _folder(self, above: list[str]) -> str | None:
        for depth, part in enumerate(above):
            if run := _between(part, self._folders.get(tuple(above[:depth]))):
                return run
        return None


def _between(text: str, around: Iterable[Around] | None) -> str | None:
    """What stands where a run's name would, by the first of these that fits."""
    for before, behind in sorted(around or ()):
        if text.startswith(before) and text.endswith(behind) and len(text) > len(before) + len(behind):
            return text[len(before) : len(text) - len(behind)]
    return None


def _words(text: str) -> Iterator[str]:
    """Everything that begins and ends with a word: `ab-281.log` gives `ab`, `ab-281`, `ab-281.log`, `281`, `281.log`, `log`."""
    spans = [m.span() for m in _WORD.finditer(text)][:12]
    return (text[a:b] for n, (a, _) in enumerate(spans) for _, b in spans[n:])
