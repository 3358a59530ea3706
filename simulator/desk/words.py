"""Every word of the page by its place there, in the language that is spoken."""

from typing import Final

from simulator.report.kit.language import language, mark, tr

_WORDS: Final = {
    "subtitle": mark("Stress tests of a loan book"),
    "skip": mark("To the choices"),
    "language": mark("Language"),
    "book": mark("Loan book"),
    "scenarios": mark("Scenarios"),
    "policies": mark("Policies"),
    "scenarios_about": mark("Scenarios of one run begin in the same month."),
    "policies_about": mark("Each is compared with the current policy, with common random numbers."),
    "run": mark("Run"),
    "runs": mark("Runs"),
    "fitted": mark("parameters {name}"),
    "drop": mark("Drop a loan tape here, or choose a file"),
    "drop_about": mark("CSV, Parquet or XLSX, one row a loan. It stays on this machine."),
    "uploading": mark("Reading {name} ..."),
    "tape": mark("Tape {name}"),
    "rows": mark("{n} rows"),
    "remove": mark("Remove"),
    "columns": mark("Columns of the tape"),
    "column": mark("Column"),
    "example": mark("Content"),
    "read_as": mark("Read as"),
    "not_read": mark("(not read)"),
    "in_percent": mark("in percent"),
    "missing": mark("Columns that the tape lacks: one value for all loans"),
    "stands_for": mark("What words of the tape stand for"),
    "no_choice": mark("(to decide)"),
    "date": mark("Date of the balances"),
    "to_decide": mark("To decide"),
    "wrong": mark("Cannot be run yet"),
    "mapping": mark("Mapping"),
    "answer": mark("Use these answers"),
    "severity": mark("Severity"),
    "severity_about": mark(
        "Severity: times a scenario's distance from the baseline; 1 is the scenario itself. In"
        " standard deviations: how far its worst quarter lies from the variable's usual level."
    ),
    "settings": mark("Settings"),
    "changed": mark("{n} changed"),
    "range": mark("{low} to {high}"),
    "none_set": mark("none"),
    "no_names": mark("The book has no names to choose from yet."),
    "rule": mark("Rule {n}"),
    "add_rule": mark("Add a rule"),
    "questions": mark("Provisions and questions"),
    "provision": mark("Provisioning standards"),
    "provision_about": mark("Of a quick look and of a full run. None chosen: no provisions."),
    "break_even": mark("Break-evens"),
    "break_even_about": mark(
        "Of a full run: at which value the policy, which must be chosen, stops paying. A minute"
        " or more each."
    ),
    "reverse": mark("Reverse stress"),
    "reverse_about": mark("Of a full run: the likeliest causes that lead there. Minutes each."),
    "find": mark("Find a policy"),
    "quick": mark("Quick look"),
    "quick_about": mark(
        "{paths} paths of {months} months, {borrowers} borrowers where that can be"
        " chosen, no trials of assumptions; some 20 seconds."
    ),
    "full": mark("Full run"),
    "full_about": mark("As set here, with trials of assumptions; minutes."),
    "full_settings": mark("Settings of a full run"),
    "trials": mark("Try the assumptions, one at a time"),
    "borrowers": mark("borrowers"),
    "command": mark("Command"),
    "working": mark("Running"),
    "starting": mark("starting"),
    "progress": mark("{label}: {done} of {total}"),
    "left": mark("some {time} left of this part; others may follow"),
    "left_in_all": mark("some {time} left in all, going by an earlier run of this size"),
    "so_far": mark("{time} so far"),
    "seconds": mark("{n} s"),
    "minutes": mark("{n} min"),
    "said": mark("What the command says"),
    "cancel": mark("Cancel"),
    "ending": mark("ending ..."),
    "first_start": mark(
        "The first run after an installation compiles kernels, one to three minutes."
    ),
    "started": mark("Started"),
    "title": mark("Content"),
    "state": mark("State"),
    "actions": mark("Actions"),
    "select": mark("Compare"),
    "select_run": mark("Compare {name}"),
    "running": mark("running"),
    "done": mark("finished"),
    "stopped": mark("stopped"),
    "failed": mark("failed"),
    "blocks": mark("{n} blocks of paths are kept"),
    "continue": mark("Continue"),
    "discard": mark("Discard"),
    "report.html": mark("Report"),
    "comparison.html": mark("Comparison"),
    "underwriting.html": mark("Underwriting"),
    "tables.xlsx": mark("Workbook"),
    "compare": mark("Compare side by side"),
    "compare_about": mark("Choose two to seven finished runs."),
    "comparison": mark("Comparison"),
    "none_yet": mark("No runs yet."),
    "ended_well": mark("Finished: {name}"),
    "ended_stopped": mark("Stopped: {name}. Finished blocks are kept; continue or discard below."),
    "ended_empty": mark("Stopped: {name}. Nothing was finished; discard it below."),
    "ended_badly": mark("Failed: {name}"),
    "open": mark("Open the report"),
    "closed": mark("The desk does not answer. Is it closed? loanstress desk opens it."),
    "most": mark("At most {n} can be chosen."),
    "one_scenario": mark("Choose a scenario."),
}


def words() -> dict[str, str]:
    """Place -> words; ``tag`` is that of the language."""
    spoken = language()
    said = {place: tr(text) for place, text in _WORDS.items()}
    return said | {"tag": spoken.tag, "comma": spoken.comma}
