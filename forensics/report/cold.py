r"""Commands that show evidence again without this tool: `sha256sum`, `sed`, and what opens an archive.

Paths are as a case stores them, relative to the folder that was ingested; a member of an archive is `evidence.tar.gz!/runs/x.log`. They
are made for a POSIX shell with GNU tools; a path with control characters, or with bytes that are no UTF-8, needs bash's `$'…'`. A path is
given as `printable` shows it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

INSIDE = "!/"
OPENERS = (
    *(((".gz", ".tgz"), "gzip -dc"), ((".zst", ".zstd", ".tzst"), "zstd -dcq")),
    *(((".xz", ".txz"), "xz -dc"), ((".bz2", ".tbz2", ".tbz"), "bzip2 -dc")),
)
ZIP_GLOBS = re.compile(r"([\[\]*?\\])")


def lines_command(path: str, lines: Iterable[int], *, member: bool) -> str:
    """The command that prints lines of a source: `sed -n '3p;9p' runs/x.log`.

    Args:
        member: Whether the path names a member of an archive.
    """
    numbers = sorted(set(lines))
    script = f"{numbers[0]}p" if len(numbers) == 1 else "'" + ";".join(f"{n}p" for n in numbers) + "'"
    if not member:
        return f"sed -n {script} {word(path)}"
    return f"{content_command(path, member=True)} | sed -n {script}"


def hash_command(path: str, sha256: str, *, member: bool) -> str:
    """The command that says OK if a source's content has this hash."""
    return f"{content_command(path, member=member)} | sha256sum | grep -q {sha256} && echo {word(path)}: OK"


def plain(path: str) -> bool:
    """Whether a path can stand in the list that `sha256sum -c` reads."""
    return word(path)[:1] != "$" and "\\" not in path


def content_command(path: str, *, member: bool) -> str:
    """The command that prints a whole content."""
    if not member:
        return f"cat {word(path)}"
    outer, *inner = path.split(INSIDE)
    command, name, first = "", outer, True
    for part in inner:
        command += (" | " if command else "") + _opened(name, part, stream=not first)
        name, first = part, False
    return command


def _opened(container: str, part: str, *, stream: bool) -> str:
    """One step into an archive: from the file itself, or from the stream that the step before writes."""
    low = container.lower()
    opener = next((tool for suffixes, tool in OPENERS if low.endswith(suffixes)), None)
    base = container.rpartition("/")[2]
    if opener and base.lower().startswith(part.lower()) and len(part) < len(base):
        return opener if stream else f"{opener} {word(container)}"
    if low.endswith(".zip"):
        name = word(ZIP_GLOBS.sub(r"\\\1", part))
        if stream:
            return f'{{ t=$(mktemp) && cat > "$t" && unzip -p "$t" {name}; rm -f "$t"; }}'
        return f"unzip -p {word(container)} {name}"
    # A name was stored without the `./` that it may have in the archive: hence not anchored.
    if stream:
        return f"{opener + ' | ' if opener else ''}tar -xO --no-anchored -f - {word(part)}"
    return f"tar -xO --no-anchored -f {word(container)} {word(part)}"


def word(text: str) -> str:
    """One word of a shell command: a path never begins with a dash, and nothing in it is a blank, a glob or an expansion."""
    text = f"./{text}" if text.startswith("-") else text
    if not ESCAPED.search(text):
        return shlex.quote(text)
    return "$'" + ANSI_C.sub(lambda m: m[0] if len(m[0]) > 1 else f"\\{m[0]}", text) + "'"


# A report writes what cannot be printed as bash does in `$'…'`; a byte of a name that is no UTF-8 is stored so in the first place.
ESCAPE = r"\\(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})"
ESCAPED = re.compile(ESCAPE)
ANSI_C = re.compile(rf"{ESCAPE}|[\\']")
