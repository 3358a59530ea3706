"""Wrong inputs, each with what its refusal must say: file or key, and what is allowed."""

from typing import NamedTuple


class Wrong(NamedTuple):
    """Arguments of a command, files that stand in the folder, and parts of the answer.

    ``command``: the first word after ``loanstress``; empty is none.
    """

    arguments: tuple[str, ...]
    answer: tuple[str, ...]
    files: dict[str, str] = {}  # noqa: RUF012 - never changed
    command: str = ""


TABLE = "month,unemployment_rate\n2026-01,0.05\n2026-02,0.06\n"
SCENARIO = """\
# @package scenario.mine
label: Mine
narrative: A test.
source: assumption
weight: 1
table: mine.csv
frequency: monthly
"""


def _scenario(text: str, *answer: str, table: str = TABLE) -> Wrong:
    files = {"own/scenario/mine.yaml": text, "mine.csv": table}
    return Wrong(("-cd", "own", "scenario=[mine]"), answer, files)


def _table(table: str, *answer: str) -> Wrong:
    return _scenario(SCENARIO, "mine.csv", *answer, table=table)


def _file(name: str, text: str, choice: str, *answer: str) -> Wrong:
    return Wrong(("-cd", "own", choice), answer, {f"own/{name}.yaml": text})


def _arguments(text: str, *answer: str, command: str = "") -> Wrong:
    return Wrong(tuple(text.split()), answer, command=command)


EXPERIMENT = "# @package _global_\n"

