"""tables.xlsx: the key tables of a run, in full precision, for those who reckon on."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from simulator.report.about_the_run import facts, sections
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, name, tr
from simulator.report.kit.metrics import effect_metrics
from simulator.report.kit.setting_words import flat
from simulator.report.kit.spreadsheet import Number, Sheet, SheetValue, workbook_bytes
from simulator.report.kit.text import clean
from simulator.report.provisions.rule_books import Provisions, provisions_of
from simulator.results.estimate import Estimate
from simulator.results.metric import Span
from simulator.results.metrics import WITHOUT_STANDARD
from simulator.results.profit import PROFIT_METRICS
from simulator.results.provisions.metrics import GRADE_METRICS, PROVISION_METRICS
from simulator.results.ranking import Frontier, Standing
from simulator.results.variables import FRACTION, unit_in
from simulator.settings import ReportSettings
from simulator.vocabulary import Fate

INTERVAL: Final = (mark("mean"), mark("95 % low"), mark("95 % high"))
MOST_EXACT: Final = 1e15
"""Integers from here on, such as a long seed, are written as text."""
_SPANS: Final = ((Span.CLOSING, "closing_"), (Span.TOTAL, ""), (Span.EVER, "ever_"))
"""Figures without month of a rule book's metric, and what stands before its name."""
_FATES: Final = (Fate.SAVED, Fate.CENSORED, Fate.DELAYED, Fate.HARMED, Fate.FREE_RIDER)
_HEADINGS: Final = {
    Fate.CENSORED.name: mark("Follow-up too short"),
    Fate.FREE_RIDER.name: mark("Relief taken without need"),
}
"""Outcomes whose heading is not their identifier."""
_PREFIXES: Final = (
    (
        "delta_",
        mark("difference to the current policy on the same paths, with the paired interval"),
    ),
    ("peak_", mark("the highest reported month of each path")),
    ("lowest_", mark("the lowest reported month of each path")),
    ("lifetime_", mark("the reported months and the run-off together")),
    ("closing_", mark("the last reported month")),
    ("ever_", mark("share of paths with it in any month")),
)


def render_workbook(data: ReportData, settings: ReportSettings) -> bytes:
    """The key tables of a run as the bytes of an Excel workbook without any formula."""
    books = provisions_of(data)
    sheets = [
        _about(data, settings),
        _key_figures(data),
        *([_ranking(data)] if data.frontiers else []),
        *([_provisions(data, books), _grades(data, books)] if books else []),
        _summary(data),
        Sheet(
            tr("Configuration"),
            (tr("Setting"), tr("Content")),
            tuple((at, _setting(value)) for at, value in flat(data.configuration(), ".")),
        ),
        _definitions(data),
        Sheet(
            tr("Passport"),
            (tr("Part"), tr("Entry"), tr("Content")),
            tuple(_provenance(data)),
            n_names=2,
        ),
    ]
    return workbook_bytes(sheets, settings.title, data.currency)


def _about(data: ReportData, settings: ReportSettings) -> Sheet:
    """What this is, what came out, and how to read the sheets."""
    rows: list[tuple[SheetValue, ...]] = [
        (tr("Report"), clean(name(settings.title), 120)),
        (tr("Verdict"), verdict(data)),
        *(("", fact) for fact in facts(data)),
        (tr("Current policy (reference)"), data.policy_label(data.reference)),
        (
            tr("Intervals"),
            tr(
                "95 % intervals of the mean over paths. They cover sampling error, not"
                " uncertainty of parameters, scenarios or the model."
            ),
        ),
        (
            tr("Differences"),
            tr(
                "are against the current policy on the same paths, and shown with their sign."
                " Differences of rates are in percentage points."
            ),
        ),
        (tr("Key figures"), tr("figures for the decision, by scenario and policy")),
        (tr("Ranking"), tr("policies by net, best first, where a run has several")),
        (
            listed((tr("Provisions"), tr("Grades"))),
            tr("by provisioning standard, where a run has any"),
        ),
        (
            tr("Summary"),
            tr("every figure of the whole horizon; monthly figures are in summary.csv"),
        ),
        (
            listed((tr("Configuration"), tr("Passport"))),
            tr("configuration of the run, and the command that repeats it"),
        ),
        (tr("Definitions"), tr("definition of each metric of Summary")),
    ]
    return Sheet(tr("About"), (tr("Item"), tr("In words")), tuple(rows))


