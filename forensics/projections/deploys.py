"""Deploy attempts: what each run asked for, from its own lines."""

from __future__ import annotations

import polars as pl

from forensics.projections.streams import TOOL_KINDS, stream

VERBS = ("deploy", "undeploy", "upgrade", "rollback", "remove")


def deploys(events: pl.LazyFrame) -> pl.LazyFrame:
    """Cut each run's log into its attempts to change a stack.

    One row is one call of the deploy tool by one run: `n` counts a run's calls from 0. It begins with the
    command line (or, where none was printed, with the harness's own `deploy_app:`) and ends with the first
    later line that is not the tool's own output; `end_at` is null where the log stops inside the call.

    `verb` is `deploy` or `undeploy`. `taken` is the stamp that the tool said it takes or goes to, else null; `asked` is
    the version on the command line; `before` what the tool read from the stack. `outcome` is `ok` where the
    tool or the harness said so, `fail` where the tool gave up, null where neither is told. `services`,
    `service_ids` and `objects` are the calls that were announced, in order. `start_id`, `end_id`,
    `taken_id`, … name the events that say so.

    Sorted by run, n. Attempts known only from a file of tool output have no `source_id` of a main log: all of a run without one, and those before
    the beginning or after the end of a log that is cut.
    """
    told = stream(events)
    attr = lambda name: pl.col("attrs").str.json_path_match(f"$.{name}")  # noqa: E731
    main = told.filter(pl.col("role") == "main").with_columns(verb=attr("verb"), domain=attr("domain"))
    is_command = (pl.col("kind") == "command") & pl.col("verb").is_in(VERBS)
    followed = pl.col("kind").shift(-1).over("run", "source_id") == "command"
    is_bare = (pl.col("kind") == "deploy.start") & ~followed.fill_null(False)
    starts = is_command | is_bare
    cut = main.with_columns(starts=starts).with_columns(call=pl.col("starts").cum_sum().over("run", "source_id"))
    cut = cut.filter(pl.col("call") > 0).with_columns(
        over=(~pl.col("kind").is_in(TOOL_KINDS) & ~pl.col("starts")).cum_sum().over("run", "source_id", "call")
    )
    inside = cut.filter((pl.col("over") == 0) | ((pl.col("over") == 1) & ~pl.col("kind").is_in(TOOL_KINDS)))
    calls = _summary(inside, ["run", "source_id", "call"]).with_columns(n=pl.col("start_at").rank("ordinal").over("run").cast(pl.Int64) - 1)
    files = _summary(
        told.filter((pl.col("role") == "tool") & pl.col("path").str.contains("(?i)deploy|upgrade|rollback|abra")), ["run", "source_id"]
    )
    files = files.sort("run", "path").with_columns(n=pl.int_range(pl.len()).over("run").cast(pl.Int64))
    whole = main.filter(pl.col("kind") == "run.start").select("run").unique()
    return _with_tool_output(_numbered(calls, files, whole), files)


def _numbered(calls: pl.LazyFrame, files: pl.LazyFrame, whole: pl.LazyFrame) -> pl.LazyFrame:
    """Number the calls of a log that lacks its beginning as the files of the tool's output are: its last lines are the likeliest to be there.

    Calls and files run side by side, so that one number says how many calls were lost: the largest under which no verb and no stamp disagree.
    """
    keys = ["run", "n", "verb", "taken"]
    pairs = calls.select(keys).join(whole, on="run", how="anti").join(files.select(keys), on="run", suffix="_file")
    pairs = pairs.with_columns(
        lost=pl.col("n_file") - pl.col("n"),
        fits=(pl.col("verb") == pl.col("verb_file")) & ((pl.col("taken") == pl.col("taken_file")).fill_null(True)),
    )
    fits = pairs.filter(pl.col("lost") >= 0).group_by("run", "lost").agg(pl.col("fits").all(), pairs=pl.len())
    fits = fits.join(calls.group_by("run").agg(calls=pl.len()), on="run").filter(pl.col("fits") & (pl.col("pairs") == pl.col("calls")))
    lost = fits.group_by("run").agg(lost=pl.col("lost").max())
    return calls.join(lost, on="run", how="left").with_columns(n=pl.col("n") + pl.col("lost").fill_null(0)).drop("lost")


# A call that stops before it loads a compose file has said where its tool's directory is, and of which recipe the app is: `ghost:0.7.0+3.3.1`.
_TREE_OF_ENV = pl.concat_str(
    pl.col("attrs").str.json_path_match("$.abra_dir"),
    pl.lit("/recipes/"),
    pl.col("attrs").str.json_path_match("$.value").str.split(":").list.first(),
)


