"""How a run prints: a row for each scenario and policy, and the verdict below."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from rich.cells import cell_len

from simulator.cli.terminal.closing import verdict_words
from simulator.reading.named_files import with_home
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, speaking, tr
from simulator.report.kit.numbers import Scale, money_scale, percent, points_scale
from simulator.report.kit.text import clean
from simulator.results.decision import Case
from simulator.results.estimate import Estimate
from simulator.results.run import Run as Finished
from simulator.validation import UserError, clip

PEAK: Final = "peak_overdue_rate_30"
_SIZE: Final = mark("{paths} paths of {months} months and {runoff} of run-off")
_WEIGHTED: Final = mark("All, by weight")
_NUMBERS: Final = range(2, 5)
"""Columns of numbers, which stand on the right."""
_GAP: Final = "  "

Cells = tuple[str, ...]


class Shown(NamedTuple):
    """What is printed, in one language."""

    head: Cells
    rows: tuple[Cells, ...]
    size: str
    verdict: str


def text_table(run: Finished) -> str:
    """The table as plain text."""
    shown = _shown(run)
    lines = (shown.head, *shown.rows)
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(shown.head))]
    table = "\n".join(_line(line, widths) for line in lines)
    return f"{shown.size}\n\n{table}\n\n{shown.verdict}"


def _line(cells: Cells, widths: list[int]) -> str:
    padded = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        blank = " " * (width - cell_len(cell))
        padded.append(blank + cell if at in _NUMBERS else cell + blank)
    return _GAP.join(padded).rstrip()


def html_table(run: Finished) -> str:
    """The table as HTML; every text is escaped."""
    shown = _shown(run)
    head = "".join(_html("th", at, text) for at, text in enumerate(shown.head))
    rows = ("".join(_html("td", at, text) for at, text in enumerate(row)) for row in shown.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<p>{escape(shown.size)}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><p><strong>{escape(shown.verdict)}</strong></p>"
    )


def _html(tag: str, at: int, text: str) -> str:
    side = "right" if at in _NUMBERS else "left"
    wrap = "nowrap" if tag == "td" else "normal"
    return f'<{tag} style="text-align:{side};white-space:{wrap}">{escape(text)}</{tag}>'


def _shown(run: Finished) -> Shown:
    """The table in the language of the run's report."""
    with speaking(run.report_settings.language):
        data = ReportData(run)
        cases = run.decision.cases
        ends = [end for case in cases for change in _changes(case) for end in change.ends]
        scale = money_scale(data.currency, ends)
        measure = data.measure()[1].lower()
        return Shown(
            head=(
                tr("Scenario"),
                tr("Policy"),
                tr("Peak 30+ rate"),
                tr("change (pp)"),
                tr("Change of {measure} ({unit})", measure=measure, unit=scale.unit),
                tr("95 % interval"),
                tr("verdict"),
            ),
            rows=tuple(_rows(data, scale)),
            size=tr(
                _SIZE,
                paths=data.n_paths,
                months=run.dataset.attrs["months"],
                runoff=run.dataset.attrs["runoff_months"],
            ),
            verdict=verdict(data),
        )


def _rows(data: ReportData, scale: Scale) -> Iterator[Cells]:
    """Each scenario's policies, then those over all by weight."""
    weighted = [None] if len(data.scenarios) > 1 and data.alternatives else []
    for scenario in (*data.scenarios, *weighted):
        place = tr(_WEIGHTED) if scenario is None else data.scenario_label(scenario)
        for policy in data.policies if scenario is not None else data.alternatives:
            yield (place, clean(policy, 48), *_cells(data, scale, scenario, policy))
            place = ""


def _cells(data: ReportData, scale: Scale, scenario: str | None, policy: str) -> Cells:
    """Peak and its change, change of what ranks with its interval, and what that says."""
    peak = moved = ""
    case = data.decision.case(policy)
    if scenario is not None:
        level = data.stat(scenario, policy, PEAK)
        peak = percent(level.mean) if level else ""
        change = data.stat(scenario, policy, f"delta_{PEAK}")
        moved = points_scale([]).text(change.mean, signed=True) if change else ""
    if case is None:
        return (peak, moved, "", "", tr("reference"))
    worth = case.worth if scenario is None else case.by_scenario[scenario]
    interval = scale.span(worth.ci_low, worth.ci_high) if worth.has_interval else ""
    return (peak, moved, scale.text(worth.mean, signed=True), interval, verdict_words(worth))


def _changes(case: Case) -> tuple[Estimate[float], ...]:
    return (case.worth, *case.by_scenario.values())


def page_path(path: str | Path) -> Path:
    """``path`` as a report may have it; ``UserError`` for another ending or no folder."""
    page = with_home(path)
    if page.suffix != ".html":
        raise UserError(f"report must name a file that ends with .html; got {clip(path, 200)}")
    if not page.absolute().parent.is_dir():
        raise UserError(f"report: the folder {clip(page.parent, 200)} must exist")
    return page
