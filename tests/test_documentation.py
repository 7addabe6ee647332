"""What the documentation promises is there, and what it shows is what is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.cli import COMMANDS
from forensics.findings import FINDERS, classes
from parsers.records.claims import PREDICATES
from tools.finding_pages import example

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted((DOCS / "findings").glob("*.md"))
EVERY = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), ROOT / "notebooks" / "README.md"]
BLOCK = re.compile(r"^```(?:console|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Typed = tuple[str, list[str]]


def typed(path: Path) -> list[Typed]:
    """The commands of a document, each with the lines that it shows below; those of no block with a `$` are none."""
    found: list[Typed] = []
    for block in BLOCK.findall(path.read_text()):
        if block.startswith("$ "):
            for line in block.splitlines():
                if line.startswith("$ "):
                    found.append((line[2:], []))
                else:
                    found[-1][1].append(line)
    return found


TYPED_ELSEWHERE = {"formats-of-your-own.md": "tests/cli/test_formats_of_your_own.py"}
SHOWING = [path for path in EVERY if typed(path) and path.name not in TYPED_ELSEWHERE]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to type in: with data/, and a case of the captured incident."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "data").symlink_to(ROOT / "data")
    forensics = Path(sys.executable).parent / "forensics"
    subprocess.run([forensics, "ingest", "data/dstamp/evidence", "--quiet", "--case", "case"], cwd=folder, check=True)
    return folder


def answers(commands: list[str], place: Path) -> list[tuple[int, list[str]]]:
    """Type commands into one shell; the status and the lines of each, both streams together, as at a terminal of 80 columns."""
    script = "".join(f"{command}\nprintf '\\n@@%s@@\\n' \"$?\"\n" for command in commands)
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORENSICS_CASE", "NO_COLOR")}
    environment = kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    shell = subprocess.run(["bash"], input=script, cwd=place, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    parts = re.split(r"\n@@(\d+)@@\n", shell.stdout)
    return [(int(status), text.strip("\n").split("\n")) for text, status in zip(parts[::2], parts[1::2], strict=False)]


def follows(shown: list[str], printed: list[str]) -> bool:
    """True if what is shown is what was printed; a line `…` stands for any lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else f"{re.escape(line.rstrip())}\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_shows_is_what_is_printed(path: Path, place: Path) -> None:
    commands = typed(path)

    for (command, shown), (status, printed) in zip(commands, answers([c for c, _ in commands], place), strict=True):
        assert status <= 1, f"{command}\n{chr(10).join(printed)}"
        assert not shown or follows(shown, printed), f"$ {command}\nprints\n{chr(10).join(printed)}"


def test_a_shown_output_must_be_printed_in_order_and_nothing_beside_it() -> None:
    assert follows(["a", "…", "d"], ["a", "b", "c", "d"])
    assert follows(["…", "d"], ["d"])
    assert not follows(["a", "d"], ["a", "b", "d"])
    assert not follows(["a"], ["a", "b"])
    assert not follows(["…", "d", "a"], ["a", "d"])


@pytest.mark.parametrize("path", EVERY, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
        assert re.match(r"https?://", target) or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_every_page_is_in_the_index(path: Path) -> None:
    assert path.stem == "README" or f"({path.name})" in (DOCS / "README.md").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_index(name: str) -> None:
    assert f"`forensics {name}" in (DOCS / "README.md").read_text()


@pytest.mark.parametrize("name", classes())
def test_every_class_has_a_page_with_all_its_parts(name: str) -> None:
    text = (DOCS / "findings" / f"{name}.md").read_text()
    about, advice = classes()[name]

    assert text.startswith(f"# {name}\n\n{about}\n")
    assert advice in text
    parts = re.findall(r"^## (.+)\n\n(?=\S)", text, re.MULTILINE)
    assert parts == ["What it means", "What it looks like", "What it cannot conclude", "What to do about it"]
    assert f"[{name}]({name}.md)" in (DOCS / "findings" / "README.md").read_text()


@pytest.mark.parametrize("name", classes())
def test_the_example_of_a_class_is_what_its_case_gives(name: str) -> None:
    shown = re.search(r"```text\n(.*?)```\n", (DOCS / "findings" / f"{name}.md").read_text(), re.DOTALL)

    assert shown is not None
    assert shown[1] == example(name), "if that is what it should show now: python -m tools.finding_pages"


def test_no_page_is_left_of_a_class_that_is_gone() -> None:
    assert {path.stem for path in PAGES} - {"README"} == {module.CLASS for module in FINDERS}


def test_every_predicate_that_a_claim_can_have_is_documented() -> None:
    assert all(f"| `{p.name}` |" in (DOCS / "claims.md").read_text() for p in PREDICATES)


@pytest.mark.parametrize(("shell", "word"), [("bash", "complete "), ("zsh", "compdef"), ("fish", "complete ")])
def test_completion_is_documented_and_gives_a_script_for_each_shell(shell: str, word: str) -> None:
    line = next(line for line in (ROOT / "README.md").read_text().splitlines() if f"_FORENSICS_COMPLETE={shell}_source" in line)
    environment = os.environ | {"_FORENSICS_COMPLETE": f"{shell}_source"}

    script = subprocess.run([Path(sys.executable).parent / "forensics"], env=environment, capture_output=True, text=True, check=True).stdout

    assert "forensics" in line
    assert word in script
    assert "_FORENSICS_COMPLETE" in script


@pytest.mark.parametrize(
    ("words", "at", "offered"),
    [
        ("forensics ", 1, set(COMMANDS)),
        ("forensics re", 1, {"report", "replay"}),
        ("forensics export --to ", 3, {"timesketch", "csv", "parquet", "chrome-trace"}),
        ("forensics findings --fail-on h", 3, {"high"}),
        ("forensics bundle --ou", 2, {"--output"}),
    ],
)
def test_completion_offers_commands_options_and_choices(words: str, at: int, offered: set[str]) -> None:
    environment = os.environ | {"_FORENSICS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}

    done = subprocess.run([Path(sys.executable).parent / "forensics"], env=environment, capture_output=True, text=True, check=True)

    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == offered


def test_every_room_of_the_house_is_in_the_architecture() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    inside = [*(ROOT / "forensics").iterdir(), *(path for path in (ROOT / "parsers").iterdir() if path.is_dir())]
    rooms = {f"{path.name}{'/' if path.is_dir() else ''}" for path in inside if not path.name.startswith("__")}
    rooms |= {"bench/", "data/", "docs/", "fuzz/", "notebooks/", "tests/", "tools/"}

    assert sorted(room for room in rooms if f"{room}`" not in page) == []
    named = re.findall(r"`((?:forensics|parsers)/[\w/]+(?:\.py|/))`", page)
    assert named and [name for name in named if not (ROOT / name).exists()] == []
