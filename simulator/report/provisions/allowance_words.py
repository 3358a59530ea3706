"""Captions and tables of allowances: what they come to, why they grow, how near minima are."""

from math import isfinite

import numpy as np

from simulator.report.kit.language import clauses, language, listed, mark, sentences, tr
from simulator.report.kit.numbers import (
    interval,
    money_scale,
    number,
    percent,
    significant_decimals,
    span,
)
from simulator.report.kit.phrases import effect_text, level_text
from simulator.report.kit.statistics import Fan
from simulator.report.kit.table import MONTH, POLICY, SCENARIO, WITH_UNIT, table_months
from simulator.report.provisions.allowance_figures import (
    RATIO_WORDS,
    line_word,
    used_lines,
    waterfall_scale,
    waterfall_values,
)
from simulator.report.provisions.rule_books import COVERAGE, PROVISIONS, Provisions, plain
from simulator.results.estimate import Estimate
from simulator.results.provisions.alternatives import ALONE, DIM, NAME, WEIGHTED
from simulator.results.provisions.roll_forward import CLOSING, OPENING
from simulator.results.table import FRACTION, MONEY, Cell, Column, Row, Table, texts

Place = tuple[str, str]


def under(books: Provisions, place: Place) -> str:
    """``Under Downturn and Status quo``."""
    scenario, policy = place
    return tr(
        "Under {scenario} and {policy}",
        scenario=books.data.scenario_label(scenario),
        policy=books.data.policy_label(policy),
    )


def reference_place(books: Provisions) -> Place:
    """The worst scenario and the reference."""
    return books.data.worst_scenario(), books.data.reference


def waterfall_caption(books: Provisions) -> str:
    """From the opening to the closing allowance, what moved it most, and the cliff."""
    place = reference_place(books)
    roll, scale = books.roll(place), waterfall_scale(books)
    first, last = (roll.total(line) for line in (OPENING, CLOSING))
    message = mark(
        "{where} the allowance ({book}) stays from {first} to {last} in {n} months: {movers}."
    )
    if last != first:
        rises = mark(
            "{where} the allowance ({book}) rises from {first} to {last} in {n} months: {movers}."
        )
        falls = mark(
            "{where} the allowance ({book}) falls from {first} to {last} in {n} months: {movers}."
        )
        message = rises if last > first else falls
    text = tr(
        message,
        where=under(books, place),
        book=books.label(books.accounting),
        first=scale.full(first),
        last=scale.full(last),
        n=len(books.data.months),
        movers=_movers(books, place),
    )
    how = tr(
        "Loans that change grade bring their allowance with them; the increase required by the"
        " new grade is “remeasured” there, as are new loss rates and the cost of write-offs and"
        " sales beyond their allowance. The opening allowance ({rates}) already reflects the"
        " policy.",
        rates=books.rates_words(books.accounting),
    )
    return sentences(text, _cliff_words(books, place), how)


def _cliff_words(books: Provisions, place: Place) -> str:
    """What the allowance of a loan of the best grade is multiplied by when it moves on."""
    cliff = books.cliff(place)
    if cliff is None:
        return tr("All loans are in one grade, so no allowance changes by migration.")
    (best, worse), shares = (plain(g).lower() for g in cliff.grades), cliff.coverage
    low, high = (percent(share, significant_decimals([100.0 * share], 2, 2)) for share in shares)
    return tr(
        "The allowance is {low} of balance in {best} and {high} in {worse}: a loan that moves"
        " there needs {multiple} times its allowance.",
        best=best,
        low=low,
        worse=worse,
        high=high,
        multiple=number(cliff.multiple, 1),
    )


def _movers(books: Provisions, place: Place) -> str:
    """The two lines that add and take away most."""
    roll, scale = books.roll(place), waterfall_scale(books)
    moved = {line: roll.total(line) for line in roll.lines if line not in (OPENING, CLOSING)}
    adds = mark("\u201c{line}\u201d adds most, {size}")
    takes = mark("\u201c{line}\u201d takes away most, {size}")
    told = []
    for sign, message in ((1, adds), (-1, takes)):
        line = max(moved, key=lambda name: sign * moved[name], default=None)
        if line is not None and sign * moved[line] > 0:
            size = scale.full(abs(moved[line]))
            told.append(tr(message, line=line_word(line).lower(), size=size))
    return clauses(told) or tr("no movement")


