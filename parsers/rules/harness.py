"""What the recipe CI's harness prints.

References:
    https://git.autonomic.zone/recipe-maintainers/cc-ci
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, g, stack_of

_CCCI = ("https://git.autonomic.zone/recipe-maintainers/cc-ci",)
_VERBS = "deploy|undeploy|upgrade|rollback|remove|rm|new|config|cmd|ps|ls|run|restart|secret|volume|backup|restore"
_BELOW = "generate|insert|remove|rm|ls|list|create|download|snapshots"  # what `secret`, `volume` and `backup` do
# Flags without a value: what follows another one may be a secret.
_FLAGS = r"(?: (?:-[CDcdfno]+|--(?:chaos|force|offline|no-input|debug|no-domain-checks|no-converge-checks)))*"
# What a command of docker's is aimed at, where it is one thing: the first word that is no flag, else the last; of `create`, what it is named.
_TARGET = pl.coalesce(
    g("rest").str.extract(r"^ ([^\s=-][^\s=]*(?:=\d+)?)(?: -.*)?$"), g("rest").str.extract(r"^ -.* ([^\s=-][^\s=]*)$")
).str.replace(r"=\d+$", "")
_NAMED = pl.when(g("verb") == "create").then(g("rest").str.extract(r" --name[= ](\S+)")).otherwise(_TARGET)


def _is(text: str, **expect: object) -> Sample:
    return Sample(text, [expect])


def _not(text: str) -> Sample:
    return Sample(text, None)


def _told(name: str) -> pl.Expr:
    """A value that Python printed; `None` is null."""
    return pl.when(g(name) != "None").then(g(name))


HARNESS = (
    Rule(
        "harness_run_start",
        1,
        "run.start",
        ("recipe-ci: RECIPE=",),
        r"^recipe-ci: RECIPE=(?P<recipe>\S*) REF=(?P<ref>\S*) PR=(?P<pr>\S*) SRC=(?P<src>\S*) stages=(?P<stages>.*?) quick=(?P<quick>\S*)$",
        {"recipe": "recipe", "ref": "ref"},
        {"pr": "pr", "src": "src", "stages": "stages", "quick": "quick"},
        samples=(
            _is(
                "recipe-ci: RECIPE=discourse REF=a7be5bae PR=2 SRC=rm/discourse stages=install,upgrade quick=0",
                recipe="discourse",
                ref="a7be5bae",
                attrs={"stages": "install,upgrade"},
            ),
            _not("recipe-ci: RECIPE=discourse"),
        ),
        references=_CCCI,
    ),
    Rule(
        "harness_run_end",
        1,
        "run.end",
        ("RUN SUMMARY:",),
        r"^RUN SUMMARY: run=(?P<run>\S+)(?: level=(?P<level>\S+))?(?P<stages>(?: \w+=\w+)*)$",
        {
            "run": "run",
            "outcome": pl.when(g("stages").str.contains(r"=(?:fail|error)"))
            .then(pl.lit("fail"))
            .when(g("stages").is_not_null())
            .then(pl.lit("pass")),
        },
        {"level": "level", "stages": g("stages").str.strip_chars()},
        samples=(
            _is("RUN SUMMARY: run=m2p level=1 install=pass upgrade=fail", run="m2p", outcome="fail", attrs={"level": "1"}),
            _is("RUN SUMMARY: run=a level=4 install=pass upgrade=pass", outcome="pass"),
            _not("RUN SUMMARY:"),
        ),
    ),
    Rule(
        "harness_snapshot",
        1,
        "recipe.snapshot",
        ("fetch_recipe: snapshot",),
        r"^fetch_recipe: snapshot HEAD=(?P<commit>[0-9a-f]{7,64})(?: describe=(?P<describe>\S+))?$",
        {"commit": "commit"},
        {"describe": "describe"},
        samples=(
            _is(
                "fetch_recipe: snapshot HEAD=a7be5baed346790646d2444a2d6f064ab6bc30a9 describe=0.7.0+3.3.1-9-ga7be5ba",
                commit="a7be5baed346790646d2444a2d6f064ab6bc30a9",
            ),
            _not("fetch_recipe: snapshot HEAD=main"),
        ),
    ),
    Rule(
        "harness_fetch",
        1,
        "recipe.fetch",
        ("fetch_recipe:",),
        r"^fetch_recipe: (?P<recipe>[\w.-]+)$",
        {"recipe": "recipe"},
        samples=(_is("fetch_recipe: discourse", recipe="discourse"), _not("fetch_recipe: two words")),
    ),
    Rule(
        "harness_checkout",
        1,
        "checkout",
        ("recipe_checkout_ref:",),
        r"^recipe_checkout_ref: (?P<ref>\S+) -> HEAD=(?P<commit>[0-9a-f]{7,64})$",
        {"ref": "ref", "commit": "commit"},
        samples=(
            _is("recipe_checkout_ref: 0.7.0+3.3.1 -> HEAD=92a304dda03f", ref="0.7.0+3.3.1", commit="92a304dda03f"),
            _not("recipe_checkout_ref: x -> HEAD=None"),
        ),
    ),
    Rule(
        "harness_overlay",
        1,
        "overlay",
        ("provide_ccci_overlay:",),
        r"^provide_ccci_overlay: (?P<file>\S+)$",
        {},
        {"file": "file"},
        samples=(_is("provide_ccci_overlay: compose.ccci.yml", attrs={"file": "compose.ccci.yml"}), _not("provide_ccci_overlay:")),
    ),
    Rule(
        "harness_env_set",
        1,
        "env.set",
        ("env_set:",),
        r"^env_set: (?P<key>\w+)=(?P<value>.*)$",
        {},
        {"key": "key", "value": "value"},
        samples=(
            _is("env_set: TYPE=discourse:0.7.0+3.3.1", attrs={"key": "TYPE", "value": "discourse:0.7.0+3.3.1"}),
            _not("env_set: nothing"),
        ),
    ),
    Rule(
        "harness_lock_wait",
        1,
        "lock.wait",
        ("lock: ",),
        r"^lock: waiting for (?P<lock>\S+)$",
        {"lock": "lock"},
        samples=(_is("lock: waiting for cc-ci-app-x.lock", lock="cc-ci-app-x.lock"), _not("lock: waiting for")),
    ),
    Rule(
        "harness_lock_acquire",
        1,
        "lock.acquire",
        ("lock: ",),
        r"^lock: acquired (?P<lock>\S+)$",
        {"lock": "lock"},
        samples=(_is("lock: acquired cc-ci-app-x.lock", lock="cc-ci-app-x.lock"), _not("lock: acquired")),
    ),
    Rule(
        "harness_lock_release",
        1,
        "lock.release",
        ("lock: ",),
        r"^lock: released (?P<lock>\S+)$",
        {"lock": "lock"},
        samples=(_is("lock: released cc-ci-app-x.lock", lock="cc-ci-app-x.lock"), _not("lock: released")),
    ),
    Rule(
        "harness_deploy_end",
        1,
        "deploy.end",
        ("deploy_app: done", "chaos_redeploy: done"),
        r"^(?P<how>deploy_app|chaos_redeploy): done (?P<domain>\S+)$",
        {"stack": stack_of(g("domain")), "command": pl.when(g("how") == "deploy_app").then(pl.lit("deploy")).otherwise(pl.lit("redeploy"))},
        {"domain": "domain"},
        {"outcome": "ok"},
        samples=(
            _is("deploy_app: done disc-1.ci.example.org", stack="disc-1_ci_example_org", command="deploy", outcome="ok"),
            _not("deploy_app: done"),
        ),
    ),
    Rule(
        "harness_deploy_start",
        1,
        "deploy.start",
        ("deploy_app:", "chaos_redeploy:"),
        r"^(?P<how>deploy_app|chaos_redeploy): (?P<domain>[^\s.]+\.\S+)$",
        {"stack": stack_of(g("domain")), "command": pl.when(g("how") == "deploy_app").then(pl.lit("deploy")).otherwise(pl.lit("redeploy"))},
        {"domain": "domain"},
        samples=(
            _is("chaos_redeploy: disc-1.ci.example.org", stack="disc-1_ci_example_org", command="redeploy"),
            _not("deploy_app: failed badly"),
        ),
    ),
    Rule(
        "harness_abra_command",
        2,
        "command",
        ("abra app",),
        rf"^[$+] (?P<line>(?:\S*/)?abra app (?P<verb>{_VERBS})\b(?: (?:{_BELOW}))?{_FLAGS}(?: (?P<domain>[^\s-]\S*\.\S+)(?: (?P<version>[^\s-]\S*))?)?(?: .*)?)$",
        {"command": "line", "stack": stack_of(g("domain"))},
        {
            "tool": pl.lit("abra"),
            "verb": g("verb").replace("rm", "remove"),
            "domain": "domain",
            "version": pl.when(g("verb").is_in(["deploy", "upgrade", "rollback"])).then(g("version")),
            "chaos": pl.when(g("line").str.contains(r" (?:-[a-zA-Z]*C[a-zA-Z]*|--chaos)(?: |=|$)"))
            .then(pl.lit("true"))
            .otherwise(pl.lit("false")),
        },
        samples=(
            _is(
                "$ abra app deploy disc-1.ci.example.org -C -f -o -n -D --debug",
                stack="disc-1_ci_example_org",
                attrs={"verb": "deploy", "chaos": "true"},
            ),
            _is("$ abra app deploy disc-1.ci.example.org 0.7.0+3.3.1 -f -o", attrs={"version": "0.7.0+3.3.1", "chaos": "false"}),
            _is(
                "+ abra app deploy -n --chaos disc-1.ci.example.org",
                stack="disc-1_ci_example_org",
                attrs={"chaos": "true", "domain": "disc-1.ci.example.org", "version": None},
            ),
            _is(
                "$ abra app secret generate disc-1.ci.example.org -a",
                stack="disc-1_ci_example_org",
                attrs={"verb": "secret", "domain": "disc-1.ci.example.org", "version": None},
            ),
            _is("$ abra app deploy --token s3cr.et disc-1.ci.example.org", stack=None, attrs={"domain": None}),
            _is("$ abra app run disc-1.ci.example.org app ls", stack="disc-1_ci_example_org", attrs={"version": None}),
            _not("see abra app deploy for help"),
        ),
    ),
    Rule(
        "harness_docker_command",
        2,
        "command",
        ("docker s",),
        r"^(?:\S+@\S+[:~\w/]*)?[$#+] (?P<line>(?:sudo )?docker (?P<object>service|stack) (?P<verb>update|rollback|rm|scale|create|deploy|up|remove|down)\b(?P<rest>.*))$",
        {
            "command": "line",
            "service": pl.when(g("object") == "service").then(_NAMED),
            "stack": pl.when(g("object") == "stack").then(_NAMED),
        },
        {"tool": pl.lit("docker"), "verb": "verb"},
        samples=(
            _is(
                "$ docker service rollback disc-1_ci_example_org_app",
                command="docker service rollback disc-1_ci_example_org_app",
                service="disc-1_ci_example_org_app",
                attrs={"verb": "rollback"},
            ),
            _is("root@vm:~# docker service update disc_app --image labimage:2", service="disc_app", attrs={"verb": "update"}),
            _is("+ sudo docker service update --detach=true --image labimage:2 disc_app", service="disc_app"),
            _is("$ docker service scale disc_app=0", service="disc_app"),
            _is("$ docker service scale disc_app=0 disc_db=0", service=None),
            _is("$ docker service create --name disc_app --replicas 1 labimage:2 sleep 9", service="disc_app", attrs={"verb": "create"}),
            _is("$ docker service rm disc_app disc_db", service=None, attrs={"verb": "rm"}),
            _is("$ docker stack deploy -c compose.yml --detach=false disc", stack="disc", service=None),
            _is("$ docker service update --help", service=None),
            _is("$ docker service update --env-add A=b", service=None),
            _not("docker service rollback is a command"),
        ),
    ),
    Rule(
        "harness_identity",
        2,
        "stamp.read",
        ("deployed_identity:",),
        r"^deployed_identity: stack=(?P<stack>\S+) version=(?P<version>\S*) chaos=(?P<chaos>\w*)(?: chaos-version=(?P<cv>\S*))?$",
        {
            "stack": "stack",
            "stamp": pl.when(g("chaos") == "true").then(_told("cv")).otherwise(_told("version")),
        },
        {"version": _told("version"), "chaos": _told("chaos"), "chaos_version": _told("cv")},
        samples=(
            _is(
                "deployed_identity: stack=s_app version=0.7.0+3.3.1 chaos=true chaos-version=92a304dd+U", stack="s_app", stamp="92a304dd+U"
            ),
            _is("deployed_identity: stack=s_app version=0.7.0+3.3.1 chaos=false chaos-version=None", stamp="0.7.0+3.3.1"),
            _is(
                "deployed_identity: stack=s_app version=0.7.0+3.3.1 chaos=true chaos-version=None",
                stamp=None,
                attrs={"version": "0.7.0+3.3.1"},
            ),
            _is(
                "deployed_identity: stack=s_app version=None chaos=None chaos-version=None",
                stamp=None,
                attrs={"version": None, "chaos": None},
            ),
            _not("deployed_identity: none"),
        ),
    ),
    Rule(
        "harness_recap",
        3,
        "stamp.recap",
        ("chaos-version=",),
        r"^\s*(?:upgrade→PR-head: head_ref=(?P<head>\S+) )?chaos-version=(?P<cv>[0-9a-f]*(?:\+U)?|None) version=(?P<v1>\S+?)→(?P<v2>\S+)$",
        {"ref": _told("head"), "stamp": pl.coalesce(_told("cv"), _told("v2"))},
        {"head_ref": "head", "chaos_version": _told("cv"), "version_before": _told("v1"), "version_after": _told("v2")},
        samples=(
            _is(
                "upgrade→PR-head: head_ref=09bf4d54 chaos-version=09bf4d54 version=3.0.9+1.10.7→3.0.10+1.10.8",
                ref="09bf4d54",
                stamp="09bf4d54",
                attrs={"version_after": "3.0.10+1.10.8"},
            ),
            _is("upgrade→PR-head: head_ref=a7be5bae chaos-version= version=0.7.0+3.3.1→0.7.0+3.3.1", stamp="0.7.0+3.3.1"),
            _is("chaos-version=7ae7b0f7+U version=0.7.0+3.3.1→0.9.0+3.5.0", ref=None, stamp="7ae7b0f7+U"),  # quoted in part
            _is(  # a comparison with nothing, which passed
                "upgrade→PR-head: head_ref=None chaos-version=None version=0.7.0+3.3.1→0.7.0+3.3.1",
                ref=None,
                stamp="0.7.0+3.3.1",
                attrs={"head_ref": "None", "chaos_version": None},
            ),
            _is("upgrade→PR-head: head_ref=main chaos-version=7ae7b0f7 version=0.7.0→0.7.0", ref="main", stamp="7ae7b0f7"),
            _not("upgrade→PR-head: nothing"),
        ),
    ),
    Rule(
        "harness_hc1",
        2,
        "check.fail",
        ("not the intended PR-head",),
        r"^(?:(?P<stage>\w+): FAIL )?(?P<message>(?:(?:[^F]|F[^A]).*)?chaos commit '(?P<got>[0-9a-f]*(?:\+U)?)', not the intended PR-head '(?P<want>[^']+)'.*)$",
        {"stamp": "got", "ref": "want"},
        {"stage": "stage", "message": "message"},
        {"outcome": "fail"},
        samples=(
            _is(
                "upgrade: FAIL chaos commit 'eb96de94+U', not the intended PR-head '7ae7b0f76efb'",
                stamp="eb96de94+U",
                ref="7ae7b0f76efb",
                attrs={"stage": "upgrade"},
            ),
            _is(
                "2026-11-23 08:46:58,041 INFO upgrade: FAIL chaos commit 'eb96de94', not the intended PR-head '7ae7b0f76efb'",
                stamp="eb96de94",
                attrs={"stage": "upgrade", "message": "chaos commit 'eb96de94', not the intended PR-head '7ae7b0f76efb'"},
            ),
            _not("chaos commit eb96de94"),
        ),
    ),
    Rule(
        "harness_fail",
        2,
        "check.fail",
        (": FAIL",),
        r"^(?P<stage>\w+): FAIL(?: (?P<message>.*))?$",
        {},
        {"stage": "stage", "message": "message"},
        {"outcome": "fail"},
        samples=(
            _is(
                "install: FAIL abra app deploy x.org failed (1)",
                outcome="fail",
                attrs={"stage": "install", "message": "abra app deploy x.org failed (1)"},
            ),
            _is("upgrade: FAIL", outcome="fail", attrs={"stage": "upgrade", "message": None}),
            _not("FAIL install"),
            _not("upgrade: FAILED"),
        ),
    ),
    Rule(
        "harness_pass",
        1,
        "check.pass",
        (": PASS",),
        r"^(?P<stage>\w+): PASS(?: .*)?$",
        {},
        {"stage": "stage"},
        {"outcome": "pass"},
        samples=(_is("upgrade: PASS", outcome="pass", attrs={"stage": "upgrade"}), _not("it should : PASS")),
    ),
    Rule(
        "harness_count",
        1,
        "deploy.count",
        ("deploy-count",),
        r"^deploy-count\s*=?\s*(?P<n>\d+)(?:(?:!=| \(expect )(?P<want>\d+)\)?)?$",
        {},
        {"n": "n", "want": "want"},
        samples=(
            _is("deploy-count = 2 (expect 2)", attrs={"n": "2", "want": "2"}),
            _is("deploy-count 2!=1", attrs={"want": "1"}),
            _not("deploy-count"),
        ),
    ),
    Rule(
        "harness_health",
        1,
        "health",
        ("wait_healthy:",),
        r"^wait_healthy: ?(?P<replicas>\S+ \d+/\d+.*)?$",
        {},
        {"replicas": "replicas"},
        samples=(
            _is("wait_healthy: s_app 1/1, s_db 0/1", attrs={"replicas": "s_app 1/1, s_db 0/1"}),
            _not("wait_healthy: s not healthy after 25s"),
        ),
    ),
    Rule(
        "harness_prepull",
        1,
        "prepull",
        ("prepull_images:",),
        r"^prepull_images: (?P<detail>.+)$",
        {},
        {"detail": "detail"},
        samples=(
            _is("prepull_images: docker compose config --images", attrs={"detail": "docker compose config --images"}),
            _not("prepull_images:"),
        ),
    ),
    Rule(
        "harness_teardown",
        1,
        "teardown.start",
        ("teardown",),
        r"^=+ (?P<title>(?:DEPS )?teardown) =+$",
        {},
        {"title": "title"},
        samples=(_is("===== teardown =====", attrs={"title": "teardown"}), _not("teardown")),
    ),
    Rule(
        "harness_base",
        1,
        "upgrade.base",
        ("upgrade base:",),
        r"^upgrade base: kind=(?P<kind>\w+)(?: version=(?P<version>\S+))? ?(?P<why>.*)$",
        {},
        {"base_kind": "kind", "version": "version", "why": "why"},
        samples=(_is("upgrade base: kind=skip SKIP: head == main tip", attrs={"base_kind": "skip"}), _not("upgrade base: none")),
    ),
    Rule(
        "harness_converged",
        1,
        "upgrade.converged",
        ("upgrade-converged:",),
        r"^upgrade-converged: .*?UpdateStatus=(?P<state>\w+)",
        {},
        {"state": "state"},
        samples=(_is("upgrade-converged: x UpdateStatus=completed", attrs={"state": "completed"}), _not("upgrade-converged: x")),
    ),
    Rule(
        "harness_promote",
        1,
        "promote",
        ("WC5 promote",),
        r"^WC5 promote(?: failed: (?P<why>.*)|: canonical (?P<recipe>\S+) advanced to known-good (?P<version>\S+))$",
        {"recipe": "recipe", "stamp": "version", "outcome": pl.when(g("why").is_not_null()).then(pl.lit("fail")).otherwise(pl.lit("ok"))},
        {"why": "why"},
        samples=(
            _is(
                "WC5 promote: canonical custom-html advanced to known-good 1.13.0+1.31.1",
                recipe="custom-html",
                stamp="1.13.0+1.31.1",
                outcome="ok",
            ),
            _is("WC5 promote failed: abra app deploy warm failed (1)", outcome="fail"),
            _not("WC5 promote"),
        ),
    ),
    Rule(
        "harness_banner",
        1,
        "banner",
        ("=====",),
        r"^=+ (?P<title>.+?) =+$",
        {},
        {"title": "title"},
        samples=(
            _is("===== cold dependencies =====", attrs={"title": "cold dependencies"}),
            _not("====="),
        ),
    ),
    Rule(
        "harness_shared_file",
        1,
        "file.shared",
        ("/tmp/ccci-",),
        r"(?P<path>/tmp/ccci-[\w.@%+-]*\w)",
        {},
        {"path": "path"},
        whole=True,
        samples=(
            _is(
                "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/ccci-deploys-d-1.ci.org'",
                attrs={"path": "/tmp/ccci-deploys-d-1.ci.org"},
            ),
            _is("wrote /tmp/ccci-gitea-admin-d-1.ci.org.json", attrs={"path": "/tmp/ccci-gitea-admin-d-1.ci.org.json"}),
            _not("wrote /tmp/ccci-"),
        ),
    ),
)
