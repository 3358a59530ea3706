"""Why balances are overdue: figure, caption, table."""

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import (
    axis_top,
    line_mode,
    listed_values,
    scenario_panels,
)
from simulator.report.kit.language import listed, mark, name, tr
from simulator.report.kit.numbers import percent
from simulator.report.kit.phrases import under
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Sheet
from simulator.report.kit.table import MONTH, POLICY, SCENARIO, WITH_UNIT, table_months
from simulator.report.kit.text import clean, titled
from simulator.results.table import FRACTION, Column, Row, Table, texts

CAUSE_WORDS = {
    "wont_pay": mark("Won't pay"),
    "at_opening": mark("Late at opening"),
    "platform_cutoff": mark("Platform cut-off"),
    "chose_other_lender": mark("Paid others first"),
    "did_not_understand": mark("Misunderstood"),
    "other": mark("Other causes"),
}
"""Names of causes that differ from their key."""

N_CAUSES_SHOWN = len(style.CAUSE_SERIES)


def cause_label(cause: str) -> str:
    """A cause as a reader writes it (names outside the vocabulary: untrusted text)."""
    if cause in CAUSE_WORDS:
        return tr(CAUSE_WORDS[cause])
    return name(clean(titled(cause), 40))


def cause_shares(data: ReportData, policy: str) -> tuple[list[str], dict[str, Array]]:
    """The causes shown and their share of the balance (%) by scenario, under ``policy``.

    Shares are of shape (causes, months). The causes that are largest under the reference, in their
    order; what is not among them is summed as ``other``.
    """
    usual = [100.0 * data.overdue_by_cause(s, data.reference).T for s in data.scenarios]
    shares = {s: 100.0 * data.overdue_by_cause(s, policy).T for s in data.scenarios}
    names = data.causes()
    weight = np.asarray(sum(s.sum(axis=1) for s in usual))
    seen = np.asarray(sum(s.sum(axis=1) for s in shares.values())) + weight
    order = [int(i) for i in np.argsort(-weight, kind="stable") if seen[i] > 0]
    shown, rest = order[:N_CAUSES_SHOWN], order[N_CAUSES_SHOWN:]
    out = {s: v[shown] for s, v in shares.items()}
    if rest:
        out = {s: np.vstack([out[s], shares[s][rest].sum(axis=0)]) for s in out}
    return [names[i] for i in shown] + (["other"] if rest else []), out


def overdue_by_cause(data: ReportData, frame: Frame, policy: str) -> go.Figure:
    """Overdue balance by cause of the spell, stacked, under ``policy``; a panel a scenario."""
    causes, shares = cause_shares(data, policy)
    top = axis_top([s.sum(axis=0) for s in shares.values() if s.size])
    shown = data.drawn()

    def draw(sheet: Sheet, panel: int, scenario: str) -> list[tuple[str, float, str]]:
        base, ends = 0.0, []
        for position, cause in enumerate(causes):
            colours = (*style.CAUSE_SERIES, style.OTHER)
            colour = style.OTHER[0] if cause == "other" else colours[position][0]
            values = shares[scenario][position]
            label = cause_label(cause)
            sheet.add_trace(
                panel,
                type="scatter",
                x=[float(m) for m in data.months[shown]],
                y=listed_values(values[shown], 4),
                name=style.plotly_text(label),
                mode=line_mode(data),
                line={"width": 0.8, "color": style.PAPER[0]},
                fillcolor=colour,
                stackgroup=f"panel{panel}",
                meta={"row": [data.scenario_label(scenario)]},
                hovertemplate=tr("%{fullData.name}<br>month %{x}: %{y:.2f} %<extra></extra>"),
            )
            ends.append((label, base + float(values[-1]) / 2, colour))
            base += float(values[-1])
        return ends

    title = tr("Overdue balance (% of balance)")
    return scenario_panels(data, frame, (title, top), draw, panel_height=250, key=True)


def cause_table(data: ReportData) -> Table:
    """Overdue balance by cause in percent of the balance, at evenly spaced months."""
    rows: list[Row] = []
    causes = cause_shares(data, data.reference)[0]
    for policy in data.policies:
        found, shares = cause_shares(data, policy)
        for scenario in data.scenarios:
            for month in table_months(data, len(data.all_places)):
                by_cause = dict(zip(found, shares[scenario][:, month], strict=True))
                cells = (float(by_cause.get(cause, 0.0)) / 100.0 for cause in causes)
                rows.append((*data.row(scenario, policy), f"{data.months[month]:.0f}", *cells))
    columns = (
        Column(WITH_UNIT, FRACTION, said={"title": cause_label(c)}, decimals=3) for c in causes
    )
    return Table((*texts(SCENARIO, POLICY, MONTH), *columns), tuple(rows), n_names=3)


def cause_caption(data: ReportData) -> str:
    """The leading known causes in the worst scenario."""
    scenario = data.worst_scenario()
    causes, shares = cause_shares(data, data.reference)
    totals = dict(zip(causes, shares[scenario].sum(axis=1), strict=True)) if causes else {}
    whole = sum(totals.values())
    known = [c for c in totals if c not in ("other", "at_opening", "none") and totals[c] > 0]
    if whole <= 0 or not known:
        return tr("No overdue balance with a known cause.")
    first = sorted(known, key=lambda c: -totals[c])[:3]
    leading = listed([f"{cause_label(c).lower()} {percent(totals[c] / whole, 0)}" for c in first])
    return tr(
        "Under {scenario} and {reference} the leading causes of overdue balance, over all months,"
        " are {leading}. The cause is that of the first missed instalment of the spell.",
        **under(data, scenario),
        leading=leading,
    )
