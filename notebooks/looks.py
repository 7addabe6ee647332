"""How the notebooks print tables and draw what the package does not draw."""

from __future__ import annotations

from datetime import datetime

import matplotlib.pyplot as plt
import polars as pl

from forensics.api import OpenCase


def tables() -> None:
    """Print frames whole, as people read tables: no types, no shape, long texts uncut."""
    pl.Config(
        tbl_rows=40, tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, fmt_str_lengths=80, tbl_width_chars=120
    )  # fmt: skip


def bare(ax: plt.Axes, title: str, times: str = "%H:%M:%S") -> None:
    """Leave out what carries nothing, and say instants in UTC."""
    ax.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter(times))
    ax.grid(axis="x", color="#eeeeee")
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, loc="left")


def around(case: OpenCase, stack: str, lo: datetime, hi: datetime, title: str) -> None:
    """Draw one stack in a window, a row per run: a line where a lock is held, a bar per deploy, a mark per identity read."""
    here = pl.col("stack") == stack
    deploys = (
        case.deploys.filter(here, pl.col("eL") > lo, pl.col("sE") < hi).sort("sE").collect()
    )
    reads = case.reads.filter(here, pl.col("rL") > lo, pl.col("rE") < hi).collect()
    runs = list(dict.fromkeys(deploys["run"]))
    row = {run: n for n, run in enumerate(runs)}
    _, ax = plt.subplots(figsize=(10, 0.7 * len(runs) + 1.2))
    for d in deploys.iter_rows(named=True):
        teardown = d["verb"] != "deploy"
        look = {"color": "#ffffff", "hatch": "///"} if teardown else {"color": "#56B4E9"}
        ax.barh(
            row[d["run"]],
            d["eL"] - d["sE"],
            left=d["sE"],
            height=0.5,
            edgecolor="#333333",
            **look,
        )
        middle = d["sE"] + (d["eL"] - d["sE"]) / 2
        back = {"fc": "white", "ec": "none", "alpha": 0.7, "pad": 1}
        ax.text(
            middle,
            row[d["run"]],
            "teardown" if teardown else d["stamp"],
            ha="center",
            va="center",
            fontsize=8,
            bbox=back,
        )
    for x in case.locks.filter(pl.col("run").is_in(runs)).collect().iter_rows(named=True):
        ax.plot(
            [x["aL"], x["zE"]],
            [row[x["run"]] + 0.36] * 2,
            color="#333333",
            lw=3,
            solid_capstyle="butt",
        )
    for r in reads.iter_rows(named=True):
        at, shape, ink = (
            row[r["run"]] - 0.36,
            *(("X", "#b00020") if r["drift"] else ("o", "#1a7f37")),
        )
        ax.plot(r["rE"], at, marker=shape, color=ink, ms=8)
        ax.annotate(
            r["observed"],
            (r["rE"], at),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    ax.set_yticks(range(len(runs)), runs)
    ax.set_ylim(len(runs) - 0.4, -0.7)
    bare(ax, title)
    plt.show()