def waterfall_table(books: Provisions) -> Table:
    """The roll-forward by scenario, policy and line, a column a grade."""
    rows: list[Row] = []
    data, lines = books.data, used_lines(books)
    for place in data.places:
        roll = books.roll(place)
        for line in lines:
            cells = (float(v) for v in (roll.total(line), *roll.of(line)))
            rows.append((*data.row(*place), line_word(line), *cells))
    titles, like = (tr("All"), *map(plain, books.grades(books.accounting))), waterfall_values(books)
    columns = (Column(WITH_UNIT, MONEY, said={"title": title}, like=like) for title in titles)
    names = texts(SCENARIO, POLICY, mark("Line"))
    return Table((*names, *columns), tuple(rows), n_names=3, currency=data.currency)


def fan_caption(books: Provisions) -> str:
    """What each rule book asks for at the peak of its median path in the worst scenario."""
    place, told = reference_place(books), []
    for book in books.books:
        fan = books.fan(place, book)
        if np.isnan(fan.median).all():
            continue
        at = int(np.nanargmax(fan.median))
        told.append((float(fan.median[at]), _peak(books, book, fan, at)))
    if not told:
        return tr("No balance that needs an allowance.")
    told.sort(key=lambda pair: -pair[0])
    made = dict[str, list[str]]()
    for book in books.books:
        made.setdefault(books.rates_words(book), []).append(books.label(book))
    rates = (
        tr("{rates} ({books})", rates=words, books=listed(labels)) for words, labels in made.items()
    )
    return tr(
        "{where}, the highest allowance over balance on the median path: {listed}. Each follows"
        " its own standard: {rates}.",
        where=under(books, place),
        listed=clauses([text for _, text in told]),
        rates=clauses(list(rates)),
    )


def _peak(books: Provisions, book: str, fan: Fan, at: int) -> str:
    """What a rule book asks for in the month at position ``at``, with nine paths in ten."""
    share = float(fan.median[at])
    decimals = significant_decimals([100.0 * share], 3, 2)
    said = {
        "book": books.label(book),
        "share": percent(share, decimals),
        "month": f"{books.data.months[at]:.0f}",
    }
    if books.data.n_paths == 1:
        return tr("{book} {share} in month {month}", **said)
    ends = span(*(number(100.0 * float(v[at]), decimals) for v in (fan.low, fan.high)))
    return tr(
        "{book} {share} in month {month}, 90 % of paths {span}",
        span=language().percent.format(ends),
        **said,
    )


def coverage_caption(books: Provisions) -> str:
    """How likely the booked allowance is below each minimum in the worst scenario."""
    place, told = reference_place(books), _breaches(books)
    own = books.label(books.accounting)
    over = [
        tr("over {loans} of {book}", loans=books.impaired_words(book)[0], book=books.label(book))
        for book in books.with_minima()
    ]
    how = tr(
        "Minimum requirements apply to the booked allowance ({own}). Coverage: {own} allowance"
        " {over}; provisions over loans: {own} allowance over all balance. Dots: the lowest month"
        " of the median path; lines: 90 % of paths; vertical marks: the minimum, with the"
        " probability of a month below it; triangles: beyond the edge.",
        own=own,
        over=clauses(over),
    )
    if not told:
        return sentences(tr("None of the provisioning standards sets a minimum."), how)
    chances = [
        tr("{chance} for {names}", chance=chance, names=listed(names))
        for chance, names in told.items()
    ]
    below = tr(
        "{where} a month is below the minimum {chances}.",
        where=under(books, place),
        chances=clauses(chances),
    )
    return sentences(below, how)


def _breaches(books: Provisions) -> dict[str, list[str]]:
    """Minima by the words for the probability that a month lies below them."""
    place, told = reference_place(books), dict[str, list[str]]()
    asked = {
        COVERAGE: mark("coverage required by {book} (at least {minimum})"),
        PROVISIONS: mark("provisions over loans required by {book} (at least {minimum})"),
    }
    for ratio, message in asked.items():
        for book in books.books:
            minimum = books.minimum(book, ratio)
            if minimum is not None:
                chance = chance_words(books.breach(ratio, place, book))
                least = language().percent.format(f"{100 * minimum:g}")
                asks = tr(message, book=books.label(book), minimum=least)
                told.setdefault(chance, []).append(asks)
    return told


