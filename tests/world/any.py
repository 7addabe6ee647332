"""Any world: runs, faults and a person's hand, drawn from a seed; and what is told of many of them, parsed together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

import polars as pl

from forensics.analysis import Analysis, analyse
from parsers import identity
from tests.evidence import events_of
from tests.world.play import ByHand, World, play
from tests.world.runs import Plan
from tests.world.telling import any_envelopes, evidence
from tests.world.trees import BASE, HEAD, OTHER

LEFT_OUT = ("events", "text", "inspects", "results", "outputs", "git", "daemon")


@dataclass
class Told:
    """One world, what was told of it, and what was said of that."""

    seed: int
    world: World
    files: dict[str, str]
    skews: dict[str, float] = field(default_factory=dict)
    analysis: Analysis | None = None


def drawn(seed: int, random: Random) -> World:
    """One to three runs, on one stack mostly, in one tree or their own, with whatever goes wrong."""
    shared, same = random.random() < 0.4, random.random() < 0.75
    plans = [
        Plan(
            f"r{n}",
            after=0.0 if n == 0 else random.choice([0.5, 3, 5, 7, 9, 12, 20]) + random.random() * 3,
            ref=random.choice([HEAD, HEAD, HEAD, OTHER, BASE]) if random.random() < 0.4 else HEAD,
            pinned=shared if random.random() < 0.8 else not shared,
            domain="disc-69811c.ci.example.org" if same or n == 0 else f"disc-{n}bffa5.ci.example.org",
            lock=random.choice(["none", "none", "base", "whole"]),
            rest=random.choice([0.5, 2, 5, 9]),
            pause=random.choice([0.02, 1.5, 4]),
            upgrade_fails=random.choice([(), (), (), ("app",), ("db",), ("app", "db", "sidekiq")]),
            refused_at=random.choice([None] * 8 + [0, 1, 2]),
            forgets_checkout=random.random() < 0.1,
            killed=random.choice([None] * 10 + ["base", "upgrade"]),
            tears_down=random.random() < 0.9,
            same_image=random.random() < 0.15,
        )
        for n in range(random.choice([1, 2, 2, 2, 3]))
    ]
    hand = (ByHand(random.uniform(5, 14), random.choice(["rollback", "label", "image"])),) if random.random() < 0.2 else ()
    return play(plans, seed=seed, shared=shared, on_failure=random.choice(["rollback", "rollback", "pause"]), by_hand=hand)


def tell(seed: int, how: str) -> Told:
    """Play a world and tell it: `full`, with `less` evidence, `cut` off here and there, `begun` late, with `gaps` between the dumps of events, or with the clock of one run's host `skew`ed."""
    random = Random(seed)
    world = drawn(seed, random)
    ids = [run.plan.id for run in world.runs]
    envelopes, skews, without = any_envelopes(ids, random), {}, frozenset[str]()
    if how == "less":
        without = frozenset(kind for kind in LEFT_OUT if random.random() < 0.4)
    if how == "cut":
        return Told(seed, world, _cut(evidence(world, envelopes=envelopes), ids, random))
    if how == "begun":
        return Told(seed, world, _begun(evidence(world, envelopes=envelopes), random))
    if how == "gaps":
        return Told(seed, world, _apart(evidence(world, envelopes=envelopes), ids, random))
    if how == "skew":
        skews = {ids[-1]: random.choice([-37.0, 37.0, -120.0])}
    return Told(seed, world, evidence(world, envelopes=envelopes, skews=skews, without=without), skews)


def _cut(files: dict[str, str], runs: list[str], random: Random) -> dict[str, str]:
    """Leave out one run of several; start or stop the recording of events late or early; stop logs early."""
    if len(runs) > 1 and random.random() < 0.5:
        gone = f"runs/{random.choice(runs)}/"
        files = {path: text for path, text in files.items() if not path.startswith(gone)}
    lo, hi = (random.random() * 0.6, 1.0) if random.random() < 0.5 else (0.0, 0.4 + random.random() * 0.6)
    for path in {"docker-events.ndjson", "docker-events.txt"} & files.keys():
        lines = files[path].splitlines(keepends=True)
        files[path] = "".join(lines[int(lo * len(lines)) : int(hi * len(lines)) + 1])
    for path in [p for p in files if p.endswith((".ndjson", "harness.log", "console.log")) and "runs/" in p]:
        if random.random() < 0.3:
            lines = files[path].splitlines(keepends=True)
            files[path] = "".join(lines[: max(5, int(len(lines) * random.random()))])
    return {path: text for path, text in files.items() if text}


def _begun(files: dict[str, str], random: Random) -> dict[str, str]:
    """Leave out the beginning of logs."""
    for path in [p for p in files if p.endswith((".ndjson", "harness.log", "console.log")) and "runs/" in p]:
        if random.random() < 0.6:
            lines = files[path].splitlines(keepends=True)
            files[path] = "".join(lines[int(len(lines) * random.random() * 0.9) :])
    return files


def _apart(files: dict[str, str], runs: list[str], random: Random) -> dict[str, str]:
    """Events as two dumps with a stretch between them that nobody recorded, in which whole runs may have come and gone; one run's log may be gone too."""
    if len(runs) > 1 and random.random() < 0.5:
        gone = f"runs/{random.choice(runs)}/"
        files = {path: text for path, text in files.items() if not path.startswith(gone)}
    lines = files.pop("docker-events.ndjson", "").splitlines(keepends=True)
    files.pop("docker-events.txt", None)
    first = int(random.uniform(0.1, 0.8) * len(lines))
    last = first + int(random.uniform(0.05, 0.5) * len(lines))
    files |= {"docker-events-1.ndjson": "".join(lines[:first]), "docker-events-2.ndjson": "".join(lines[last:])}
    return {path: text for path, text in files.items() if text}


def told(seeds: Iterable[int], how: str) -> Iterator[Told]:
    """Worlds with what is said of each; the evidence of all is parsed at once, because that is quicker."""
    all_told = [tell(seed, how) for seed in seeds]
    files = {f"w{one.seed}/{path}": text for one in all_told for path, text in one.files.items()}
    world, path = pl.col("path").str.extract(r"^w(\d+)/").cast(pl.Int64), pl.col("path").str.replace(r"^w\d+/", "")
    events = events_of(files).with_columns(world=world, path=path)
    for one in all_told:
        lines = {identity.content_id(t.encode()): t.encode().split(b"\n") for t in one.files.values()}
        mine = events.filter(pl.col("world") == one.seed).drop("world")
        one.analysis = analyse(mine.lazy(), lambda at, lines=lines: {(c, n): lines[c][n - 1].decode("utf-8", "replace") for c, n in at})
        yield one
