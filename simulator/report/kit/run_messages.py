"""What other rooms say of a run in English, warnings and steps, in the reader's language."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from simulator.report.kit.language import mark, tr

MESSAGES: Final = (
    mark("book: the book opens otherwise than its tape says by more than {points} points: {gaps}"),
    mark(
        "book: a sample of the tape opens otherwise than its tape says by more than {points}"
        " points: {gaps}"
    ),
    mark(
        "{file}: {column}: {n} cell is a hundred times off the others; {cell} was read as"
        " {value}, like them (first: {place})"
    ),
    mark(
        "{file}: {column}: {n} cells are a hundred times off the others; {cell} was read as"
        " {value}, like them (first: {place})"
    ),
    mark(
        "{file}: borrower_id is a constant of the mapping, which would make one borrower of {n}"
        " loans: each loan was taken as a borrower's only one"
    ),
    mark("{file}: no column tells arrears (dpd or status): every loan is taken as current"),
    mark(
        "{file}: borrower_id is {name} in every row, which would make one borrower of {n}"
        " loans: each loan was taken as a borrower's only one"
    ),
    mark("{file}: {n} of {all} rows tell no arrears: taken as current (first: {place})"),
    mark(
        "{file}: status {words} says nothing of arrears: dpd tells them; map what is"
        " closed or written off to drop, under values.status (first: {place})"
    ),
    mark(
        "{file}: score: {n} cells of {codes}, far from all scores, were taken as no score"
        " (first: {place})"
    ),
    mark(
        "{file}: {column} is under {header}, but its cells are like fractions: {cell}"
        " was read as {share}; percent: [{name}] in the mapping if it is {percent} %"
    ),
    mark("{file}: borrower_id {name} has {n} of {all} loans"),
    mark(
        "{file}: status spans several buckets of days: {words}, by its middle; values.status in"
        " the mapping says another"
    ),
    mark(
        "{file}: {n} rows ({share} of all, balance {balance}) break a rule and are left out:"
        " {rules}; rejected.csv lists them"
    ),
    mark("closed or written off by their status"),
    mark("rows that break a rule"),
    mark("repaid: nothing is owed"),
    mark(
        "parameters: {set} was fitted to the book {books}, not to {book}: levels are those of"
        " another lender until parameters are fitted to its own history (docs/calibration.md)"
    ),
    mark(
        "scenario: written for another jurisdiction than the book's ({code}): {scenarios}",
    ),
    mark(
        "book: its balances are of {day}, and month 1 of the run is {start}: {gap} months lie"
        " between, in which loans neither age nor are paid; a run from {next} would follow on"
    ),
    mark(
        "book: its balances are of {day}, and month 1 of the run is {start}, before they were"
        " counted; a run from {next} would follow on"
    ),
    mark(
        "scenario: tables end before the run does, in month {horizon}: {ends}; from there on"
        " variables return to their long-run means (assumption)"
    ),
    mark(
        "{owner}: {table} ends at month {month} of {horizon}; from month {after} on its variables"
        " return to their long-run means, half-lives in months (assumption): {lives}"
    ),
    mark("{owner}: opens in another economy than {first}, in which the book has settled: {moved}"),
    mark(
        "rates of the last {months} months are those of month {last}, the last one with twelve"
        " months after it, and lifetime losses look twelve months ahead, so that stages 1 and 2"
        " have the same allowance; run.runoff_months=18 or more separates them"
    ),
    mark(
        "lifetime losses look twelve months ahead, so that stages 1 and 2 have the same allowance;"
        " run.runoff_months=18 or more separates them"
    ),
    mark(
        "the simulation ends after month {horizon}: losses expected within twelve months, and"
        " lifetime losses, are those until then"
    ),
    mark(
        "overlay {overlay} of {book} adds nothing: it covers no month of the run ({first} to"
        " {last}), from {begin} until {end}"
    ),
    mark(
        "value: {scenario}: {months} months of run-off are too few to estimate the value left: no"
        " value; run.runoff_months=null takes as many as the book needs"
    ),
    mark(
        "value: {scenario}: {months} months of run-off leave {share} of the balance under {policy},"
        " worth what such loans brought until then; run.runoff_months=null takes as many as the"
        " book needs"
    ),
    mark(
        "assumptions: the list was made for other parameters; the same relative ranges around the"
        " run's own were tried; loanstress screen makes a list for them"
    ),
    mark(
        "assumptions: the list was made for other parameters; the same relative ranges around the"
        " run's own were tried; assumptions={name} was made for them"
    ),
    mark("the run-off is too short for a value: by {measure}"),
    mark(
        "the gain changes its sign {n} times, between {places}; the first is given, and there may"
        " be more"
    ),
    mark("compiling kernels (once per version, one to three minutes)"),
    mark("warning: compiled kernels are not kept, each start compiles them: {reason}"),
    mark("book and scenarios"),
    mark("simulating paths"),
    mark("{reused} blocks of paths were there, {made} were made"),
    mark("searching break-even of {question}: value and interval (at most, about)"),
    mark("searching break-even of {question}"),
    mark("reverse stress {question} (at most, about)"),
    mark("searching {question}: settings"),
    mark("searching {question}: finalists on another seed"),
    mark("searching {question}: draws of assumptions"),
    mark("emulating {question}"),
    mark("explaining causes"),
    mark("explaining the earlier run"),
    mark("sensitivity: every parameter alone"),
    mark("sensitivity: a quadratic of the largest"),
    mark("explaining {scenario}"),
    mark("explaining underwriting"),
    mark("about {memory} of memory, {disk} on disk and {time} of simulation"),
    mark("about {time} more to find break-even of {question}"),
    mark("about {time} more to answer reverse stress {question}"),
    mark("about {time} more to emulate {question}"),
    mark("about {time} more to search {question}"),
    mark("about {time} more to explain causes"),
    mark("about {time} more to explain the earlier run"),
    mark("about {time} more to explain scenarios"),
    mark("about {time} more to explain underwriting"),
    mark("about {time} more to tell the sensitivity"),
    mark("about {time} more to try assumptions"),
    mark("warning: memory is tight: about {memory} of {free} that are free"),
    mark("warning: the disk may be too small: about {disk} are needed, and {free} are free"),
    mark("simulating {n} other draws of the borrowers"),
    mark("simulating draws of the parameters"),
    mark("simulating shifted paths"),
    mark("precision asked: {asked}; first look after {first} paths, at most {most}"),
    mark("results"),
    mark("trying assumptions"),
    mark("report and files"),
    mark("screening assumptions"),
    mark("fitting (at most so many points)"),
    mark("profile of {parameter}"),
    mark("predicting"),
    mark("{owner}: {table} has no column for {variables} (defaults)"),
    mark("{owner}: severity {times} times its distance from {table}"),
    mark("its opening, held"),
    mark("backtest {name}: not known by {month} and left out: {targets}"),
    mark("backtest {name}: {warning}"),
    mark(
        "parameter {name} is not identified: {share} of what is known of it comes from the data,"
        " the rest from prior and bounds"
    ),
    mark(
        "parameter {name} is weakly identified: {share} of what is known of it comes from the"
        " data, the rest from prior and bounds"
    ),
    mark(
        "parameters {first} and {second} are poorly identified: their errors are correlated by"
        " {correlation}"
    ),
    mark("the data leave one combination of parameters open: {members}"),
    mark(
        "parameter {name} is at its lower bound {bound}: its interval is too narrow, and the data"
        " ask for more than the bound allows"
    ),
    mark(
        "parameter {name} is at its upper bound {bound}: its interval is too narrow, and the data"
        " ask for more than the bound allows"
    ),
    mark("target {name} is missed by {z} standard errors: the model explains it badly"),
    mark(
        "targets {first} and {second} contradict each other: the best fit misses them by {z} and"
        " {other} standard errors"
    ),
    mark("{n} more misses of targets: see fit.csv"),
    mark(
        "target {name}: the model is off by {off} (root mean square) where sampling allows"
        " {sampling}; what it does not explain persists (autocorrelation {persistence}), widens"
        " errors and is carried into predictions"
    ),
    mark(
        "target {name} had no value in {n} of {points} simulated points (nobody to count there);"
        " it counted as one standard error off"
    ),
    mark("the search was cut short after {rounds} rounds; calibration.rounds allows more"),
    mark(
        "calibration.prediction_draws: {draws} draws are fewer than the {least} that intervals of"
        " {level} need; theirs cover less"
    ),
    mark("{owner}: status {code} is not among codes; {n} cells are left out ({months})"),
    mark(
        "{owner}: {n} accounts have a gap, a month without status between others (first: {first});"
        " their steps into and out of it are left out"
    ),
    mark("{owner}: no column for the calendar months {months}"),
    mark("{file}: {column} lacks {labels}"),
    mark(
        "{file}: {owner} column {column} has {n} times {text}, which is neither {good} nor {bad};"
        " left out"
    ),
    mark("{file} was read as {encoding}."),
    mark(
        "The encoding of {file} was taken as {encoding}, the likeliest; UTF-8, or encoding in "
        "the mapping of a tape, leaves no doubt."
    ),
    mark("No column for borrower_id: each loan is a borrower's only one."),
    mark("No column for loan_id: borrower_id serves for both."),
    mark("{column}: a year's amounts under {header}, divided by 12."),
    mark("score ({header}) read as {scale}; {means}."),
    mark(
        "Balances are of {day}, no month's end: months of the run begin there, and due days are"
        " counted from there."
    ),
    mark("{column}: from {columns} where the tape has none."),
    mark("{column}: from dates where the tape has none."),
    mark(
        "due_day of {n} rows is 29, 30 or 31, a month's end: taken as {day}, the last day that "
        "every month has."
    ),
    mark(
        "{n} instalment loans leave: their principal is 0 and nothing is past due, so they are "
        "repaid."
    ),
    mark("{n} loans, with a balance of {balance}, leave: their status is closed or written off."),
    mark("{n} loans leave: their status is closed or written off."),
    mark("{column} of {n} lines: the product's term."),
    mark("{n} limits were raised to the balance."),
    mark("Headers were read by their usual meaning: {headers}."),
    mark("Headers are those of {format}."),
    mark("{column}: cells with a percent sign were read as hundredths."),
    mark("{column}: {pairs}, by their usual meaning."),
    mark(
        "Panel of {n} months: {gone} loans have no row in the last month and leave; {cut} "
        "spells ran already in the first month and may be longer than it shows."
    ),
    mark("Months overdue from {file} (SHA-256 {sha})."),
    mark("{n} loans of the tape have no row in the last month."),
    mark("{n} rows above the header left out, as header_row says."),
    mark("{n} row above the header left out, as header_row says."),
    mark("{n} rows at the end left out, as footer_rows says (first: {first})."),
    mark("{n} row at the end left out, as footer_rows says (first: {first})."),
    mark("{file}: {n} rows (SHA-256 {sha})."),
    mark("{n} loans are past their write-off age and leave in month 1."),
    mark("The tape has no dpd: every loan is taken as current."),
    mark(
        "The tape is of {month}, but month 1 of the run is {start}: run.start_month={next} "
        "would follow on."
    ),
    mark("values.{column} of {words}: one of {allowed}"),
    mark("no column for {column} ({meaning}): map one, or name a constant"),
    mark("no column for {column} ({meaning}): map one"),
    mark("snapshot_date: YYYY-MM-DD, the date of the balances"),
    mark("date_format: {forms}; no day of {columns} is above 12, as in {cell}"),
    mark(
        "{file}: dpd holds 0 and 1 alone, read as days past due; a flag of arrears belongs under"
        " status, with values.status in the mapping (first: {place})"
    ),
    mark(
        "{file}: annual_rate has a median of {rate} a year: scale: {scale} in the mapping if it is"
        " a month's, 360 if a day's"
    ),
)
"""Sentences as they are written; a name in braces is any text."""


_INNER: Final = ("warning", "rule")
"""Names of values that are messages themselves."""


def run_message(text: str) -> str:
    """``text`` in the page's language if it is one of ``MESSAGES``, else as it is."""
    return message_among(MESSAGES, text)


def message_among(messages: Sequence[str], text: str) -> str:
    """``text`` in the page's language if it is one of ``messages``, the first that fits."""
    for message in messages:
        found = _pattern(message).fullmatch(text)
        if found:
            values = found.groupdict()
            inner = {k: message_among(messages, values[k]) for k in values if k in _INNER}
            return tr(message, **values | inner)
    return text


def warning_line(text: str) -> str:
    """``text`` as a warning of the terminal, in the language that is spoken."""
    return tr("warning: {warning}", warning=run_message(text))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", message)
    texts = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+?)" for i, part in enumerate(parts)]
    return re.compile("".join(texts))