WRONG: dict[str, Wrong] = {
    # the command line
    "option that is none": _arguments("--seeds=3", "--seeds=3", "options are"),
    "words without a value": _arguments("baseline", "baseline", "KEY=VALUE"),
    "resolving nothing": _arguments("--resolve", "--resolve", "need --cfg"),
    "unknown view": _arguments("--cfg everything", "--cfg", "job", "everything"),
    "hydra key": _arguments("hydra.job.chdir=true", "hydra key", "hydra.run.dir"),
    # run
    "no paths": _arguments("run.paths=0", "run.paths must be in [1, 1000000]; got 0"),
    "months in words": _arguments("run.months=two", "run.months", "integer", "got two"),
    "negative seed": _arguments("run.seed=-1", "run.seed must be in [0, ", "got -1"),
    "seed beyond 63 bits": _arguments("run.seed=9223372036854775808", "run.seed must be in"),
    "too many threads": _arguments("run.threads=2000", "run.threads", "1024", "got 2000"),
    "month 13": _arguments("run.start_month=2026-13", "run.start_month", "YYYY-MM", "2026-13"),
    "list for a number": _arguments("run.paths=[1,2]", "run.paths", "integer"),
    "nothing for a number": _arguments("run.paths=null", "run.paths", "integer", "got None"),
    "infinite run-off": _arguments("run.runoff_months=inf", "run.runoff_months", "finite"),
    "empty batch": _arguments(
        "run.path_batch=0", "run.path_batch", "must be in [1, 100000]", "got 0"
    ),
    # book
    "no borrowers": _arguments("book.borrowers=0", "book.borrowers", "at least 1", "got 0"),
    "unknown country": _arguments("book.jurisdiction=fr", "book.jurisdiction", "'cn'", "got fr"),
    "shares beyond one": _arguments("book.region_shares=[1,1,1,1]", "book.region_shares", "sum"),
    "applicants in percent": _arguments(
        "book.applicants_monthly_share=5",
        "book.applicants_monthly_share",
        "must be in [0, 1]",
        "got 5",
    ),
    "tape that is a folder": _arguments("book=tape book.path=.", "book.path must be a file"),
    # scenario: YAML
    "scenario without a label": _scenario(
        SCENARIO.replace("label: Mine\n", ""), "scenario.mine.label", "required"
    ),
    "weight in percent": _scenario(
        SCENARIO.replace("weight: 1", "weight: 30"),
        "scenario.mine.weight",
        "must be in [0, 1]",
        "got 30",
    ),
    "weekly table": _scenario(
        SCENARIO.replace("monthly", "weekly"), "scenario.mine.frequency", "'monthly'", "got weekly"
    ),
    "date that is none": _scenario(
        SCENARIO + "x: 2026-13-45\n", "scenario/mine.yaml", "month must be in 1..12"
    ),
    "key that is misspelt": _scenario(
        SCENARIO + "smothing: bounded\n", "scenario.mine.smothing", "did you mean smoothing?"
    ),
    "tab for indentation": _scenario(
        SCENARIO + "opening:\n\tx: 1\n", "scenario/mine.yaml", "is not YAML", "line 9"
    ),
    "volatility too large": _scenario(
        SCENARIO + "deviation: {volatility: [9, 0, 0, 0]}\n",
        "scenario.mine.deviation.volatility",
        "0.5",
    ),
    "table that is missing": _scenario(
        SCENARIO.replace("mine.csv", "yours.csv"),
        "scenario.mine.table",
        "no such file",
        "yours.csv",
    ),
    # scenario: CSV
    "empty table": _table("", "is empty"),
    "header alone": _table("month,unemployment_rate\n", "no rows"),
    "unemployment in percent": _table(
        "unemployment_rate\n5\n6\n", "unemployment_rate", "[0.001, 0.5]", "percent: true"
    ),
    "word for a number": _table("unemployment_rate\nhigh\n", "unemployment_rate", "number", "high"),
    "nan in a table": _table("unemployment_rate\nnan\n", "unemployment_rate", "nan"),
    "unknown variable": _table("unemploymnt_rate\n0.05\n", "did you mean unemployment_rate?"),
    "column twice": _table("unemployment_rate,unemployment_rate\n1,2\n", "unemployment_rate once"),
    "ragged rows": _table("unemployment_rate\n0.05,0.06\n", "another number of cells"),
    "disaster in no region": _table("disaster_moon\n0.1\n", "disaster_moon", "east"),
    # policy
    "policy of an unknown kind": _file(
        "policy/mine",
        "# @package policy.mine\nkind: magic\n",
        "policy=[mine]",
        "policy.mine.kind",
        "magic",
    ),
    "grace of ten years": _arguments(
        "policy.grace_period.months=120", "policy.grace_period.months", "got 120"
    ),
    "share above one": _arguments(
        "policy.grace_period.deferred_share=2",
        "policy.grace_period.deferred_share",
        "must be in [0, 1]",
    ),
    "policy in a list": _file("policy/mine", "- 1\n", "policy=[mine]", "policy/mine.yaml"),
    # rule book
    "cure of minus one month": _arguments(
        "provision.cas22.cure_months=-1", "provision.cas22.cure_months", "got -1"
    ),
    "rule book of an unknown kind": _file(
        "provision/mine",
        "# @package provision.mine\nkind: magic\n",
        "provision=[mine]",
        "provision.mine.kind",
        "magic",
    ),
    # parameters
    "parameter below its range": _arguments(
        "parameters.finding_rate=0", "parameters.finding_rate", "[0.01, 0.95]", "got 0"
    ),
    "parameter in words": _arguments("parameters.finding_rate=low", "finding_rate", "[0.01, 0.95]"),
    "parameter of 400 digits": _arguments(
        "parameters.finding_rate=" + "9" * 400, "finding_rate", "[0.01, 0.95]", "got 999"
    ),
    "two search paths": _arguments("hydra.searchpath=a,b", "hydra.searchpath", "list of folders"),
    "file of unknown parameters": _file(
        "parameters/mine",
        "findings_rate: 0.2\n",
        "parameters=mine",
        "findings_rate",
        "did you mean finding_rate?",
    ),
    # break-even
    "bracket upside down": _arguments(
        "break_even=[moral_hazard] break_even.moral_hazard.low=3 break_even.moral_hazard.high=2",
        "break_even.moral_hazard",
        "low",
    ),
    "break-even of an unknown metric": _arguments(
        "break_even=[moral_hazard] break_even.moral_hazard.metric=joy",
        "metric",
        "net_result",
        "joy",
    ),
    # report
    "title too long": _arguments("report.title=" + "x" * 121, "report.title", "120"),
    "report in Klingon": _arguments("report.language=tlh", "report.language", "'en'", "got tlh"),
    "report switched by a word": _arguments("report.enabled=perhaps", "report.enabled", "perhaps"),
    # output folder
    "folder that is a file": Wrong(
        ("hydra.run.dir=taken",), ("output folder", "taken"), {"taken": "a file"}
    ),
    "jobs in one folder": _arguments(
        "-m hydra.sweep.subdir=x", "hydra.sweep.subdir", "${hydra:job.num}", "got x"
    ),
    # experiment
    "experiment of an unknown key": _file(
        "experiment/mine",
        EXPERIMENT + "runs: {paths: 3}\n",
        "experiment=mine",
        "experiment/mine.yaml",
        "did you mean run?",
    ),
    "experiment of an unknown run": _file(
        "experiment/mine",
        EXPERIMENT + "defaults: [{override /run: smok}]\n",
        "experiment=mine",
        "experiment/mine.yaml: run must be one of",
        "did you mean smoke?",
    ),
    "experiment with a list for one choice": _file(
        "experiment/mine",
        EXPERIMENT + "defaults: [{override /run: [smoke]}]\n",
        "experiment=mine",
        "experiment/mine.yaml: run must be one of",
    ),
    "experiment out of range": _file(
        "experiment/mine", EXPERIMENT + "run: {paths: 0}\n", "experiment=mine", "run.paths", "got 0"
    ),
    # the calibration command
    "calibration of nothing": _arguments(
        "run.months=3", "calibration must be chosen", command="fit"
    ),
    "unknown calibration": _arguments(
        "calibration=us_card", "calibration must be one of", "us_card", command="fit"
    ),
    "calibration as a sweep": _arguments("-m", "takes no --multirun", command="fit"),
    # the report command
    "report of nothing": _arguments("", "name the folder of a run", command="report"),
    "report of no folder": _arguments("nowhere", "nowhere", "no such folder", command="report"),
    "report of an empty folder": Wrong(
        ("empty",), ("empty", "results.nc"), {"empty/notes.txt": "x"}, "report"
    ),
    "report of a broken run": Wrong(
        ("broken",), ("broken", "results.nc"), {"broken/results.nc": "x"}, "report"
    ),
    "report in an unknown language": _arguments(
        "--language fr .", "--language", "en, zh", command="report"
    ),
    "report to another kind of file": _arguments(
        "--output a.pdf .", ".html", "a.pdf", command="report"
    ),
}
