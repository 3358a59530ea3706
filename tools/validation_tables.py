"""Tables of docs/validation.md: every number on that page that comes from a fit or from data."""

import re
from collections.abc import Callable, Iterable, Sequence
from math import sqrt

import numpy as np

from simulator.calibrate.estimate.fitted import ParameterRow
from simulator.calibrate.forecast.backtest import BacktestScore
from simulator.calibrate.settings import Backtest, FreeParameter, LevelTarget, SeriesPrediction
from simulator.catalogue import catalogue
from simulator.field_texts import field_meanings
from simulator.policies import POLICY_KINDS
from simulator.report.fit.data import FittedNumber
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE
from tools.validation_cells import percent, percentage, table
from tools.validation_results import NUMBERS, Result, columns_of
from tools.validation_rolling import recovery_table, reliability_table, rolling_table

WITHIN = 2.0
"""Standard errors within which a number counts as met."""
FOURTH_QUARTER = "Q4"
TERMS_OF_RELIEF = (
    "months",
    "deferred_share",
    "interest_charged_share",
    "awareness",
    "take_up_if_need",
    "take_up_if_no_need",
    "max_bucket",
    "max_uses",
    "first_month",
    "last_month",
)
"""Fields of a grace period that are shown."""
LABELS = {
    "cure_by_duration": "cured, month {} of overdue",
    "flag_by_overdue_months": "overdue later, after {} overdue months",
    "outcome": "bad, {}",
}
"""What a number of a target is, by the target's kind; other labels say it themselves."""
NAMED_FORECASTERS = {
    "model": "model",
    "constant": "nothing changes",
    "last": "last value",
    "logit": "logit on unemployment",
}


def parameter_table(result: Result) -> str:
    """Fitted parameters with their errors and how much of that is from the data."""
    known, level = catalogue(), f"{result.settings.level:.0%}".replace("%", " %")
    header = (
        "parameter", "meaning", "estimate", "standard error", f"{level} interval", "prior",
        "from the data",
    )  # fmt: skip
    return table(
        header,
        [
            (
                f"`{row.name}`",
                known[row.name].meaning,
                f"{row.estimate:.3g}",
                f"{row.se:.2g}",
                f"{row.ci_low:.3g} to {row.ci_high:.3g}",
                _prior(row, result.settings.free[row.name]),
                f"{row.information:.0%}".replace("%", " %"),
            )
            for row in result.parameters
        ],
    )


def given_table(result: Result) -> str:
    """Parameters that the experiment sets unlike the catalogue: assumptions."""
    known = catalogue()
    return table(
        ("parameter", "meaning", "value here", "default"),
        [
            (f"`{name}`", known[name].meaning, f"{value:g}", f"{known[name].default:g}")
            for name, value in result.given.items()
        ],
    )


def fit_table(result: Result) -> str:
    """Seen against simulated: a line a series, a line a number of other targets."""
    series = result.series()
    single = [row for row in result.fit if row.target not in series]
    parts = [_series_fit(result, list(series))] if series else []
    parts += [_number_fit(result, single)] if single else []
    met = sum(abs(row.z) <= WITHIN for row in result.fit)
    parts.append(
        f"{met} of {len(result.fit)} numbers are met within two standard errors;"
        f" {len(result.settings.free)} free constants."
    )
    return "\n\n".join(parts)


def prediction_table(rows: Sequence[Sequence[str]], seen: Sequence[str] = ()) -> str:
    """Predictions as in the case's CSV (header first), in percent.

    Quarters are shown every fourth quarter only, several items of a quarter side by side;
    ``seen`` adds a column of what the fitted months show, one text a row.
    """
    header, body = rows[0], rows[1:]
    names = header[: -len(NUMBERS)]
    if names[0] == "quarter":
        return _quarter_table(names, [row for row in body if row[0].endswith(FOURTH_QUARTER)])
    columns = [names[0], "prediction", "interval"]
    lines = [[row[0], *_interval(row)] for row in body]
    if any(seen):
        columns.append("seen in the fitted months")
        lines = [[*line, text] for line, text in zip(lines, seen, strict=True)]
    return table(columns, lines)


def seen_texts(result: Result) -> list[str]:
    """What the fitted months show of each prediction, percent; empty where they do not."""
    found = [result.seen.get((row.owner, row.label)) for row in result.predictions]
    return ["" if value is None else percent(value) for value in found]


