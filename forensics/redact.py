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
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

REDACTED = "[redacted]"

# A key is secret if it holds one of these, and the part of it that follows does not begin with one of HARMLESS.
WORDS = (
    "password", "passwd", "passphrase", "passwort", "pwd", "secret", "token", "credential", "authorization", "cookie", "bearer", "jwt",
    "apikey", "accesskey", "privatekey", "secretkey", "encryptionkey", "signingkey", "sessionid", "sshkey", "authkey",
    *(f"{kind}[_. -]key" for kind in ("api", "access", "private", "secret", "encryption", "signing", "master", "deploy", "ssh", "auth", "account", "session")),
    "session[_-]id",
)  # fmt: skip
WHOLE_KEYS = ("auth", "pass", "pin", "otp", "pw")  # secret only as a whole part of a key: `auth=`, `DB_PASS`, not `author`
HARMLESS = ("version", "leak", "length", "name", "file", "path", "count", "stdin", "expir", "generat", "ttl")
# At least one of these is in whatever the pattern below can match; found in one pass before the pattern is tried.
HINTS = (
    "password", "passwd", "passphrase", "passwort", "pwd", "secret", "token", "credential", "authorization", "cookie", "bearer", "jwt",
    "key", "session", "auth", "pass", "pin", "otp", "pw", "://", "-u", "--user", "gh", "glpat-", "xox", "AKIA", "ASIA", "sk-", "sk_", "rk_",
    "eyJ", "dckr_", "npm_", "SWMTKN", "hvs.", "private", "Signature",
)  # fmt: skip


def redact(text: str) -> str:
    """Replace the secrets in a text by `[redacted]`. Redacting again changes nothing."""
    return _compiled().sub(_replaced, text)


def redacted(text: pl.Expr) -> pl.Expr:
    """The same on a column of texts; null stays null."""
    import polars as pl

    near = text.str.contains_any(list(HINTS), ascii_case_insensitive=True)
    groups = "".join(f"${{{i + 1}}}" for i in range(_compiled().groups))
    return pl.when(near).then(text.str.replace_all(pattern(), groups + REDACTED)).otherwise(text)


def secrets(text: str) -> list[tuple[int, int]]:
    """Where the secrets stand: half-open ranges, in order, not overlapping."""
    return [(m.end(m.lastindex) if m.lastindex else m.start(), m.end()) for m in _compiled().finditer(text)]


def _replaced(match: re.Match[str]) -> str:
    return (match[match.lastindex] if match.lastindex else "") + REDACTED


@cache
def _compiled() -> re.Pattern[str]:
    return re.compile(pattern())


@cache
def pattern() -> str:
    """All alternatives. In each, at most one group, at its beginning: what is kept."""
    tail = rf"(?:{_segment(HARMLESS)})?(?:[_.-]+(?:{_segment(HARMLESS)})?)*"
    key = rf"(?:(?:{'|'.join(map(_any_case, WORDS))}){tail}|(?:^|[^A-Za-z])(?:{'|'.join(map(_any_case, WHOLE_KEYS))})(?:[_.-]+(?:{_segment(HARMLESS)})?)*)"
    between = r"[ \t…]*(?::=|=>|==|[:=]|…*[ \t]with value:?)[ \t…]*"
    double, single = r'"', "'"
    return "|".join(
        (
            r"(://)[^\s/\"'@]*(?:@[^\s/\"'@]*)*@".replace("*(?:@", "*(?:@") if False else r"(://)[^\s/\"']+@",
            r"(://[^\s/@:\"']*:)[^\s\"'/@]*/[^\s\"'@]*@",
            # Headers: all of the rest, up to a quote.
            rf"((?:{'|'.join(map(_any_case, ('authorization', 'set-cookie', 'cookie')))})[ \t…]*[:=][ \t…]*)[^\"'\n]+",
            # `KEY=...` and `key: ...` that are a line of their own: all of the rest.
            rf"(^[ \t…]*(?:export[ \t]+|- |-e[ \t]+|ENV[ \t]+)?[A-Za-z0-9_.-]*{key}[ \t]*(?:=|:[ \t])[ \t]*{double})(?:[^{double}\\]|\\.)+",
            rf"(^[ \t…]*(?:export[ \t]+|- |-e[ \t]+|ENV[ \t]+)?[A-Za-z0-9_.-]*{key}[ \t]*(?:=|:[ \t])[ \t]*{single})[^{single}]+",
            rf"(^[ \t…]*(?:export[ \t]+|- |-e[ \t]+|ENV[ \t]+)?[A-Za-z0-9_.-]*{key}[ \t]*(?:=|:[ \t])[ \t]*)[^\s\"'][^\r\n]*",
            # JSON, also JSON in a string of JSON, and Python's dictionaries.
            rf"({key}\"[ \t]*:[ \t]*\")(?:[^\"\\]|\\.)+",
            rf"({key}'[ \t]*:[ \t]*')(?:[^'\\]|\\.)+",
            rf"({key}\\+\"[ \t]*:[ \t]*\\+\")(?:[^\"\\]|\\[^\"\\]|\\\\\\+.)+",
            rf"({key}\\*[\"'][ \t]*:[ \t]*)(?:\[[^\]]*\]?|\{{[^}}]*\}}?|[^\s,}}\]\"'\[{{\\][^\s,}}\]\"'\\]*)",
            # Anywhere in a line.
            rf"({key}{between}\\*{double})(?:[^{double}\\]|\\[^\"])+",
            rf"({key}{between}\\*{single})[^{single}]+",
            rf"({key}{between})[^\s\"'\\<>`][^\s\"'\\<>`]*",
            rf"(--?[A-Za-z0-9_-]*{key}[ \t]+[\"']?)[^\s\"']+",
            r"((?:^|\s)(?:-u|--user)[ \t=]+[\"']?[^\s:\"']+:)[^\s\"']+",
            r"([bB][eE][aA][rR][eE][rR][ \t]+)[A-Za-z0-9._~+/=-]{8,}",
            # Texts that are secrets by their own shape.
            r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^\"']+",
            r"(^[ \t]*)[a-z0-9]{0,40}[A-Z+/][A-Za-z0-9+/]{40,}={0,2}[ \t]*\r?\n?$",
            r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-|[sr]k_(?:live|test)_|dckr_pat_|npm_|hvs\.)[A-Za-z0-9_-]{16,}",
            r"(?:AKIA|ASIA)[A-Z0-9]{16}|SWMTKN-1-[A-Za-z0-9-]+|AGE-SECRET-KEY-1[A-Z0-9]+",
            r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*",
        )
    )


def _any_case(word: str) -> str:
    """A word in any case, spelled out: engines differ in what else they take for a letter's other case."""
    return re.sub(r"\[[^]]*\]|[a-z]", lambda m: m[0] if m[0].startswith("[") else f"[{m[0]}{m[0].upper()}]", word)


def _segment(other_than: tuple[str, ...]) -> str:
    """Letters and digits that do not begin with one of some words. There is no look-ahead in Rust's engine, so it is spelled out."""
    firsts = sorted({w[0] for w in other_than})
    parts = [f"[^{''.join(firsts)}{''.join(firsts).upper()}\\W_][A-Za-z0-9]*"]
    for first in firsts:
        rest = tuple(w[1:] for w in other_than if w[0] == first)
        letter = f"[{first}{first.upper()}]"
        if "" not in rest:
            parts.append(f"{letter}(?:{_segment(rest)})?")
    return "|".join(parts)
