"""What the page says about the run itself: scenarios, policies, limits, provenance."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from simulator.report.delinquency import economy
from simulator.report.headline.caveats import outside_the_months
from simulator.report.kit.card import Section
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import currency_title, mark, name, sentences, tn, tr
from simulator.report.kit.run_messages import run_message
from simulator.report.kit.setting_words import Part, flat, value_words
from simulator.report.kit.table import policy_class
from simulator.report.kit.text import clean, harmless
from simulator.report.policies.policy_settings import policy_parts
from simulator.report.policies.total_intervals import parameters_left
from simulator.report.provisions.rule_book_settings import rule_books
from simulator.report.provisions.rule_books import provisions_of
from simulator.results.borrower_sampling import ERROR
from simulator.results.run import items_of, part, warnings_in
from simulator.results.sampling import sampling_of
from simulator.vocabulary import FOLLOW_UP_MONTHS

MAX_ENTRIES = 200
"""Lines of a section of the passport; a manifest may hold more."""
FIRST_KEYS = (
    "seed",
    "random_numbers",
    "checks_passed",
    "run_seconds",
    "live_borrower_months",
    "live_borrower_months_per_second",
    "threads",
    "schema_version",
)


@dataclass(frozen=True, slots=True)
class ScenarioCard:
    """A scenario in words."""

    label: str
    narrative: str
    source: str
    weight: str
    severity: tuple[str, ...]
    """How bad its economy is, against what was observed."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyCard:
    """A policy and the settings that define it."""

    label: str
    colour_class: str
    parts: tuple[Part, ...]


IN_CHAPTERS: Final = (("book", "reconciliation"), ("book", "rejected"), ("book", "warnings"))
"""Parts of the manifest that a chapter of the page shows."""
CHECKS: Final = {
    "fates": mark("Borrower outcomes"),
    "fate_cuts": mark("Borrower outcomes by group"),
    "reference_fates": mark("Borrower outcomes under the current policy"),
}
"""Checks whose title is not their name."""


def _words(key: str) -> str:
    words = clean(key, 60).replace("_", " ").strip().capitalize()
    return name(words) if words else ""


def scenario_cards(data: ReportData) -> list[ScenarioCard]:
    """Narrative, source, weight and warnings of each scenario, as the manifest has them."""
    out = []
    for scenario in data.scenarios:
        entry = data.scenario_entry(scenario)
        out.append(
            ScenarioCard(
                data.scenario_label(scenario, 80),
                _said(entry.get("narrative"), 2000) or tr("No narrative is recorded."),
                _said(entry.get("source"), 500) or tr("not recorded"),
                _weight(data, scenario, entry.get("weight")),
                economy.severity(data, scenario),
                tuple(run_message(clean(item, 300)) for item in warnings_in(entry)),
            )
        )
    return out


def _said(text: object, width: int) -> str:
    """A text that comes with the run, on one line, in the page's language where it is shipped."""
    plain = clean(text or "", width)
    return name(plain) if plain else ""


def _weight(data: ReportData, scenario: str, own: object) -> str:
    """A scenario's own weight, and the one used in the run where that is another."""
    words = _whole_percent(float(own)) if isinstance(own, int | float) else tr("not set")
    if "scenario_weight" not in data.dataset:
        return words
    used = _whole_percent(float(data.dataset["scenario_weight"].sel(scenario=scenario)))
    if used == words:
        return words
    return tr("{own} of its own, {used} in this run", own=words, used=used)


def _whole_percent(share: float) -> str:
    return tr("{n} %", n=f"{100 * share:.0f}")


def policy_cards(data: ReportData) -> list[PolicyCard]:
    """Each policy with its settings from the configuration of the run, best first."""
    known = part(data.configuration(), "policy")
    return [
        PolicyCard(
            data.policy_label(policy),
            policy_class(data, policy),
            policy_parts(policy, part(known, policy)) if policy in known else (),
        )
        for policy in (data.reference, *data.best_first)
    ]


def rule_book_cards(data: ReportData) -> list[PolicyCard]:
    """Each rule book with its settings from the configuration of the run, the accounts' first."""
    return [PolicyCard(label, "", parts) for label, parts in rule_books(data)]


