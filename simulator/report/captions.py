"""Sentences above the figures: what each one shows, from its numbers."""

import numpy as np

from simulator.report.data import ReportData
from simulator.report.effect_figures import effect_metrics
from simulator.report.figures import MOST_BANDS, cause_label, cause_shares
from simulator.report.findings import one_draw
from simulator.report.numbers import percent, points_scale
from simulator.report.re_ageing import re_aged


def _drawn_sentence(data: ReportData) -> str:
    note = data.drawn_note()
    return f" Drawn: {note}." if note else ""


def overdue_caption(data: ReportData, dpd: int) -> str:
    """When and where the median rate peaks, and which policy keeps it lowest."""
    scenario = data.worst_scenario()
    fan = data.fan("overdue_rate", scenario, data.reference, dpd)
    if np.isnan(fan.median).all():
        return f"No balance to be {dpd} days overdue."
    at = int(np.nanargmax(fan.median))
    text = (
        f"Under {data.scenario_label(scenario)} and {data.policy_label(data.reference)} the median"
        f" path peaks at {percent(fan.median[at])} in month {data.months[at]:.0f}"
    )
    if data.n_paths > 1:
        text += (
            f"; nine paths in ten lie between {percent(fan.low[at])} and {percent(fan.high[at])}"
        )
    peaks = {
        p: float(np.nanmax(data.fan("overdue_rate", scenario, p, dpd).median))
        for p in data.alternatives
        if not re_aged(data, scenario, p, f"peak_overdue_rate_{dpd}")
    }
    left_out = [p for p in data.alternatives if p not in peaks]
    if peaks:
        best = min(peaks, key=lambda p: peaks[p])
        lower = peaks[best] < float(fan.median[at])
        text += (
            f". {data.policy_label(best)} peaks lowest, at" if lower else ". No policy peaks lower"
        )
        text += f" {percent(peaks[best])}" if lower else ""
    if left_out:
        listed = ", ".join(data.policy_label(p) for p in left_out)
        text += (
            f". Left out, as the rate before relief is not shown to fall: {listed} (re-planned"
            " loans count as current)"
        )
    if len(data.drawn_policies) > MOST_BANDS:
        text += (
            f". Bands: {data.policy_label(data.reference)} and"
            f" {data.policy_label(data.best_first[0])}; the others are medians alone"
        )
    return f"{text}.{_drawn_sentence(data)}"


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
        seen = f"{len(known)} differences on {one_draw(data)}; none has an interval."
        return seen + _drawn_sentence(data)
    clear = sum(1 for stat in known if stat.sign)
    same = sum(1 for stat in known if stat.is_zero)
    re_ageing = _re_aged_sentence(data)
    zero = f", {same} are exactly zero" if same else ""
    return (
        f"{clear} of {len(known)} differences from {data.policy_label(data.reference)} can be told"
        f" from zero (filled dots){zero}. Thick bar: 95 % interval of the mean; thin line: nine"
        f" paths in ten.{re_ageing}{_drawn_sentence(data)}"
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
    return (
        f" Re-aged: under {', '.join(found)} an overdue rate falls as re-planned loans count as"
        " current; the rate before relief, in the table, is not shown to fall."
    )


def roll_caption(data: ReportData) -> str:
    """Cure and roll-on of the first bucket, and the cure of a late one."""
    scenario = data.worst_scenario()
    rates = data.roll_rates(scenario, data.reference)
    names, _ = data.roll_names()
    parts = [
        f"{percent(rates[i, 0])} of {names[i]} is current again a month later and"
        f" {percent(rates[i, i + 1])} rolls on"
        for i in (1, 3)
        if i < len(names) and not np.isnan(rates[i, 0])
    ]
    if not parts:
        return "No balance was overdue."
    return f"Under {data.scenario_label(scenario)}, {'; '.join(parts)}. Blank cells: none."


def cause_caption(data: ReportData) -> str:
    """The leading known causes in the worst scenario."""
    scenario = data.worst_scenario()
    causes, shares = cause_shares(data)
    totals = dict(zip(causes, shares[scenario].sum(axis=1), strict=True)) if causes else {}
    whole = sum(totals.values())
    known = [c for c in totals if c not in ("other", "at_opening", "none") and totals[c] > 0]
    if whole <= 0 or not known:
        return "No overdue balance with a known cause."
    first = sorted(known, key=lambda c: -totals[c])[:3]
    listed = ", ".join(f"{cause_label(c).lower()} {percent(totals[c] / whole, 0)}" for c in first)
    return (
        f"Under {data.scenario_label(scenario)} the leading causes of overdue balance, over all"
        f" months, are {listed}. The cause is that of the first missed instalment of the spell."
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
    return (
        f"Under {data.scenario_label(worst)} unemployment peaks at {percent(path[at])} in month"
        f" {data.months[at]:.0f}. Simulated borrowers, averaged over paths, stay within"
        f" {points_scale(gaps).full(max(gaps))} of the economy's mean in every month and scenario."
    )
