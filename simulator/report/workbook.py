"""tables.xlsx: the key tables of a run, in full precision, for those who reckon on."""

import json
from dataclasses import replace
from math import nan
from typing import Final

from simulator.report.about_the_run import facts, sections
from simulator.report.headline.headline_table import key_figures
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, name, tr
from simulator.report.kit.metrics import effect_metrics
from simulator.report.kit.setting_words import flat
from simulator.report.kit.spreadsheet import INTERVAL, workbook_bytes
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.report.kit.text import clean, titled
from simulator.report.provisions.rule_books import Provisions, provisions_of
from simulator.results.estimate import Estimate
from simulator.results.metric import Span
from simulator.results.metrics import WITHOUT_STANDARD
from simulator.results.profit import PROFIT_METRICS
from simulator.results.provisions.metrics import GRADE_METRICS, PROVISION_METRICS
from simulator.results.ranking import Frontier, Standing
from simulator.results.table import (
    BARE,
    FRACTION,
    MONEY,
    Cell,
    Column,
    Row,
    Table,
    Value,
    named,
    texts,
    unit_in,
)
from simulator.settings import ReportSettings
from simulator.vocabulary import Fate

NOTHING: Final = Estimate(nan)
"""A statistic that a run has not."""
_STANDARD: Final = mark("Provisioning standard")
_QUANTILES: Final = (mark("5 % of paths"), mark("Median path"), mark("95 % of paths"))
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
        Table(
            (*texts(mark("Setting")), Column(mark("Content"), BARE)),
            tuple((at, _setting(value)) for at, value in flat(data.configuration(), ".")),
            title=tr("Configuration"),
        ),
        _definitions(data),
        Table(
            texts(mark("Part"), mark("Entry"), mark("Content")),
            tuple((s.title, *entry) for s in sections(data) for entry in s.entries),
            n_names=2,
            title=tr("Passport"),
        ),
    ]
    return workbook_bytes(sheets, settings.title)