def _spread(
    stat: Estimate[float] | None, unit: str, *, is_change: bool = False
) -> tuple[Number, ...]:
    """Mean and interval as three cells, empty where there is none."""
    values = stat.ends if stat else (None, None, None)
    return tuple(Number(value, unit, is_change) for value in values)


def _estimate(estimate: Estimate[float], unit: str) -> tuple[Number, ...]:
    return tuple(Number(value, unit) for value in estimate.ends)


def _headed(titles: Sequence[str]) -> tuple[str, ...]:
    """Three header cells for each title."""
    return tuple(
        tr("{metric}, {part}", metric=title, part=tr(part)) for title in titles for part in INTERVAL
    )


def _key_figures(data: ReportData) -> Sheet:
    """Peaks, losses and result by scenario and policy, each with its difference."""
    metrics = effect_metrics(data)
    titles = [
        heading
        for _, title, _ in metrics
        for heading in (name(title), tr("{metric}, change", metric=name(title)))
    ]
    rows = []
    for scenario in data.scenarios:
        for policy in data.policies:
            cells: list[SheetValue] = [data.scenario_label(scenario), data.policy_label(policy)]
            for metric, _, is_rate in metrics:
                unit = FRACTION if is_rate else data.currency
                cells += _spread(data.stat(scenario, policy, metric), unit)
                change = data.stat(scenario, policy, f"delta_{metric}")
                cells += _spread(change, unit, is_change=True)
            rows.append(tuple(cells))
    header = (tr("Scenario"), tr("Policy"), *_headed(titles))
    return Sheet(tr("Key figures"), header, tuple(rows), n_names=2)


def _ranking(data: ReportData) -> Sheet:
    """Every policy against the reference, best first, over all scenarios and in each."""
    measure = data.measure()[1]
    money = (measure, tr("Net"), tr("Loss avoided"), tr("Cost"), tr("Cost per borrower saved"))
    shares = (tr("Relief taken without need, of those relieved"), tr("Re-default after relief"))
    counts = [tr("{fate} (borrowers)", fate=_titled(fate.name)) for fate in _FATES]
    names = (tr("Where"), tr("Policy"), tr("Rank"))
    header = (*names, *_headed([*money, *counts, *shares]), tr("Dominated by"))
    rows = [
        _ranked(data, frontier, standing)
        for frontier in data.frontiers
        for standing in frontier.standings
    ]
    return Sheet(tr("Ranking"), header, tuple(rows), n_names=2)


def _ranked(data: ReportData, frontier: Frontier, standing: Standing) -> tuple[SheetValue, ...]:
    where = frontier.scenario and data.scenario_label(frontier.scenario)
    money = (standing.worth, standing.net, standing.loss_avoided, standing.cost)
    dominating = standing.dominated_by
    return (
        where or tr("All scenarios, by weight"),
        data.policy_label(standing.policy),
        Number(float(standing.rank)),
        *(cell for found in money for cell in _estimate(found, data.currency)),
        *_estimate(standing.cost_per_saved, f"{data.currency}/borrower"),
        *(cell for fate in _FATES for cell in _estimate(standing.fate(fate), "borrowers")),
        *_estimate(standing.free_rider_share, FRACTION),
        *_estimate(standing.kicked_can_index, FRACTION),
        data.policy_label(dominating) if dominating else "",
    )


def _provisions(data: ReportData, books: Provisions) -> Sheet:
    """Figures without month of every rule book, by scenario and policy."""
    found = [
        (f"{prefix}{metric.name}", unit_in(data.currency, metric.unit))
        for metric in PROVISION_METRICS
        for span, prefix in _SPANS
        if span in metric.span
    ]
    titles = [_titled(metric) for metric, _ in found]
    rows: list[tuple[SheetValue, ...]] = [
        (
            name(books.full_label(book)),
            data.scenario_label(scenario),
            data.policy_label(policy),
            *(
                cell
                for metric, unit in found
                for cell in _spread(data.stat(scenario, policy, f"{metric}_{book}"), unit)
            ),
        )
        for book in books.books
        for scenario in data.scenarios
        for policy in data.policies
    ]
    header = (tr("Provisioning standard"), tr("Scenario"), tr("Policy"), *_headed(titles))
    return Sheet(tr("Provisions"), header, tuple(rows), n_names=3)


