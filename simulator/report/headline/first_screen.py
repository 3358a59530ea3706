"""The first screen: whose book, the verdict, levels of every scenario, policies, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulator.report.headline.caveats import balances_differ, other_origins, run_support
from simulator.report.headline.committee_tables import against_current, levels, peaks_note
from simulator.report.headline.next_steps import next_steps, not_your_book, parameter_support
from simulator.report.headline.support import support
from simulator.report.headline.tornado import Tornado, tornado
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, sentences, tr
from simulator.report.kit.numbers import money_scale, rate_scale
from simulator.report.kit.phrases import months_words
from simulator.report.kit.table import PolicyTable
from simulator.report.kit.text import clean
from simulator.results.run import part
from simulator.results.table import Table

BLANK: Final = "____"
"""Where somebody signs."""


@dataclass(frozen=True, slots=True)
class FirstScreen:
    """Everything above the first fold, said in the page's language."""

    subtitle: tuple[str, ...]
    flags: str
    verdict: str
    support: tuple[str, ...]
    levels: Table
    peaks_note: str
    against: PolicyTable | None
    tornado: Tornado | None
    next_steps: tuple[str, ...]


def first_screen(data: ReportData) -> FirstScreen:
    """What an executive reads."""
    return FirstScreen(
        subtitle=tuple(_subtitle(data)),
        flags=sentences(not_your_book(data), parameter_support(data)),
        verdict=verdict(data),
        support=(
            *other_origins(data),
            *support(data),
            *balances_differ(data),
            *run_support(data),
        ),
        levels=levels(data),
        peaks_note=peaks_note(data),
        against=against_current(data),
        tornado=tornado(data),
        next_steps=next_steps(data),
    )


def _subtitle(data: ReportData) -> list[str]:
    """Size of the book, months, weights, date and code of the run, and who signs."""
    opening = data.decision.opening
    found = [tr("opening book {money}", money=money_scale(data.currency, [opening]).full(opening))]
    borrowers = part(data.manifest, "book").get("opening_borrowers")
    if isinstance(borrowers, int | float):
        found.append(tr("{n} borrowers", n=f"{borrowers:,.0f}"))
    if "loans_at_opening" in data.dataset:
        loans = data.dataset["loans_at_opening"].sel(policy=data.reference).isel(scenario=0)
        found.append(tr("{n} loans", n=f"{float(loans.isel(path=0).sum()):,.0f}"))
    months = months_words(data)
    if "date" in data.dataset.coords:
        start = str(data.dataset["date"].values[0])[:7]
        months = tr("{months} from {date}", months=months, date=start)
    found += [months, tr("{n} paths", n=f"{data.n_paths:,}")]
    if len(data.scenarios) > 1:
        weights = data.dataset["scenario_weight"]
        shares = (
            f"{data.scenario_label(s)} {rate_scale([1.0], 0).full(float(weights.sel(scenario=s)))}"
            for s in data.scenarios
        )
        found.append(tr("weights: {shares}", shares=listed(tuple(shares))))
    return [*found, *_signed(data)]


def _signed(data: ReportData) -> list[str]:
    """The code that made the run, who prepared it and who reviewed it."""
    code, people = data.manifest.get("code"), part(data.manifest, "governance")
    found = []
    if isinstance(code, Mapping):
        named = (code.get("version"), str(code.get("commit") or code.get("sha256") or "")[:8])
        told = " ".join(clean(item, 40) for item in named if item)
        found.append(tr("code {version}", version=told))
    finished = str(data.manifest.get("finished") or "")[:10]
    if finished:
        found.insert(0, tr("run {date}", date=clean(finished, 10)))
    prepared, reviewed = (
        clean(people.get(key) or BLANK, 60) for key in ("prepared_by", "reviewed_by")
    )
    return [
        *found,
        tr("prepared by {name}", name=prepared),
        tr("reviewed by {name}", name=reviewed),
    ]
