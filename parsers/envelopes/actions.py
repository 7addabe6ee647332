"""GitHub Actions' log of a job.

    2022-05-15T13:00:20.5095778Z ##[group]Run actions/checkout@v2

The raw log, as it is downloaded: UTC, 100 nanoseconds, when the runner saw the line; lines of one block may share a stamp. A byte order mark may
stand before the first line. `##[error]`, `##[warning]`, `##[notice]` and `##[debug]` tell the level; they stay in the message for the rules, which
try it without them too. Secrets are `***`. Where jobs are concatenated, times go back.
"""

from typing import Any

import polars as pl

from parsers.envelope import Envelope, by_regex, in_stages
from parsers.record import Sample

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"
SAID = r"(?P<msg>(?:##\[(?P<level>error|warning|notice|debug)\])?(?P<all>.*))"
_options: dict[str, Any] = {"formats": ("%Y-%m-%dT%H:%M:%S%.f%z",)}
GITHUB = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands"

ACTIONS = Envelope(
    name="actions",
    version=2,
    doc=__doc__,
    shape=rf"\ufeff?{TIME} ",
    open=by_regex(rf"^\x{{feff}}?(?P<ts>{TIME}) {SAID}$", **_options),
    render=lambda msg: f"2026-11-23T08:55:27.5460280Z {msg}",
    references=(GITHUB,),
    samples=(
        Sample(
            "2022-05-15T13:00:20.5095778Z ##[group]Run actions/checkout@v2",
            [{"ts": "2022-05-15 13:00:20.509577", "resolution_us": 1, "level": None, "msg": "##[group]Run actions/checkout@v2"}],
        ),
        Sample(
            "\ufeff2022-05-15T13:00:20.5095778Z ##[error]Process completed",
            [{"level": "error", "msg": "##[error]Process completed", "otherwise": "Process completed"}],
        ),
        Sample("2022-05-15T13:00:20.5095778Z ", [{"msg": ""}]),
        Sample("2022-05-15T13:00:20Z x", None),
    ),
    stated=True,
)

ACTIONS_GH = Envelope(
    name="actions_gh",
    version=3,
    doc="""GitHub Actions' log, as `gh run view --log` prints it.

        job-14\tEcho Job Number\t2025-07-04T14:32:11.6369792Z ##[group]Run echo "Job 14"

    Job and step stand before each line, behind a tab each; the step may be `UNKNOWN STEP`. Otherwise as the raw log.
    """,
    shape=rf"[^\t]*\t[^\t]*\t\ufeff?{TIME} ",
    open=by_regex(rf"^(?P<logger>(?P<emitter>[^\t]*)\t[^\t]*)\t\x{{feff}}?(?P<ts>{TIME}) {SAID}$", **_options),
    render=lambda msg: f"deploy\tRun recipe-ci\t2026-11-23T08:55:27.5460280Z {msg}",
    references=("https://cli.github.com/manual/gh_run_view", "https://github.com/cli/cli/issues/11172"),
    samples=(
        Sample(
            'job-14\tEcho Job Number\t2025-07-04T14:32:11.6369792Z ##[group]Run echo "Job 14"',
            [
                {
                    "ts": "2025-07-04 14:32:11.636979",
                    "logger": "job-14\tEcho Job Number",
                    "emitter": "job-14",
                    "msg": '##[group]Run echo "Job 14"',
                }
            ],
        ),
        Sample("job-14\tUNKNOWN STEP\t\ufeff2025-07-04T14:32:11.6369792Z x", [{"msg": "x"}]),
        Sample("job-14\tEcho Job Number\tno time", None),
        Sample("job-14 Echo 2025-07-04T14:32:11.6369792Z no tabs", None),
    ),
    stated=True,
)

_RAW = by_regex(rf"^\x{{feff}}?(?P<ts>{TIME}) {SAID}$", **_options)


def _read_gitea(frame: pl.DataFrame) -> pl.DataFrame:
    opened = frame.select(o=_RAW(pl.col("text"))).unnest("o")
    opened = opened.with_columns(pl.col("msg").str.replace_all("\\n", "\n", literal=True))
    return opened.with_columns(otherwise=pl.when(~pl.col("msg").str.contains("\n", literal=True)).then("otherwise"))


GITEA = Envelope(
    name="gitea_actions",
    version=3,
    doc="""Gitea's and Forgejo's log of a job.

        2026-11-23T08:55:27.5460280Z vm(version:v0.2.11) received task 7 of job deploy, be triggered by event: push
        2026-11-23T08:55:31.0120000Z upgrade: PASS\\ninstall: PASS

    Written as GitHub's, but a newline inside a line becomes the two characters `\\n`: such a line is several messages. Told apart by what the
    runner says first, `received task … of job`; a log cut before it is read as GitHub's. Lines are cut at 64 KiB. Few real lines were
    at hand: other samples follow the source.
    """,
    shape=rf"\ufeff?{TIME} ",
    needs=r"(?m)^\S+ \S+\(version:[^\s()]+\) received task \d+ of job ",
    open=lambda text: in_stages(text, ("ts", "resolution_us", "level", "msg", "otherwise"), _read_gitea),
    render=lambda msg: f"2026-11-23T08:55:27.5460280Z {msg}",
    references=("https://github.com/go-gitea/gitea/blob/main/modules/actions/log.go", "https://gitea.com/gitea/act_runner"),
    samples=(
        Sample(
            "2026-11-23T08:55:27.5460280Z upgrade: PASS", [{"ts": "2026-11-23 08:55:27.546028", "msg": "upgrade: PASS"}], synthetic=True
        ),
        Sample(
            "2026-11-23T08:55:31.0120000Z upgrade: PASS\\ninstall: PASS",
            [{"msg": "upgrade: PASS"}, {"msg": "install: PASS"}],
            synthetic=True,
        ),
        Sample("2026-05-22T14:36:38.6822463Z exitcode '1': failure", [{"msg": "exitcode '1': failure"}]),
        Sample("2026-11-23T08:55:31Z x", None, synthetic=True),
    ),
    stated=True,
)