def _grades(data: ReportData, books: Provisions) -> Sheet:
    """Balance, allowance and coverage of every grade at the end of the last reported month."""
    rows: list[tuple[SheetValue, ...]] = [
        (
            name(books.full_label(book)),
            data.scenario_label(scenario),
            data.policy_label(policy),
            name(clean(grade, 40)),
            *(
                cell
                for metric in GRADE_METRICS.values()
                for cell in _spread(
                    data.closing(scenario, policy, f"{metric.name}_{book}_{grade}"),
                    unit_in(data.currency, metric.unit),
                )
            ),
        )
        for book in books.books
        for scenario in data.scenarios
        for policy in data.policies
        for grade in books.grades(book)
    ]
    titles = [_titled(metric.name) for metric in GRADE_METRICS.values()]
    names = (tr("Provisioning standard"), tr("Scenario"), tr("Policy"), tr("Grade"))
    return Sheet(tr("Grades"), (*names, *_headed(titles)), tuple(rows), n_names=4)


def _titled(metric: str) -> str:
    """Heading of a metric or outcome that is only known by its identifier."""
    return (
        tr(_HEADINGS[metric])
        if metric in _HEADINGS
        else name(metric.replace("_", " ").capitalize())
    )


def _summary(data: ReportData) -> Sheet:
    """Every figure without month, as summary.csv has it."""
    rows: list[tuple[SheetValue, ...]] = []
    asked = _break_evens(data)
    for row in data.run.summary:
        if row.month is None:
            # The field of a break-even has a unit of its own, which results do not name.
            unit = "" if row.metric in asked else row.unit
            values = (row.mean, row.ci_low, row.ci_high, row.p05, row.p50, row.p95)
            is_change = row.metric.startswith("delta_")
            names = (data.scenario_label(row.scenario), data.policy_label(row.policy), row.metric)
            rows.append((*names, name(row.unit), *(Number(v, unit, is_change) for v in values)))
    quantiles = (tr("5 % of paths"), tr("Median path"), tr("95 % of paths"))
    titles = (tr("Scenario"), tr("Policy"), tr("Metric"), tr("Unit"))
    header = (*titles, *(tr(part).capitalize() for part in INTERVAL))
    return Sheet(tr("Summary"), (*header, *quantiles), tuple(rows), n_names=3)


def _break_evens(data: ReportData) -> tuple[str, ...]:
    """Names of the rows of summary.csv that answer the run's break-even questions."""
    return tuple(dict.fromkeys(answer.summary_metric for answer in data.run.break_evens))


def _setting(value: object) -> SheetValue:
    """A setting, numbers as numbers."""
    if _is_exact(value):
        return Number(float(str(value)))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_exact(value: object) -> bool:
    """Whether it is a number that a spreadsheet, with its 15 digits, keeps as it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(float(str(value))) < MOST_EXACT


def _definitions(data: ReportData) -> Sheet:
    """Name, unit and meaning of every metric, and what may stand before a name."""
    found = [(m.name, m.unit, m.long_name) for m in WITHOUT_STANDARD]
    if provisions_of(data) is not None:
        found += [(f"{m.name}_BOOK", m.unit, m.long_name) for m in PROVISION_METRICS]
        found += [(f"{m.name}_BOOK_GRADE", m.unit, m.long_name) for m in GRADE_METRICS.values()]
        found += [(m.name, m.unit, m.long_name) for m in PROFIT_METRICS]
    rows: list[tuple[SheetValue, ...]] = [
        (metric, _unit_words(data.currency, unit), name(meaning)) for metric, unit, meaning in found
    ]
    meaning = tr("value of the field at which the policy breaks even")
    rows += [(row, tr("as the field"), meaning) for row in _break_evens(data)]
    rows += [(f"{prefix}NAME", tr("as NAME"), tr(meaning)) for prefix, meaning in _PREFIXES]
    return Sheet(tr("Definitions"), (tr("Metric"), tr("Unit"), tr("Meaning")), tuple(rows))


def _unit_words(currency: str, unit: str) -> str:
    return tr("share") if unit == FRACTION else name(unit_in(currency, unit))


def _provenance(data: ReportData) -> Iterator[tuple[SheetValue, ...]]:
    """What the page's passport says, a line each."""
    for section in sections(data):
        for entry, value in section.entries:
            yield section.title, entry, value
