"""Caption and table of the impact by borrower group."""

from typing import Final, NamedTuple

import numpy as np

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, mark, sentences, tr
from simulator.report.kit.numbers import number
from simulator.report.kit.outcome_kinds import BEARING, GROUPS, PER
from simulator.report.kit.phrases import capital
from simulator.report.kit.table import POLICY
from simulator.report.kit.text import clean
from simulator.report.policies.group_figures import group_dimensions, group_rates
from simulator.results.estimate import Estimate
from simulator.results.table import COUNT, Column, Row, Table, texts
from simulator.vocabulary import Fate


class GapWords(NamedTuple):
    """How a fate differs between groups, or that this cannot be told; English, to be said."""

    gap: str
    none: str


GAP_WORDS: Final = {
    Fate.SAVED: GapWords(
        mark("saves {most} in {where} and {least} in {elsewhere}"),
        mark(
            "among those saved, no difference between groups is significant at this number of paths"
        ),
    ),
    Fate.HARMED: GapWords(
        mark("harms {most} in {where} and {least} in {elsewhere}"),
        mark(
            "among those harmed, no difference between groups is significant at this number of"
            " paths"
        ),
    ),
}


def bearing_caption(data: ReportData, policy: str) -> str:
    """Where a policy saves and harms most and least, by the dimension with the widest gap."""
    place, shown = capital(data.where()), data.policy_label(policy)
    lines = tr("Lines are 95 % intervals.")
    gaps = [_widest_gap(data, policy, fate) for fate in GAP_WORDS]
    if not any(gaps):
        none = tr(
            "{place}, {policy}: no difference between groups is significant at this number of"
            " paths.",
            place=place,
            policy=shown,
        )
        return sentences(none, lines)
    told = [gap for gap in gaps if gap]
    told += [tr(w.none) for w, gap in zip(GAP_WORDS.values(), gaps, strict=True) if not gap]
    gap_words = tr(
        "{place}, {policy}, of {borrowers} borrowers of a group, {told}.",
        place=place,
        policy=shown,
        borrowers=f"{PER:,.0f}",
        told=clauses(told),
    )
    return sentences(gap_words, lines)


def _widest_gap(data: ReportData, policy: str, fate: Fate) -> str:
    """The groups with the highest and the lowest rate, or nothing if all intervals meet."""
    gaps = []
    for dim in group_dimensions(data):
        found = group_rates(data, dim, policy)
        rates, margins = found.rates[fate], np.nan_to_num(found.margins[fate])
        if np.isnan(rates).all():
            continue
        high, low = int(np.nanargmax(rates)), int(np.nanargmin(rates))
        if rates[high] - margins[high] > rates[low] + margins[low]:
            ends = [(number(float(rates[i]), 1), _group(dim, found.names[i])) for i in (high, low)]
            gaps.append((float(rates[high] - rates[low]), ends))
    if not gaps:
        return ""
    _, ((most, where), (least, elsewhere)) = max(gaps)
    said = {"most": most, "where": where, "least": least, "elsewhere": elsewhere}
    return tr(GAP_WORDS[fate].gap, **said)


def _group(dim: str, group: str) -> str:
    words = {
        "income_decile": mark("income decile {group}"),
        "age_band": mark("age {group}"),
        "region": mark("region {group}"),
    }
    message = words.get(dim, mark("product {group}"))
    return tr(message, group=clean(group.replace("_", " "), 24))


def bearing_table(data: ReportData) -> Table:
    """Saved and harmed per 1,000 borrowers by group, with intervals; a row a policy and group."""
    rows: list[Row] = []
    for policy in data.best_first:
        for dim in group_dimensions(data):
            found = group_rates(data, dim, policy)
            for i, group in enumerate(found.names):
                pairs = ((found.rates[k.fate][i], found.margins[k.fate][i]) for k in BEARING)
                cells = (Estimate(rate, rate - margin, rate + margin) for rate, margin in pairs)
                rows.append((data.policy_label(policy), tr(GROUPS[dim]), group, *cells))
    heading = mark("{title} (per 1,000)")
    columns = (
        Column(heading, COUNT, said={"title": capital(tr(kind.name))}, decimals=2)
        for kind in BEARING
    )
    names = texts(POLICY, mark("Groups"), mark("Group"))
    return Table((*names, *columns), tuple(rows), n_names=3)
