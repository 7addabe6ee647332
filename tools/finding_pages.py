"""Keep the examples in docs/findings/ true: `python -m tools.finding_pages`.

Each page of a class holds one example, printed from the synthetic case in tests/findings/three.py that has it. This writes them again; the prose
around them is written by hand.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.evidence import analysis
from tests.findings.three import CASES

FOLDER = Path(__file__).parents[1] / "docs" / "findings"
BLOCK = re.compile(r"```text\n.*?```\n", re.DOTALL)
STEPS, WIDTH = 6, 110


def example(name: str) -> str:
    """The first finding of that class in the case that has it: what is said, the steps with their lines, what is rejected or missing."""
    row = next(f for f in analysis(CASES[name].has()).findings if f["class"] == name)
    sub = f" ({row['sub']})" if row["sub"] else ""
    lines = [f"{row['verdict']}  {name}{sub}, {row['severity']}", *wrapped(row["summary"], "  ")]
    for step in row["explain"][:STEPS]:
        lines += wrapped(f"because {step['because']}", "  ", "          ")
        lines += [cited(e) for e in step["evidence"][:2]]
    lines += [f"  and {len(row['explain']) - STEPS} more steps"] if len(row["explain"]) > STEPS else []
    for rejected in row["rejected"]:
        lines += wrapped(f"rejected: {rejected['what']}: {rejected['because']}", "  ", "            ")
        lines += [cited(e) for e in rejected["evidence"][:1]]
    for left in row["open"]:
        lines += wrapped(f"left open: {left['what']}: {left['because']}; missing: {'; '.join(left['missing'])}", "  ", "             ")
    for missing in row["missing"]:
        lines += wrapped(f"missing: {missing}", "  ", "           ")
    return "\n".join(lines) + "\n"


def cited(e: dict[str, Any]) -> str:
    quote = e["text"].strip()
    return f"    {e['path']}:{e['line']}  {quote if len(quote) <= 90 else quote[:55] + ' … ' + quote[-30:]}"


def wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=first if rest is None else rest, break_on_hyphens=False)


def main() -> int:
    for name in sorted(CASES):
        path = FOLDER / f"{name}.md"
        text = path.read_text()
        block = f"```text\n{example(name)}```\n"
        new = BLOCK.sub(lambda _, block=block: block, text, count=1)
        if new != text:
            path.write_text(new)
            print(f"{path.name}: the example changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
