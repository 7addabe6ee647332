"""Known faults of the infrastructure, by what a line that tells of one holds; and the pairs of a line that logrus wrote.

A fault is put on whoever was at work when it struck: a recipe, a run, a deploy. So it is looked for wherever a line may tell of it.
"""

from __future__ import annotations

import re

import polars as pl

# The name of a fault, and what the line must hold. The first that matches names it.
SIGNATURES: tuple[tuple[str, str], ...] = (
    ("vip-exhausted", r"could not find an available IP while allocating VIP"),
    ("key-modified", r"Unable to complete atomic operation, key modified"),
    ("rate-limited", r"toomanyrequests"),
    ("no-space", r"(?i)no space left on device|\bENOSPC\b"),
    ("read-only-filesystem", r"(?i)read-only file system"),
    ("network-remove-failed", r"network \S+ remove failed"),
    ("bind-source-missing", r"bind source path does not exist"),
    ("port-taken", r"port is already allocated|(?i:address already in use)"),
    ("image-pull-failed", r"pulling image failed|pull access denied|manifest unknown"),
    ("out-of-memory", r"(?i)cannot allocate memory"),
    ("migrations-locked", r"MigrationsAreLockedError"),
    ("relation-missing", r'relation "[^"]*" does not exist'),
    ("network-changed", r"net::ERR_NETWORK_CHANGED"),
)
ANY = "|".join(f"(?:{pattern})" for _, pattern in SIGNATURES)
# Whatever a signature matches stands in a line that holds one of these.
LITERALS = (
    "while allocating VIP",
    "key modified",
    "toomanyrequests",
    "left on device",
    "ENOSPC",
    "ile system",
    "remove failed",
    "does not exist",
    "already allocated",
    "ddress already in use",
    "pulling image failed",
    "pull access denied",
    "manifest unknown",
    "llocate memory",
    "MigrationsAreLocked",
    "net::ERR_NETWORK",
)
FATAL = "fatal task error"
QUOTED = r'"(?:[^"\\]|\\.)*"'


def fault(text: pl.Expr) -> pl.Expr:
    """The name of the fault that a text tells of; null for none."""
    return pl.coalesce(pl.when(text.str.contains(pattern)).then(pl.lit(name)) for name, pattern in SIGNATURES)


def value(pairs: pl.Expr, key: str) -> pl.Expr:
    """The value of a trailing `key=value`, or of a member `"key":"value"` of a JSON object."""
    named = re.escape(key)
    plain = pairs.str.extract(rf"(?:^| ){named}=({QUOTED}|\S*)")
    return unquoted(pl.coalesce(plain, pairs.str.extract(rf'"{named}"\s*:\s*({QUOTED})')))


def unquoted(text: pl.Expr) -> pl.Expr:
    """A value as it was before it was quoted."""
    inside = (
        text.str.strip_prefix('"')
        .str.strip_suffix('"')
        .str.replace_all('\\"', '"', literal=True)
        .str.replace_all("\\n", "\n", literal=True)
    )
    return pl.when(text.str.starts_with('"')).then(inside).otherwise(text)


def told(msg: pl.Expr, error: pl.Expr) -> pl.Expr:
    """What logrus was given to say: its message, and the error that it was given with it."""
    return pl.when(error.is_null()).then(msg).otherwise(pl.concat_str(msg, pl.lit(": "), error))
