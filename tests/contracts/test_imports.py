"""Imports go one way, and the heavy ones are late."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.cli import COMMANDS

ROOT = Path(__file__).parents[2]
HEAVY = ("polars", "numpy", "pyarrow", "matplotlib", "rich", "jinja2", "dateutil", "duckdb", "pandas")

# From the top down: a module imports its own layer and those below it. The longest prefix that fits names a module's layer.
LAYERS = (
    ("forensics.cli", "forensics.__main__"),
    ("forensics.exports",),
    ("forensics.api",),
    ("forensics.report",),
    ("forensics.tables",),
    ("forensics.analysis",),
    ("forensics.findings",),
    ("forensics.correlate",),
    ("forensics.projections",),
    ("forensics",),  # store, case, ingest, clock, schema, …: what stands directly in forensics/
    ("parsers",),
)
# What everybody may use, because it uses nobody.
BASE = ("forensics.errors", "forensics.times", "forensics.redact", "forensics.wording")


def modules() -> dict[str, Path]:
    files = [path for package in ("parsers", "forensics") for path in sorted((ROOT / package).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


MODULES = modules()


def layer(module: str) -> int:
    fits = [(len(prefix), level) for level, prefixes in enumerate(LAYERS) for prefix in prefixes if f"{module}.".startswith(f"{prefix}.")]
    return max(fits)[1]


def imported(module: str, path: Path) -> Iterator[str]:
    """Every module of ours that `module` imports, at its top, in a function, or for types only."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], *([node.module] if node.module else [])])
                if node.level
                else node.module
            )
            for alias in node.names:
                yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base


def imported_at_the_top(path: Path) -> Iterator[str]:
    """What importing the file imports: statements outside functions and outside `if TYPE_CHECKING`."""
    todo: list[ast.stmt] = list(ast.parse(path.read_bytes()).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.If | ast.Try | ast.With) and "TYPE_CHECKING" not in ast.unparse(getattr(node, "test", node)):
            todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module: str) -> None:
    ours = {name for name in imported(module, MODULES[module]) if name.split(".")[0] in ("parsers", "forensics")}

    upward = {name for name in ours if layer(name) < layer(module)}

    assert not upward, f"{module} imports {sorted(upward)}, which stand above it"


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("parsers")])
def test_parsers_know_nothing_of_forensics(module: str) -> None:
    assert not {name for name in imported(module, MODULES[module]) if name.split(".")[0] == "forensics"}


@pytest.mark.parametrize("module", [module for module in BASE if module in MODULES])
def test_what_everybody_uses_uses_nobody(module: str) -> None:
    ours = {name for name in imported(module, MODULES[module]) if name.split(".")[0] in ("parsers", "forensics")}

    assert ours <= set(BASE)


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("forensics.cli")])
def test_a_command_imports_what_is_heavy_only_when_it_runs(module: str) -> None:
    top = {name.split(".")[0] for name in imported_at_the_top(MODULES[module])}

    assert not top & set(HEAVY)


def test_matplotlib_is_imported_in_one_place() -> None:
    importers = {module for module, path in MODULES.items() if any(name.split(".")[0] == "matplotlib" for name in imported(module, path))}

    assert {module for module in importers if not module.startswith("forensics.report.timeline")} == set()


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), *((name, "--help") for name in COMMANDS)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    program = (
        "import atexit, sys; atexit.register(lambda: print('loaded', *sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr));"
    )
    program += f"from forensics.cli import main; main({list(arguments)!r}, prog_name='forensics')"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    loaded = set(done.stderr.splitlines()[-1].split()[1:])
    assert "click" in loaded
    assert not loaded & set(HEAVY)


def test_an_ingest_loads_no_compute_functions_of_arrow(tmp_path: Path) -> None:
    log = ROOT / "data" / "dstamp" / "evidence"
    program = f"import sys; from forensics.case import Case; from forensics.ingest import ingest; ingest(Case.create({str(tmp_path / 'case')!r}), "
    program += f"[{str(log)!r}], big_bytes=20_000); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    loaded = set(done.stdout.split())
    assert "pyarrow.parquet" in loaded
    assert not loaded & {"pyarrow.compute", "pandas"}
