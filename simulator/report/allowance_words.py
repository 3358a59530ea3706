"""Captions and tables of allowances: what they come to, why they grow, how near minima are."""

import numpy as np

from simulator.report.allowance_figures import (
    RATIO_WORDS,
    line_word,
    places,
    used_lines,
    waterfall_scale,
)
from simulator.report.data import Stat
from simulator.report.findings import effect_text, level_text
from simulator.report.money_data import (
    COVERAGE,
    PROVISIONS,
    Provisions,
    plain,
)
from simulator.report.numbers import (
    NONE,
    missing,
    money_scale,
    number,
    percent,
    significant_decimals,
)
from simulator.report.tables import Table, table_months
from simulator.results.provisions.roll_forward import CLOSING, OPENING

Place = tuple[str, str]


def under(books: Provisions, place: Place) -> str:
    """``Under Downturn and Status quo``."""
    scenario, policy = place
    return f"Under {books.data.scenario_label(scenario)} and {books.data.policy_label(policy)}"


def reference_place(books: Provisions) -> Place:
    """The worst scenario and the reference."""
    return books.data.worst_scenario(), books.data.reference


def waterfall_caption(books: Provisions) -> str:
    """From the opening to the closing allowance, what moved it most, and the cliff."""
    place = reference_place(books)
    roll, scale = books.roll(place), waterfall_scale(books)
    first, last = (roll.total(line) for line in (OPENING, CLOSING))
    verb = "rises" if last > first else "falls" if last < first else "stays"
    text = (
        f"{under(books, place)} the allowance ({books.label(books.accounting)}) {verb} from"
        f" {scale.full(first)} to {scale.full(last)} in {len(books.data.months)} months:"
        f" {_movers(books, place)}."
    )
    how = (
        "Loans that move bring the allowance that they had; what their new grade asks beyond it is"
        " \u201cremeasured\u201d there, as are new loss rates and what write-offs and sales need"
        " beyond the allowance that they had. The opening allowance"
        f" ({books.rates_words(books.accounting)}) already expects the policy chosen."
    )
    cliff = books.cliff(place)
    if cliff is None:
        return f"{text} All loans stand in one grade, so no loan's allowance jumps by moving. {how}"
    (best, worse), shares = (plain(g).lower() for g in cliff.grades), cliff.coverage
    low, high = (percent(share, significant_decimals([100.0 * share], 2, 2)) for share in shares)
    return (
        f"{text} Balance in {best} is covered with {low}, in {worse} with {high}: a loan that"
        f" moves there needs {number(cliff.multiple, 1)} times its allowance. {how}"
    )


def _movers(books: Provisions, place: Place) -> str:
    """The two lines that add and take away most."""
    roll, scale = books.roll(place), waterfall_scale(books)
    moved = {line: roll.total(line) for line in roll.lines if line not in (OPENING, CLOSING)}
    told = []
    for sign, verb in ((1, "adds"), (-1, "takes away")):
        line = max(moved, key=lambda name: sign * moved[name], default=None)
        if line is not None and sign * moved[line] > 0:
            word = line_word(line).lower()
            told.append(f"\u201c{word}\u201d {verb} most, {scale.full(abs(moved[line]))}")
    return "; ".join(told) or "nothing moves it"


def waterfall_table(books: Provisions) -> Table:
    """The roll-forward by scenario, policy and line, a column a grade."""
    lines, grades = used_lines(books), books.grades(books.accounting)
    scale = waterfall_scale(books)
    rows = []
    for place in places(books.data):
        roll = books.roll(place)
        for line in lines:
            cells = (scale.text(float(v)) for v in (roll.total(line), *roll.of(line)))
            rows.append((*_names(books, place), line_word(line), *cells))
    header = (f"{name} ({scale.unit})" for name in ("All", *map(plain, grades)))
    return Table(("Scenario", "Policy", "Line", *header), tuple(rows), n_names=3)


def _names(books: Provisions, place: Place) -> tuple[str, str]:
    return books.data.scenario_label(place[0]), books.data.policy_label(place[1])


def fan_caption(books: Provisions) -> str:
    """What each rule book asks for at the peak of its median path in the worst scenario."""
    place, told = reference_place(books), []
    for book in books.books:
        fan = books.fan(place, book)
        if np.isnan(fan.median).all():
            continue
        at = int(np.nanargmax(fan.median))
        share = float(fan.median[at])
        decimals = significant_decimals([100.0 * share], 3, 2)
        band = ""
        if books.data.n_paths > 1:
            ends = (number(100.0 * float(v[at]), decimals) for v in (fan.low, fan.high))
            band = f", nine paths in ten {' to '.join(ends)}\u202f%"
        month = f"{books.data.months[at]:.0f}"
        told.append(
            (share, f"{books.label(book)} {percent(share, decimals)} in month {month}{band}")
        )
    if not told:
        return "No balance to hold an allowance for."
    told.sort(key=lambda pair: -pair[0])
    listed = "; ".join(text for _, text in told)
    made = dict[str, list[str]]()
    for book in books.books:
        made.setdefault(books.rates_words(book), []).append(books.label(book))
    rates = "; ".join(f"{words} ({', '.join(names)})" for words, names in made.items())
    return (
        f"{under(books, place)}, the highest share of balance that the median path needs: {listed}."
        f" Each is the rule book's own allowance: {rates}."
    )


