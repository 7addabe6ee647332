"""No secret gets through, the function and the expression agree, and twice is as once."""

from __future__ import annotations

import base64
import hashlib
import string

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.redact import REDACTED, redact, redacted, secrets

HIDDEN = [  # what is printed, and what must not be
    ("batch response: not found: https://ci_admin:<passwd>@gite-e1cb78.example.org/…", "<passwd>"),
    ("pull -q --ff-only https://bot:hunt/er2@git.example.org/r.git: Fast-forward", "hunt/er2"),
    ("https://ghs_tok3n@github.com/x", "ghs_tok3n"),
    ("htps://a://a:b@hunter2@tps://a:b@c/d", "hunter2"),
    ("Authorization: Bearer abc.def", "abc.def"),
    ('curl -H "Authorization: Basic aHVudGVy" https://x/y', "aHVudGVy"),
    ("Cookie: a=bcd; c=def", "bcd"),
    ("X-Auth-Token: hunter2", "hunter2"),
    ('{"db_password": "hun\\"ter2", "n": 1}', "ter2"),
    ('{"password":12345,"host":"x"}', "12345"),
    ('{"auth": "dXNlcjpwYXNz"}', "dXNlcjpwYXNz"),
    ('{"out":"env {\\"password\\":\\"hunter2\\",\\"x\\":1}"}', "hunter2"),
    ('{"out":"+ export TOKEN=hunter2\\n"}', "hunter2"),
    ('"Env": ["SECRET_KEY_BASE=two words", "X=y"]', "words"),
    ('"passwords":["hunter2","b"],"x":1', "hunter2"),
    ("{'password': 'hunter2', 'a': 1}", "hunter2"),
    ("export API_TOKEN=a b c", "b c"),
    ("tool --client.secret hunter2 x", "hunter2"),
    ("POSTGRES_PASSWORD=hunter2", "hunter2"),
    ("  password: correct horse battery", "horse"),
    ('password = "two words"', "words"),
    ("2026-11-23 INFO env DB_PASS=hunter2 next", "hunter2"),
    ("abra app deploy --password hunter2 foo", "hunter2"),
    ("mysql --token=hunter2 x", "hunter2"),
    ("curl -u admin:hunter2 https://x", "hunter2"),
    ("for x read env DB_PASSWORD with value: hunter2 from docker service", "hunter2"),
    ("Set password to 'hunter2'", "hunter2"),
    ("docker swarm join --token SWMTKN-1-abc-def 10.0.0.1:2377", "SWMTKN-1-abc-def"),
    ("ghp_0123456789abcdef0123456789", "ghp_0123456789abcdef0123456789"),
    ("id eyJhbGciOiJI.eyJzdWIi.SflKx end", "SflKx"),
    ("-----BEGIN RSA PRIVATE KEY-----MIIEpAIBAAKCAQEA", "MIIEpAIBAAKCAQEA"),
    ("MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buozmPjHR1xV0aTqPGhFG3yZ2Yx8v", "MIIEpAIBAAKCAQEA"),
    ("image=x@sha256:aa, com.example.password=hunter2, name=y", "hunter2"),
]
KEPT = [
    "recipe-ci: RECIPE=disc REF=7ae7b0f7 PR=4 SRC=x stages=install,upgrade quick=0",
    "SECRET_DB_PASSWORD_VERSION=v1",
    '"flags":{"clean_teardown":true,"no_secret_leak":true}',
    '"SecretName": "x_db_password_v1"',
    "FATA secret not generated: db_password",
    "author: Joe <joe@example.org>",
    "lock: acquired deploy key",
    "https://host/path@v1.2",
    "user@host:/path",
    "bypass: 5 compass=3 monkey=4",
    "Creating secret disc_db_password_v1",
    "4f2a7c0d9e8b1a3c5d7e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789",
    "/srv/ci/abra/shared/recipes/discourse/compose/and/then/some/more",
    "/home/Joe2/ProjectsOfMine/MyApp/SrcMain/JavaCode/ThingOne/Other",
    "srv/ci/upstream/recipemaintainers/discourse/compose/files/more",
    "DEPLOYINGTHEAPPLICATIONTOTHESTACKWITHALLOFITSSERVICES",
    "chaos commit 'eb96de94+U', not the intended PR-head '7ae7b0f76efb'",
]
KEYS = st.sampled_from(
    ["password", "DB_PASSWORD", "api_key", "apiKey", "auth-token", "client.secret", "TOKEN", "x_passwd_2", "Pwd", "GITEA_TOKEN_OLD"]
)
SECRET = st.text(string.ascii_letters + string.digits + "+/=._~!%^*-", min_size=6, max_size=20).map(lambda s: "Zq" + s)
FRAMES = st.sampled_from(
    [
        "{key}={secret}", "export {key}={secret}", "INFO {key}={secret} done", "{key}: {secret}", "at {key}: {secret} end", '{{"{key}": "{secret}", "n": 1}}',
        "{{'{key}': '{secret}'}}", '{{\\"{key}\\":\\"{secret}\\"}}', "tool --{key} {secret} x", "tool --{key}={secret}", '"{key}={secret}"', "{key} = '{secret}'",
        "https://{key}:{secret}@host/path", "Authorization: Bearer {secret}", "authorization=Basic {secret}", '-H "Cookie: {key}={secret}"', "{key} := {secret}",
    ]
)  # fmt: skip
HEX, SWARM = (
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.text(string.ascii_lowercase + string.digits, min_size=25, max_size=25),
)
NAMES = st.one_of(
    HEX,
    HEX.map(lambda h: h + h[:24]),
    SWARM,
    st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=12), min_size=4, max_size=12).map(lambda p: "/" + "/".join(p)),
)
TELLING = st.sampled_from(
    [
        "{x}", "  {x}\n", "commit {x}", "{x} {x} ci <ci@ci.example.org> 1795423365 +0000\tcheckout: moving from {x} to {x}", "image=app@sha256:{x}, name=s_app", "ref: {x}",
        "service.id={x} task.id={x}", '{{"ID":"{x}","Image":"app:1@sha256:{x}"}}', "loaded compose file: {x}/compose.yml", "Updating service s_app (id: {x})", "HEAD={x} describe=1",
        "secret create {x} (name=s_db_password_v1)", '{{"Type":"secret","Action":"create","Actor":{{"ID":"{x}","Attributes":{{"name":"s_token_v1"}}}}}}', "{x} refs/tags/0.7.0+3.3.1", "^{x}",
    ]
)  # fmt: skip
AROUND = st.text("ab \t:=\"'@/,{}[]\\-…é", max_size=8)
TEXT = st.text(max_size=40) | st.lists(st.sampled_from([*"=:\"'@/\\ .-_\n\r[]{}", "://", "password", "TOKEN", "key", "auth", "Bearer ", "[redacted]", "ghp_", "x" * 20, "K", "ſ", "…"]), max_size=14).map("".join)  # fmt: skip


