"""Errors: four parts, exit statuses, and nothing that steers a terminal."""

from __future__ import annotations

import pickle

import pytest

from forensics import errors
from forensics.errors import ForensicsError, SchemaError, SourceError, StoreError, UsageError, four_parts, printable


def test_an_error_says_what_where_why_and_what_to_type_next() -> None:
    error = UsageError("no run is called `m2`", "case `out/demo`", "the runs are ab, m2p", "forensics drift --run m2p")

    assert str(error) == (
        "error: no run is called `m2`\n"
        "  where: case `out/demo`\n"
        "  why:   the runs are ab, m2p\n"
        "  next:  forensics drift --run m2p"
    )  # fmt: skip


def test_lines_of_one_part_stand_under_each_other() -> None:
    assert four_parts("x", why="first\nsecond") == "error: x\n  why:   first\n         second"


def test_a_part_that_is_not_known_is_left_out() -> None:
    assert (
        str(SourceError("no format fits `a.log`", next="forensics formats a.log"))
        == "error: no format fits `a.log`\n  next:  forensics formats a.log"
    )


@pytest.mark.parametrize(("kind", "status"), [(ForensicsError, 1), (SourceError, 1), (UsageError, 2), (StoreError, 3), (SchemaError, 3)])
def test_whose_turn_it_is_decides_the_exit_status(kind: type[ForensicsError], status: int) -> None:
    assert kind("x").exit_status == status
    assert issubclass(kind, ForensicsError)


def test_every_error_is_exported() -> None:
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, ForensicsError)}

    assert kinds <= set(errors.__all__)


def test_an_error_survives_the_way_back_from_a_worker_process() -> None:
    back = pickle.loads(pickle.dumps(StoreError("what", "where", "why", "next")))

    assert type(back) is StoreError
    assert (back.what, back.where, back.why, back.next) == ("what", "where", "why", "next")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("bell\x07", r"bell\x07"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\udcff", r"\udcff"),
        ("upgrade→PR-head: Größe", "upgrade→PR-head: Größe"),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert shown in str(UsageError(text))
