"""Chunks are the source, cut where lines end, whatever their size."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.store import chunks
from forensics.store.chunks import Changed, Chunks
from forensics.store.reading import Unreadable, Watched, measure
from forensics.store.splitting import split

DATA = st.lists(st.sampled_from([b"\n", b"a", b"line\n", b"\r\n", b"long" * 5]), max_size=30).map(b"".join)


@given(DATA, st.integers(1, 40), st.integers(1, 15))
def test_chunks_concatenate_to_the_source_and_split_as_the_whole(data: bytes, chunk: int, longest: int) -> None:
    reading = Chunks(io.BytesIO(data), chunk=chunk, longest=longest)
    parts = [bytes(part) for part in reading]

    assert b"".join(parts) == data
    assert reading.measured.result().content_id == hashlib.sha256(data).hexdigest()
    lines = [line for part in parts for line in split([part], longest=longest).raw.to_pylist()]
    assert lines == split([data], longest=longest).raw.to_pylist()


@given(DATA, st.integers(1, 4), st.integers(1, 5))
def test_short_lines_come_in_smaller_chunks_which_are_the_source_all_the_same(data: bytes, lines: int, every: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "LINES", lines)
        patch.setattr(chunks, "EVERY", every)
        parts = [bytes(part) for part in Chunks(io.BytesIO(data))]

    assert b"".join(parts) == data
    assert all(part.endswith(b"\n") for part in parts[:-1])
    if every == 1:
        assert len(parts) <= data.count(b"\n") // lines + 1


def test_a_chunk_of_empty_lines_holds_no_more_of_them_than_one_of_long_lines() -> None:
    parts = list(Chunks(io.BytesIO(b"\n" * chunks.CHUNK)))

    assert max(map(len, parts)) <= 2 * chunks.LINES


@given(DATA.filter(bool), st.integers(1, 40))
def test_a_source_that_became_shorter_since_it_was_measured_has_changed(data: bytes, chunk: int) -> None:
    parts: list[memoryview] = []

    with pytest.raises(Changed):
        parts.extend(Chunks(io.BytesIO(data[:-1]), known=measure([data]), chunk=chunk))
    assert data[:-1].startswith(b"".join(parts))


@given(DATA, st.integers(1, 40), st.integers(0, 5), st.sets(st.integers(0, 60)))
def test_who_cannot_wait_for_the_hash_has_it_before_the_chunks_and_they_are_the_same(
    data: bytes, chunk: int, after: int, prefixes: set[int]
) -> None:
    reading = Chunks(io.BytesIO(data), prefixes, chunk=chunk)
    parts = []
    for n, part in enumerate(reading):
        if n == after:
            reading.hurry()
            assert reading.measured.result(5) == measure([data], prefixes)
        parts.append(bytes(part))

    assert parts == [bytes(part) for part in Chunks(io.BytesIO(data), chunk=chunk)]
    assert reading.measured.result() == measure([data], prefixes)


def test_what_grows_after_it_was_measured_is_given_as_far_as_that() -> None:
    data = io.BytesIO(b"line\n" * 100)
    reading = Chunks(data, chunk=20)
    parts = []
    for part in reading:
        if not parts:
            reading.hurry()
            assert reading.measured.result(5).size == 500
            data.getbuffer().release()
            at = data.tell()
            data.seek(0, io.SEEK_END)
            data.write(b"more\n")
            data.seek(at)
        parts.append(bytes(part))

    assert b"".join(parts) == b"line\n" * 100


@pytest.mark.parametrize("hurried", [False, True])
def test_a_file_that_was_overwritten_while_it_was_read_has_changed_and_one_that_grew_has_not(tmp_path: Path, hurried: bool) -> None:
    path = tmp_path / "a.log"
    for written, place, changed in ((b"other", 0, True), (b"more\n", 500, False)):
        path.write_bytes(b"line\n" * 100)
        with path.open("rb", buffering=0) as file:
            reading = Chunks(file, watched=Watched(file), chunk=20)  # type: ignore[arg-type]
            taken = iter(reading)
            parts = [bytes(next(taken))]
            if hurried:
                reading.hurry()
                reading.measured.result(5)
            with path.open("r+b") as writing:
                writing.seek(place)
                writing.write(written)
            if changed:
                with pytest.raises(Changed):
                    list(taken)
                continue
            parts.extend(bytes(part) for part in taken)
        whole = b"".join(parts)
        assert whole in (b"line\n" * 100, b"line\n" * 100 + written)
        assert reading.measured.result() == measure([whole])


def test_a_file_that_nobody_writes_to_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(io.FileIO):
        read_bytes = 0

        def readinto(self, buffer: memoryview) -> int:
            read = super().readinto(buffer)
            self.read_bytes += read
            return read

    (tmp_path / "a.log").write_bytes(b"line\n" * 1000)
    monkeypatch.setattr(Watched, "FRESH_NS", -(1 << 62))
    with Counting(tmp_path / "a.log") as file:
        reading = Chunks(file, watched=Watched(file), chunk=100)  # type: ignore[arg-type]

        assert len(b"".join(reading)) == file.read_bytes == 5000


def test_an_error_of_reading_comes_out_where_the_chunks_are_taken() -> None:
    class Failing(io.BytesIO):
        def readinto(self, buffer: memoryview) -> int:
            if self.tell() > 10:
                raise OSError(5, "Input/output error")
            return super().readinto(buffer[:8])

    reading = Chunks(Failing(b"line\n" * 10), chunk=10)

    with pytest.raises(Unreadable, match="Input/output error"):
        list(reading)
    with pytest.raises(Unreadable, match="Input/output error"):
        reading.measured.result(0)


def test_who_stops_in_the_middle_leaves_no_thread_behind() -> None:
    import threading

    before = threading.active_count()
    for _ in Chunks(io.BytesIO(b"line\n" * 1000), chunk=100):
        break

    assert threading.active_count() == before
