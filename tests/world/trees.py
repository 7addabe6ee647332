"""The recipe's repository and work trees: git moves HEAD with a reflog line, the deploy tool without one."""

from __future__ import annotations

from dataclasses import dataclass, field

ZERO = "0" * 40
BASE, HEAD, OTHER = (
    "92a304dda03f5f9aa416fcb24905b6dd2703f0a2",
    "a7be5baed346790646d2444a2d6f064ab6bc30a9",
    "744c42e57140dae1dbaf1e4de20b19acb90d00b2",
)
RELEASE = "0.7.0+3.3.1"
VERSIONS = {BASE: RELEASE, HEAD: "0.9.0+3.5.0", OTHER: "0.9.0+3.5.0"}
LOG = f"""{BASE} 2026-11-23T08:00:00+00:00 tag: {RELEASE}, origin/main, origin/HEAD, main chore: publish {RELEASE}
{HEAD} 2026-11-23T08:00:00+00:00 origin/pr upgrade to 0.9.0+3.5.0
{OTHER} 2026-11-23T08:00:00+00:00 origin/pr2 upgrade to 0.9.0+3.5.0
"""


@dataclass
class Tree:
    """One work tree: where HEAD is, whether an overlay lies in it, and the reflog of HEAD."""

    owner: str
    head: str = ZERO
    dirty: bool = False
    reflog: list[str] = field(default_factory=list)
    symbolic: bool = True

    @property
    def path(self) -> str:
        """Where the runs see it."""
        return f"/srv/ci/abra/{self.owner}/recipes/discourse"

    def _move(self, now: float, new: str, message: str) -> None:
        self.reflog.append(f"{self.head} {new} ci <ci@ci.example.org> {int(now)} +0000\t{message}")
        self.head = new

    def clone(self, now: float) -> None:
        """Begin with main."""
        if self.head == ZERO:
            self._move(now, BASE, "clone: from /srv/ci/upstream/recipe-maintainers/discourse")

    def checkout(self, now: float, to: str, typed: str | None = None) -> None:
        """`git checkout`: nothing is logged between refs of one commit while HEAD is detached."""
        if self.head != to or self.symbolic:
            source = "main" if self.symbolic else self.head
            self._move(now, to, f"checkout: moving from {source} to {typed or to}")
            self.symbolic = False

    def go_git(self, to: str) -> None:
        """The tool's own checkout: HEAD moves, the reflog stays."""
        self.head, self.symbolic = to, False
