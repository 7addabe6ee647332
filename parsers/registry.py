"""Everything that can be recognised: envelopes, rules and record parsers."""

from parsers.envelopes import CHARM, ENVELOPES, INNER
from parsers.records import RECORDS
from parsers.rules import RULES

__all__ = ["CHARM", "ENVELOPES", "INNER", "RECORDS", "RULES", "names"]


def names() -> set[str]:
    """The names that are taken."""
    return {entry.name for entry in (*RECORDS, *ENVELOPES, *RULES)} | {"console", "unparsed", "text"}
