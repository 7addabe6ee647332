"""Small cases for tests, and what to hold them against."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from forensics.case import Case

RUN_LOG = (
    b"recipe-ci: RECIPE=disc REF=7ae7b0f7 PR=4 SRC=x stages=install,upgrade quick=0\n"
    b"deploy_app: disc.ci.example.org\n"
    b"\n"
    b"  something that no rule knows\n"
    b"deploy_app: done disc.ci.example.org\n"
    b"RUN SUMMARY: run=m1 level=5 install=pass upgrade=pass\n"
)
FILES = {
    "runs/m1/console.log": RUN_LOG,
    "runs/m2/console.log": RUN_LOG.replace(b"run=m1", b"run=m2"),
    "runs/m3/console.log": RUN_LOG,
    "binary.bin": bytes(range(256)) * 3,
    "empty.log": b"",
    "crlf.log": b"deploy_app: a.example\r\nRUN SUMMARY: run=m1 level=5 install=pass upgrade=pass\r\nno end",
}


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder; the folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def contents(case: Case) -> dict[str, bytes]:
    """The bytes of every source that counts, put together from the stored lines."""
    lines = case.lines(superseded=True).sort("content_id", "line_no").collect()
    joined = {key[0]: b"".join(part["raw"].to_list()) for key, part in lines.group_by("content_id", maintain_order=True)}
    return {s.path: joined.get(s.content_id, b"") for s in case.state.sources.values() if s.live}


def events(case: Case) -> pl.DataFrame:
    """All events, in an order of their own, to compare two cases by."""
    return case.events().sort("source_id", "line_no", "event_id").collect()


def sound(case: Case) -> None:
    """Insist on what holds for every case: nothing doubled, nothing lost, all of it as read."""
    from forensics.verify import verify_case

    assert verify_case(case) == []
    lines = case.lines(superseded=True).collect()
    assert not lines.select("content_id", "line_no").is_duplicated().any()
    found = events(case)
    assert not found["event_id"].is_duplicated().any()
    sources = case.sources()
    assert sources["lines"].sum() == sources.select(pl.sum_horizontal("in_events", "unparsed", "blank").sum()).item()
    assert len(found) == sources.filter(~pl.col("superseded"))["events"].sum()
    for path, data in contents(case).items():
        assert hashlib.sha256(data).hexdigest() in {s.content_id for s in case.state.at_path[path]}
