from __future__ import annotations

from pathlib import Path

from reading import picked, read

from forensics.case import Case
from forensics.ingest import ingest
from parsers import engine
from parsers.records.git_places import GIT_REFTABLE
from parsers.records.git_refs import GIT_REFS

A, B = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2", "a6b129f09c920310de4167fd19f12f8e8e513bad"


def test_a_peeled_line_gives_the_commit_of_the_tag_above_it_only() -> None:
    packed = f"# pack-refs with: peeled fully-peeled sorted \r\n{A} refs/heads/main\r\n{B} refs/tags/v1\r\n^{A}\r\n{B} refs/tags/light\r\n"

    events = read(GIT_REFS, packed, "x.git/packed-refs")

    assert picked(events, "ref", "commit", ".object", "line_no", "line_last") == [
        ("refs/heads/main", A, None, 2, 2),
        ("refs/tags/v1", A, B, 3, 4),
        ("refs/tags/light", B, None, 5, 5),
    ]
    assert packed.encode()[events[1]["offset"] :][: events[1]["length"]].decode() == f"{B} refs/tags/v1\r\n^{A}\r\n"


def test_fetched_branches_have_a_commit_and_tags_an_object() -> None:
    fetched = f"{A}\tnot-for-merge\tbranch 'pr' of https://example.org/r\n{B}\t\ttag 'v1' of https://example.org/r\n"

    assert picked(read(GIT_REFS, fetched, ".git/FETCH_HEAD"), "ref", "commit", ".object") == [
        ("FETCH_HEAD", A, None),
        ("FETCH_HEAD", None, B),
    ]


def test_the_place_tells_git_dir_and_ref() -> None:
    assert picked(read(GIT_REFS, f"{A}\n", "a/refs/b/.git/refs/tags/x/y"), "kind", "tree", "ref", "commit") == [
        ("ref.value", "a/refs/b/.git", "refs/tags/x/y", A)
    ]
    assert picked(read(GIT_REFS, "ref: refs/heads/main\n", "HEAD"), "kind", "tree", "commit", ".symbolic") == [
        ("head.value", ".", None, "refs/heads/main")
    ]


def test_a_reftable_repository_is_recognised_and_says_what_to_ask_for() -> None:
    places = ((".git/refs/heads", b"this repository uses the reftable format\n"), (".git/HEAD", b"ref: refs/heads/.invalid\n"))
    for path, content in (*places, (".git/reftable/0x1-0x2-3.ref", b"REFT\x01\x00\n\xff")):
        choice = engine.choose(path, content)

        assert choice.name == "git_reftable"
        assert "ask for an export" in dict((name, why) for name, _, why in choice.candidates)["git_reftable"]
        assert GIT_REFS.fits(path, content).score == 0
        assert picked(read(GIT_REFTABLE, content, path), "kind", "tree") == [("export.needed", ".git")]
    assert engine.choose(".git/HEAD", b"ref: refs/heads/main\n").name == "git_refs"


def test_an_ingested_reftable_repository_needs_attention(tmp_path: Path) -> None:
    (tmp_path / "x/.git/reftable").mkdir(parents=True)
    (tmp_path / "x/.git/reftable/0x1-0x2-3.ref").write_bytes(b"REFT\x01")

    receipt = ingest(Case.create(tmp_path / "case"), [tmp_path / "x"])

    assert receipt.attention
    assert "git reflog" in receipt.rows[0].note
