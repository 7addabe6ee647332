"""What abra prints around a deploy.

A line says what the tool is about to do or has decided; that it took effect is for swarm's own records to say.

References:
    https://docs.coopcloud.tech/abra/
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, g, stack_of

_DOCS = ("https://docs.coopcloud.tech/abra/",)


def _is(text: str, **expect: object) -> Sample:
    return Sample(text, [expect])


def _not(text: str) -> Sample:
    return Sample(text, None)


ABRA = (
    Rule(
        "abra_version",
        1,
        "tool.version",
        ("abra version",),
        r"^abra version:? (?P<version>[^\s,]+)(?:, commit: (?P<commit>\w+))?$",
        {"command": pl.lit("abra")},
        {"version": "version", "commit": "commit"},
        samples=(
            _is("abra version: 0.13.0-beta, commit: 06a57de", attrs={"version": "0.13.0-beta", "commit": "06a57de"}),
            _is("abra version 0.13.0-beta-06a57de", attrs={"version": "0.13.0-beta-06a57de"}),
            _not("abra version"),
        ),
        references=_DOCS,
    ),
    Rule(
        "abra_env",
        1,
        "env.read",
        ("read env ",),
        r"^read env (?P<value>\S+) from (?P<file>(?P<dir>.*)/servers/(?P<server>[^/]+)/(?P<domain>[^/]+)\.env)$",
        {"stack": stack_of(g("domain"))},
        {"value": "value", "file": "file", "abra_dir": "dir"},
        samples=(
            _is(
                "read env discourse from /srv/ci/abra/m2p/servers/default/d-1.ci.org.env",
                stack="d-1_ci_org",
                attrs={"abra_dir": "/srv/ci/abra/m2p"},
            ),
            _not("read env x"),
        ),
    ),
    Rule(
        "abra_service_env",
        1,
        "env.value",
        ("from docker service",),
        r"^for (?P<domain>\S+) read env (?P<key>\w+) with value: (?P<value>.*) from docker service$",
        {"stack": stack_of(g("domain"))},
        {"key": "key", "value": "value", "domain": "domain"},
        samples=(
            Sample(
                "for d.org read env TIMEOUT with value: 300 from docker service",
                [{"stack": "d_org", "attrs": {"key": "TIMEOUT", "value": "300", "domain": "d.org"}}],
                synthetic=True,
            ),
            _not("read env TIMEOUT from docker service"),
        ),
        references=_DOCS,
    ),
    Rule(
        "abra_latest",
        1,
        "version.choice",
        ("latest recipe version:",),
        r"^selected latest recipe version: (?P<version>\S+) \(from (?P<n>\d+) available versions?\)$",
        {"stamp": "version"},
        {"available": "n"},
        samples=(
            Sample(
                "selected latest recipe version: 0.7.0+3.3.1 (from 12 available versions)",
                [{"stamp": "0.7.0+3.3.1", "attrs": {"available": "12"}}],
                synthetic=True,
            ),
            _not("latest recipe version: 0.7.0"),
        ),
        references=_DOCS,
    ),
    Rule(
        "abra_check",
        1,
        "stack.check",
        ("is already deployed",),
        r"^checking whether (?P<stack>\S+) is already deployed$",
        {"stack": "stack"},
        samples=(_is("checking whether s_org is already deployed", stack="s_org"), _not("s_org is already deployed")),
    ),
    Rule(
        "abra_tree_checkout",
        1,
        "tree.checkout",
        ("successfully checked",),
        r"^successfully checked (?P<recipe>\S+) out to (?P<ref>\S+) in (?P<path>.+)$",
        {"recipe": "recipe", "ref": "ref", "tree": "path", "actor": pl.lit("go-git")},
        {"path": "path"},
        samples=(
            _is(
                "successfully checked discourse out to 0.7.0+3.3.1 in /srv/ci/abra/shared/recipes/discourse",
                ref="0.7.0+3.3.1",
                tree="/srv/ci/abra/shared/recipes/discourse",
            ),
            _not("successfully checked in"),
        ),
    ),
    Rule(
        "abra_stamp",
        2,
        "stamp.taken",
        ("taking ",),
        r"version: taking (?P<how>chaos|new recipe|specified) version: (?P<stamp>[^\s\x22}]+)$",
        {"stamp": "stamp"},
        {"how": "how"},
        samples=(
            _is("version: taking chaos version: 7ae7b0f7+U", stamp="7ae7b0f7+U", attrs={"how": "chaos"}),
            _is("[DSTAMP] version: taking specified version: 0.7.0+3.3.1", stamp="0.7.0+3.3.1"),
            _is("version: taking new recipe version: 1.0.0+v1.6.870-0", stamp="1.0.0+v1.6.870-0", attrs={"how": "new recipe"}),
            _not("version: taking something"),
        ),
    ),
    Rule(
        "abra_stamp_bare",
        1,
        "stamp.taken",
        ("taking ",),
        r"^(?:\[\w+\] )?taking (?P<how>chaos) version: (?P<stamp>\S+)$",
        {"stamp": "stamp"},
        {"how": "how"},
        samples=(_is("[DSTAMP] taking chaos version: 7ae7b0f7+U", stamp="7ae7b0f7+U"), _not("taking chaos version:")),
    ),
    Rule(
        "abra_compose",
        1,
        "compose.load",
        ("loaded compose file:",),
        r"^loaded compose file: (?P<file>(?P<tree>.*)/[^/]+)$",
        {"tree": "tree"},
        {"file": "file"},
        samples=(_is("loaded compose file: /a/recipes/x/compose.yml", tree="/a/recipes/x"), _not("loaded compose file:")),
    ),
    Rule(
        "abra_announce",
        1,
        "deploy.announce",
        ("DEPLOYING ", "UPDATING ", "GRADING "),
        r"^(?P<verb>DEPLOYING|UPDATING|UPGRADING|DOWNGRADING) (?P<domain>\S+): (?P<before>\S+) -> (?P<after>\S+)$",
        {"stack": stack_of(g("domain")), "stamp": "after", "stamp_prev": pl.when(g("before") != "unknown").then(g("before"))},
        {"domain": "domain", "verb": g("verb").str.to_lowercase()},
        samples=(
            _is("UPDATING d.org: 92a304dd+U -> a7be5bae+U", stack="d_org", stamp_prev="92a304dd+U", stamp="a7be5bae+U"),
            _is("DEPLOYING d.org: unknown -> 0.7.0+3.3.1", stamp="0.7.0+3.3.1", stamp_prev=None),
            _not("UPDATING d.org"),
        ),
    ),
    Rule(
        "abra_intent",
        1,
        "service.intent",
        ("creating ", "updating ", "removing "),
        r"^(?P<verb>creating|updating|removing) (?P<object>service|network|config|secret) (?P<name>\S+)(?: \(id: (?P<id>\w+)\))?$",
        {"service": "name", "service_id": "id"},
        {"verb": g("verb").str.replace("ing$", "e"), "object": "object"},
        samples=(
            _is(
                "updating service s_app (id: gbmnq099w24s0ws5c08n97tjl)",
                service="s_app",
                service_id="gbmnq099w24s0ws5c08n97tjl",
                attrs={"verb": "update", "object": "service"},
            ),
            _is("creating network s_internal", service="s_internal", attrs={"object": "network"}),
            _not("updating the docs"),
        ),
    ),
    Rule(
        "abra_skip",
        1,
        "converge.skip",
        ("skipping converge checks",),
        r"^skipping converge checks",
        samples=(_is("skipping converge checks"), _not("not skipping converge checks")),
    ),
    Rule(
        "abra_done",
        1,
        "deploy.done",
        ("deploy succeeded",),
        r"^(?P<verb>undeploy|deploy) succeeded(?:: (?P<domain>\S+))?$",
        {"stack": stack_of(g("domain"))},
        {"domain": "domain", "verb": "verb"},
        {"outcome": "ok"},
        samples=(
            _is("deploy succeeded: d.org", stack="d_org", outcome="ok", attrs={"verb": "deploy"}),
            _is("undeploy succeeded", attrs={"verb": "undeploy"}),
            _not("the deploy succeeded"),
        ),
    ),
    Rule(
        "abra_undeploy",
        1,
        "undeploy.start",
        ("undeploying ",),
        r"^undeploying (?P<domain>\S+)$",
        {"stack": stack_of(g("domain"))},
        {"domain": "domain"},
        samples=(_is("undeploying d.org", stack="d_org"), _not("undeploying the whole thing")),
    ),
    Rule(
        "abra_timeout",
        1,
        "deploy.error",
        ("timed out",),
        r"^(?P<message>deploy timed out.*)$",
        {},
        {"message": "message"},
        {"outcome": "timeout"},
        samples=(_is("deploy timed out", outcome="timeout"), _not("it timed out")),
    ),
    Rule(
        "abra_deployed",
        1,
        "deploy.error",
        ("is already deployed",),
        r"^(?P<message>(?P<domain>\S+\.\S+) is already deployed.*)$",
        {"stack": stack_of(g("domain"))},
        {"message": "message", "domain": "domain"},
        {"outcome": "already-deployed"},
        samples=(
            _is("d.org is already deployed", outcome="already-deployed", stack="d_org"),
            _not("checking whether s is already deployed"),
        ),
    ),
    Rule(
        "abra_secret",
        2,
        "deploy.error",
        ("secret not ",),
        r"^(?P<message>secret not (?:generated|inserted).*)$",
        {},
        {"message": "message"},
        {"outcome": "secret-missing"},
        samples=(
            _is("secret not generated: db_password", outcome="secret-missing"),
            _is("secret not inserted (#generate=false): smtp_password", outcome="secret-missing"),
            _not("a secret not generated"),
        ),
    ),
    Rule(
        "abra_env_missing",
        1,
        "deploy.error",
        ("missing from ",),
        r"^(?P<message>\w+ missing from (?P<domain>\S+)\.env)$",
        {"stack": stack_of(g("domain"))},
        {"message": "message", "domain": "domain"},
        {"outcome": "env-missing"},
        samples=(
            _is("SECRET_KEY_VERSION missing from d.org.env", outcome="env-missing", stack="d_org"),
            _not("nothing is missing from d.org.env"),
        ),
    ),
    Rule(
        "abra_unauthorized",
        1,
        "deploy.error",
        ("authentication required",),
        r"^(?P<message>.*authentication required: Unauthorized.*)$",
        {},
        {"message": "message"},
        {"outcome": "unauthorized"},
        samples=(
            _is("unable to list tags: authentication required: Unauthorized", outcome="unauthorized"),
            _not("authentication required"),
        ),
    ),
    Rule(
        "abra_reference",
        1,
        "deploy.error",
        ("both a tag and digest",),
        r"^(?P<message>.*Docker references with both a tag and digest are currently not supported.*)$",
        {},
        {"message": "message"},
        {"outcome": "image-reference"},
        samples=(
            _is("Docker references with both a tag and digest are currently not supported", outcome="image-reference"),
            _not("both a tag and digest"),
        ),
    ),
    Rule(
        "abra_dirty",
        1,
        "deploy.error",
        ("locally unstaged changes",),
        r"^(?P<message>.*has locally unstaged changes.*)$",
        {},
        {"message": "message"},
        {"outcome": "dirty-tree"},
        samples=(_is("discourse has locally unstaged changes? please commit", outcome="dirty-tree"), _not("locally unstaged")),
    ),
    Rule(
        "abra_sequence",
        1,
        "deploy.error",
        ("update out of sequence",),
        r"^(?P<message>(?:failed to (?:update|create|remove) service (?P<service>\S+): )?.*update out of sequence.*)$",
        {"service": "service"},
        {"message": "message"},
        {"outcome": "out-of-sequence"},
        samples=(
            _is(
                "failed to update service s_app: Error response from daemon: rpc error: code = Unknown desc = update out of sequence",
                outcome="out-of-sequence",
                service="s_app",
            ),
            _not("out of sequence"),
        ),
    ),
    Rule(
        "abra_engine",
        1,
        "deploy.error",
        ("Error response from daemon", "failed to update service", "failed to create service", "failed to remove"),
        r"^(?P<message>(?:failed to (?:update|create|remove) service (?P<service>\S+?):? .*|.*Error response from daemon.*))$",
        {"service": "service"},
        {"message": "message"},
        {"outcome": "engine-error"},
        samples=(
            _is("failed to create service s_app: Error response from daemon: network x not found", outcome="engine-error", service="s_app"),
            _not("failed"),
        ),
    ),
    Rule(
        "abra_fatal",
        2,
        "deploy.error",
        ("FATA",),
        r"^(?P<message>.+)$",
        {},
        {"message": "message"},
        {"outcome": "fatal"},
        levels=("FATA",),
        samples=(
            _is("FATA something new went wrong", outcome="fatal"),
            _not("nothing fatal"),
            _not('time="2019-10-13T08:50:15Z" level=fatal msg="not by this tool, but by docker: FATA"'),
        ),
    ),
)