def chance_words(stat: Estimate[float] | None) -> str:
    """A probability with its interval, cut to 0..1."""
    if stat is None:
        return tr("with unknown probability")
    if stat.mean in (0.0, 1.0):
        text = tr("on no path") if stat.mean == 0.0 else tr("on every path")
    else:
        text = tr("with probability {share}", share=percent(stat.mean, 0))
    if not stat.has_interval or stat.ci_low == stat.ci_high:
        return text
    ends = (min(1.0, max(0.0, v)) for v in (stat.ci_low or 0.0, stat.ci_high or 0.0))
    shown = language().percent.format(span(*(number(100.0 * v, 0) for v in ends)))
    return tr("{number} {brackets}", number=text, brackets=interval(shown))


def coverage_table(books: Provisions) -> Table:
    """Lowest month of both ratios with minimum and breach; then each book's own by month."""
    rows: list[Row] = []
    for place in books.data.places:
        for book in books.with_minima():
            for ratio, words in RATIO_WORDS.items():
                lowest, minimum = books.lowest(ratio, place, book), books.minimum(book, ratio)
                breach = None if minimum is None else chance_words(books.breach(ratio, place, book))
                names = (*books.data.row(*place), books.label(book), tr(words), tr("lowest"))
                rows.append((*names, Cell(lowest.at(0), decimals=1), minimum, breach))
    for place in books.data.places:
        for book in books.books:
            own = (*books.data.row(*place), books.label(book), tr("Own allowance over balance"))
            for at in table_months(books.data):
                cell = books.fan(place, book).at(at)
                rows.append((*own, f"{books.data.months[at]:.0f}", cell, None, None))
    columns = (
        *texts(SCENARIO, POLICY, mark("Provisioning standard"), mark("Ratio"), MONTH),
        Column(mark("Median, 90 % of paths ({unit})"), FRACTION, decimals=2),
        Column(mark("Minimum ({unit})"), FRACTION, decimals=1),
        *texts(mark("A month below the minimum")),
    )
    return Table(columns, tuple(rows), n_names=5)


def allowance_sentence(books: Provisions) -> str:
    """What the accounting book needs at the end, and which policy changes that most."""
    place = reference_place(books)
    data, needed = books.data, books.needed(place)
    if needed is None:
        return ""
    level = level_text(money_scale(data.currency, needed.ends), needed)
    text = tr(
        "{where} {book} requires an allowance of {level} at the end of month {month} ({rates}).",
        where=under(books, place),
        book=books.label(books.accounting),
        level=level,
        month=f"{data.months[-1]:.0f}",
        rates=books.rates_words(books.accounting),
    )
    text = sentences(text, _otherwise(books))
    best = data.best_first[0] if data.best_first else None
    metric = f"allowance_{books.accounting}"
    change = data.closing(place[0], best, f"delta_{metric}") if best else None
    if best is None or change is None:
        return text
    effect = effect_text(data, metric, tr("required allowance"), change)
    return sentences(text, tr("{policy} {effect}.", policy=data.policy_label(best), effect=effect))


def _otherwise(books: Provisions) -> str:
    """The opening allowance at 100 % of each scenario, and with other multiples of the PD."""
    data = books.data
    if NAME not in data.dataset:
        return ""
    of_book = data.dataset[NAME].sel(provision=books.accounting)
    found = {str(a): float(v) for a, v in zip(of_book[DIM].values, of_book.values, strict=True)}
    if not isfinite(found[WEIGHTED]):
        return ""
    scale = money_scale(data.currency, found.values())
    alone = [
        tr(
            "{scenario} {money}",
            scenario=data.scenario_label(s),
            money=scale.full(found[ALONE + s]),
        )
        for s in data.scenarios
    ]
    text = tr(
        "The opening allowance is {money} weighted over the scenarios; with all weight on one of"
        " them: {alone}.",
        money=scale.full(found[WEIGHTED]),
        alone=listed(alone),
    )
    if not isfinite(found["sicr_half"]):
        return text
    other = tr(
        "With pd_multiple half and twice as far from 1 it is {half} and {double}, by days past due"
        " and the other signs alone {backstop}.",
        half=scale.full(found["sicr_half"]),
        double=scale.full(found["sicr_double"]),
        backstop=scale.full(found["sicr_backstop"]),
    )
    return sentences(text, other)
