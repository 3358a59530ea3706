"""Warnings that come with a run, in the page's language: other rooms write them in English."""

import re
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


@cache
def _pattern(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", message)
    texts = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+?)" for i, part in enumerate(parts)]
    return re.compile("".join(texts))
