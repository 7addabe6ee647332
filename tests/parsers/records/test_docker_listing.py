from __future__ import annotations

import polars as pl
import pytest

from parsers.records.docker_listing import begins_with_object, begins_with_titles, objects, table

TITLES, COLUMNS = r"^ID +NAME +MODE(?: +PORTS)? *$", {"ID": "ID", "Name": "NAME", "Mode": "MODE", "Ports": "PORTS"}


def batch(*lines: str) -> pl.DataFrame:
    raw = [f"{line}\n".encode() for line in lines]
    numbers = range(1, len(raw) + 1)
    return pl.DataFrame(
        {"source": [0] * len(raw), "line_no": numbers, "offset": [0] * len(raw), "raw": raw, "text": lines},
        schema_overrides={"source": pl.UInt32},
    )


def read(rows: pl.DataFrame, *keys: str) -> list[tuple]:
    return rows.select("line_no", *keys).rows()


def test_a_row_is_cut_where_the_titles_above_it_begin_and_empty_is_null() -> None:
    rows = table(
        batch(
            "$ command", "ID   NAME  MODE  PORTS", "x1   a b   glo   :80->80", "x2         rep", "", "ID NAME MODE", "y  c    rep, as told"
        ),
        TITLES,
        COLUMNS,
    )

    assert read(rows, *COLUMNS) == [(3, "x1", "a b", "glo", ":80->80"), (4, "x2", None, "rep", None), (7, "y", "c", "rep, as told", None)]


def test_a_line_that_is_one_object_of_strings_is_a_row() -> None:
    rows = objects(
        batch('[{"Name":"a \\"b\\"","Mode":" "},', '{"Name":"c","Mode":1}', 'x {"Name":"d"}', '{"Name":"e","Other":"o"}]'), ["Name", "Mode"]
    )

    assert read(rows, "Name", "Mode") == [(1, 'a "b"', None), (4, "e", None)]


@pytest.mark.parametrize(
    ("head", "begins"),
    [(b"\nID NAME MODE\r\nx y z\n", True), (b"$ docker\nID NAME MODE PORTS\n", True), (b"a\nb\nID NAME MODE\n", False), (b"", False)],
)
def test_a_table_begins_with_its_titles_or_behind_a_command(head: bytes, begins: bool) -> None:
    assert begins_with_titles(TITLES, head) is begins


@pytest.mark.parametrize(
    ("head", "begins"),
    [
        (b'{"Name":"a","Mode":"b"}\n', True),
        (b'\xef\xbb\xbf[\n{"Mode":"b","Name":"a"}', True),
        (b'{"Name":"a"}\n{"Mode":"b"}\n', False),
        (b"", False),
    ],
)
def test_objects_begin_with_one_that_has_the_keys(head: bytes, begins: bool) -> None:
    assert begins_with_object(head, ("Name", "Mode")) is begins
