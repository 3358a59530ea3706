"""Caption and table of the loss distribution."""

from math import isfinite
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, language, listed, mark, sentences, tr
from simulator.report.kit.numbers import interval, number, percent, rate_scale, span
from simulator.report.kit.phrases import level_text, one_draw
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.report.profit.loss_figure import Losses, measure_words
from simulator.results.estimate import Estimate
from simulator.results.loss_distribution import LEVELS
from simulator.results.table import FRACTION, Cell, Column, Row, Table, texts
from simulator.results.tail_figures import MIXTURE, SHIFTED_LOSS, SHIFTED_PATH

OF_BALANCE: Final = "_of_balance"


def loss_caption(found: Losses) -> str:
    """Expected loss, the tail that the paths can carry and what others need; whose luck."""
    data = found.data
    place = data.worst_scenario(), data.reference
    where = tr(
        "Under {scenario} and {policy}",
        scenario=data.scenario_label(place[0]),
        policy=data.policy_label(place[1]),
    )
    told = []
    expected = data.stat(*place, f"expected_loss{OF_BALANCE}")
    if expected is not None:
        size = level_text(rate_scale(expected.ends), expected)
        told.append(
            tr(
                "the expected loss in {horizon}, loans made in the run included, is {size} of the"
                " opening balance",
                horizon=found.horizon,
                size=size,
            )
        )
    told += _tail_of(data, place)
    text = (
        tr("{where}, {told}.", where=where, told=clauses(told))
        if told
        else tr("{where}, no loss is available.", where=where)
    )
    told = _tail_of(data, (MIXTURE, data.reference))
    mixed = tr("Over all scenarios by weight, {told}.", told=clauses(told)) if told else ""
    return sentences(text, mixed, _needs(data, place), _shifted(data), _luck(data, place))


def _tail_of(data: ReportData, place: tuple[str, str]) -> list[str]:
    """Value at risk and expected shortfall at each level that the paths carry, in words."""
    told = []
    for label, level in LEVELS.items():
        risk, shortfall = (
            data.stat(*place, f"loss_{name}_{label}{OF_BALANCE}") for name in ("var", "es")
        )
        if risk is not None and shortfall is not None:
            one = rate_scale([*_known(risk), *_known(shortfall)])
            told.append(
                tr(
                    "{level} % of paths lose no more than {risk} (VaR), the others {shortfall} on"
                    " average (ES)",
                    level=f"{100 * level:g}",
                    risk=level_text(one, risk),
                    shortfall=level_text(one, shortfall),
                )
            )
    return told


def _shifted(data: ReportData) -> str:
    """That the tail has paths of its own, where it has."""
    if SHIFTED_LOSS not in data.dataset:
        return ""
    return tr(
        "VaR and ES are of the run's paths and {n} more whose economy is shifted towards large"
        " losses, each with its weight; no mean is.",
        n=number(data.dataset.sizes[SHIFTED_PATH], 0),
    )


def _needs(data: ReportData, place: tuple[str, str]) -> str:
    """Levels that need more paths than the run has, in words."""
    found = {
        level: data.stat(*place, f"paths_needed_loss_var_{label}")
        for label, level in LEVELS.items()
    }
    needed = [
        tr("at {level} % needs {n} paths", level=f"{100 * level:g}", n=number(stat.mean, 0))
        for level, stat in found.items()
        if stat is not None
    ]
    if not needed:
        return ""
    return tr(
        "The tail {needed}; this run has {n}.", needed=listed(needed), n=number(data.n_paths, 0)
    )


def _luck(data: ReportData, place: tuple[str, str]) -> str:
    """How much of the variance of losses is luck of the economy."""
    stat = data.stat(*place, "loss_share_economy")
    if stat is None:
        if data.n_draws == data.n_paths:
            return tr(
                "With one path per draw of the economy, systematic and idiosyncratic variance are"
                " not separable; set run.draws_per_path=2 to separate them."
            )
        return tr("With {draw}, the systematic share is not available.", draw=one_draw(data))
    share = percent(stat.mean, 0)
    if stat.has_interval:
        ends = span(*(number(100.0 * (v or 0.0), 0) for v in (stat.ci_low, stat.ci_high)))
        brackets = interval(language().percent.format(ends))
        share = tr("{number} of the variance of losses {brackets}", number=share, brackets=brackets)
    else:
        share = tr("{number} of the variance of losses", number=share)
    return tr("The systematic share is {share}; the rest is idiosyncratic.", share=share)


def loss_table(found: Losses) -> Table:
    """Every figure of the loss distribution with its interval, of the opening balance."""
    data = found.data
    names = (
        ("expected_loss", tr("Expected loss")),
        *(
            (f"loss_{name}_{label}", measure_words(words, level))
            for label, level in LEVELS.items()
            for name, words in (("var", "VaR"), ("es", "ES"))
        ),
    )
    rows: list[Row] = []
    mixed = [
        (MIXTURE, policy) for policy in data.drawn_policies if _tail_of(data, (MIXTURE, policy))
    ]
    for place in (*found.places, *mixed):
        stats = (data.stat(*place, name + OF_BALANCE) for name, _ in names)
        cells = (stat and Cell(stat, like=_known(stat)) for stat in stats)
        needs = _needs(data, place) or tr("nothing")
        luck = data.stat(*place, "loss_share_economy")
        rows.append((*data.row(*place), *cells, luck, needs))
    heading = mark("{title} ({unit} of opening balance)")
    columns = (
        *texts(SCENARIO, POLICY),
        *(Column(heading, FRACTION, said={"title": title}) for _, title in names),
        Column(mark("Systematic share ({unit} of variance)"), FRACTION, decimals=0),
        *texts(mark("Missing")),
    )
    return Table(columns, tuple(rows), n_names=2)


def _known(stat: Estimate[float]) -> list[float]:
    """Mean and interval, as far as there is one."""
    return [end for end in stat.ends if isfinite(end)]
