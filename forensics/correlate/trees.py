"""Which work tree a path means, whoever spells it.

A collected git dir `recipes/shared/discourse/git` and the tool's own `/srv/ci/abra/shared/recipes/discourse`
are one tree: its key is (owner, recipe).
"""

from __future__ import annotations

GIT_DIRS = (".git", "git")


def key(path: str | None) -> str | None:
    """Name a work tree by its owner and recipe: `shared/discourse`. Null for no path, or one without a recipe."""
    if not path:
        return None
    parts = [p for p in path.replace("\\", "/").split("/") if p not in ("", ".")]
    while parts and parts[-1] in GIT_DIRS:
        parts.pop()
    if parts and parts[-1].endswith((".yml", ".yaml", ".env")):
        parts.pop()
    if "recipes" not in parts:
        return "/".join(parts[-2:]) or None
    at = len(parts) - 1 - parts[::-1].index("recipes")
    before, after = parts[:at], parts[at + 1 :]
    if not after:
        return None
    if len(after) >= 2:
        return f"{after[-2]}/{after[-1]}"
    while before and before[-1] in ("abra", ".abra") and len(before) > 1:
        before.pop()
    return f"{before[-1]}/{after[0]}" if before else after[0]
