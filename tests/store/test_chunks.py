"""Chunks are the source, cut where lines end, whatever their size."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.store.chunks import Chunks
from forensics.store.reading import Unreadable
from forensics.store.splitting import split

DATA = st.lists(st.sampled_from([b"\n", b"a", b"line\n", b"\r\n", b"long" * 5]), max_size=30).map(b"".join)


@given(DATA, st.integers(1, 40), st.integers(1, 15))
def test_chunks_concatenate_to_the_source_and_split_as_the_whole(data: bytes, chunk: int, longest: int) -> None:
    chunks = Chunks(io.BytesIO(data), len(data), chunk, longest)
    parts = [bytes(part) for part in chunks]

    assert b"".join(parts) == data
    assert chunks.content_id == hashlib.sha256(data).hexdigest()
    lines = [line for part in parts for line in split([part], longest=longest).raw.to_pylist()]
    assert lines == split([data], longest=longest).raw.to_pylist()


@given(DATA.filter(bool), st.integers(1, 40))
def test_a_source_that_became_shorter_has_another_hash(data: bytes, chunk: int) -> None:
    chunks = Chunks(io.BytesIO(data[:-1]), len(data), chunk)

    assert b"".join(chunks) == data[:-1]
    assert chunks.content_id != hashlib.sha256(data).hexdigest()


def test_an_error_of_reading_comes_out_where_the_chunks_are_taken() -> None:
    class Failing(io.BytesIO):
        def readinto(self, buffer: memoryview) -> int:
            if self.tell() > 10:
                raise OSError(5, "Input/output error")
            return super().readinto(buffer[:8])

    with pytest.raises(Unreadable, match="Input/output error"):
        list(Chunks(Failing(b"line\n" * 10), 50, 10))


def test_who_stops_in_the_middle_leaves_no_thread_behind() -> None:
    import threading

    before = threading.active_count()
    for _ in Chunks(io.BytesIO(b"line\n" * 1000), 5000, 100):
        break

    assert threading.active_count() == before