def _about(data: ReportData, settings: ReportSettings) -> Table:
    """What this is, what came out, and how to read the sheets."""
    rows = [
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
    return Table(texts(mark("Item"), mark("In words")), tuple(rows), title=tr("About"))


def _key_figures(data: ReportData) -> Table:
    """Peaks, losses and result by scenario and policy, each with its difference."""
    metrics = [name for metric, *_ in effect_metrics(data) for name in (metric, f"delta_{metric}")]
    rows: list[Row] = [
        (*data.row(*place), *(data.stat(*place, metric) or NOTHING for metric in metrics))
        for place in data.all_places
    ]
    return replace(key_figures(data, texts(SCENARIO, POLICY), rows), title=tr("Key figures"))


def _ranking(data: ReportData) -> Table:
    """Every policy against the reference, best first, over all scenarios and in each."""
    money = (mark("Net"), mark("Loss avoided"), mark("Cost"))
    fates = (
        Column(mark("{fate} (borrowers)"), "borrowers", said={"fate": _titled(fate.name)})
        for fate in _FATES
    )
    shares = (
        mark("Relief taken without need, of those relieved"),
        mark("Re-default after relief"),
    )
    columns = (
        *texts(mark("Where"), POLICY),
        Column(mark("Rank"), BARE),
        named(data.measure()[1], MONEY),
        *(Column(title, MONEY) for title in money),
        Column(mark("Cost per borrower saved"), f"{MONEY}/borrower"),
        *fates,
        *(Column(title, FRACTION) for title in shares),
        *texts(mark("Dominated by")),
    )
    rows = [
        _ranked(data, frontier, standing)
        for frontier in data.frontiers
        for standing in frontier.standings
    ]
    return Table(columns, tuple(rows), 2, data.currency, tr("Ranking"))


def _ranked(data: ReportData, frontier: Frontier, standing: Standing) -> tuple[Value, ...]:
    where = frontier.scenario and data.scenario_label(frontier.scenario)
    dominating = standing.dominated_by
    return (
        where or tr("All scenarios, by weight"),
        data.policy_label(standing.policy),
        standing.rank,
        standing.worth,
        standing.net,
        standing.loss_avoided,
        standing.cost,
        standing.cost_per_saved,
        *map(standing.fate, _FATES),
        standing.free_rider_share,
        standing.kicked_can_index,
        data.policy_label(dominating) if dominating else "",
    )


def _provisions(data: ReportData, books: Provisions) -> Table:
    """Figures without month of every rule book, by scenario and policy."""
    found = [
        (f"{prefix}{metric.name}", metric.unit)
        for metric in PROVISION_METRICS
        for span, prefix in _SPANS
        if span in metric.span
    ]
    rows: list[Row] = [
        (
            name(books.full_label(book)),
            *data.row(*place),
            *(data.stat(*place, f"{metric}_{book}") or NOTHING for metric, _ in found),
        )
        for book in books.books
        for place in data.all_places
    ]
    columns = (*texts(_STANDARD, SCENARIO, POLICY), *(named(_titled(m), u) for m, u in found))
    return Table(columns, tuple(rows), 3, data.currency, tr("Provisions"))


def _grades(data: ReportData, books: Provisions) -> Table:
    """Balance, allowance and coverage of every grade at the end of the last reported month."""
    metrics = tuple(GRADE_METRICS.values())
    rows: list[Row] = [
        (
            name(books.full_label(book)),
            *data.row(*place),
            name(clean(grade, 40)),
            *(data.closing(*place, f"{m.name}_{book}_{grade}") or NOTHING for m in metrics),
        )
        for book in books.books
        for place in data.all_places
        for grade in books.grades(book)
    ]
    names = texts(_STANDARD, SCENARIO, POLICY, mark("Grade"))
    columns = (*names, *(named(_titled(m.name), m.unit) for m in metrics))
    return Table(columns, tuple(rows), 4, data.currency, tr("Grades"))


def _titled(metric: str) -> str:
    """Heading of a metric or outcome that is only known by its identifier."""
    return tr(_HEADINGS[metric]) if metric in _HEADINGS else name(titled(metric))


def _summary(data: ReportData) -> Table:
    """Every figure without month, as summary.csv has it."""
    rows: list[Row] = []
    asked = _break_evens(data)
    for row in data.run.summary:
        if row.month is None:
            # The field of a break-even has a unit of its own, which results do not name.
            unit = BARE if row.metric in asked else row.unit
            values = (row.mean, row.ci_low, row.ci_high, row.p05, row.p50, row.p95)
            is_change = row.metric.startswith("delta_")
            cells = (Cell(v, unit=unit, is_change=is_change) for v in values)
            rows.append((*data.row(row.scenario, row.policy), row.metric, name(row.unit), *cells))
    titles = (*(tr(part).capitalize() for part in INTERVAL), *map(tr, _QUANTILES))
    names = texts(SCENARIO, POLICY, mark("Metric"), mark("Unit"))
    columns = (*names, *(named(title, BARE) for title in titles))
    return Table(columns, tuple(rows), 3, data.currency, tr("Summary"))


def _break_evens(data: ReportData) -> tuple[str, ...]:
    """Names of the rows of summary.csv that answer the run's break-even questions."""
    return tuple(dict.fromkeys(answer.summary_metric for answer in data.run.break_evens))


def _setting(value: object) -> Value:
    """A setting, numbers as numbers."""
    if _is_exact(value):
        return float(str(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_exact(value: object) -> bool:
    """Whether it is a number that a spreadsheet, with its 15 digits, keeps as it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(float(str(value))) < MOST_EXACT


def _definitions(data: ReportData) -> Table:
    """Name, unit and meaning of every metric, and what may stand before a name."""
    found = [(m.name, m.unit, m.long_name) for m in WITHOUT_STANDARD]
    if provisions_of(data) is not None:
        found += [(f"{m.name}_BOOK", m.unit, m.long_name) for m in PROVISION_METRICS]
        found += [(f"{m.name}_BOOK_GRADE", m.unit, m.long_name) for m in GRADE_METRICS.values()]
        found += [(m.name, m.unit, m.long_name) for m in PROFIT_METRICS]
    rows = [
        (metric, _unit_words(data.currency, unit), name(meaning)) for metric, unit, meaning in found
    ]
    meaning = tr("value of the field at which the policy breaks even")
    rows += [(row, tr("as the field"), meaning) for row in _break_evens(data)]
    rows += [(f"{prefix}NAME", tr("as NAME"), tr(meaning)) for prefix, meaning in _PREFIXES]
    titles = texts(mark("Metric"), mark("Unit"), mark("Meaning"))
    return Table(titles, tuple(rows), title=tr("Definitions"))


def _unit_words(currency: str, unit: str) -> str:
    return tr("share") if unit == FRACTION else name(unit_in(currency, unit))
