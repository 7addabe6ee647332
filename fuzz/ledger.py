"""Any bytes as a ledger: whatever was changed, what is read is what was written, up to the first entry that does not stand."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.target import Choices, instrumented, start

with instrumented:
    from forensics.store import ledger


COMMITS = (0, 2, 1, 0, 0, 1, 0)  # how many entries of its commit follow each


def _written() -> tuple[list[bytes], list[str]]:
    lines: list[bytes] = []
    hashes = [ledger.GENESIS]
    for seq, left in enumerate(COMMITS):
        entry = {"kind": "source", "path": f"runs/m{seq}.log", "note": 'a "quote" and ünïcode'}
        line, digest = ledger.sealed(entry, seq, hashes[-1], left)
        lines.append(line)
        hashes.append(digest)
    return lines, hashes[1:]


LINES, HASHES = _written()
WHOLE = b"".join(LINES)
ENDS = [(n, len(b"".join(LINES[:n]))) for n in range(1, len(LINES) + 1) if not COMMITS[n - 1]]  # entries and bytes after each commit


def seeds() -> Iterator[bytes]:
    yield b""
    yield WHOLE
    yield from (bytes([kind, 0, 0, 0, 9]) for kind in range(5))


def one(data: bytes) -> None:
    choices = Choices(data)
    text = bytearray(WHOLE)
    for _ in range(choices.number(4)):
        at, size = choices.number(len(text)), choices.number(300)
        match choices.number(4):
            case 0:
                del text[at : at + size]
            case 1:
                text[at:at] = choices.bytes(size)
            case 2:
                text[at : at + 1] = choices.bytes(1)
            case 3:  # a line moved
                lines = bytes(text).splitlines(keepends=True)
                if lines:
                    lines.insert(at % len(lines), lines.pop(size % len(lines)))
                text = bytearray(b"".join(lines))
            case _:
                text = bytearray(data)

    entries, good, broken = ledger.follow(bytes(text))

    assert [entry["hash"] for entry in entries] == HASHES[: len(entries)]
    assert good <= len(text)
    if bytes(text) == WHOLE:
        assert broken is None and len(entries) == len(HASHES)
    if broken is None and WHOLE.startswith(bytes(text)):  # cut off: only whole commits count
        assert len(entries) == max((n for n, end in ENDS if end <= len(text)), default=0)


if __name__ == "__main__":
    start(one, seeds())
