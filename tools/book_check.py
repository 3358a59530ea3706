"""What the default book does, beside what a bank's validation expects of it.

``python -m tools.book_check`` prints a line a figure: the power of the score, whether a flat
economy gives a flat book, whether a tape of the opening and a longer burn-in agree with it, how the
book answers to unemployment, credit supply, rates and rivals, and shares of causes. Nothing is
fitted here, and no seed is one that a fit used. The bands are a validation's judgement of what is
plausible, an assumption.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from simulator.settings import BookSettings, ExplainSettings
from tools.book_figures import (
    HOLD,
    RAMP,
    SEEDS,
    Line,
    Size,
    asked_scale,
    monthly,
    print_lines,
    scenario,
    simulate,
)
from tools.book_openings import applicants_line, burn_in_lines, round_trip_lines

STEADY = ("30+", "90+", "new 90+ loans", "charge-off", "stage 2", "unemployed borrowers")
_UNEMPLOYMENT = ("unemployment_rate", "macro_unemployment_rate")
RATIO_BAND = (0.5, 1.1)
"""Of the book's unemployment to the economy's: a score that selects keeps it below 1."""
MEASURED = slice(12, RAMP + HOLD)
"""Months 13 to 18: a year after a shock began, while it lasts."""


def power_lines(size: Size) -> Iterator[Line]:
    """Gini of the score on opening and on booked loans by seed; how far a downturn lifts it."""
    for seed in SEEDS:
        names = {"baseline": "baseline", "downturn": "downturn"}
        found = simulate(names, size.power, 4, runoff_months=12, seed=seed).dataset
        gini = found["score_gini"].sel(policy="status_quo").mean("path")
        for judged, low, high in (("opening", 0.40, 0.55), ("new", 0.33, 0.48)):
            own = gini.sel(judged=judged)
            calm = float(own.sel(scenario="baseline"))
            yield Line(f"seed {seed}: Gini of the score, {judged} loans", calm, low, high)
            rise = float(own.sel(scenario="downturn")) - calm
            yield Line(
                f"seed {seed}: the same of {judged} loans, downturn less baseline", rise, -1.0, 0.05
            )


def band_lines(one: xr.Dataset) -> Iterator[Line]:
    """Bad rates by risk band, and how much they rise from each to the next worse one."""
    for judged in ("opening", "new"):
        bad, loans = (
            one[f"score_{name}loans_by_segment"]
            .sel(judged=judged)
            .groupby("segment_risk_band")
            .sum()
            .sortby("segment_risk_band")
            for name in ("bad_", "")
        )
        rates = (bad / loans).values
        for band, rate in zip(bad["segment_risk_band"].values, rates, strict=True):
            yield Line(f"flat: bad rate of {judged} loans, band {band}", float(rate), 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):  # no bad loan in a small book's band
            rise = float((rates[1:] / rates[:-1]).min())
        yield Line(f"flat: bad rate of {judged} loans, band over the better one", rise, 1.0, 100.0)


def flat_lines(size: Size, folder: Path) -> Iterator[Line]:
    """A flat economy: quarters against the mean of 24 months, second year against the first."""
    flat = {"flat": scenario(folder, "flat", {})}
    staged: dict[str, object] = {"provision": ("ifrs9",), "runoff_months": 12}
    dataset = simulate(flat, size.flat, size.paths, **staged).dataset
    for name in STEADY:
        values = monthly(dataset, name)
        quarters = values.reshape(-1, 3).mean(axis=1) / values.mean()
        yield Line(f"flat: {name}, lowest quarter over the mean", float(quarters.min()), 0.93, 1.07)
        yield Line(
            f"flat: {name}, highest quarter over the mean", float(quarters.max()), 0.93, 1.07
        )
        years = values.reshape(2, -1).mean(axis=1)
        yield Line(f"flat: {name}, second year over first", float(years[1] / years[0]), 0.95, 1.05)
    one = dataset.isel(scenario=0).sel(policy="status_quo")
    for when in ("_at_opening", ""):
        book, path = (one[f"{name}{when}"] for name in _UNEMPLOYMENT)
        ratio = float((book / path).mean())
        words = "at the opening" if when else "mean of 24 months"
        yield Line(f"flat: unemployed borrowers over the path's, {words}", ratio, *RATIO_BAND)
    book, path = (one[name].mean("path") for name in _UNEMPLOYMENT)
    for month, ratio in zip(one["month"].values, (book / path).values, strict=True):
        yield Line(f"flat: the same in month {month}", float(ratio), *RATIO_BAND)
    yield from band_lines(one)


RESPONSES: Mapping[str, tuple[Mapping[str, float], str, float, float]] = {
    "unemployment +1 point": ({"unemployment_rate": 0.01}, "30+", 1.1, 1.3),
    "unemployment +3 points": ({"unemployment_rate": 0.03}, "30+", 1.3, 1.8),
    "unemployment +5 points": ({"unemployment_rate": 0.05}, "30+", 1.6, 2.5),
    "credit supply .2": ({"credit_supply": -0.8}, "30+", 1.3, 2.0),
}
"""Change of the flat economy, figure, and the band of its ratio to the flat one's."""
FLOATING: Mapping[str, Mapping[str, float]] = {
    "floating products": {"micro_business_loan": 1 / 3, "credit_line": 2 / 3},
    "business loans": {"micro_business_loan": 1.0},
    "credit lines": {"credit_line": 1.0},
}
"""Books of the default book's floating products, as it mixes them and one by one."""


