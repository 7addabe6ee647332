"""Tables fit, machines get JSON, and nothing from a log steers the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.cli import output
from forensics.cli.output import Column, fitted

COLUMNS = (Column("run", "run"), Column("where", "where", wide=True), Column("n", "lines", right=True))
TIMED = (Column("run", "run"), Column("time", "at"), Column("cause", "cause"))
ROWS = [
    {
        "run": "m2p",
        "where": "runs/m2p/inspect-identity-1795423399844011432.json:12 and again in runs/m2p/harness.log:88, word for word",
        "n": 7,
    },
    {"run": "dstamp-repro4", "where": None, "n": None},
]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("long", [0, output.SHORT])
@given(
    key=st.sampled_from(["", "db_password", "text", "path"]),
    text=st.sampled_from(["", "plain", "API_TOKEN=abc", '{"key":"DB_PASSWORD","value":"x"}', "a" * 44]),
)
def test_a_text_is_redacted_the_same_every_time_and_under_each_name(key: str, text: str, long: int) -> None:
    text += " " * long
    first = output.safe(text, key)

    assert output.safe(text, "text") == output.safe(text, "")
    assert output.safe(text, key) == first
    assert (first == text) is (key == "path" or (key != "db_password" and text.strip() in ("", "plain", "a" * 44)))


@pytest.mark.parametrize("width", [40, 80, 132])
def test_a_table_fits_and_loses_nothing(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    output.table(ROWS, COLUMNS)

    lines = printed(capsys)
    assert max(map(len, lines)) <= width
    assert "".join("".join(lines).split()).count("harness.log:88") <= 1
    shown = "".join(sorted("".join(" ".join(lines).split())))
    wanted = "run where lines" + "".join(str(value) for row in ROWS for value in row.values() if value is not None)
    assert shown == "".join(sorted("".join(wanted.split())))


def test_without_a_terminal_a_table_is_80_columns_of_plain_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)

    output.table([{"run": "PROVEN", "where": "x" * 200, "n": 1}], COLUMNS)

    lines = printed(capsys)
    assert max(map(len, lines)) == 80
    assert not any("\x1b" in line or line != line.rstrip() for line in lines)


def test_a_column_that_nobody_fills_is_left_out_unless_it_is_always_there(capsys: pytest.CaptureFixture[str]) -> None:
    columns = Column("a", "first"), Column("b", "second"), Column("c", "third", always=True)

    output.table([{"a": 1, "b": None, "c": None}], columns)

    assert printed(capsys)[0].split() == ["first", "third"]


def test_what_a_log_says_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.table([{"run": "\x1b[2J\x1b]0;title\x07[bold]x[/bold]", "where": "a\rb"}], COLUMNS)
    output.machine([{"run": "\x1b[2J\x9b"}])

    out = capsys.readouterr().out
    assert not set(out) & {"\x1b", "\x07", "\r", "\x9b"}
    assert "[bold]x[/bold]" in out


def test_machines_get_one_object_a_line_with_null_kept(capsys: pytest.CaptureFixture[str]) -> None:
    output.machine(
        [
            {
                "at": datetime(2026, 11, 23, 12, tzinfo=UTC),
                "for": timedelta(milliseconds=1500),
                "none": None,
                "text": "a\nb",
                "bytes": b"\xff",
                "deep": {"x": ["ü"]},
            },
            {},
        ]
    )

    lines = printed(capsys)
    assert json.loads(lines[0]) == {
        "at": "2026-11-23T12:00:00.000000Z",
        "for": 1.5,
        "none": None,
        "text": "a\nb",
        "bytes": "\\xff",
        "deep": {"x": ["ü"]},
    }
    assert lines[1] == "{}"


@given(
    st.lists(st.tuples(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.integers(1, 20)), min_size=1, max_size=9),
    st.integers(1, 200),
)
def test_widths_fit_into_the_room_and_none_grows(columns: list[tuple[list[int], int]], room: int) -> None:
    sizes = [texts for texts, _ in columns]
    least = [min(narrowest, *texts) for texts, narrowest in columns]

    widths = fitted(sizes, least, room)

    assert (widths is None) is (sum(least) > room)
    if widths is not None:
        assert sum(widths) <= room
        assert all(narrowest <= width <= max(texts) for narrowest, width, texts in zip(least, widths, sizes, strict=True))
        if sum(map(max, sizes)) <= room:
            assert widths == [max(texts) for texts in sizes]


@pytest.mark.parametrize(
    ("sizes", "widths"),
    [
        (([5, 13, 13], [5, 60, 10], [5, 5, 5]), [13, 32, 5]),  # the widest gives way where nothing else tells them apart
        (([3, 30, 30, 30, 30], [4, 8, 8, 8, 72]), [30, 20]),  # one long text is folded, rather than one in every row
    ],
)
def test_what_folds_the_fewest_lines_gives_way_first(sizes: tuple[list[int], ...], widths: list[int]) -> None:
    assert fitted(sizes, [min(10, max(texts)) for texts in sizes], 50) == widths


def test_where_columns_are_too_many_each_row_is_a_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")

    output.table(
        [{"run": "m2p", "time": "08:43:19.841", "cause": "wrong-head"}, {"run": "ab", "time": None, "cause": "as-intended"}], TIMED
    )

    assert printed(capsys) == ["run    m2p", "at     08:43:19.841", "cause  wrong-head", "", "run    ab", "cause  as-intended"]


def test_a_header_may_be_folded_where_its_column_may_not(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "19")

    output.table([{"time": "08:43:19.841", "n": 7}], (Column("time", "at"), Column("n", "in events", right=True)))

    assert [line.split() for line in printed(capsys)] == [["at", "in"], ["events"], ["08:43:19.841", "7"]]


def test_a_citation_points_where_it_points_whatever_the_file_is_called() -> None:
    assert output.place({"path": "runs/secret.log", "line": 12}) == "runs/secret.log:12"
    assert output.place({"path": "a\x1b[2J.log", "line": 1}) == "a\\x1b[2J.log:1"


def test_what_is_to_be_known_of_a_source_names_it_whatever_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    output.note_of("secret.log", "it cannot be read; API_TOKEN=abc")

    assert capsys.readouterr().err == "attention: secret.log: it cannot be read; API_TOKEN=[redacted]\n"


@pytest.mark.parametrize(
    ("octets", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (98_605, "98.6 kB"), (999_600, "1.0 MB"), (123_456_789, "123 MB")]
)
def test_a_size_is_said_in_powers_of_ten(octets: int, said: str) -> None:
    assert output.size(octets) == said


def test_what_is_not_known_is_not_a_number() -> None:
    assert output.duration(None) is output.size(None) is output.count(None) is None


def test_prose_is_wrapped_behind_its_label(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    output.say("because the label went back to what it was before", indent=2, label="PROVEN  ")

    lines = printed(capsys)
    assert len(lines) > 1
    assert lines[0].startswith("  PROVEN") and all(line.startswith(" " * 10) and len(line) <= 40 for line in lines[1:])


SECRETS = [
    {"text": "export DB_PASSWORD=hunter2"},
    {"db_password": "hunter2"},
    {"attrs": {"domain": "x.example.org", "key": "DB_PASSWORD", "value": "hunter2"}},
    {"attrs": '{"key":"DB_PASSWORD","value":"hunter2"}'},
    {"deep": [{"api_token": ["hunter2"]}]},
    {"raw": b"SECRET_TOKEN=hunter2\n"},
]


@pytest.mark.parametrize("row", SECRETS, ids=str)
def test_secrets_are_redacted_for_machines_and_people(row: dict, capsys: pytest.CaptureFixture[str]) -> None:
    output.machine([row])
    output.table([row], [Column(key, key) for key in row])

    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert "[redacted]" in out


def test_what_only_looks_like_a_pair_stays() -> None:
    assert output.plain({"key": "TYPE", "value": "discourse"}) == {"key": "TYPE", "value": "discourse"}
    assert output.safe('{"key":"TYPE","value":"discourse"}') == '{"key":"TYPE","value":"discourse"}'


def test_a_locator_comes_out_as_it_is_whatever_it_looks_like(capsys: pytest.CaptureFixture[str]) -> None:
    path = "recipes/shared/discourse/git/logs/refs/remotes/origin/HEAD"

    output.machine([{"evidence": [{"path": path, "sha256": "a" * 64}]}])
    output.table([{"path": path}], [Column("path", "path")])

    assert capsys.readouterr().out.count(path) == 2
