"""The notebooks run from the top, show what is committed, and are worth their size."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
names = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@names
def test_a_notebook_runs_and_shows_what_is_committed(path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "FORENSICS_CASE"}

    done = subprocess.run(
        [sys.executable, "-m", "tools.notebooks", "--check", path.stem], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, f"{done.stderr[-4000:]}\nif that is what it should show now: make notebooks"


@names
def test_every_code_cell_was_run_in_order_and_something_is_shown(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [cell.source for cell in code if not cell.outputs]
    assert any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    assert notebook.cells[0].source.startswith("# ")


@names
def test_a_notebook_says_nothing_of_the_machine_that_ran_it(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"/tmp/|/home/|/root/|site-packages|\bexecution\"|Traceback", text)
    assert path.stat().st_size < 500_000


def test_the_notebooks_are_listed() -> None:
    listed = re.findall(r"\]\((\w+)\.ipynb\)", (ROOT / "notebooks" / "README.md").read_text())

    assert sorted(listed) == [path.stem for path in NOTEBOOKS]
    assert len(listed) >= 4


def test_the_synthetic_night_is_always_the_same_bytes(tmp_path: Path) -> None:
    program = "import sys; sys.path.insert(0, 'notebooks'); import nightly; nightly.write(sys.argv[1], runs=7)"
    for place in ("a", "b"):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / place)], cwd=ROOT, check=True)

    files = {path.relative_to(tmp_path / "a"): path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files == {path.relative_to(tmp_path / "b"): path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()}
    assert {"runs/fast-04/harness.log", "docker-events.ndjson"} <= {str(path) for path in files}