def fan_table(books: Provisions) -> Table:
    """Median and 5-95 % band of allowance over balance by month."""
    columns = [(place, book) for place in places(books.data) for book in books.books]
    header = (f"{', '.join(_names(books, p))}, {books.label(b)} (%)" for p, b in columns)
    rows = []
    for month in table_months(books.data):
        cells = []
        for place, book in columns:
            fan = books.fan(place, book)
            low, median, high = (
                number(100.0 * float(v[month]), 2) for v in (fan.low, fan.median, fan.high)
            )
            cells.append(f"{median} ({low} to {high})")
        rows.append((f"{books.data.months[month]:.0f}", *cells))
    return Table(("Month", *header), tuple(rows))


def coverage_caption(books: Provisions) -> str:
    """How likely the booked allowance is below each minimum in the worst scenario."""
    place, told = reference_place(books), _breaches(books)
    own = books.label(books.accounting)
    over = "; ".join(
        f"over {books.impaired_words(book)[0]} of {books.label(book)}"
        for book in books.with_minima()
    )
    how = (
        f"The allowance on the books is the accounting book's, {own}: whoever asks, it is this"
        f" one that must meet the minimum. Coverage: {own} allowance {over}; provisions over"
        f" loans: {own} allowance over all balance. Dots: the lowest month of the median path;"
        " lines: nine paths in ten; upright marks: the minimum, with the probability of a month"
        " below it; triangles lie beyond the edge."
    )
    if not told:
        return f"None of the rule books sets a minimum. {how}"
    listed = "; ".join(f"{chance} for {', '.join(names)}" for chance, names in told.items())
    return f"{under(books, place)} a month lies below the minimum {listed}. {how}"


def _breaches(books: Provisions) -> dict[str, list[str]]:
    """Minima by the words for the probability that a month lies below them."""
    place, told = reference_place(books), dict[str, list[str]]()
    for ratio, what in ((COVERAGE, "coverage"), (PROVISIONS, "provisions over loans")):
        for book in books.books:
            minimum = books.minimum(book, ratio)
            if minimum is not None:
                chance = chance_words(books.breach(ratio, place, book))
                name = f"{what} as {books.label(book)} asks (at least {100 * minimum:g}\u202f%)"
                told.setdefault(chance, []).append(name)
    return told


def chance_words(stat: Stat | None) -> str:
    """A probability with its interval, cut to 0..1."""
    if stat is None:
        return "with unknown probability"
    if stat.mean in (0.0, 1.0):
        text = "on no path" if stat.mean == 0.0 else "on every path"
    else:
        text = f"with probability {percent(stat.mean, 0)}"
    if not stat.has_interval or stat.ci_low == stat.ci_high:
        return text
    ends = (min(1.0, max(0.0, v)) for v in (stat.ci_low or 0.0, stat.ci_high or 0.0))
    return f"{text} (95 % interval {' to '.join(number(100.0 * v, 0) for v in ends)}\u202f%)"


def coverage_table(books: Provisions) -> Table:
    """Lowest month of both ratios over paths, minimum and probability of a breach."""
    rows = []
    for place in places(books.data):
        for book in books.with_minima():
            for ratio, words in RATIO_WORDS.items():
                fan, minimum = books.lowest(ratio, place, book), books.minimum(book, ratio)
                low, median, high = (
                    number(100.0 * float(v[0]), 1) for v in (fan.low, fan.median, fan.high)
                )
                shown = missing() if low == missing() else f"{median} ({low} to {high})"
                least = NONE if minimum is None else number(100.0 * minimum, 1)
                breach = NONE if minimum is None else chance_words(books.breach(ratio, place, book))
                names = (*_names(books, place), books.label(book), words)
                rows.append((*names, shown, least, breach))
    header = ("Scenario", "Policy", "Rule book", "Ratio", "Lowest month (%)", "Minimum (%)")
    return Table((*header, "A month below the minimum"), tuple(rows), n_names=4)


def allowance_sentence(books: Provisions) -> str:
    """What the accounting book needs at the end, and which policy changes that most."""
    place = reference_place(books)
    data, needed = books.data, books.needed(place)
    if needed is None:
        return ""
    level = level_text(money_scale(data.currency, needed.values()), needed)
    text = (
        f"{under(books, place)} the rule book {books.label(books.accounting)} needs an allowance of"
        f" {level} at the end of month {data.months[-1]:.0f}"
        f" ({books.rates_words(books.accounting)})."
    )
    best = data.best_first[0] if data.best_first else None
    metric = f"allowance_{books.accounting}"
    change = data.closing(place[0], best, f"delta_{metric}") if best else None
    if best is None or change is None:
        return text
    effect = effect_text(data, metric, "allowance needed", change)
    return f"{text} {data.policy_label(best)} {effect}."
