"""What `abra recipe lint` says of a recipe, in the harness's `lint.txt` or wherever it was printed; and that a rule of it stopped a deploy.

    ┃ R014 ┃ only annotated tags used for recipe version ┃ error ┃ ❌ ┃ - ┃ replace lightweight tag with annotated tag ┃
    WARN critical errors present in discourse config
    FATA unable to validate recipe: .env.sample: no such file or directory

A table of rules by their ids, R001 to R016 today: how severe one is, whether the recipe satisfies it, whether it was skipped, how to mend it. The exit status
is 0 whatever the table says: only where it cannot lint at all is it another. Rules of the severity `error` stop a deploy. What the rows are drawn with is
read in several spellings; no whole output is public, so samples follow the columns as cc-ci's notes give them.

References:
    https://docs.coopcloud.tech/maintainers/handbook/
    https://git.autonomic.zone/recipe-maintainers/cc-ci (runner/harness/lint.py)
"""

import polars as pl

from parsers.record import Sample
from parsers.rule import Rule, g

_REFERENCES = ("https://docs.coopcloud.tech/maintainers/handbook/", "https://git.autonomic.zone/recipe-maintainers/cc-ci")
_BAR, _CELL = "[│┃|]", "[^│┃|]*?"
_MARKS = "✅|❌|-"
_OUTCOME = (
    pl.when(g("skipped") == "✅")
    .then(pl.lit("skip"))
    .when(g("satisfied") == "✅")
    .then(pl.lit("pass"))
    .when(g("satisfied") == "❌")
    .then(pl.lit("fail"))
)

LINT = (
    Rule(
        "abra_lint_rule",
        1,
        "lint.rule",
        ("│ R0", "┃ R0", "| R0"),
        rf"^\s*{_BAR}\s*(?P<rule>R\d{{3}})\s*{_BAR}\s*(?P<says>{_CELL})\s*{_BAR}\s*(?P<severity>[a-z]+)\s*{_BAR}"
        rf"\s*(?P<satisfied>{_MARKS})\s*{_BAR}\s*(?P<skipped>{_MARKS})?\s*{_BAR}\s*(?P<mend>{_CELL})\s*{_BAR}?\s*$",
        {"outcome": _OUTCOME},
        {"rule": "rule", "says": "says", "severity": "severity", "mend": "mend"},
        samples=(
            Sample(
                "┃ R014 ┃ only annotated tags used for recipe version ┃ error ┃ ❌ ┃ - ┃ replace lightweight tag with annotated tag ┃",
                [
                    {
                        "outcome": "fail",
                        "attrs": {
                            "rule": "R014",
                            "says": "only annotated tags used for recipe version",
                            "severity": "error",
                            "mend": "replace lightweight tag with annotated tag",
                        },
                    }
                ],
                synthetic=True,
            ),
            Sample(
                "│ R002 │ healthcheck enabled for all services │ warn │ ✅ │ - │ │",
                [{"outcome": "pass", "attrs": {"mend": None}}],
                synthetic=True,
            ),
            Sample("| R006 | has published version | warn | - | ✅ | publish it |", [{"outcome": "skip"}], synthetic=True),
            Sample("| R009 | a row that breaks off | error |", None, synthetic=True),
            Sample("| R0 | no rule's id | error | ❌ | - | x |", None, synthetic=True),
        ),
        references=_REFERENCES,
    ),
    Rule(
        "abra_lint_failed",
        1,
        "lint.result",
        ("critical errors present in",),
        r"^critical errors present in (?P<recipe>[\w.-]+) config$",
        {"recipe": "recipe"},
        fixed={"outcome": "fail"},
        samples=(
            Sample("critical errors present in discourse config", [{"recipe": "discourse", "outcome": "fail"}]),
            Sample("WARN critical errors present in discourse config", [{"recipe": "discourse", "level": "WARN"}]),
            Sample("no critical errors present in discourse config", None),
        ),
        references=_REFERENCES,
    ),
    Rule(
        "abra_lint_invalid",
        1,
        "deploy.error",
        ("unable to validate recipe",),
        r"^(?P<message>unable to validate recipe: .+)$",
        {},
        {"message": "message"},
        {"outcome": "recipe-invalid"},
        samples=(
            Sample(
                "FATA unable to validate recipe: .env.sample: no such file or directory",
                [{"outcome": "recipe-invalid", "attrs": {"message": "unable to validate recipe: .env.sample: no such file or directory"}}],
            ),
            Sample("unable to validate recipe", None),
        ),
        references=_REFERENCES,
    ),
    Rule(
        "abra_lint_stopped",
        1,
        "deploy.error",
        ("FATA",),
        r"^(?P<message>.*\b(?P<rule>R0\d\d)\b.*)$",
        {},
        {"message": "message", "rule": "rule"},
        {"outcome": "lint"},
        levels=("FATA",),
        samples=(
            Sample(
                "FATA R014: only annotated tags used for recipe version",
                [{"outcome": "lint", "attrs": {"rule": "R014", "message": "R014: only annotated tags used for recipe version"}}],
            ),
            Sample("FATA something new went wrong in AR014B", None),
        ),
        references=_REFERENCES,
    ),
)