def backtest_table(result: Result) -> str:
    """Errors and coverage of the model and its rivals, percentage points."""
    tests = result.settings.backtests
    header = ("fit until, predicted to", "series", "forecast", "periods", "RMSE", "mean error",
              "intervals that held")  # fmt: skip
    return table(header, [_score_cells(tests[row.backtest], row, result) for row in result.scores])


def remark_list(result: Result) -> str:
    """What the calibration itself warns of; misses of single numbers only by the first of each."""
    lines: list[str] = []
    misses: dict[str, list[str]] = {}
    for text in result.listed("warnings"):
        found = re.match(r"(backtest (\w+): )?(targets? |\d+ more misses)", text)
        if found:
            misses.setdefault(found[2] or "", []).append(text.removeprefix(found[1] or ""))
        else:
            lines.append(f"- {text}")
    for backtest, texts in misses.items():
        where = f"backtest {backtest}: " if backtest else ""
        more = " (and others like it: fit.html)" if len(texts) > 1 else ""
        lines.append(f"- {where}{texts[0]}{more}")
    return "\n".join(lines) or "- nothing"


def time_line(result: Result) -> str:
    """How long it took, and how much was simulated."""
    settings = result.settings
    if settings.design:
        whole = result.number("run_seconds") / 60.0
        return (
            f"The model was simulated at {settings.design} points, each in a world of its own; the"
            f" fit, all origins and predictions from these answers took {whole:.1f} minutes."
        )
    fit, whole = (result.number(name) / 60.0 for name in ("fit_seconds", "run_seconds"))
    return (
        f"The fit took {fit:.1f} minutes ({result.number('points'):.0f} points, each in"
        f" {settings.seeds} simulated worlds), all together {whole:.1f} minutes."
    )


def coding_text(result: Result) -> str:
    """What payments say of accounts that become overdue, from the file of the panel."""
    (panel,) = result.settings.panels.values()
    months = sorted(panel.columns)
    before, now = (panel.columns[month] for month in months[:2])
    payments = {month: _payment_column(panel.columns[month], "paid") for month in months}
    bills = [_payment_column(panel.columns[month], "bill") for month in months[:2]]
    table = columns_of(panel.path, [before, now, *payments.values(), *bills])
    unpaid = [np.array([panel.codes[int(cell)] for cell in table[name]]) for name in (before, now)]
    owes = np.all([np.array(table[name], dtype=float) > 0 for name in bills], axis=0)
    current = unpaid[0] == 0
    groups = {
        "newly overdue": current & (unpaid[1] == 1),
        "still current, with a bill in both months": current & (unpaid[1] == 0) & owes,
    }
    lines = []
    for month, column in payments.items():
        nothing = np.array(table[column], dtype=float) == 0
        shares = (f"{nothing[group].mean():.0%}".replace("%", " %") for group in groups.values())
        lines.append((month, *shares))
    counted = [f"{name} ({group.sum():,} accounts)" for name, group in groups.items()]
    caption = f"Share of accounts that paid nothing, of those current in {months[0]}, by what"
    return f"{caption} they are in {months[1]}:\n\n" + table(("payment column of", *counted), lines)


def source_table(result: Result) -> str:
    """Published ratios with the error that is given to each, and where they come from."""
    levels = result.targets().items()
    return table(
        ("target", "value", "error given", "source"),
        [
            (name, percent(target.value), percent(target.sd), target.source)
            for name, target in levels
            if isinstance(target, LevelTarget)
        ],
    )


def relief_table(result: Result) -> str:
    """Reach and terms of the relief under which is predicted: assumptions."""
    predictions = result.settings.predictions.values()
    asked = {item.policy for item in predictions if isinstance(item, SeriesPrediction)}
    (name,) = asked - {REFERENCE}
    policies = result.part("configuration")["policy"]
    assert isinstance(policies, dict)
    terms = policies[name]
    meanings = field_meanings(POLICY_KINDS[terms["kind"]])
    return table(
        ("field", "value", "meaning"),
        [(f"`{field}`", f"{terms[field]:g}", meanings[field]) for field in TERMS_OF_RELIEF],
    )


BLOCKS: dict[str, Callable[[Result], str]] = {
    "parameters": parameter_table,
    "given": given_table,
    "fit": fit_table,
    "backtests": backtest_table,
    "rolling": rolling_table,
    "reliability": reliability_table,
    "recovery": recovery_table,
    "warnings": remark_list,
    "time": time_line,
    "coding": coding_text,
    "sources": source_table,
    "relief": relief_table,
}
"""What stands between the markers of a case, but for ``predictions``, which come from its CSV."""


