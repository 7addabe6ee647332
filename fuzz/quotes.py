"""Any bytes as a line that is shown: nothing steers a terminal, a quote of a quote is the same, column and function agree."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from fuzz.target import instrumented, start

with instrumented:
    import polars as pl

    from forensics.quote import quote
    from forensics.redact import redact, redacted


def seeds() -> Iterator[bytes]:
    texts = (
        "password=hunter2",
        "https://a:b@c/d",
        "Authorization: Bearer abc.def",
        '{"token": "x\\"y"}',
        "\x1b[31mred\x1b[0m",
        "a\rb",
        "-u a:b",
        "ghp_" + "0" * 20,
    )
    yield from (text.encode() for text in texts)


def one(data: bytes) -> None:
    shown = quote(data)

    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in shown), ascii(shown)
    assert quote(shown) == shown, (ascii(shown), ascii(quote(shown)))
    text = data.decode("utf-8", "replace")
    once = redact(text)
    assert redact(once) == once
    assert pl.DataFrame({"t": [text]}).select(redacted(pl.col("t")))["t"][0] == once


if __name__ == "__main__":
    start(one, seeds())
