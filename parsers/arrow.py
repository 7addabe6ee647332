"""From Arrow to polars without what polars loads on the way.

`pl.from_arrow` of an array loads all of Arrow's compute functions, a fifth of a second; through Arrow's C interface it is the same array.

References:
    https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa


@dataclass(frozen=True)
class _Exported:
    array: pa.Array

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self.array.__arrow_c_array__(requested_schema)


def series(array: pa.Array, name: str = "") -> pl.Series:
    """An Arrow array as a series, sharing its bytes where polars can."""
    return pl.Series(name, _Exported(array))
