"""Overlaps, episodes and attribution of many deploys, beside the interval joins of DuckDB and bioframe.

Each contender runs in a process of its own on the same rows, one after the other, and reports its seconds and the
peak of its resident memory, the rows themselves included. Reading the rows is not timed. DuckDB and bioframe only
pair what possibly overlaps; the rows of `forensics` also say which pairs are definite and for how long.

    python -m bench.correlate --stacks 20000 --deploys 500 --reads 5000000
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

BAR_SECONDS, BAR_GIB = 15.0, 2.5
SPACING_US = 3_600_000_000


def make(stacks: int, deploys: int, reads: int, folder: Path) -> None:
    """Deploys of 5 to 45 minutes about an hour apart, with uncertain ends; one pair of neighbours in ten overlaps."""
    rng = np.random.default_rng(20)
    n = stacks * deploys
    key = np.repeat(np.arange(stacks, dtype=np.int32), deploys)
    start = np.tile(np.arange(deploys) * SPACING_US, stacks) + rng.integers(0, SPACING_US, n)
    length = rng.integers(300_000_000, 2_700_000_000, n)
    doubt = rng.integers(0, 2_000_000, (2, n))
    shuffled = rng.permutation(n)
    frame = pl.DataFrame(
        {
            "id": np.arange(n, dtype=np.int32),
            "key": key,
            "run": rng.integers(0, max(n // 2, 1), n, dtype=np.int32),
            "sE": start,
            "sL": start + doubt[0],
            "eE": start + length - doubt[1],
            "eL": start + length,
        }
    )[shuffled]
    frame.write_parquet(folder / "deploys.parquet", compression="uncompressed")
    at = rng.integers(0, deploys * SPACING_US, reads)
    asked = {
        "id": np.arange(reads, dtype=np.int32),
        "register": rng.integers(0, stacks, reads, dtype=np.int32),
        "rE": at,
        "rL": at + 1_000_000,
    }
    pl.DataFrame(asked).write_parquet(folder / "reads.parquet", compression="uncompressed")


def numeric_core(folder: Path) -> dict[str, object]:
    """What the bar is about: all pairs, all episodes, m(r) and |C(r)| of every read."""
    from forensics.correlate.attribution import count_candidates
    from forensics.correlate.episodes import episodes
    from forensics.correlate.overlaps import overlapping_pairs

    deploys, reads = pl.read_parquet(folder / "deploys.parquet"), pl.read_parquet(folder / "reads.parquet")
    parts, start = {}, time.perf_counter()
    found = overlapping_pairs(deploys)
    parts["pairs"], definite, count = time.perf_counter() - start, int(found.pairs["definite"].sum()), found.total
    del found
    lap = time.perf_counter()
    numbered = int(episodes(deploys)["episode"].max()) + 1
    parts["episodes"], lap = time.perf_counter() - lap, time.perf_counter()
    writes = deploys.rename({"key": "register"}).with_columns(sure=pl.lit(True))
    candidates = int(count_candidates(reads, writes)["candidates"].sum())
    parts["attribution"] = time.perf_counter() - lap
    parts = {name: round(seconds, 2) for name, seconds in parts.items()}
    return {
        "seconds": time.perf_counter() - start,
        "pairs": count,
        "definite": definite,
        "episodes": numbered,
        "candidates": candidates,
        **parts,
    }


def forensics_pairs(folder: Path) -> dict[str, object]:
    """The pairs alone, to be set beside the joins."""
    from forensics.correlate.overlaps import overlapping_pairs

    deploys, start = pl.read_parquet(folder / "deploys.parquet"), time.perf_counter()
    return {"pairs": overlapping_pairs(deploys).total, "seconds": time.perf_counter() - start}


def forensics_listing(folder: Path) -> dict[str, object]:
    """Every candidate of every read written out and its value compared: more than the bar asks for."""
    from forensics.correlate.attribution import attribute

    deploys, reads = pl.read_parquet(folder / "deploys.parquet"), pl.read_parquet(folder / "reads.parquet")
    hexes = pl.format("{}{}", pl.lit("abcdef"), (pl.col("id") % 997).cast(pl.String).str.zfill(4))
    writes = deploys.rename({"key": "register"}).with_columns(sure=pl.lit(True), value=hexes)
    reads, start = reads.with_columns(observed=hexes), time.perf_counter()
    said = attribute(reads, writes)
    return {"candidates": len(said.candidates), "seconds": time.perf_counter() - start}


def duckdb_pairs(folder: Path) -> dict[str, object]:
    """An IEJoin on the composite key, two inequalities and `<>`: the fastest form known for it."""
    import duckdb

    with tempfile.TemporaryDirectory(dir=folder) as spill:
        db = duckdb.connect(config={"threads": 2, "temp_directory": spill})
        bits = int(pl.scan_parquet(folder / "deploys.parquet").select(pl.col("eL").max()).collect().item() + 2).bit_length()
        place = f"(key::BIGINT << {bits}) + "
        source = f"read_parquet('{folder / 'deploys.parquet'}')"
        db.execute(f"create table d as select id, run, {place} sE as low, {place} eL as high from {source}")
        start = time.perf_counter()
        db.execute("create table pairs as select a.id a, b.id b from d a join d b on a.low < b.high and b.low < a.high and a.run <> b.run")
        seconds = time.perf_counter() - start
        return {"pairs": db.execute("select count(*) // 2 from pairs").fetchone()[0], "seconds": seconds}


def bioframe_pairs(folder: Path) -> dict[str, object]:
    """Its overlap of the table with itself; pairs of one run and the mirrored ones are dropped afterwards."""
    import bioframe
    import pandas as pd

    frame = pl.read_parquet(folder / "deploys.parquet", columns=["key", "run", "sE", "eL"])
    rows = pd.DataFrame({"chrom": pd.Categorical(frame["key"].to_numpy()), "start": frame["sE"].to_numpy(), "end": frame["eL"].to_numpy()})
    runs = frame["run"].to_numpy()
    del frame
    start = time.perf_counter()
    found = bioframe.overlap(rows, rows, how="inner", return_input=False, return_index=True, ensure_int=False)
    a, b = found["index"].to_numpy(np.int64), found["index_"].to_numpy(np.int64)
    kept = (a < b) & (runs[a] != runs[b])
    return {"pairs": int(kept.sum()), "seconds": time.perf_counter() - start}


CONTENDERS: dict[str, Callable[[Path], dict[str, object]]] = {
    "forensics: pairs, episodes, attribution": numeric_core,
    "forensics: pairs": forensics_pairs,
    "DuckDB: pairs": duckdb_pairs,
    "bioframe: pairs": bioframe_pairs,
    "forensics: candidates listed, values compared": forensics_listing,
}


def peak_gib() -> float:
    """Of this process, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(name: str, folder: Path) -> dict[str, object]:
    """Run one contender in a process of its own; says why where it could not run."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.correlate", "--worker", name, "--folder", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"failed": lines[-1] if lines else f"ended with status {done.returncode}"}
    return json.loads(done.stdout.splitlines()[-1])


def shown(name: str, said: dict[str, object]) -> str:
    """One line for people."""
    if "failed" in said:
        missing = "ModuleNotFoundError" in str(said["failed"])
        return f"{name:<46} {'not installed: pip install .[bench]' if missing else said['failed']}"
    rest = ", ".join(f"{key} {value:,}" for key, value in said.items() if key not in ("seconds", "peak_gib"))
    return f"{name:<46} {said['seconds']:>7.2f} s {said['peak_gib']:>6.2f} GiB   {rest}"


def main(arguments: list[str] | None = None) -> int:
    """Make the rows, run every contender, say whether the bar is met."""
    parser = argparse.ArgumentParser(prog="python -m bench.correlate", description=__doc__.splitlines()[0])
    parser.add_argument("--stacks", type=int, default=20_000)
    parser.add_argument("--deploys", type=int, default=500, help="per stack")
    parser.add_argument("--reads", type=int, default=5_000_000)
    parser.add_argument("--worker", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="where to put the rows (default: a temporary folder)")
    given = parser.parse_args(arguments)
    if given.worker:
        said = CONTENDERS[given.worker](given.folder)
        print(json.dumps({**said, "peak_gib": peak_gib()}))
        return 0
    with tempfile.TemporaryDirectory(dir=given.folder) as made:
        make(given.stacks, given.deploys, given.reads, Path(made))
        print(f"{given.stacks * given.deploys:,} deploys on {given.stacks:,} stacks, {given.reads:,} reads")
        results = {}
        for name in CONTENDERS:
            results[name] = measure(name, Path(made))
            print(shown(name, results[name]), flush=True)
    return verdict(results)


def verdict(results: dict[str, dict[str, object]]) -> int:
    """Say whether the bar is met, and by whom it was measured; 1 if it is missed or a contender finds other pairs."""
    core, pairs = results["forensics: pairs, episodes, attribution"], results["forensics: pairs"]
    peers = {name: said for name, said in results.items() if name.startswith(("DuckDB", "bioframe")) and "failed" not in said}
    if "failed" in core or "failed" in pairs:
        return 1
    within = core["seconds"] <= BAR_SECONDS and core["peak_gib"] <= BAR_GIB
    faster = all(pairs["seconds"] < said["seconds"] for said in peers.values())
    agree = all(pairs["pairs"] == said["pairs"] for said in peers.values())
    print(f"bar: {core['seconds']:.1f} of {BAR_SECONDS} s, {core['peak_gib']:.2f} of {BAR_GIB} GiB: {'met' if within else 'MISSED'}")
    print(f"     faster than {', '.join(peers) or 'nobody (none installed)'}: {'met' if faster else 'MISSED'}")
    print(f"     same pairs: {'yes' if agree else 'NO'}")
    return 0 if within and faster and agree else 1


if __name__ == "__main__":
    sys.exit(main())
