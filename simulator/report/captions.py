"""Sentences above the figures: what each one shows, from its numbers."""

import numpy as np

from simulator.report.data import ReportData
from simulator.report.effect_figures import effect_metrics
from simulator.report.figures import MOST_BANDS, cause_label, cause_shares
from simulator.report.findings import one_draw
from simulator.report.language import clauses, listed, sentences, tr
from simulator.report.macro_words import history
from simulator.report.numbers import percent, points_scale
from simulator.report.re_ageing import re_aged


def drawn_sentence(data: ReportData) -> str:
    """Which policies are drawn where they are too many; else nothing."""
    note = data.drawn_note()
    return tr("Drawn: {note}.", note=note) if note else ""


def _under(data: ReportData, scenario: str) -> dict[str, str]:
    """The place that a caption tells of: a scenario and the reference."""
    return {
        "scenario": data.scenario_label(scenario),
        "reference": data.policy_label(data.reference),
    }


def overdue_caption(data: ReportData, dpd: int) -> str:
    """When and where the median rate peaks, and which policy keeps it lowest."""
    scenario = data.worst_scenario()
    fan = data.fan("overdue_rate", scenario, data.reference, dpd)
    if np.isnan(fan.median).all():
        return tr("No balance to be {dpd} days overdue.", dpd=dpd)
    at = int(np.nanargmax(fan.median))
    peak = {"peak": percent(fan.median[at]), "month": f"{data.months[at]:.0f}", "dpd": dpd}
    if data.n_paths > 1:
        told = tr(
            "Under {scenario} and {reference} the median path of the {dpd}+ rate peaks at {peak} in"
            " month {month}; nine paths in ten lie between {low} and {high}.",
            **_under(data, scenario),
            **peak,
            low=percent(fan.low[at]),
            high=percent(fan.high[at]),
        )
    else:
        told = tr(
            "Under {scenario} and {reference} the {dpd}+ rate peaks at {peak} in month {month}.",
            **_under(data, scenario),
            **peak,
        )
    return sentences(
        told,
        *_lowest_peak(data, scenario, dpd, float(fan.median[at])),
        _bands_sentence(data),
        drawn_sentence(data),
    )


def _lowest_peak(data: ReportData, scenario: str, dpd: int, reference: float) -> list[str]:
    """Which policy peaks lowest, and whose peak says nothing."""
    peaks = {
        p: float(np.nanmax(data.fan("overdue_rate", scenario, p, dpd).median))
        for p in data.alternatives
        if not re_aged(data, scenario, p, f"peak_overdue_rate_{dpd}")
    }
    out = []
    if peaks:
        best = min(peaks, key=lambda p: peaks[p])
        out.append(
            tr(
                "{policy} peaks lowest, at {peak}.",
                policy=data.policy_label(best),
                peak=percent(peaks[best]),
            )
            if peaks[best] < reference
            else tr("No policy peaks lower.")
        )
    left_out = [data.policy_label(p) for p in data.alternatives if p not in peaks]
    if left_out:
        out.append(
            tr(
                "Left out, as the rate before relief is not shown to fall: {policies} (re-planned"
                " loans count as current).",
                policies=listed(left_out),
            )
        )
    return out


def _bands_sentence(data: ReportData) -> str:
    if len(data.drawn_policies) <= MOST_BANDS:
        return ""
    return tr(
        "Bands: {reference} and {best}; the others are medians alone.",
        reference=data.policy_label(data.reference),
        best=data.policy_label(data.best_first[0]),
    )


def effects_caption(data: ReportData) -> str:
    """How many of the differences can be told from zero."""
    stats = [
        data.stat(s, p, f"delta_{metric}")
        for metric, *_ in effect_metrics(data)
        for s in data.scenarios
        for p in data.alternatives
    ]
    known = [stat for stat in stats if stat is not None]
    if data.n_draws == 1:
        seen = tr(
            "{n} differences on {seen}; none has an interval.", n=len(known), seen=one_draw(data)
        )
        return sentences(seen, drawn_sentence(data))
    same = sum(1 for stat in known if stat.is_zero)
    told = tr(
        "{n} of {known} differences from {reference} can be told from zero (filled dots).",
        n=sum(1 for stat in known if stat.sign),
        known=len(known),
        reference=data.policy_label(data.reference),
    )
    return sentences(
        told,
        tr("{n} are exactly zero.", n=same) if same else "",
        tr("Thick bar: 95 % interval of the mean; thin line: nine paths in ten."),
        _re_aged_sentence(data),
        drawn_sentence(data),
    )


def _re_aged_sentence(data: ReportData) -> str:
    """Whose overdue rates fall by re-ageing alone, in any scenario."""
    found = [
        data.policy_label(p)
        for p in data.drawn_policies[1:]
        if any(
            re_aged(data, s, p, metric)
            for s in data.scenarios
            for metric, *_ in effect_metrics(data)
        )
    ]
    if not found:
        return ""
    return tr(
        "Re-aged: under {policies} an overdue rate falls as re-planned loans count as current; the"
        " rate before relief, in the table, is not shown to fall.",
        policies=listed(found),
    )


def roll_caption(data: ReportData) -> str:
    """Cure and roll-on of the first bucket, and the cure of a late one."""
    scenario = data.worst_scenario()
    rates = data.roll_rates(scenario, data.reference)
    names, _ = data.roll_names()
    parts = [
        tr(
            "{cured} of {bucket} is current again a month later and {worse} rolls on",
            cured=percent(rates[i, 0]),
            bucket=names[i],
            worse=percent(rates[i, i + 1]),
        )
        for i in (1, 3)
        if i < len(names) and not np.isnan(rates[i, 0])
    ]
    if not parts:
        return tr("No balance was overdue.")
    return tr(
        "Under {scenario} and {reference}, {parts}. Blank cells: none.",
        **_under(data, scenario),
        parts=clauses(parts),
    )


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
        **_under(data, scenario),
        leading=leading,
    )


def unemployment_caption(data: ReportData) -> str:
    """Where the economy's path peaks and how close the borrowers keep to it."""
    gaps = []
    for scenario in data.scenarios:
        borrowers = data.by_path("unemployment_rate", scenario, data.reference).mean(axis=0)
        economy = data.by_path("macro_unemployment_rate", scenario, data.reference).mean(axis=0)
        gaps.append(float(np.nanmax(np.abs(borrowers - economy))))
    worst = data.worst_scenario()
    path = data.by_path("macro_unemployment_rate", worst, data.reference).mean(axis=0)
    at = int(np.nanargmax(path))
    told = tr(
        "Under {scenario} unemployment peaks at {peak} in month {month}. Simulated borrowers,"
        " averaged over paths, stay within {gap} of the economy's mean in every month and"
        " scenario.",
        scenario=data.scenario_label(worst),
        peak=percent(path[at]),
        month=f"{data.months[at]:.0f}",
        gap=points_scale(gaps).full(max(gaps)),
    )
    if any(history(data, scenario)[0].size for scenario in data.scenarios):
        return sentences(told, tr("Grey, up to month 0: what was observed."))
    return sentences(told, tr("No observed history comes with these scenarios."))
