r"""Take secrets out of text: what is shown is `[redacted]`, what is stored stays as it was.

One pass of one regular expression, written in what Python's and Rust's engines have in common, so that the function on
a string and the expression on a column give the same. Each alternative keeps its first group and drops what follows:

    https://ci:hunter2@git.example.org/x    https://[redacted]@git.example.org/x
    Authorization: Bearer abc.def           Authorization: [redacted]
    {"db_password": "hunter2"}              {"db_password": "[redacted]"}
    export API_TOKEN=a b c                  export API_TOKEN=[redacted]
    --password hunter2                      --password [redacted]
    ghp_0123456789abcdef0123                [redacted]

It goes by shape and prefers to take too much: `token=` in front of anything hides it. What tells nothing is kept
(`SECRET_DB_VERSION=v1`, `no_secret_leak: true`, `"SecretName"`). What it cannot see: a password in a sentence, a secret
whose key stands on another line, a key that does not look like one.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

REDACTED = "[redacted]"
SHORT = 256  # characters of a text that is remembered with what came of it

# A key is secret if it holds one of these, and the part of it that follows does not begin with one of HARMLESS.
WORDS = (
    "password", "passwd", "passphrase", "passwort", "pwd", "secret", "token", "credential", "authorization", "cookie", "bearer", "jwt",
    "apikey", "accesskey", "privatekey", "secretkey", "encryptionkey", "signingkey", "sessionid", "sshkey", "authkey",
    *(f"{kind}[_. -]key" for kind in ("api", "access", "private", "secret", "encryption", "signing", "master", "deploy", "ssh", "auth", "account", "session")),
    "session[_-]id",
)  # fmt: skip
WHOLE_KEYS = ("auth", "pass", "pin", "otp", "pw")  # secret only as a whole part of a key: `auth=`, `DB_PASS`, not `author`
HARMLESS = ("version", "leak", "length", "name", "file", "path", "count", "stdin", "expir", "generat", "ttl", "spec")
# At least one of these is in whatever the pattern can match: they are looked for first, all at once.
HINTS = (
    "passw", "passphrase", "pwd", "secret", "token", "credential", "authorization", "cookie", "bearer", "jwt", "key", "session", "auth", "pass",
    "pin", "otp", "pw", "://", "-u", "--user", "gh", "glpat-", "xox", "akia", "asia", "sk-", "sk_", "rk_", "eyj", "dckr_", "npm_", "swmtkn", "hvs.",
)  # fmt: skip
# A line of a key or certificate is nothing but base64, and mixed as chance mixes it: digits, and small letters before capitals again and again.
# A path of letters and slashes is not mixed like that; and where it is, it begins with short names between slashes.
SHORTEST_KEY = 40  # no line of one has as few characters
BASE64 = r"^[ \t]*[A-Za-z0-9+/]{41,}={0,2}[ \t\r\n]*$"
MIXED = (r"[0-9]", r"(?:[a-z0-9][A-Z][^\r\n]*){3}")
PATH = r"^[ \t]*/(?:[^/]{1,20}/){2}"


def redact(text: str) -> str:
    """Replace the secrets in a text by `[redacted]`. Redacting again changes nothing."""
    return _known(text) if len(text) <= SHORT else _known.__wrapped__(text)


@lru_cache(maxsize=1 << 15)  # the same is said again and again; long texts are rarely the same, and would fill the memory
def _known(text: str) -> str:
    ranges = secrets(text)
    if not ranges:
        return text
    parts, at = [], 0
    for start, end in ranges:
        parts += [text[at:start], REDACTED]
        at = end
    return "".join([*parts, text[at:]])


def redacted(text: pl.Expr) -> pl.Expr:
    """The same on a column of texts; null stays null."""
    import polars as pl

    near = text.str.contains_any(list(HINTS), ascii_case_insensitive=True)
    key = text.str.contains(BASE64) & pl.all_horizontal(text.str.contains(mixed) for mixed in MIXED) & ~text.str.contains(PATH)
    groups = _compiled().groups
    template = "".join(f"${{{i}}}" for i in range(1, groups)) + REDACTED + f"${{{groups}}}"
    return pl.when(near & ~key).then(text.str.replace_all(pattern(), template)).when(key).then(pl.lit(REDACTED)).otherwise(text)


def secrets(text: str) -> list[tuple[int, int]]:
    """Where the secrets stand: half-open ranges, in order, not overlapping."""
    if _of_a_key(text):
        return [(0, len(text))]
    if not _hinted().search(text.lower()):
        return []
    last = _compiled().groups
    found = []
    for m in _compiled().finditer(text):
        start = max((m.end(i) for i in range(1, last)), default=-1)
        found.append((max(start, m.start()), m.start(last) if m[last] else m.end()))
    return found


def _of_a_key(text: str) -> bool:
    """Whether a text is a line of a key or certificate."""
    return (
        len(text) > SHORTEST_KEY
        and bool(re.search(BASE64, text))
        and all(re.search(mixed, text) for mixed in MIXED)
        and not re.search(PATH, text)
    )


@cache
def _hinted() -> re.Pattern[str]:
    """Any of the hints, those that begin alike together: the engine then tells by one letter that none begins here."""
    firsts = sorted({hint[0] for hint in HINTS})
    return re.compile("|".join(f"{re.escape(c)}(?:{'|'.join(re.escape(hint[1:]) for hint in HINTS if hint[0] == c)})" for c in firsts))


@cache
def _compiled() -> re.Pattern[str]:
    return re.compile(pattern())


@cache
def pattern() -> str:
    """All alternatives. Of each, groups at its beginning are kept, and the last group of all, which ends the first."""
    key = _key()
    line = r"^[ \t]*(?:export[ \t]+|- |-e[ \t]+|ENV[ \t]+)?[A-Za-z0-9_.-]*"
    between = r"[ \t]*(?::=|=>|==|[:=]|[ \t]with value:?)[ \t]*"
    told = r"[ \t]+(?:is|to|set to)[ \t]+"
    header = "|".join(map(_any_case, ("authorization", "set-cookie", "cookie")))
    after_key = (
        r"(\"[ \t]*:[ \t]*\")(?:[^\"\\]|\\.)+",  # JSON
        r"('[ \t]*:[ \t]*')(?:[^'\\]|\\.)+",  # Python
        r"(\\+\"[ \t]*:[ \t]*\\+\")(?:[^\"\\]|\\[^\"\\]|\\\\\\+[^\\])+",  # JSON in a string of JSON
        r"(\\*[\"'][ \t]*:[ \t]*)(?:\[[^\]]*\]?|\{[^}]*\}?|[^ \t\r\n,}\]\"'\[{\\][^ \t\r\n,}\]\"'\\]*)",
        rf"((?:{between}|{told})\\*\")(?:[^\"\\]|\\[^\"])+",
        rf"((?:{between}|{told})\\*')[^']+",
        rf"({between})(?:[^ \t\r\n\"'`\\]|\\[^nrt\"'])+",
    )
    alternatives = (
        rf"({line}{key}[ \t]*(?:=|:[ \t])[ \t]*)[^ \t\r\n][^\r\n]*",  # a line of its own: all of the rest
        rf"((?:{header})[ \t]*[:=][ \t]*)[^ \t\r\n\"'][^\r\n\"']*",  # a header: all of the rest, up to a quote
        rf"([\"'][A-Za-z0-9_]*{key}=)(?:[^\"'\\]|\\[^\"'])+",  # "KEY=..." in a list
        rf"({key})(?:{'|'.join(after_key)})",
        rf"(--?[A-Za-z0-9_.-]*{key}[ \t]+[\"']?)[^ \t\r\n\"']+",
        r"((?:^|[ \t])(?:-u|--user)[ \t=]+[\"']?[^ \t\r\n:\"']+:)[^ \t\r\n\"']+",
        rf"({_any_case('bearer')}[ \t]+)[A-Za-z0-9._~+/=-]{{8,}}",
        # Texts that are secrets by their own shape.
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^\"'\r\n]+",
        r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-|[sr]k_(?:live|test)_|dckr_pat_|npm_|hvs\.)[A-Za-z0-9_-]{16,}",
        r"(?:AKIA|ASIA)[A-Z0-9]{16}|SWMTKN-1-[A-Za-z0-9-]+|AGE-SECRET-KEY-1[A-Z0-9]+",
        r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*",
        # Who is named before the host of a URL, up to the last `@` before a slash; a password may hold both.
        r"(://)(?:[^ \t\r\n/\"'@]*:[^ \t\r\n\"'@]*/[^ \t\r\n\"'@]*|[^ \t\r\n/\"'@]+)(?:@[^ \t\r\n/\"'@]*)*(@)",
    )
    return "|".join(alternatives)


def _key() -> str:
    """A key that looks secret: one of WORDS in it, and no part after that begins with one of HARMLESS."""
    part = _other_than(HARMLESS)
    words, whole = "|".join(map(_any_case, WORDS)), "|".join(map(_any_case, WHOLE_KEYS))
    return rf"(?:(?:(?:{words})(?:{part})?|(?:^|[^A-Za-z])(?:{whole}))(?:[_.-]+(?:{part})?)*)"


def _any_case(word: str) -> str:
    """A word in any case, spelled out: engines differ in what else they take for a letter's other case."""
    return re.sub(r"\[[^]]*\]|[a-z]", lambda m: m[0] if m[0].startswith("[") else f"[{m[0]}{m[0].upper()}]", word)


def _other_than(words: tuple[str, ...]) -> str:
    """Letters and digits that do not begin with one of some words: spelled out, since Rust's engine does not look ahead."""
    firsts = sorted({w[0] for w in words})
    others = "".join(c for c in "abcdefghijklmnopqrstuvwxyz" if c not in firsts)
    parts = [f"[0-9{others}{others.upper()}][A-Za-z0-9]*"]
    for first in firsts:
        rest = tuple(w[1:] for w in words if w[0] == first)
        if "" not in rest:
            parts.append(f"[{first}{first.upper()}](?:{_other_than(rest)})?")
    return "|".join(parts)
