"""case.toml says what people know, and a slip of the pen is an error that names the way out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forensics import config as cli_config
from forensics.case import Case
from forensics.config import Config, read_config
from forensics.errors import UsageError
from forensics.ingest import ingest
from forensics.replay import replay
from tests.store.cases import write

WHOLE = r"""
[zones]
"runs/*/console.log" = "Europe/Berlin"
[years]
"syslog*" = 2026
"host:ci2" = "2025-11-01"
[offsets]
"host:ci2" = 0.35
"dockerd.log" = [-2.0, 0.5]
[runs]
patterns = ['^nightly/(?P<run>[^/]+)/']
"""


def config(folder: Path, text: str) -> Config:
    path = folder / "case.toml"
    path.write_text(text, "utf-8")
    return read_config(path)


def test_no_file_and_an_empty_one_declare_nothing(tmp_path: Path) -> None:
    assert read_config(tmp_path / "case.toml") == Config() == config(tmp_path, "")


def test_all_of_it_is_read(tmp_path: Path) -> None:
    said = config(tmp_path, WHOLE)

    assert said.zones == (("runs/*/console.log", "Europe/Berlin"),)
    assert said.years == (("syslog*", date(2026, 1, 1)), ("host:ci2", date(2025, 11, 1)))
    assert said.offsets == (("host:ci2", (350_000, 350_000)), ("dockerd.log", (-2_000_000, 500_000)))
    assert said.run_patterns == ("^nightly/(?P<run>[^/]+)/",)


def test_what_the_page_declares_is_read_and_is_what_the_module_shows(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/declaring.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]

    assert config(tmp_path, example).zones == config(tmp_path, WHOLE).zones
    assert config(tmp_path, example).offsets == config(tmp_path, WHOLE).offsets
    assert all(line.strip() in (cli_config.__doc__ or "") for line in example.splitlines())


def test_an_offset_moves_every_log_and_no_record_of_dockers_own(tmp_path: Path) -> None:
    log = 'time="2026-11-23T08:42:46.5Z" level=error msg="fatal task error" error="task: non-zero exit (1)" service.id=s task.id=t\n'
    event = '{"Type":"service","Action":"create","Actor":{"ID":"s","Attributes":{"name":"s_app"}},"scope":"swarm","time":1795423366,"timeNano":1795423366500000000}\n'
    folder = write(tmp_path / "evidence", {"dockerd.log": log.encode(), "events.ndjson": event.encode()})
    (tmp_path / "case").mkdir()
    (tmp_path / "case/case.toml").write_text('[offsets]\n"*" = 2\n', "utf-8")
    case = Case.create(tmp_path / "case")

    ingest(case, [folder])

    told = dict(case.events().collect().select("path", "ts").iter_rows())
    assert {path: ts.strftime("%H:%M:%S.%f") for path, ts in told.items()} == {
        "dockerd.log": "08:42:44.500000",
        "events.ndjson": "08:42:46.500000",
    }


@pytest.mark.parametrize(
    ("text", "what", "next_"),
    [
        ("zoned = 1", "`zoned` is not known", "write `zones`"),
        ("xyzzy = 1", "`xyzzy` is not known", "remove `xyzzy`"),
        ("zones = 3", "`zones` is no table", "begin it with a line [zones]"),
        ("= 3", "is not TOML", "mend that line"),
        ('[zones]\n"a" = "Europe/Berlln"', "no zone is called `Europe/Berlln`", "Europe/Berlin"),
        ('[offsets]\n"a" = "x"', "`x` is no offset", "[-0.5, 0.5]"),
        ('[offsets]\n"a" = [2, 1]', "is no offset", "[-0.5, 0.5]"),
        ('[offsets]\n"a" = true', "is no offset", "[-0.5, 0.5]"),
        ('[years]\n"a" = "soon"', "`soon` is no year", "2026"),
        ('[years]\n"a" = true', "`True` is no year", "2026"),
        ('[years]\n"a" = 26', "`26` is no year", "2026"),
        ("[runs]\npattern = []", "`pattern` is not known", "write `patterns`"),
        ("[runs]\npatterns = ['(']", "is no pattern", "mend the regular expression"),
        ("[runs]\npatterns = ['a']", "names no run", "(?P<run>...)"),
        ("formats = 3", "`formats` is no list", "formats = [...]"),
        ('formats = ["nowhere.toml"]', "`nowhere.toml` is no file of formats", "docs/formats-of-your-own.md"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(tmp_path: Path, text: str, what: str, next_: str) -> None:
    with pytest.raises(UsageError) as caught:
        config(tmp_path, text)

    assert what in caught.value.what
    assert next_ in caught.value.next
    assert "case.toml" in caught.value.where
    assert caught.value.why


def test_a_declared_zone_moves_what_states_none(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    (case.path / "case.toml").write_text('[zones]\n"a.log" = "Europe/Berlin"\n')
    line = b"2026-07-01 12:00:00,000 INFO ccci.run: deploy_app: disc.example.org\n" * 3

    ingest(case, [write(tmp_path / "evidence", {"a.log": line, "b.log": line})])

    found = case.events().unique("path").sort("path").collect()
    assert found["ts"].dt.hour().to_list() == [10, 12]


LOCAL = b"2026-07-01 12:00:00,000 INFO ccci.run: deploy_app: disc.example.org\n"


def hours(case: Case) -> dict[str, list[int]]:
    found = case.events().sort("path", "line_no").collect()
    return {path: part["ts"].dt.hour().to_list() for (path,), part in found.partition_by("path", as_dict=True).items()}


def test_an_option_declares_for_this_and_every_later_ingest_and_replay(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "1", {"a.log": LOCAL, "b.log": LOCAL})], declared={"zones": ["Europe/Berlin", "b.log=Asia/Tokyo"]})
    ingest(case, [write(tmp_path / "2", {"c.log": LOCAL * 2})])
    assert hours(case) == {"a.log": [10], "b.log": [3], "c.log": [10, 10]}

    assert replay(case)["changed"] == 0
    replay(case, declared={"zones": ["UTC"], "offsets": ["c.log=3600"]})

    again = Case.open(case.path)
    assert hours(again) == {"a.log": [12], "b.log": [3], "c.log": [11, 11]}
    assert not again.stale()


def test_changing_case_toml_and_replaying_changes_the_events(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", {"nightly/m2/a.log": LOCAL})])
    (case.path / "case.toml").write_text('[zones]\n"*" = "Europe/Berlin"\n[runs]\npatterns = [\'^nightly/(?P<run>[^/]+)/\']\n')
    changed = Case.open(case.path)
    assert changed.stale() == ["nightly/m2/a.log"]

    replay(changed)

    again = Case.open(case.path)
    assert hours(again) == {"nightly/m2/a.log": [10]}
    assert again.events().collect()["run"].to_list() == ["m2"]
    assert not again.stale()
    assert "zone:*=Europe/Berlin" in [e for e in again.ledger.entries if e["kind"] == "parsers"][-1]["versions"]


def test_case_toml_goes_before_options(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    (case.path / "case.toml").write_text('[zones]\n"a.log" = "Asia/Tokyo"\n')

    ingest(case, [write(tmp_path / "evidence", {"a.log": LOCAL, "b.log": LOCAL})], declared={"zones": ["a.log=UTC", "Europe/Berlin"]})

    assert hours(case) == {"a.log": [3], "b.log": [10]}


@pytest.mark.parametrize(
    ("declared", "what", "next_"),
    [
        ({"zones": ["Europe/Berlln"]}, "no zone is called `Europe/Berlln`", "--zone '*=Europe/Berlin'"),
        ({"years": ["a.log=soon"]}, "`soon` is no year", "--year 'a.log=2026'"),
        ({"offsets": ["host:x=fast"]}, "`fast` is no offset", "--offset 'host:x=-0.5,0.5'"),
        ({"offsets": ["2,1"]}, "`2,1` is no offset", "--offset"),
        ({"zones": ["=UTC"]}, "names no source", "--zone"),
    ],
)
def test_an_option_that_cannot_be_read_stops_before_anything_is_read(tmp_path: Path, declared: dict, what: str, next_: str) -> None:
    case = Case.create(tmp_path / "case")

    with pytest.raises(UsageError) as caught:
        ingest(case, [write(tmp_path / "evidence", {"a.log": LOCAL})], declared=declared)

    assert what in caught.value.what and next_ in caught.value.next and caught.value.where.startswith("--")
    assert case.sources().is_empty()


def test_a_wrong_case_toml_stops_an_ingest_before_anything_is_read(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    (case.path / "case.toml").write_text("zone = 1\n")

    with pytest.raises(UsageError, match="`zone` is not known"):
        ingest(case, [write(tmp_path / "evidence", {"a.log": b"a\n"})])

    assert case.sources().is_empty()
