"""Run the notebooks and keep their outputs: `python -m tools.notebooks`, or `make notebooks`.

A notebook is run from its own folder, in a fresh kernel, from the top. What changes from run to run (ids, times, versions) is taken out, so that the
same code and evidence give the same file. `--check` writes nothing, and says where an output is another one than the committed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
TIMEOUT_S = 120
# What a library decides how to show: it is kept, and not compared.
NOT_OURS = ("<div><style>", "image/", "<Figure", "shape: (")


def executed(path: Path) -> Any:
    """The notebook after a run from the top. Raises CellExecutionError for a cell that fails."""
    notebook = nbformat.read(path, as_version=4)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ.pop("FORENSICS_CASE", None)
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=TIMEOUT_S, startup_timeout=TIMEOUT_S, extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(path.parent)}},
    )  # fmt: skip
    client.execute()
    return tidied(notebook)


def tidied(notebook: Any) -> Any:
    """Without what a run leaves behind that says nothing of its outcome."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for n, cell in enumerate(notebook.cells, 1):
        cell.id, cell.metadata = f"cell-{n}", {}
        for output in cell.get("outputs", ()):
            if output.output_type in ("display_data", "execute_result"):
                output.metadata = {}
    return notebook


def shown(notebook: Any) -> list[list[str]]:
    """What each cell shows, as far as it is ours to say."""
    return [[text for output in cell.get("outputs", ()) for text in _texts(output)] for cell in notebook.cells]


def _texts(output: Any) -> list[str]:
    found = (
        [output.text] if output.output_type == "stream" else [f"{kind}: {text}" for kind, text in sorted(output.get("data", {}).items())]
    )
    texts = ["".join(text) if isinstance(text, list) else text for text in found]
    kept = [text for text in texts if not any(mark in text[:200] for mark in NOT_OURS)]
    return [text.partition(" at 0x")[0] for text in kept]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="notebooks, without their suffix; all where none is named")
    parser.add_argument("--check", action="store_true", help="write nothing; leave with status 1 where an output differs")
    asked = parser.parse_args()
    status = 0
    for path in [FOLDER / f"{name}.ipynb" for name in asked.names] or sorted(FOLDER.glob("*.ipynb")):
        before, after = nbformat.read(path, as_version=4), executed(path)
        differ = [n for n, (a, b) in enumerate(zip(shown(before), shown(after), strict=True), 1) if a != b]
        if asked.check:
            for n in differ:
                print(f"{path.name}: cell {n} shows\n{shown(after)[n - 1]}\nnot\n{shown(before)[n - 1]}", file=sys.stderr)
            status = status or int(bool(differ))
        else:
            nbformat.write(after, path)
            print(f"{path.name}: {len(after.cells)} cells, {len(differ)} changed")
    return status


if __name__ == "__main__":
    sys.exit(main())
