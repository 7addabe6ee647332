"""No command shows a secret, whatever it prints and wherever it writes: the same evidence, with secrets put into it, asked everything."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from pathlib import Path

import polars as pl
import pytest

from forensics.cli import COMMANDS
from tests.cli.conftest import DATA, objects, typed

WORD = "hunter2Qz"  # in every secret
RUN = "runs/m2p/harness.log"
# Into which file, and what: some of it in lines that give events and are cited, some in lines that no rule knows.
PLANTED = {
    RUN: [
        f"2026-11-23 08:56:27,546 INFO ccci.run: + abra app deploy disc-69811c.ci.example.org --token {WORD}1 --debug -C -o -n",
        f"2026-11-23 08:56:28,546 INFO ccci.run: batch response: not found: https://ci_admin:{WORD}2@git.example.org/x",
        f"2026-11-23 08:56:29,546 ERROR ccci.run: FATA deploy failed: Authorization: Bearer {WORD}3",
        f"2026-11-23 08:56:30,546 INFO ccci.run: set_env: API_PASSWORD={WORD}4",
        f"export DB_PASSWORD={WORD}5",
    ],
    "recipes/shared/discourse/git/logs/HEAD": [
        f"{'9' * 40} {'a' * 40} ci <ci@ci.example.org> 1795423399 +0000\tpull -q https://bot:{WORD}6@git.example.org/r.git: Fast-forward"
    ],
    "servers/shared/disc-69811c.ci.example.org.env": [f"SMTP_PASSWORD={WORD}7", f"GITEA_TOKEN={WORD}8"],
    "notes.txt": [f'{{"db_password": "{WORD}9"}}', f"curl -u admin:{WORD}10 https://x.example.org"],
    "claims.md": [f"claim run=m2p by=ops: it passed with token={WORD}12"],  # contradicted: it stands in the prose of a finding
    "docker-events.txt": [
        f"2026-11-23T08:43:40.000000001Z container exec_create: psql postgres://u:{WORD}11@db/x {'5' * 64} (com.docker.stack.namespace=disc, image=a:1, name=n)"
    ],
}
# What is typed of each command. {id}: a finding; {out}: a folder to write to.
TYPED: dict[str, list[list[str]]] = {
    "ingest": [["ingest", "{evidence}"], ["ingest", "{evidence}", "--json"]],
    "claim": [["claim", f"deployed with password={WORD}13"]],
    "sources": [["sources"], ["sources", "--json"]],
    "overlaps": [["overlaps"], ["overlaps", "--json"]],
    "drift": [["drift"], ["drift", "--json"]],
    "findings": [["findings"], ["findings", "--json"]],
    "explain": [["explain", "{id}"], ["explain", "{id}", "--json"]],
    "compare": [["compare"], ["compare", "--json"]],
    "next": [["next"], ["next", "--json"]],
    "changes": [["changes"], ["changes", "--json"]],
    "timeline": [["timeline", "-o", "{out}/t.svg"], ["timeline", "--json"]],
    "report": [["report", "-o", "{out}/r.md"], ["report", "-o", "{out}/r.html"]],
    "verify": [["verify"], ["report", "-o", "{out}/v.md"], ["verify", "{out}/v.md"]],
    "export": [["export", "--to", to, "-o", f"{{out}}/{to}"] for to in ("timesketch", "csv", "parquet", "chrome-trace")],
    "bundle": [["bundle", "-o", "{out}/bundle.tar.gz"], ["bundle", "--json", "-o", "{out}/bundle"]],
    "events": [["events", "--limit", "0"], ["events", "--json"], ["events", "--unparsed", "--json"], ["events", "--unparsed"]],
    "sql": [["sql", "SELECT * FROM events"], ["sql", "SELECT raw FROM lines", "--json"], ["sql", "SELECT attrs FROM events", "--json"],
            ["sql", "SELECT raw AS path, line_no FROM lines", "--limit", "0"], ["sql", "SELECT attrs AS tree FROM events", "--json"]],
    "formats": [["formats", "{evidence}/notes.txt"], ["formats", "{evidence}/notes.txt", "--json"]],
    "replay": [["replay"], ["replay", "--json"]],
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A folder of evidence with secrets in it, the case of it, and a finding."""
    folder = tmp_path_factory.mktemp("secrets")
    evidence = folder / "evidence"
    shutil.copytree(DATA / "shared-tree-race/evidence", evidence)
    for name, lines in PLANTED.items():
        with open(evidence / name, "a") as file:
            file.write("\n".join([*lines, ""]))
    case = str(folder / "case")
    for part in (evidence / "notes.txt", evidence):  # in two steps, so that something changed
        assert typed("ingest", part, "--case", case, "--quiet").exit_code == 0
    (folder / "out").mkdir()
    found = objects(typed("findings", "--case", case, "--json"))
    return {"evidence": str(evidence), "case": case, "id": found[0]["id"], "out": str(folder / "out")}


def test_the_secrets_are_in_the_case(planted: dict[str, str]) -> None:
    from forensics.case import Case

    raw = b"".join(Case.open(planted["case"]).lines().collect()["raw"].to_list()).decode()

    assert all(f"{WORD}{n}" in raw for n in range(1, 13))


def test_a_secret_is_in_what_a_finding_says(planted: dict[str, str]) -> None:
    found = objects(typed("findings", "--class", "claim-contradicted", "--case", planted["case"], "--json"))

    assert any('ops says "it passed with token=[redacted]"' in row["summary"] for row in found)


def test_every_command_is_asked() -> None:
    assert TYPED.keys() == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_shows_a_secret(name: str, planted: dict[str, str]) -> None:
    for words in TYPED[name]:
        result = typed(*(word.format_map(planted) for word in words), *(["--case", planted["case"]]))

        assert result.exit_code in (0, 1), result.stderr
        assert WORD not in result.stdout + result.stderr, words


def test_nothing_that_was_written_holds_a_secret(planted: dict[str, str]) -> None:
    for name in ("timeline", "report", "export", "bundle"):
        for words in TYPED[name]:
            typed(*(word.format_map(planted) for word in words), "--case", planted["case"])
    files = [path for path in Path(planted["out"]).rglob("*") if path.is_file()]

    assert len(files) > 8
    for file in files:
        for part, data in parts(file.name, file.read_bytes()):
            assert WORD.encode() not in data, f"{file.name}: {part}"


def parts(name: str, data: bytes) -> list[tuple[str, bytes]]:
    """The texts that a file holds: members of an archive, rows of a Parquet file, else the file itself."""
    if name.endswith(".gz"):
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
            members = [(m.name, archive.extractfile(m)) for m in archive if m.isfile()]
            return [part for inner, file in members for part in parts(inner, file.read())]
    if data.startswith(b"PAR1"):
        frame = pl.read_parquet(io.BytesIO(data))
        return [(column, b"\n".join(str(value).encode() for value in frame[column].to_list())) for column in frame.columns]
    return [(name, data)]
