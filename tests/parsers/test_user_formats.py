"""A format of a user's own is checked when it is loaded; what is wrong is pointed at."""

from __future__ import annotations

import textwrap
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import user_formats
from parsers.errors import FormatError
from parsers.user_formats import read_formats

DOC = user_formats.__doc__ or ""
TEXT = textwrap.dedent(DOC[DOC.index("    [[envelope]]") : DOC.index("Patterns are")])
WRONG = [  # what is changed, into what; the error, what it points at, what to do
    (r"(?P<domain>\S+)$'", r"(?P<domain>\S+$'", "the pattern of rule `nightly_rollout` cannot be read", "(", "mend the pattern"),
    (r"(?P<domain>\S+)$'", r"(?P<domain>\S+)(?=x)'", "the pattern of rule `nightly_rollout` cannot be read", "(?=", "mend the pattern"),
    ("deploy.start", "deploy.begin", "no kind is called `deploy.begin`", '"deploy.begin"', 'kind = "deploy.'),
    ("<domain>", "<domian>", "events of kind deploy.start have no `domian`", "<domian>", "write `domain`"),
    ('stack = "disc_example_org"', 'stack = "disc"', "sample 1 of rule `nightly_rollout` gives another `stack`", "stack", "correct either one"),
    ('stack = "disc_example_org"', 'stakc = "disc"', "sample 1 of rule `nightly_rollout` expects `stakc`", "stakc", "write `stack`"),
    ('has = "rolling out"', 'has = "rolling in"', "sample 1 of rule `nightly_rollout` is never looked at", '"rolling out disc.example.org"', "correct"),
    ("has = ", "has = 3 #", "`has` of rule `nightly_rollout` is no text", "3", 'has = "..."'),
    ('time = "%d.%m', 'time = "%m.%d', "sample 1 of envelope `nightly` gives another `ts`", "ts", "correct either one"),
    ('time = "%d', 'time = "d', "sample 1 of envelope `nightly` gives another `ts`", "ts", "correct"),
    ('time = "%d.%m.%Y %H:%M:%S"', 'time = "yesterday"', "`yesterday` is no way to print a time", '"yesterday"', "time ="),
    ('time = "%d.%m.%Y %H:%M:%S"', "", "envelope `nightly` cannot read its time", "[[envelope]]", "time ="),
    ('name = "nightly_rollout"', 'name = "nightly"', "`nightly` is taken", '"nightly"', 'name = "my_nightly"'),
    ('name = "nightly_rollout"', 'name = "Nightly Rollout"', "`Nightly Rollout` is no name", '"Nightly', 'name = "nightly_rollout"'),
    ("version = 1", "version = 0", "envelope `nightly` has no version", "0", "version = 1"),
    ("version = 1", "version = true", "envelope `nightly` has no version", "true", "version = 1"),
    ("kind =", "kidn =", "`kidn` is not known", "kidn", "write `kind`"),
    ("[[rule]]", "[rule]", "`rule` is one table", "[rule]", "write [[rule]]"),
    ("[[rule]]", "[[ruel]]", "`ruel` is not known", "ruel", "write `rule`"),
    ('line = "rolling out"\n', 'line = "rolling out x.y"\n', "sample 2 of rule `nightly_rollout` is read, and must not be", '"rolling out x.y"', "correct"),
    ('line = "rolling out disc.example.org"\nexpect = {', 'line = "rolled"\nexpect = {', "sample 1 of rule `nightly_rollout` gives nothing", '"rolled"', "correct"),
    ("expect = false\n", "", "sample 2 of envelope `nightly` is not whole", "[[envelope.samples]]", "line ="),
    ("expect = false", "expect = 7", "sample 2 of envelope `nightly` expects `7`", "7", "expect = false"),
    ("(?P<msg>", "(?P<message>", "an envelope has no group `message`", "<message>", "(?P<msg>...)"),
    ("(?P<msg>", "(?:", "envelope `nightly` gives no message", "'^(?P<ts>", "(?P<msg>"),
    ("set = {", "set = [", "the file is not TOML", "", "mend line"),
    ('set = { command = "deploy" }', "set = 1", "`set` of rule `nightly_rollout` is no table", "1", "set ="),
    ('set = { command = "deploy" }', 'set = { comand = "deploy" }', "events of kind deploy.start have no `comand`", "comand", "write `command`"),
    ('pattern = \'^rolling', 'patern = \'^rolling', "`patern` is not known", "patern", "write `pattern`"),
    ('level = "INFO"', 'level = "WARN"', "sample 1 of envelope `nightly` gives another `level`", "level", "correct either one"),
]  # fmt: skip


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_the_example_of_the_module_is_read() -> None:
    formats = read_formats("nightly.toml", TEXT)

    (envelope,), (rule,) = formats.envelopes, formats.rules
    assert (envelope.name, rule.name, rule.kind, rule.literals) == ("nightly", "nightly_rollout", "deploy.start", ("rolling out",))
    assert (envelope.stated, envelope.resolution_us) == (False, 1_000_000)
    assert envelope.render("x") == "23.11.2026 08:55:27 INFO x"
    assert read_formats("a.toml", "") == user_formats.UserFormats()


