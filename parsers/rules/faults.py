"""Known faults of the infrastructure, credentials in plain sight, and what dockerd says of failed tasks: in whatever envelope.

    time="2026-11-23T08:42:46.634936704Z" level=error msg="fatal task error" error="task: non-zero exit (137)" service.id=gbmn… task.id=r8m1…
    {"error":"task: non-zero exit (137)","level":"error","msg":"fatal task error","service.id":"gbmn…","task.id":"r8m1…","time":"…"}
    Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit

dockerd logs text, or JSON where it is told to; journald and syslog put it into envelopes of theirs, whose time then counts. A fault is named by what it says
(`parsers/faults.py`), whoever says it, beside what else the line tells.

References:
    https://docs.docker.com/engine/daemon/logs/
    https://github.com/moby/moby/issues/34255
"""

import polars as pl

from parsers.envelopes.json_lines import MESSAGE
from parsers.faults import ANY, FATAL, LITERALS, fault, told, unquoted, value
from parsers.record import Sample
from parsers.rule import Rule, g

_DOCS = ("https://docs.docker.com/engine/daemon/logs/",)
_LINE = g("line")
_LOGRUS = r'(?:^| )msg=("(?:[^"\\]|\\.)*"|\S+)'
_JSON = (rf'"{key}"\s*:\s*("(?:[^"\\]|\\.)*")' for key in MESSAGE)
_MSG = pl.coalesce(pl.col("msg").str.extract(pattern) for pattern in (_LOGRUS, *_JSON))

FAULTS = (
    Rule(
        "infra_fault",
        2,
        "infra.fault",
        LITERALS,
        ANY,
        {"outcome": fault(pl.col("msg"))},
        {"message": pl.when(_MSG.is_null()).then("msg").otherwise(told(unquoted(_MSG), value(pl.col("msg"), "error")))},
        whole=True,
        samples=(
            Sample(
                'time="2026-11-23T08:46:58Z" level=error msg="pulling image failed" error="toomanyrequests: the \\"limit\\"" module=node',
                [{"outcome": "rate-limited", "attrs": {"message": 'pulling image failed: toomanyrequests: the "limit"'}}],
            ),
            Sample(
                "Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit",
                [
                    {
                        "outcome": "rate-limited",
                        "attrs": {
                            "message": "Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit"
                        },
                    }
                ],
            ),
            Sample("OSError: [Errno 28] No space left on device", [{"outcome": "no-space"}]),
            Sample("LoadCommonSettings() [F] open /etc/gitea/app.ini: read-only file system", [{"outcome": "read-only-filesystem"}]),
            Sample(
                'invalid mount config for type "bind": bind source path does not exist: /etc/timezone', [{"outcome": "bind-source-missing"}]
            ),
            Sample("nginx: bind() to 0.0.0.0:80 failed (98: Address already in use)", [{"outcome": "port-taken"}]),
            Sample("fork: Cannot allocate memory", [{"outcome": "out-of-memory"}]),
            Sample("MigrationsAreLockedError: Migration lock was never released", [{"outcome": "migrations-locked"}]),
            Sample('ERROR:  relation "ci_marker" does not exist', [{"outcome": "relation-missing"}]),
            Sample(
                "playwright.Error: Page.goto: net::ERR_NETWORK_CHANGED at https://n8n-1.ci.example.org/", [{"outcome": "network-changed"}]
            ),
            Sample("2026-11-23 08:46:58,041 ERROR toomanyrequests: limit", [{"outcome": "rate-limited", "level": "ERROR"}]),
            Sample("the file system is read-only", None),
            Sample("there are too many requests", None),
        ),
        references=_DOCS,
    ),
    Rule(
        "dockerd_task",
        1,
        "task.error",
        (FATAL,),
        rf'^(?P<line>(?:.*\bmsg"?\s*[=:]\s*"{FATAL}"|{FATAL}\b).*\b(?:error|task\.id)"?[=:].*|\{{.*\berror"\s*:.*"msg"\s*:\s*"{FATAL}".*)$',
        {"service_id": value(_LINE, "service.id"), "outcome": value(_LINE, "error").str.extract(r"non-zero exit \((\d+)\)")},
        {"task_id": value(_LINE, "task.id"), "node_id": value(_LINE, "node.id"), "error": value(_LINE, "error")},
        samples=(
            Sample(
                'time="2026-11-23T08:42:46.634936704Z" level=error msg="fatal task error" error="task: non-zero exit (137)" '
                "module=node/agent/taskmanager node.id=0ewkpkxcblbp service.id=gbmnq099w24s task.id=r8m1brupx193",
                [
                    {
                        "service_id": "gbmnq099w24s",
                        "outcome": "137",
                        "attrs": {"task_id": "r8m1brupx193", "node_id": "0ewkpkxcblbp", "error": "task: non-zero exit (137)"},
                    }
                ],
            ),
            Sample(
                '{"error":"task: non-zero exit (143): dockerexec: unhealthy container","level":"error","module":"node/agent/taskmanager",'
                '"msg":"fatal task error","service.id":"s1","task.id":"t1","time":"2026-11-23T08:42:46.634936704Z"}',
                [{"service_id": "s1", "outcome": "143", "attrs": {"task_id": "t1"}}],
                synthetic=True,
            ),
            Sample(
                'ERRO[0456] fatal task error    error="task: non-zero exit (137)" service.id=s1 task.id=t1',
                [{"service_id": "s1", "outcome": "137", "ts": None, "clock_kind": "relative", "level": "error"}],
                synthetic=True,
            ),
            Sample('time="2026-11-23T08:42:46Z" level=error msg="a fatal task error" error="x"', None),
            Sample("fatal task error", None),
        ),
        references=_DOCS,
    ),
    Rule(
        "credentials_in_url",
        1,
        "secret.seen",
        ("://",),
        r"\b[a-z][a-z0-9+.-]*://[^\s/@:\x22']*:[^\s/@\x22'*<\[]+@[\w\[]",
        {},
        {"what": pl.lit("credentials in a URL")},
        whole=True,
        samples=(
            Sample(
                "batch response: Repository or object not found: https://ci_admin:hunter2@gite-e1cb78.ci.example.net/x",
                [{"attrs": {"what": "credentials in a URL"}}],
            ),
            Sample("connecting to redis://:hunter2@cache:6379/0", [{"attrs": {"what": "credentials in a URL"}}]),
            Sample("https://git@git.example.org/x", None),
            Sample("https://ci:***@git.example.org/x", None),
            Sample("see https://example.org:8443/a@b", None),
        ),
        references=("https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",),
    ),
)