def _summary(rows: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    attr = lambda name: pl.col("attrs").str.json_path_match(f"$.{name}")  # noqa: E731
    kind = pl.col("kind")
    first = lambda column, *kinds: pl.col(column).filter(kind.is_in(kinds) & pl.col(column).is_not_null()).first()  # noqa: E731
    inner = (pl.col("over") == 0) if "over" in rows.collect_schema() else pl.lit(True)
    intent = kind == "service.intent"
    is_end = ~inner
    taken_in = kind == "stamp.taken"
    failed = kind.is_in(["deploy.error"]) | ((kind == "check.fail") & attr("message").str.contains("abra app "))
    removes = ((kind == "command") & (attr("verb").is_in(["undeploy", "remove"]))) | (kind == "undeploy.start")
    return rows.group_by(by, maintain_order=True).agg(
        start_at=pl.col("at").first(),
        end_at=pl.col("at").filter(is_end).first(),
        last_at=pl.col("at").filter(inner).last(),
        path=pl.col("path").first(),
        verb=pl.when(removes.any()).then(pl.lit("undeploy")).otherwise(pl.lit("deploy")),
        stack=first("stack", "command", "deploy.start", "deploy.announce", "undeploy.start", "deploy.done", "stack.check", "deploy.error"),
        command=first("command", "command"),
        asked=attr("version").filter(kind == "command").first(),
        chaos=(attr("chaos").filter(kind == "command").first() == "true"),
        how=attr("how").filter(taken_in).first(),
        taken=pl.coalesce(pl.col("stamp").filter(taken_in).last(), pl.col("stamp").filter(kind == "deploy.announce").last()),
        taken_id=pl.coalesce(pl.col("event_id").filter(taken_in).last(), pl.col("event_id").filter(kind == "deploy.announce").last()),
        before=pl.col("stamp_prev").filter(kind == "deploy.announce").first(),
        announced=(kind == "deploy.announce").any(),
        announce_id=pl.col("event_id").filter(kind == "deploy.announce").first(),
        tree=pl.coalesce(first("tree", "tree.checkout", "compose.load", "env.read"), _TREE_OF_ENV.filter(kind == "env.read").first()),
        tree_ref=pl.col("ref").filter(kind == "tree.checkout").last(),
        tree_move_id=pl.col("event_id").filter(kind == "tree.checkout").last(),
        services=pl.col("service").filter(intent),
        service_ids=pl.col("service_id").filter(intent),
        intents=attr("verb").filter(intent),
        objects=attr("object").filter(intent),
        intent_at=pl.col("at").filter(intent),
        intent_event=pl.col("event_id").filter(intent),
        succeeded=(kind.is_in(["deploy.done", "converge.skip"]) | ((kind == "deploy.end") & (pl.col("outcome") == "ok"))).any(),
        failed=failed.any(),
        error=pl.coalesce(attr("message").filter(kind == "deploy.error").first(), attr("message").filter(failed).first()),
        error_kind=pl.col("outcome").filter(kind == "deploy.error").first(),
        error_id=pl.col("event_id").filter(failed).first(),
        done_id=pl.col("event_id").filter(kind.is_in(["deploy.done", "converge.skip"])).last(),
        start_id=pl.col("event_id").first(),
        end_id=pl.col("event_id").filter(is_end).first(),
        last_id=pl.col("event_id").filter(inner).last(),
    )


def _with_tool_output(calls: pl.LazyFrame, files: pl.LazyFrame) -> pl.LazyFrame:
    gives = [
        "taken",
        "taken_id",
        "before",
        "announce_id",
        "tree",
        "tree_ref",
        "tree_move_id",
        "error",
        "error_kind",
        "error_id",
        "done_id",
        "how",
    ]
    lists = ["services", "service_ids", "intents", "objects"]
    both = calls.join(
        files.select(
            "run",
            "n",
            *[pl.col(c).alias(f"{c}_tool") for c in [*gives, *lists, "succeeded", "failed", "announced", "verb"]],
            tool_source=pl.col("source_id"),
            tool_start=pl.col("start_id"),
        ),
        on=["run", "n"],
        how="left",
    )
    agree = pl.col("verb_tool") == pl.col("verb")
    both = both.with_columns(
        *[pl.coalesce(c, pl.when(agree).then(f"{c}_tool")).alias(c) for c in gives],
        *[pl.when((pl.col(c).list.len() == 0) & agree).then(f"{c}_tool").otherwise(c).alias(c) for c in lists],
        *[(pl.col(c) | (pl.col(f"{c}_tool") & agree).fill_null(False)).alias(c) for c in ["succeeded", "failed", "announced"]],
        # a witness repeats what the main log says: kept beside it
        taken_witness=pl.when(agree & pl.col("taken_id").is_not_null()).then("taken_id_tool"),
    ).drop([f"{c}_tool" for c in [*gives, *lists, "succeeded", "failed", "announced", "verb"]])
    alone = files.join(calls.select("run", "n"), on=["run", "n"], how="anti").with_columns(
        end_at=pl.lit(None, pl.Int64),
        call=pl.lit(None, pl.UInt32),
        tool_source=pl.col("source_id"),
        tool_start=pl.col("start_id"),
        taken_witness=pl.lit(None, pl.String),
        source_id=pl.lit(None, pl.String),
    )
    outcome = pl.when(pl.col("failed")).then(pl.lit("fail")).when(pl.col("succeeded")).then(pl.lit("ok"))
    return pl.concat([both, alone], how="diagonal_relaxed").with_columns(outcome=outcome).sort("run", "n")
