"""Evidence written for tests: logs, swarm events and inspects, and the analysis of them."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import polars as pl

from forensics.analysis import Analysis, analyse
from forensics.quote import quote
from parsers import engine, identity, lines
from parsers.schema import EVENTS

BASE, HEAD = "92a304dda03f5f9aa416fcb24905b6dd2703f0a2", "a7be5baed346790646d2444a2d6f064ab6bc30a9"
STACK, DOMAIN, APP = "disc-1_ci_example_org", "disc-1.ci.example.org", "disc-1_ci_example_org_app"
T0 = 1_795_423_300  # epoch seconds


def events_of(files: dict[str, str]) -> pl.DataFrame:
    """The events of these files, parsed in batches of one format as an ingest does."""
    batches: dict[tuple[str, ...], list[tuple[engine.Choice, str, bytes]]] = defaultdict(list)
    sources = [(path, text.encode()) for path, text in sorted(files.items())]
    for choice, (path, content) in zip(engine.choose_all(sources), sources, strict=True):
        batches[choice.key].append((choice, path, content))
    found = [pl.DataFrame(schema=EVENTS)]
    for items in batches.values():
        ids = [identity.content_id(c) for _, _, c in items]
        sources = pl.DataFrame(
            {
                "source": range(len(items)),
                "source_id": [identity.source_id(i, p) for i, (_, p, _) in zip(ids, items, strict=True)],
                "content_id": ids,
                "path": [p for _, p, _ in items],
            },
            schema_overrides={"source": pl.UInt32},
        )
        rows = pl.concat([lines.split(c).with_columns(source=pl.lit(n, pl.UInt32)) for n, (_, _, c) in enumerate(items)])
        found.append(engine.parse(items[0][0], rows, sources)[0])
    return pl.concat(found)


def analysis(files: dict[str, str], *, shuffle: bool = False) -> Analysis:
    """Analyse these files; `shuffle` hands the events over in another order."""
    events = events_of(files)
    if shuffle:
        events = events.sample(fraction=1.0, shuffle=True, seed=7)
    text = {identity.content_id(t.encode()): t.encode().split(b"\n") for t in files.values()}
    return analyse(events.lazy(), lambda at: {(c, n): quote(text[c][n - 1]) for c, n in at})


def folder(path: Path) -> dict[str, str]:
    """All files below a folder, by relative path."""
    return {str(p.relative_to(path)): p.read_text(encoding="utf-8") for p in sorted(path.rglob("*")) if p.is_file()}


class Log:
    """A harness log: Python logging by default, bare console where `timed` is off."""

    def __init__(self, run: str, *, timed: bool = True, skew: float = 0.0) -> None:
        self.run, self.timed, self.skew, self.lines = run, timed, skew, []

    def say(self, at: float, *messages: str) -> Log:
        """Add lines at seconds after T0."""
        from datetime import UTC, datetime

        for message in messages:
            t = datetime.fromtimestamp(T0 + at + self.skew, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3].replace(".", ",")
            self.lines.append(f"{t} INFO ccci.run: {message}" if self.timed else message)
        return self

    def start(self, at: float, ref: str = HEAD) -> Log:
        """The first line of a run."""
        return self.say(at, f"recipe-ci: RECIPE=discourse REF={ref} PR=2 SRC=rm/discourse stages=install,upgrade quick=0")

    def deploy(
        self,
        at: float,
        end: float | None,
        stamp: str,
        *,
        upgrade: bool = False,
        services: tuple[str, ...] = ("app",),
        fatal: str | None = None,
        domain: str = DOMAIN,
        onto: bool = False,
    ) -> Log:
        """One deploy with its announcements; no end line where `end` is None; `onto` a stack that is there."""
        word = "chaos_redeploy" if upgrade else "deploy_app"
        stack = domain.replace(".", "_")
        self.say(
            at,
            f"{word}: {domain}",
            f"$ abra app deploy {domain} -C -f -o -n --debug",
            f"DEBU <app/deploy.go:372> version: taking chaos version: {stamp}",
        )
        verb = "updating" if upgrade or onto else "creating"
        self.say(at + 0.05, *(f"DEBU <stack/stack.go:415> {verb} service {stack}_{s}" for s in services))
        if end is not None:
            self.say(end, f"FATA {fatal}" if fatal else f"INFO deploy succeeded: {domain}")
            self.say(end, f"install: FAIL abra app deploy {domain} failed (1)" if fatal else f"{word}: done {domain}")
        return self

    def read(self, at: float, value: str, stack: str = STACK) -> Log:
        """An identity read."""
        return self.say(at, f"deployed_identity: stack={stack} version=0.7.0+3.3.1 chaos=true chaos-version={value}")

    def lock(self, at: float, word: str, name: str = "app.lock") -> Log:
        """`acquired` or `released`."""
        return self.say(at, f"lock: {word} {name}")

    def undeploy(self, at: float, end: float) -> Log:
        """A teardown that says it succeeded."""
        return self.say(at, "===== teardown =====", f"$ abra app undeploy {DOMAIN} -n", f"INFO undeploying {DOMAIN}").say(
            end, "INFO undeploy succeeded", f"RUN SUMMARY: run={self.run} level=1 install=pass upgrade=pass"
        )

    @property
    def file(self) -> dict[str, str]:
        """The log as a file of evidence."""
        return {f"runs/{self.run}/harness.log": "\n".join(self.lines) + "\n"}


class Swarm:
    """Swarm's events as JSON lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def _add(self, at: float, action: str, service: str, sid: str | None, **attributes: str) -> Swarm:
        ns = round((T0 + at) * 1_000_000_000)
        self.lines.append(
            json.dumps(
                {
                    "Type": "service",
                    "Action": action,
                    "Actor": {"ID": (sid or service)[:25].ljust(25, "0"), "Attributes": {"name": service} | attributes},
                    "scope": "swarm",
                    "time": ns // 10**9,
                    "timeNano": ns,
                },
                separators=(",", ":"),
            )
        )
        return self

    def create(self, at: float, service: str = APP, sid: str | None = None) -> Swarm:
        """A service is created."""
        return self._add(at, "create", service, sid or service.rpartition("_")[2] + "x1")

    def update(self, at: float, service: str = APP, sid: str | None = None, **images: str) -> Swarm:
        """A client's update: image_old, image_new."""
        return self._add(
            at, "update", service, sid or service.rpartition("_")[2] + "x1", **{k.replace("_", "."): v for k, v in images.items()}
        )

    def state(self, at: float, new: str, old: str | None = None, service: str = APP, sid: str | None = None) -> Swarm:
        """The update state changes."""
        return self._add(
            at,
            "update",
            service,
            sid or service.rpartition("_")[2] + "x1",
            **({"updatestate.new": new} | ({"updatestate.old": old} if old else {})),
        )

    def remove(self, at: float, service: str = APP, sid: str | None = None) -> Swarm:
        """A service is removed."""
        return self._add(at, "remove", service, sid or service.rpartition("_")[2] + "x1")

    def die(self, at: float, service: str = APP, code: str = "137") -> Swarm:
        """A task's container ends."""
        ns = round((T0 + at) * 1_000_000_000)
        attributes = {
            "com.docker.stack.namespace": STACK,
            "com.docker.swarm.service.name": service,
            "com.docker.swarm.task.id": "t1",
            "exitCode": code,
            "image": "i",
            "name": "n",
        }
        self.lines.append(
            json.dumps(
                {
                    "Type": "container",
                    "Action": "die",
                    "Actor": {"ID": "c" * 64, "Attributes": attributes},
                    "scope": "local",
                    "time": ns // 10**9,
                    "timeNano": ns,
                },
                separators=(",", ":"),
            )
        )
        return self

    @property
    def file(self) -> dict[str, str]:
        """The events as a file of evidence, in the order of time."""
        return {"docker-events.ndjson": "\n".join(sorted(self.lines, key=lambda x: json.loads(x)["timeNano"])) + "\n"}


