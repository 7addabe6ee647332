"""The edge between frames and arrays: the columns a function reads, checked when it is called."""

import polars as pl

from forensics.errors import SchemaError

Frame = pl.DataFrame | pl.LazyFrame


def taken(frame: Frame, what: str, *columns: str) -> pl.DataFrame:
    """Collect these columns of a table; `what` names the table for people.

    Raises:
        SchemaError: A column is missing.
    """
    there = frame.collect_schema().names()
    missing = [column for column in columns if column not in there]
    if missing:
        raise SchemaError(
            f"the table of {what} has no column {', '.join(f'`{column}`' for column in missing)}",
            where=f"columns there: {', '.join(there) or 'none'}",
            why=f"this needs {', '.join(columns)}",
            next="add the column; where a value is not known it is null",
        )
    return frame.lazy().select(columns).collect()
