"""The last line of a report says the hash of all lines above it: any change after it was written shows, in the prose too.

`sed '$d' REPORT | sha256sum` gives the same hash without this tool. Whoever rewrites a report can seal it anew; what the citations say is
held against the evidence all the same.
"""

from __future__ import annotations

import hashlib
import re

MARKDOWN = "All lines above: sha256 `{}`, as `sed '$d' REPORT | sha256sum` gives it.\n"
HTML = "<!-- All lines above: sha256 {}, as `sed '$d' REPORT | sha256sum` gives it. -->\n"
SEAL = re.compile(r"^(?:<!-- )?All lines above: sha256 `?([0-9a-f]{64})`?, as `sed '\$d' REPORT \| sha256sum` gives it\.(?: -->)?\n?$")
MARK = "All lines above: sha256"


def sealed(text: str, form: str) -> str:
    """Add the last line to a report; the text ends in a line feed."""
    return text + form.format(digest(text))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def broken(report: str) -> str | None:
    """Why the seal of a report does not hold; null if it does, and if there is none: part of a report was copied then."""
    body, _, last = report.rstrip("\n").rpartition("\n")
    if MARK not in report:
        return None
    if not (seal := SEAL.match(last)):
        return "its last line, with the hash of all lines above, is not as it was written"
    found = digest(body + "\n")
    return None if found == seal[1] else f"all lines above the last have sha256 {found}, not {seal[1]}"