def column(texts: list[str | None]) -> list[str | None]:
    return pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)}).select(redacted(pl.col("t")))["t"].to_list()


@pytest.mark.parametrize(("text", "secret"), HIDDEN, ids=[t[:40] for t, _ in HIDDEN])
def test_a_secret_is_hidden_and_the_rest_stays(text: str, secret: str) -> None:
    shown = redact(text)

    assert secret not in shown
    assert REDACTED in shown
    assert column([text]) == [shown]
    assert redact(shown) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_secret_is_kept(text: str) -> None:
    assert redact(text) == text
    assert column([text]) == [text]


def test_null_stays_null() -> None:
    assert column([None, "password=x", "plain"]) == [None, f"password={REDACTED}", "plain"]


@given(FRAMES, KEYS, SECRET, AROUND, AROUND)
def test_a_secret_never_gets_through(frame: str, key: str, secret: str, before: str, after: str) -> None:
    line = frame.format(key=key, secret=secret)

    assert secret not in redact(line)
    assert secret not in redact(f"{before} {line} {after}")


@given(TELLING, NAMES)
def test_commits_ids_digests_and_paths_are_kept(frame: str, name: str) -> None:
    line = frame.format(x=name)

    assert redact(line) == line
    assert column([line]) == [line]


@given(st.binary(min_size=48, max_size=48))
def test_a_line_of_a_key_is_hidden_wherever_chance_mixes_it(data: bytes) -> None:
    line = base64.b64encode(hashlib.sha512(data).digest()[:48]).decode()

    assert redact(line) == redact(f"  {line}\n") == REDACTED
    assert column([line]) == [REDACTED]


@given(st.lists(TEXT | st.builds(lambda f, k, s, a: a + f.format(key=k, secret=s), FRAMES, KEYS, SECRET, AROUND), max_size=6))
def test_the_expression_and_the_function_agree_and_twice_is_as_once(texts: list[str]) -> None:
    shown = [redact(t) for t in texts]

    assert column(texts) == shown
    assert [redact(t) for t in shown] == shown


@given(TEXT)
def test_what_stands_beside_a_secret_is_kept_to_the_letter(text: str) -> None:
    ranges = secrets(text)

    assert all(a < b for a, b in ranges)
    assert all(b <= c for (_, b), (c, _) in zip(ranges, ranges[1:], strict=False))
    pieces, at = [], 0
    for a, b in ranges:
        pieces += [text[at:a], REDACTED]
        at = b
    assert "".join([*pieces, text[at:]]) == redact(text)
