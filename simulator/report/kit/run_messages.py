"""Warnings that come with a run, in the page's language: other rooms write them in English."""

import re
from functools import cache
from typing import Final

from simulator.report.kit.language import mark, tr

MESSAGES: Final = (
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
)
"""Warnings as they are written; a name in braces is any text."""


def run_message(text: str) -> str:
    """``text`` in the page's language if it is one of ``MESSAGES``, else as it is."""
    for message in MESSAGES:
        found = _pattern(message).fullmatch(text)
        if found:
            return tr(message, **found.groupdict())
    return text


def warning_line(text: str) -> str:
    """``text`` as a warning of the terminal, in the language that is spoken."""
    return tr("warning: {warning}", warning=run_message(text))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", message)
    texts = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+?)" for i, part in enumerate(parts)]
    return re.compile("".join(texts))