def facts(data: ReportData) -> list[str]:
    """One-line facts under the title."""
    n_months = len(data.months)
    months = tn("{n} month", "{n} months", n_months)
    if "date" in data.dataset.coords:
        first = str(data.dataset["date"].values[0])[:7]
        months = tn("{n} month from {date}", "{n} months from {date}", n_months, date=first)
    borrowers = part(data.manifest, "book").get("opening_borrowers")
    counts = []
    if isinstance(borrowers, int | float):
        counts = [tr("{n} borrowers", n=f"{borrowers:,.0f}")]
    return [
        *counts,
        months,
        tn("{n} path", "{n} paths", data.n_paths),
        tn("{n} scenario", "{n} scenarios", len(data.scenarios)),
        tn("{n} policy", "{n} policies", len(data.policies)),
        tr("money in {currency}", currency=currency_title(data.currency)),
    ]


_BEHAVIOUR: Final = (
    mark(
        "Behaviour (who refuses, forgets, asks for relief, answers a call) follows parameters"
        " of which many are assumptions; docs/model.md lists each with its source. The model"
        " is not fitted to the history of this lender unless the configuration sets it."
    ),
)
"""Limits of every run, before which months its amounts cover."""
_OF_PATHS: Final = mark(
    "Intervals measure sampling error over the simulated paths only. They do not cover"
    " errors of parameters, scenario or model, and are not adjusted for multiple"
    " comparisons."
)
_OF_BORROWERS: Final = mark(
    "The book is one draw of borrowers: intervals of the key figures measure the sampling error of"
    " paths and of borrowers together (book_low and book_high in summary.csv). They do not cover"
    " errors of parameters, scenario or model, and are not adjusted for multiple comparisons."
)
_OF_PARAMETERS: Final = mark(
    "Intervals of the key figures measure the sampling error of paths and, of a drawn book, of"
    " borrowers; the total interval (total_low and total_high in summary.csv) adds the doubt of the"
    " fitted parameters. None covers parameters left at an assumption, scenario or model, and none"
    " is adjusted for multiple comparisons."
)
_ADJUSTED: Final = mark(
    "Means are adjusted for the deviation of unemployment on the simulated paths, whose expectation"
    " is zero (docs/model.md, section 14.4); quantiles and shares of paths are not."
)
_FIGURES: Final = (
    mark(
        "The net result is interest, penalty interest and fees as they accrue, less waived"
        " interest, funding cost, net loss, the change of an allowance on balance over 90"
        " days past due, and the costs of collection, relief handling, underwriting,"
        " acquisition and programmes; it is before operating cost and tax. Net loss is"
        " balance written off or sold, less recoveries and sale prices."
    ),
    mark(
        "Peaks are taken path by path and then averaged, so they lie above the peak of the"
        " median in the charts."
    ),
    mark(
        "A re-planned loan counts as current again; the results also give the overdue balance"
        " before relief."
    ),
    mark("Roll rates and causes are averages over paths under the current policy."),
)
"""Limits of every run, after them."""


def limits(data: ReportData) -> list[str]:
    """Assumptions and limits that a reader must know, with those of this very run."""
    alone = tr("This run has one draw of the economy: its numbers are one possible outcome.")
    return [
        *map(tr, _BEHAVIOUR),
        tr(_of_intervals(data)),
        *parameters_left(data),
        *([tr(_ADJUSTED)] if sampling_of(data.dataset).whole.n_controls else []),
        _money_horizon(data),
        *map(tr, _FIGURES),
        *_limits_of_policies(data),
        *_limits_of_book(part(data.manifest, "book")),
        *([alone] if data.n_draws == 1 else []),
    ]


def _of_intervals(data: ReportData) -> str:
    """What intervals cover."""
    if data.has_totals:
        return _OF_PARAMETERS
    return _OF_BORROWERS if ERROR in data.dataset else _OF_PATHS


