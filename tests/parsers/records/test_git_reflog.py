from __future__ import annotations

from reading import SAMPLES, picked, read, read_all

from parsers.records.git_reflog import GIT_REFLOG

A, B = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2", "a7be5baed346790646d2444a2d6f064ab6bc30a9"
LINE = f"{A} {B} NAME <MAIL> 1718002280 +0200\tcheckout: moving from main to v1\n"


def test_lines_that_git_skips_are_unparsed_but_a_last_one_without_its_newline() -> None:
    content = (SAMPLES / "git_reflog/odd_bytes.log").read_bytes()

    events, counts = read_all(GIT_REFLOG, [("git/logs/HEAD", content)])

    assert events["line_no"].to_list() == [1, 2, 7, 8]
    assert counts.to_dicts() == [{"source": 0, "lines": 8, "in_events": 4, "blank": 1, "unparsed": 3}]


def test_a_last_line_that_is_cut_off_behind_its_time_is_a_move_and_says_so() -> None:
    whole = LINE * 2 + LINE.rstrip()[:-1]
    here, before_it = (picked(read(GIT_REFLOG, text), "commit", ".from", ".to", ".unfinished") for text in (whole, whole[: -len("ving from main to v")]))

    assert here == [(B, "main", "v1", None)] * 2 + [(B, "main", None, True)]
    assert before_it == [(B, "main", "v1", None)] * 2 + [(B, None, None, True)]
    assert len(read(GIT_REFLOG, LINE + LINE.split("0\t")[0])) == 1


def test_names_in_raw_bytes_and_missing_messages_are_read() -> None:
    events = read(GIT_REFLOG, (SAMPLES / "git_reflog/odd_bytes.log").read_bytes(), "git/logs/HEAD")

    assert picked(events, "actor", ".action", ".message", ".to")[:2] == [
        ("J\ufffdrg <>", "commit", "commit: \ufffd\ufffd", None),
        ("NAME <MAIL>", None, None, None),
    ]
    assert picked(events, "commit", ".to")[2] == ("0" * 40, "HEAD@{1 second ago}")


def test_crlf_and_long_oids_are_read() -> None:
    crlf = read(GIT_REFLOG, (SAMPLES / "git_reflog/crlf.log").read_bytes(), "git/logs/HEAD")
    long = read(GIT_REFLOG, (SAMPLES / "git_reflog/sha256.log").read_bytes(), "git/logs/HEAD")

    assert picked(crlf, ".to")[1:] == [(B,), ("0.7.0+3.3.1",), (B,)]
    assert picked(long, ".old", "commit", ".from") == [("0" * 64, "1" * 64, None), ("1" * 64, "2" * 64, "main")]


def test_a_whole_second_spans_its_second_whatever_the_offset() -> None:
    east, west = read(GIT_REFLOG, LINE + LINE.replace("+0200", "-0330"))

    assert str(east["ts_lo"]) == "2024-06-10 06:51:20+00:00"
    assert str(east["ts_hi"]) == "2024-06-10 06:51:20.999999+00:00"
    assert (west["ts"], west["ts_ns"], west["clock_kind"]) == (east["ts"], None, "stated")


def test_the_place_of_the_file_tells_git_dir_and_ref() -> None:
    places = {
        "recipes/shared/discourse/git/logs/HEAD": ("recipes/shared/discourse/git", "HEAD"),
        "x/.git/logs/refs/heads/feature/logs/HEAD": ("x/.git", "refs/heads/feature/logs/HEAD"),
        "x/.git/worktrees/w1/logs/HEAD": ("x/.git/worktrees/w1", "HEAD"),
        "repo.git/logs/refs/stash": ("repo.git", "refs/stash"),
        "var/logs/x/.git/logs/HEAD": ("var/logs/x/.git", "HEAD"),
        "logs/HEAD": (".", "HEAD"),
        "kept/by-hand.txt": (None, None),
    }

    for path, told in places.items():
        assert picked(read(GIT_REFLOG, LINE, path), "tree", "ref") == [told], path


def test_an_action_is_only_named_in_gits_own_words() -> None:
    messages = [
        "commit (merge): x",
        "rebase (finish): returning to refs/heads/x",
        "deploybot",
        "Branch: renamed a to b",
        "pull -q --ff-only: Fast-forward",
        "checkout: moving from (invalid) to a b",
    ]

    events = read(GIT_REFLOG, "".join(f"{A} {B} N <M> 1718002280 +0000\t{m}\n" for m in messages))

    assert picked(events, ".action", ".from", ".to") == [
        ("commit (merge)", None, None),
        ("rebase (finish)", None, None),
        ("deploybot", None, None),
        (None, None, None),
        ("pull", None, None),
        ("checkout", "(invalid)", "a b"),
    ]


def test_a_log_that_quotes_a_reflog_line_is_no_reflog() -> None:
    quoted = "some text\n" * 5 + LINE

    assert GIT_REFLOG.fits("console.log", quoted.encode()).score < 0.5
    assert GIT_REFLOG.fits("console.log", LINE.encode()).score > 0.9
