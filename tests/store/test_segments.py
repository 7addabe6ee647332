"""A segment whose content is named last is the one that would have been written with the name."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from forensics.store import segments
from forensics.store.splitting import split
from parsers.identity import content_id


def sealed(folder: Path, data: bytes, groups: int, *, late: bool) -> bytes:
    """The file that lines of a content become, written in so many row groups."""
    (folder / "lines").mkdir(parents=True)
    name = content_id(data)
    writer = segments.SegmentWriter(folder, "lines", (3, "ab" * 32), unnamed=late)
    for _ in range(groups):
        writer.write(split([data]).table([writer.unnamed if late else name]))
    segment = writer.seal(name if late else "")
    segments.settle(folder, [writer])
    made = (folder / "lines" / segment.name).read_bytes()
    assert content_id(made) == segment.sha256
    return made


@pytest.mark.parametrize("groups", [1, 5])
def test_named_last_the_file_is_the_same_to_the_byte(tmp_path: Path, groups: int) -> None:
    data = b"".join(b"line %d of some\n" % n for n in range(30_000))

    late = sealed(tmp_path / "late", data, groups, late=True)

    assert late == sealed(tmp_path / "known", data, groups, late=False)
    path = next((tmp_path / "late" / "lines").iterdir())
    assert set(pq.read_table(path, columns=["content_id"])["content_id"].to_pylist()) == {content_id(data)}
    for group in range(pq.read_metadata(path).num_row_groups):
        told = pq.read_metadata(path).row_group(group).column(0).statistics
        assert told.min == told.max == content_id(data)


def test_a_line_that_says_what_stands_for_the_name_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say it before: it is made up for each segment."""
    (tmp_path / "lines").mkdir()
    one, two = (segments.SegmentWriter(tmp_path, "lines", unnamed=True) for _ in range(2))

    assert one.unnamed != two.unnamed
    assert len(one.unnamed) == len(content_id(b""))
    for writer in (one, two):
        writer.discard()