def begin(case: str, block: str) -> str:
    """Marker before a generated block."""
    return f"<!-- begin {case}:{block} -->\n"


def end(case: str, block: str) -> str:
    """Marker after a generated block."""
    return f"<!-- end {case}:{block} -->"


def fill(page: str, case: str, blocks: dict[str, str]) -> str:
    """``page`` with the case's ``blocks`` between their markers; ``UserError`` without a pair."""
    for name, text in blocks.items():
        head, found, rest = page.partition(begin(case, name))
        _, closed, tail = rest.partition(end(case, name))
        if not found or not closed:
            raise UserError(f"docs/validation.md needs the markers of {case}:{name}")
        page = f"{head}{found}\n{text}\n\n{closed}{tail}"
    return page


def blocks_of(page: str, case: str) -> list[str]:
    """Names of a case's blocks in ``page``."""
    return re.findall(rf"<!-- begin {case}:(\w+) -->", page)


def _prior(row: ParameterRow, free: FreeParameter) -> str:
    if row.prior_mean is None or row.prior_sd is None:
        return f"{row.low:g} to {row.high:g}"
    unit = {"log": " relative", "logit": " in log-odds", "linear": ""}[free.scale]
    return f"{row.prior_mean:g}, sd {row.prior_sd:g}{unit}"


def _series_fit(result: Result, targets: Sequence[str]) -> str:
    header = (
        "series", "periods", "mean seen", "sd seen", "mean simulated", "RMSE", "R2 of movements",
        "largest miss", "unexplained (sd)", "its persistence a period",
    )  # fmt: skip
    lines = []
    for name in targets:
        rows = result.of_target(name)
        seen = np.array([row.observed for row in rows])
        misses = np.array([row.simulated for row in rows]) - seen
        worst = int(np.argmax(np.abs(misses)))
        unexplained = result.part("discrepancies")[name]
        assert isinstance(unexplained, dict)
        lines.append(
            (
                f"`{result.series()[name].column}`",
                f"{len(rows)}",
                percent(float(seen.mean())),
                percent(float(seen.std(ddof=1))),
                percent(float((seen + misses).mean())),
                percent(sqrt(float(np.mean(misses**2)))),
                f"{1.0 - float(misses.var() / seen.var()):.2f}",
                f"{percent(float(misses[worst]))} in {rows[worst].label}",
                percent(unexplained["sd"]),
                f"{unexplained['persistence']:.2f}",
            )
        )
    return table(header, lines)


def _number_fit(result: Result, rows: Iterable[FittedNumber]) -> str:
    targets = result.settings.targets
    header = ("target", "number", "seen", "standard error", "simulated", "misfit in errors")
    return table(
        header,
        [
            (
                row.target,
                LABELS.get(targets[row.target].kind, "{}").format(row.label),
                percent(row.observed),
                percent(row.sampling_se),
                percent(row.simulated),
                f"{row.z:+.1f}",
            )
            for row in rows
        ],
    )


def _score_cells(test: Backtest, score: BacktestScore, result: Result) -> tuple[str, ...]:
    series = result.series()
    column = series[score.target].column if score.target in series else score.target
    return (
        f"{test.fit_to}, {test.predict_to}",
        f"`{column}`",
        NAMED_FORECASTERS.get(score.forecaster, score.forecaster),
        f"{score.n}",
        percent(score.rmse),
        f"{100.0 * score.mean_error:+.2f}",
        f"{score.coverage:.0%}".replace("%", " %"),
    )


def _quarter_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A line a quarter; the other naming columns become columns of the table."""
    others: dict[tuple[str, ...], None] = {tuple(row[1 : len(names)]): None for row in rows}
    quarters = dict.fromkeys(row[0] for row in rows)
    cells = {tuple(row[: len(names)]): " ".join(_interval(row, "({})")) for row in rows}
    header = [" ".join(f"`{part}`" for part in other) for other in others]
    return table(
        ("quarter", *(words or "prediction (interval)" for words in header)),
        [
            (quarter, *(cells.get((quarter, *other), "") for other in others))
            for quarter in quarters
        ],
    )


def _interval(row: Sequence[str], form: str = "{}") -> tuple[str, str]:
    """Prediction and interval of a row that ends with prediction, low, high."""
    middle, low, high = (percentage(float(text)) for text in row[-len(NUMBERS) :])
    return middle, form.format(f"{low} to {high}")


def _payment_column(status_column: str, kind: str) -> str:
    """Column of the same month as a status column: ``paid_2005_04`` of ``status_2005_04``."""
    return status_column.replace("status", kind)
