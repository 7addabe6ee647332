"""A rule: a grammar over messages that yields one kind of event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from parsers.attrs import attrs
from parsers.record import Sample


@dataclass(frozen=True)
class Rule:
    """One rule.

    A line is looked at only if it holds one of any rule's `literals`; its message is claimed if `pattern` (Rust
    regex, named groups) matches. `columns` maps event columns, `extra` keys of attrs, to a group's name, or to an
    expression over the groups. `fixed` are constants.
    """

    name: str
    version: int
    kind: str
    literals: tuple[str, ...]
    pattern: str
    columns: Mapping[str, str | pl.Expr] = field(default_factory=dict)
    extra: Mapping[str, str | pl.Expr] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    references: tuple[str, ...] = ()
    beside: bool = False  # may claim a line that another rule claims too
    whole: bool = False  # looks once at a message's longest reading, with all that belongs to it, whatever else claims the line
    frames: bool = False  # looks at what a redraw replaced, not at what stood there in the end
    opener: str = ""  # an earlier line that matches it gives its first group as `opened_by`; without such a line none is claimed
    levels: tuple[str, ...] = ()  # only lines of these levels; the literals then stand in the whole line

    def claims(self, lines: pl.DataFrame) -> pl.Series:
        """Which of the lines (columns `msg`, `level`) this rule claims."""
        claimed = lines["msg"].str.contains(self.pattern)
        if self.opener:
            claimed &= lines["opened_by"].is_not_null()
        return claimed & lines["level"].is_in(self.levels).fill_null(False) if self.levels else claimed

    def apply(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Facts of those of the lines that this rule claims."""
        hit = lines.filter(self.claims(lines))
        return hit if hit.is_empty() else self.facts(hit)

    def facts(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Facts of lines that this rule claims, one each; the line's own columns ride along."""
        groups = lines.select(pl.col("msg").str.extract_groups(self.pattern).alias("g")).unnest("g")
        groups = groups.rename({c: f"g_{c}" for c in groups.columns}).with_columns(pl.when(pl.all() != "").then(pl.all()))
        wide = pl.concat([lines.rename({"level": "line_level"}), groups], how="horizontal")
        pick = lambda v: pl.col(f"g_{v}") if isinstance(v, str) else v  # noqa: E731
        given = {k: pick(v) for k, v in self.columns.items()} | {k: pl.lit(v) for k, v in self.fixed.items()}
        wide = wide.with_columns(kind=pl.lit(self.kind), parser=pl.lit(f"{self.name}/{self.version}"), **given)
        if not self.extra:
            return wide.with_columns(attrs=pl.lit(None, pl.String))
        told = wide.with_columns(pick(v).cast(pl.String).alias(k) for k, v in self.extra.items())  # a constant becomes a column
        return wide.with_columns(told.select(attrs(**{k: pl.col(k) for k in self.extra}).alias("attrs")).to_series())


def g(name: str) -> pl.Expr:
    """A named group of a rule's pattern, empty read as null."""
    return pl.col(f"g_{name}")


def by_exit(rc: pl.Expr) -> pl.Expr:
    """How something ended, by its exit status as text; null where none is told."""
    return pl.when(rc == "0").then(pl.lit("ok")).when(rc.is_not_null()).then(pl.lit("fail"))


def own_time(ts: pl.Expr) -> dict[str, pl.Expr]:
    """Columns of a message that states a time of its own, in whole seconds: it counts where the envelope told none."""
    own = pl.col("clock_kind").is_in(["none", "relative"]) & ts.is_not_null()
    return {
        "ts": pl.when(own).then(ts).otherwise("ts"),
        "resolution_us": pl.when(own).then(1_000_000).otherwise("resolution_us"),
        "clock_kind": pl.when(own).then(pl.lit("stated")).otherwise("clock_kind"),
    }


def stack_of(domain: pl.Expr) -> pl.Expr:
    """A domain's stack name: dots become underscores (lossy, so the domain is kept in attrs)."""
    return domain.str.replace_all(".", "_", literal=True)