def _limits_of_policies(data: ReportData) -> Iterator[str]:
    """How policies rank, and what stands behind profit and capital."""
    if data.frontiers:
        yield tr(
            "Policies with a significant gain rank first, then means are compared; domination"
            " compares means, too. Policies without a significant difference may change"
            " places. A borrower with relief counts as saved only after {months} months of"
            " follow-up; otherwise the follow-up is too short.",
            months=FOLLOW_UP_MONTHS,
        )
    books = provisions_of(data)
    if books is not None:
        yield tr(
            "Profit, tax and capital follow the provisioning standard {book}. The opening"
            " capital ratio, risk weight and operating cost are settings; profit is paid out"
            " as far as the capital ratio stays at its target, no capital is raised, and the"
            " funding cost applies to the whole balance. Allowances use loss rates estimated"
            " from the simulated paths; their intervals include the error of these rates.",
            book=books.label(books.accounting),
        )


def _limits_of_book(book: Mapping[str, object]) -> Iterator[str]:
    """Who is in the book beside its loans, what was noted of it, and what is imputed."""
    dormant = book.get("dormant_customers")
    notes, imputed = (items_of(book.get(key)) for key in ("notes", "imputed_columns"))
    if isinstance(dormant, int) and dormant > 0:
        yield tr(
            "Beside the opening borrowers the run has {n} former customers without a loan,"
            " drawn from the settled book, who may borrow again.",
            n=f"{dormant:,}",
        )
    for note in notes:
        yield name(run_message(clean(note, 600)))
    if imputed:
        yield tr(
            "These columns of the book are imputed from stated distributions, not observed:"
            " {columns}.",
            columns=value_words(imputed),
        )


def _money_horizon(data: ReportData) -> str:
    """Which months net loss and net result cover, and what stays outside."""
    runoff = data.dataset.attrs.get("runoff_months", 0)
    covered = outside_the_months(data)
    if runoff:
        covered = tr(
            "Net loss and net result cover the {months} months of the run and {runoff} months of"
            " run-off without new lending; later months are not included.",
            months=len(data.months),
            runoff=runoff,
        )
    return sentences(
        covered,
        tr(
            "Future business of refused applicants is not included, so a policy that changes"
            " lending may rank differently over a longer horizon."
        ),
    )


def sections(data: ReportData) -> list[Section]:
    """The manifest without configuration and scenarios, plainly, known keys first."""
    manifest = {
        key: value
        for key, value in data.manifest.items()
        if key not in ("configuration", "scenarios", "checks", "overrides")
    }
    order = [k for k in FIRST_KEYS if k in manifest] + [k for k in manifest if k not in FIRST_KEYS]
    run: list[tuple[str, str]] = []
    nested: list[Section] = []
    for key in order:
        value = manifest[key]
        if isinstance(value, Mapping):
            value = {k: v for k, v in value.items() if (key, k) not in IN_CHAPTERS}
            entries = tuple((name(place), value_words(item)) for place, item in flat(value))
            nested.append(Section(_words(key), entries[:MAX_ENTRIES]))
        else:
            run.append((_words(key), value_words(value)))
    checks = Section(tr("Checks"), tuple(_checks(data.manifest.get("checks"))[:MAX_ENTRIES]))
    return [Section(tr("Run"), (*_command(data), *run[:MAX_ENTRIES])), checks, *nested]


def _command(data: ReportData) -> list[tuple[str, str]]:
    """The command that makes the run again, from the overrides as they were typed."""
    overrides = data.manifest.get("overrides")
    if not isinstance(overrides, list):
        return []
    typed = shlex.join(["python", "-m", "simulator", *(str(item) for item in overrides)])
    return [(tr("Command"), clean(typed, 2000))]


def _checks(checks: object) -> list[tuple[str, str]]:
    """Each check with its verdict, worst value and tolerance."""
    out = []
    for check in items_of(checks):
        if isinstance(check, Mapping):
            verdict = tr("passed") if check.get("passed") is True else tr("FAILED")
            worst, allowed = value_words(check.get("value")), value_words(check.get("tolerance"))
            told = tr(
                "{verdict}: {meaning} (worst {worst}, allowed {allowed})",
                verdict=verdict,
                meaning=_said(check.get("meaning"), 300),
                worst=worst,
                allowed=allowed,
            )
            key = str(check.get("name", ""))
            title = tr(CHECKS[key]) if key in CHECKS else _words(key)
            out.append((title, told))
    return out


def configuration_text(data: ReportData) -> str:
    """The configuration of the run as indented JSON."""
    text = json.dumps(data.configuration(), indent=2, ensure_ascii=False, default=str)
    return "\n".join(harmless(line) for line in text.split("\n"))
