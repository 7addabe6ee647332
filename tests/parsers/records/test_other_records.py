"""Env files, JUnit, task tables, exports of reflogs, and the daemon's log: what is odd about each."""

# ruff: noqa: E501

from __future__ import annotations

import json

import polars as pl
import pytest
from reading import picked, read, read_all

from parsers import engine, identity, lines
from parsers.records.docker_ps import DOCKER_PS
from parsers.records.dockerd import DOCKERD
from parsers.records.env_file import ENV_FILE
from parsers.records.git_reflog_export import GIT_LOG_WALK, GIT_REFLOG_EXPORT
from parsers.records.junit_xml import JUNIT_XML


def env(text: str, path: str = "servers/shared/app.ci.example.org.env") -> list[dict[str, object]]:
    return read(ENV_FILE, text, path)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A = b # note", "b"),
        ('A="b # c" # note', "b # c"),
        ("A='b'", "b"),
        ("export A=b", "b"),
        ("A=", ""),
        ("A=b#c", "b#c"),
        ('A="b', '"b'),
    ],
)
def test_a_value_is_read_as_the_tool_does(line: str, value: str) -> None:
    assert picked(env(line), ".key", ".value") == [("A", value)]


def test_the_stack_is_named_outright_else_follows_from_the_domain() -> None:
    assert picked(env("STACK_NAME=own\nDOMAIN=a.b\n"), "stack", ".domain")[0] == ("own", "a.b")
    assert picked(env("DOMAIN=a-x.b\n"), "stack", ".domain")[0] == ("a-x_b", "a-x.b")
    assert picked(env("X=1\n"), "stack", "recipe")[0] == ("app_ci_example_org", None)


def test_a_secret_gives_its_name_only() -> None:
    events = env("DB_PASSWORD=hunter2\nSECRET_DB_PASSWORD_VERSION=v1\nAPI_TOKEN=\n")

    assert picked(events, "kind", ".key", ".value", ".what") == [
        ("env.value", "DB_PASSWORD", None, None),
        ("secret.seen", None, None, "DB_PASSWORD"),
        ("env.value", "SECRET_DB_PASSWORD_VERSION", "v1", None),
        ("env.value", "API_TOKEN", "", None),
    ]


def test_entities_are_never_expanded() -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<testsuite tests="1"><testcase classname="c" name="&b;"/></testsuite>'

    assert read(JUNIT_XML, bomb, "junit/x.xml") == []


def test_a_suite_that_breaks_off_gives_the_tests_before_the_break() -> None:
    events = read(
        JUNIT_XML,
        '<testsuite tests="2" timestamp="2026-11-23T07:54:21"><testcase classname="c" name="a" time="1.5"/><testcase classname="c" name="b"><fail',
        "junit/install.xml",
    )

    assert sorted(picked(events, "kind", "clock_kind", ".node", ".ms", ".stage")) == [
        ("test.result", "none", "c::a", 1500, "install"),
        ("test.total", "zone-assumed", None, None, None),
    ]


def test_an_error_in_teardown_beats_the_pass_and_the_worst_counts() -> None:
    events = read(
        JUNIT_XML,
        '<testsuite><testcase name="a"><skipped message="s"/><error message="boom"/><failure message="f"/></testcase></testsuite>',
    )

    assert picked(events, "outcome", ".reason")[0] == ("error", "boom")


def test_rows_of_a_task_table_are_cut_at_its_titles() -> None:
    table = (
        "$ docker stack ps disc\n"
        "NAME                IMAGE       NODE   DESIRED STATE   CURRENT STATE        ERROR   PORTS\n"
        "disc_a.b.1          img:1       vm     Running         Running 2 days ago           \n"
        'disc_worker.vm0id   img:1       vm     Shutdown        Rejected 5 weeks ago   "No such image: …"   \n'
        "disc_x.1.9zccvx2m5z1p8y3k7t4s6r0q1   img:1 vm\n"
    )

    events = read(DOCKER_PS, table)

    assert picked(events, "service", "outcome", ".age", ".task_id")[:2] == [
        ("disc_a.b", "Running", "2 days ago", None),
        ("disc_worker", "Rejected", "5 weeks ago", None),
    ]