def reflog(tree: str, *moves: tuple[float, str, str]) -> dict[str, str]:
    """A reflog of HEAD: (seconds after T0, old, new)."""
    text = "".join(
        f"{old} {new} ci <ci@ci.example.org> {T0 + int(at)} +0000\tcheckout: moving from {old} to {new}\n" for at, old, new in moves
    )
    return {f"recipes/{tree}/discourse/git/logs/HEAD": text}


def log_txt(tree: str) -> dict[str, str]:
    """The repository's commits and its one tag."""
    return {
        f"recipes/{tree}/discourse/log.txt": f"{BASE} 2026-11-23T08:00:00+00:00 tag: 0.7.0+3.3.1, main chore: publish\n{HEAD} 2026-11-23T08:00:00+00:00 HEAD, origin/pr upgrade\n"
    }


def sources_of(files: dict[str, str]) -> pl.DataFrame:
    """The sources of these files, as `Case.sources` lists them; that no line is parsed is not true, and nothing here asks."""
    choices = engine.choose_all([(path, text.encode()) for path, text in sorted(files.items())])
    return pl.DataFrame(
        [
            {
                "path": path,
                "content_id": identity.content_id(text.encode()),
                "parser": choice.name,
                "lines": text.count("\n"),
                "in_events": text.count("\n"),
                "unparsed": 0,
                "blank": 0,
                "archive": None,
            }
            for choice, (path, text) in zip(choices, sorted(files.items()), strict=True)
        ],
        schema_overrides={"archive": pl.String},
    )