def _leaving(dataset: xr.Dataset) -> float:
    """Share of approved applicants who leave before they take the loan up, months 7 to 18."""
    one = dataset[["declined", "approved"]].isel(month=slice(6, 18)).sum()
    return float(one["declined"] / one["approved"])


def _paid_off(dataset: xr.Dataset) -> float:
    """Monthly roll from not overdue to paid off, mean of months 7 to 18."""
    rolls = dataset["roll_rate"].sel(from_bucket="M0", to_bucket="paid_off")
    return float(rolls.isel(month=slice(6, 18)).mean())


RIVAL_SHARES: Mapping[str, Callable[[xr.Dataset], float]] = {
    "applicants who leave": _leaving,
    "current balance paid off": _paid_off,
}


LAGGED = "unemployment +3 points"


def _lag(shocked: xr.Dataset, flat: xr.Dataset) -> float:
    """Months by which charge-offs are later than 30+ at half of their largest rise."""
    when = []
    for name in ("30+", "charge-off"):
        rise = monthly(shocked, name) / monthly(flat, name) - 1.0
        smooth = np.convolve(rise, np.ones(3) / 3.0, mode="same")[: RAMP + HOLD]
        half = smooth[:-1].max() / 2.0
        after = int(np.argmax(smooth >= half))
        before = smooth[after - 1]
        when.append(after - (smooth[after] - half) / (smooth[after] - before) if after else 0.0)
    return float(when[1] - when[0])


def response_lines(size: Size, folder: Path) -> Iterator[Line]:
    """How 30+ answers a year after a shock began."""
    flat = simulate({"flat": scenario(folder, "flat", {})}, size.responses, size.paths).dataset
    for name, (changes, figure, low, high) in RESPONSES.items():
        shocked = {"shock": scenario(folder, "shock", changes)}
        found = simulate(shocked, size.responses, size.paths).dataset
        ratio = monthly(found, figure)[MEASURED].mean() / monthly(flat, figure)[MEASURED].mean()
        yield Line(f"{name}: {figure}, months 13-18 over flat", float(ratio), low, high)
        if name == LAGGED:
            yield Line(f"{name}: months from 30+ to charge-off", _lag(found, flat), 2.0, 4.0)
    yield from rate_lines(size, folder)
    rival = {"rival": scenario(folder, "rival", {"competitor_rate": -0.05})}
    found = simulate(rival, size.responses, size.paths).dataset
    for name, share in RIVAL_SHARES.items():
        ratio = share(found) / share(flat)
        yield Line(f"rival 5 points cheaper: {name}, months 7-18 over flat", ratio, 1.01, 10.0)


def rate_lines(size: Size, folder: Path) -> Iterator[Line]:
    """How 30+ of floating loans answers to the policy rate.

    The rival stands still, so fewer take up dearer loans: a smaller balance raises it as well.
    """
    worlds = {
        "flat": scenario(folder, "flat", {}),
        "up": scenario(folder, "up", {"policy_rate": 0.03}),
    }
    for name, shares in FLOATING.items():
        book = BookSettings(products=dict(shares), applicants_monthly_share=0.09)
        found = simulate(worlds, size.responses, size.paths, book=book).dataset
        flat, up = (monthly(found.sel(scenario=[world]), "30+")[MEASURED] for world in worlds)
        ratio = float(up.mean() / flat.mean())
        yield Line(
            f"policy rate +3 points: 30+ of {name}, months 13-18 over flat", ratio, 1.02, 1.5
        )


CAUSE_BANDS: Mapping[str, tuple[float, float]] = {
    "work": (0.40, 0.65),
    "will_not_pay": (0.05, 0.25),
    "illness": (0.03, 0.15),
    "platforms_and_spending": (0.08, 1.0),
}


def cause_lines(size: Size) -> Iterator[Line]:
    """Shapley shares of new 90+ balance in the baseline."""
    explain = {"explain": ExplainSettings(causes=True, paths=size.paths)}
    outcome = simulate({"baseline": "baseline"}, size.causes, size.paths, sections=explain)
    for row in outcome.causes:
        if row.group in CAUSE_BANDS:
            words = row.group.replace("_", " ")
            yield Line(f"share of {words} in new 90+", row.share, *CAUSE_BANDS[row.group])


def lines(size: Size, folder: Path) -> Iterator[Line]:
    """Every figure, part by part."""
    yield from power_lines(size)
    yield from flat_lines(size, folder)
    yield applicants_line(size)
    yield from round_trip_lines(size, folder)
    yield from burn_in_lines(size, folder)
    yield from response_lines(size, folder)
    yield from cause_lines(size)


def main(argv: list[str] | None = None) -> int:
    """Print every line as it is known; 1 where one is outside its band."""
    scale, size = asked_scale("python -m tools.book_check", __doc__, argv), Size()
    if scale != 1.0:
        size = Size(
            *(max(2, int(scale * x)) for x in (size.power, size.flat, size.responses, size.causes))
        )
    with tempfile.TemporaryDirectory() as folder:
        return print_lines(lines(size, Path(folder)))


if __name__ == "__main__":
    raise SystemExit(main())