@pytest.mark.parametrize(
    ("selector", "second"),
    [
        ("2024-06-10 08:51:20 +0200", "2024-06-10 06:51:20+00:00"),
        ("2024-06-10T08:51:20+02:00", "2024-06-10 06:51:20+00:00"),
        ("1718002280 +0200", "2024-06-10 06:51:20+00:00"),
        ("1718002280", "2024-06-10 06:51:20+00:00"),
        ("Mon Jun 3 08:51:20 2024 -0330", "2024-06-03 12:21:20+00:00"),
        ("Mon, 10 Jun 2024 08:51:20 +0200", "2024-06-10 06:51:20+00:00"),
        ("Mon Jun 10 08:51:20 2024", "2024-06-10 08:51:20+00:00"),
        ("2024-06-10", None),
        ("2 days ago", None),
        ("0", None),
        ("2024-13-10 08:51:20 +0200", None),
    ],
)
def test_a_selector_gives_a_time_where_it_holds_a_whole_one(selector: str, second: str | None) -> None:
    event = read(GIT_REFLOG_EXPORT, f"7ae7b0f7 HEAD@{{{selector}}}: commit: x\n")[0]

    assert (str(event["ts"]) if event["ts"] else None) == second
    assert event["attrs"].get("index") == (0 if selector == "0" else None)


def test_the_date_in_git_log_g_is_not_the_moves() -> None:
    block = f"commit {'7' * 40}\nReflog: refs/heads/main@{{2}} (N <M>)\nReflog message: commit: x\nDate:   Mon Jun 10 08:51:20 2024 +0200\n\n    body\n\n"

    events = read(GIT_LOG_WALK, block * 2)

    assert picked(events, "ref", "ts", ".index", "line_no", "line_last") == [
        ("refs/heads/main", None, 2, 1, 3),
        ("refs/heads/main", None, 2, 8, 10),
    ]


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("could not find an available IP while allocating VIP", "vip-exhausted"),
        ("network disc_internal remove failed: error while removing", "network-remove-failed"),
        ("write /x: no space left on device", "no-space"),
        ("open /x: read-only file system", "read-only-filesystem"),
        ("invalid mount config: bind source path does not exist: /etc/timezone", "bind-source-missing"),
        ("initialized VXLAN UDP port to 4789", None),
    ],
)
def test_known_faults_have_names(message: str, fault: str | None) -> None:
    events = read(DOCKERD, f'time="2026-11-23T08:46:58.5+01:00" level=error msg="{message}" module=node\n')

    assert picked(events, "kind", "outcome", "ts_ns") == ([("infra.fault", fault, 1795420018500000000)] if fault else [])


def test_a_failed_task_may_show_a_fault_too() -> None:
    events = read(
        DOCKERD,
        'time="2026-11-23T08:46:58Z" level=error msg="fatal task error" error="toomanyrequests: \\"limit\\"" service.id=s task.id=t\n',
    )

    assert sorted(picked(events, "kind", "outcome", ".error", ".task_id"), key=repr) == [
        ("infra.fault", "rate-limited", None, None),
        ("task.error", None, 'toomanyrequests: "limit"', "t"),
    ]
    assert all((e["ts_hi"] - e["ts_lo"]).microseconds == 999_999 for e in events)


@pytest.mark.parametrize(
    "name", ["short_iso", "journald_export", "journald_json", "syslog_3164", "syslog_5424", "docker_json", "drone", "ts"]
)
def test_dockerds_lines_say_the_same_in_whatever_envelope(name: str) -> None:
    from parsers.registry import ENVELOPES

    envelope = next(e for e in ENVELOPES if e.name == name)
    told = [sample.text.rstrip("\n") for sample in DOCKERD.samples]
    bare, _ = read_all(DOCKERD, [(f"{n}/dockerd.log", line.encode()) for n, line in enumerate(told)])
    # Between others, and fewer than would tell what the source is.
    other = [envelope.render(f"dhcpd: lease {n}") for n in range(200)]
    content = "\n".join([*other[:100], *map(envelope.render, told), *other[100:]]) + "\n"

    events, counts = of_text(content, "journal.txt")

    says = ("kind", "outcome", "service_id")
    attrs = [
        {k: v for k, v in json.loads(a or "{}").items() if k not in ("rel_us", "rel_resolution_us", "yearless", "emitter")}
        for a in events["attrs"]
    ]
    bare_attrs = [{k: v for k, v in json.loads(a or "{}").items() if k != "rel_us"} for a in bare["attrs"]]
    assert sorted(map(repr, zip(events.select(says).rows(), attrs, strict=True))) == sorted(
        map(repr, zip(bare.select(says).rows(), bare_attrs, strict=True))
    )
    assert counts["lines"] == counts["in_events"] + counts["unparsed"] + counts["blank"]


def of_text(content: str, path: str) -> tuple[pl.DataFrame, dict[str, int]]:
    cid = identity.content_id(content.encode())
    source = {"source": [0], "source_id": [identity.source_id(cid, path)], "content_id": [cid], "path": [path]}
    rows = lines.split(content.encode()).with_columns(source=pl.lit(0, pl.UInt32))
    choice = engine.choose(path, content.encode()[: engine.HEAD_BYTES])
    events, counts = engine.parse(choice, rows, pl.DataFrame(source, schema_overrides={"source": pl.UInt32}))
    return events, counts.to_dicts()[0]