@pytest.mark.parametrize(("old", "new", "what", "mark", "next_"), WRONG, ids=[w[1][:30] or "nothing" for w in WRONG])
def test_what_is_wrong_is_pointed_at(old: str, new: str, what: str, mark: str, next_: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_formats("nightly.toml", changed(old, new))

    assert caught.value.what == what
    assert next_ in caught.value.next and caught.value.next.endswith("then: forensics formats --formats nightly.toml")
    assert caught.value.why
    where, *shown = caught.value.where.split("\n")
    line = int(where.split(":")[1])
    assert changed(old, new).split("\n")[line - 1].strip().startswith(shown[0].rstrip("…")[:100])
    assert shown[1].index("^") == int(where.split(":")[2]) - 1
    assert shown[0][shown[1].index("^") :].startswith(mark)


def test_a_file_without_samples_or_only_with_good_ones_is_refused() -> None:
    bare = '[[rule]]\nname = "x"\nversion = 1\nkind = "claim"\npattern = "x"\n'
    good = bare + '[[rule.samples]]\nline = "x"\nexpect = {}\n'

    with pytest.raises(FormatError, match="has no samples"):
        read_formats("x.toml", bare)
    with pytest.raises(FormatError, match="lacks a sample"):
        read_formats("x.toml", good)
    read_formats("x.toml", good + '[[rule.samples]]\nline = "y"\nexpect = false\n')


@pytest.mark.parametrize(
    ("time", "text", "expected"),
    [
        ('"%Y-%m-%dT%H:%M:%S%z"', "2026-11-23T09:55:27+0100", {"ts": datetime(2026, 11, 23, 8, 55, 27)}),
        ('["%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"]', "23/11/2026 08:55:27", {"ts": datetime(2026, 11, 23, 8, 55, 27)}),
        ('"epoch"', "1795424127.25", {"ts": datetime(2026, 11, 23, 8, 55, 27, 250_000), "resolution_us": 10_000}),
        ('"epoch"', "1795424127", {"ts": datetime(2026, 11, 23, 8, 55, 27), "resolution_us": 1_000_000}),
        ('"epoch-ms"', "1795424127250", {"ts": datetime(2026, 11, 23, 8, 55, 27, 250_000), "resolution_us": 1_000}),
        ('"epoch-ns"', "1795424127250000999", {"ts": datetime(2026, 11, 23, 8, 55, 27, 250_000), "resolution_us": 1}),
        ('"%Y-%m-%dT%H:%M:%S%.f%z"', "2026-11-23T09:55:27.125+01:00", {"resolution_us": 1_000}),
        ('"%Y-%m-%d %H:%M:%S,%3f"', "2026-11-23 09:55:27,125", {"resolution_us": 1_000}),
        ('"%b %d %H:%M:%S"', "Nov 23 08:55:27", {"ts": None, "yearless": "11-23 08:55:27.000000"}),
        ('"%b %d %H:%M:%S"', "Feb 29 08:55:27", {"ts": None, "yearless": "02-29 08:55:27.000000"}),
    ],
)  # fmt: skip
def test_times_are_read_as_declared(time: str, text: str, expected: dict) -> None:
    toml = f"""
[[envelope]]
name = "x"
version = 1
pattern = '^(?P<ts>.*?) \\| (?P<msg>.*)$'
time = {time}
[[envelope.samples]]
line = "{text} | hello"
expect = {{ msg = "hello" }}
[[envelope.samples]]
line = "hello"
expect = false
"""
    (envelope,) = read_formats("x.toml", toml).envelopes

    row = pl.DataFrame({"t": [f"{text} | hello"]}).select(envelope.open(pl.col("t")).alias("o")).unnest("o").to_dicts()[0]

    assert {key: row[key] for key in expected} == expected
    assert envelope.stated == ("epoch" in time or "%z" in time)


@given(st.text(max_size=200) | st.lists(st.sampled_from(TEXT.splitlines(keepends=True))).map("".join))
def test_any_text_is_read_or_refused_with_four_parts(text: str) -> None:
    try:
        read_formats("x.toml", text)
    except FormatError as error:
        assert error.what and error.where.startswith("x.toml:") and error.why and error.next
