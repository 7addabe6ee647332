"""Whether two version values are the same: yes, no, or not to be compared (`void`).

A value is first stripped of `+U`, the mark of a dirty tree. Then, in this order:

- One that is not known (null) is void against anything.
- One spelling is one value: yes.
- `absent`, the value of a removed service, is no other value: no.
- A release or a name that the repository's tags resolve stands for its commit.
- Two commits are the same if one is a prefix of the other and, among the known ids, only one id has that prefix;
  if several have it: void. Otherwise no.
- Two releases (`0.7.0+3.3.1`) of different spelling, and two values of no known form (images, counters): no.
- Anything else, such as a name ("main") against a hash: void.

What looks like a hash (`HASH`) is one, even where it has digits only and could be a release.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

Same = Literal["yes", "no", "void"]
SAME = pl.Enum(["no", "void", "yes"])
ABSENT = "absent"
HASH = r"[0-9a-f]{7,64}"
RELEASE = r"v?[0-9][\w.-]*\+\S+|v?[0-9]+(\.[0-9]+)+([-.]\w+)*"
NAME = r"[A-Za-z_][\w./-]*"
_END_OF_PREFIX = "g"  # the first character after the hexadecimal ones


@dataclass(frozen=True)
class Known:
    """What a repository says: full commit ids, and which commit each tag names."""

    ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = Known()


def eq(x: str | None, y: str | None, known: Known = NOTHING_KNOWN) -> Same:
    """Compare two values; see the module for the rules."""
    if x is None or y is None:
        return "void"
    x, y = x.removesuffix("+U"), y.removesuffix("+U")
    if x == y:
        return "yes"
    if ABSENT in (x, y):
        return "no"
    a, b = known.tags.get(x, x), known.tags.get(y, y)
    forms = {_form(a), _form(b)}
    if forms == {"commit"}:
        return _commits(a, b, {*known.ids, *known.tags.values(), x, y})
    return "no" if forms in ({"release"}, {"other"}) else "void"


def _form(value: str) -> str:
    if re.fullmatch(HASH, value):
        return "commit"
    if re.fullmatch(RELEASE, value):
        return "release"
    return "name" if re.fullmatch(NAME, value) else "other"


def _commits(a: str, b: str, ids: Iterable[str]) -> Same:
    short, long = sorted((a, b), key=len)
    if not long.startswith(short):
        return "no"
    sharing = {i for i in ids if re.fullmatch(HASH, i) and i.startswith(short)}
    distinct = [i for i in sharing if not any(other != i and other.startswith(i) for other in sharing)]
    return "yes" if len(distinct) <= 1 else "void"


class Values:
    """The same comparison for columns: each distinct spelling is read once, rows are compared as integers.

    The spellings given here count as known ids beside those of the repository, so that a prefix shared by two
    observed commits is void, repository or not.
    """

    def __init__(self, columns: Iterable[pl.Series], known: Known = NOTHING_KNOWN) -> None:
        spelled = [column.cast(pl.String).rename("value").unique() for column in columns]
        listed = pl.Series("value", [*known.ids, *known.tags.keys(), *known.tags.values()], dtype=pl.String)
        spellings = pl.concat([*spelled, listed]).drop_nulls().str.strip_suffix("+U").unique().sort()
        tags = pl.DataFrame(list(known.tags.items()), schema={"value": pl.String, "resolved": pl.String}, orient="row")
        table = (
            spellings.to_frame()
            .join(tags, on="value", how="left", maintain_order="left")
            .with_columns(resolved=pl.coalesce("resolved", "value"))
            .with_columns(
                form=pl.when(pl.col("value") == ABSENT)
                .then(0)
                .when(_is(HASH))
                .then(1)
                .when(_is(RELEASE))
                .then(2)
                .when(_is(NAME))
                .then(3)
                .otherwise(4)
            )
            .with_row_index("code")
        )
        self._numbered = table.select("value", "code")
        self._form = table["form"].to_numpy()
        self._first, self._end, self._shared = _prefixes(table["resolved"], self._form == 1)

    def codes(self, column: pl.Series) -> np.ndarray:
        """One number per row for its spelling; -1 where null. The column must be among those given."""
        stripped = column.cast(pl.String).str.strip_suffix("+U").rename("value").to_frame()
        return stripped.join(self._numbered, on="value", how="left", maintain_order="left")["code"].cast(pl.Int64).fill_null(-1).to_numpy()

    def same(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Int8 per pair of numbers: 1 yes, 0 void, -1 no."""
        if not len(self._form):
            return np.zeros(len(x), np.int8)
        form_x, form_y = self._form[x], self._form[y]
        x_holds_y = (self._first[x] <= self._first[y]) & (self._first[y] < self._end[x])
        y_holds_x = (self._first[y] <= self._first[x]) & (self._first[x] < self._end[y])
        shorter_shared = np.where(x_holds_y, self._shared[x], self._shared[y])
        commits = np.where(x_holds_y | y_holds_x, np.where(shorter_shared, 0, 1), -1)
        alike = np.where((form_x == form_y) & ((form_x == 2) | (form_x == 4)), -1, 0)
        out = np.where((form_x == 1) & (form_y == 1), commits, alike)
        out = np.where((form_x == 0) | (form_y == 0), -1, out)
        out = np.where(x == y, 1, out)
        return np.where((x < 0) | (y < 0), 0, out).astype(np.int8)


def _is(form: str) -> pl.Expr:
    return pl.col("resolved").str.contains(f"^(?:{form})$")


def _prefixes(resolved: pl.Series, commit: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each commit stands among all, sorted, where those it is a prefix of end, and whether they are several.

    Sorted, the ids with one prefix follow it directly. They are several if more than one of them is a prefix of
    nothing longer.
    """
    first, end, shared = (np.zeros(len(resolved), kind) for kind in (np.int64, np.int64, bool))
    hashes = resolved.filter(pl.Series(commit)) if len(resolved) else resolved
    ids = hashes.unique().sort()
    if not len(ids):
        return first, end, shared
    longest = ~ids.shift(-1).str.starts_with(ids).fill_null(False).to_numpy()
    before = np.concatenate([[0], np.cumsum(longest)])
    first[commit] = ids.search_sorted(hashes).to_numpy()
    end[commit] = ids.search_sorted(hashes + _END_OF_PREFIX).to_numpy()
    shared[commit] = before[end[commit]] - before[first[commit]] > 1
    return first, end, shared


def eq_columns(x: pl.Series, y: pl.Series, known: Known = NOTHING_KNOWN) -> pl.Series:
    """Compare two columns row by row: `yes`, `no` or `void` (an ordered enum, `no` lowest)."""
    values = Values([x, y], known)
    return verdicts(values.same(values.codes(x), values.codes(y)))


def verdicts(same: np.ndarray) -> pl.Series:
    """The words for what `Values.same` returns."""
    return pl.Series("same", SAME.categories.gather(same + 1)).cast(SAME)
