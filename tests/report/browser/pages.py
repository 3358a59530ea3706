"""Pages whose every text is a user's: the stress test's and the calibration's."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from simulator.report.fit.page import render_fit
from simulator.settings import ReportSettings
from tests.report.fit.test_fit_page import make_report
from tests.report.money_runs import LINES, make_money_run
from tests.report.stress_runs import Run, page_of
from tests.report.tournament_runs import make_tournament

N_MAIN_NAMES = 18
"""Names that a stress test's page takes from its user; the calibration's takes the rest."""

ROLLS = "rolls"


class Texts(NamedTuple):
    """What a user wrote: single names, and longer words that hold all of them."""

    names: Sequence[str]
    words: Sequence[str]


def plain_texts(n: int) -> Texts:
    """As many harmless names and words."""
    return Texts([f"name{i}" for i in range(n)], [f"word{i}" for i in range(n)])


def main_page(texts: Texts) -> str:
    """The page of a run with two scenarios, four policies and two rule books, all named so."""
    given = iter(texts.names)
    (title,), scenarios, others = _take(given, 1), _take(given, 2), _take(given, 3)
    policies = ["status_quo", *others]
    labels, grades, lines = _take(given, 2), _take(given, 3), _take(given, 2)
    regions, products = _take(given, 3), _take(given, 2)
    rolled = (*LINES[:4], *lines, *LINES[6:])
    money = make_money_run(scenarios, policies, 4, 12, scenarios, grades, rolled)
    told = make_tournament(len(policies), scenarios, 4, others).dataset
    groups = {"region": ["east", *regions], "product": products}
    coordinates = {"provision_label": ("provision", labels), **groups}
    extra = told.drop_vars([name for name in told.data_vars if name in money.dataset])
    dataset = (
        money.dataset.assign_coords(extra.coords).assign(extra.data_vars).assign_coords(coordinates)
    )
    dataset.attrs["currency"] = title
    run = money._replace(dataset=dataset)
    _describe(run, texts)
    return page_of(run, ReportSettings(title=title))


def _take(given: Iterator[str], n: int) -> list[str]:
    return [next(given) for _ in range(n)]


def _describe(run: Run, texts: Texts) -> None:
    """Put ``texts`` wherever a manifest holds words of a user."""
    manifest: dict[str, Any] = run.manifest
    everything = " ".join(texts.words)
    for entry in manifest["scenarios"].values():
        entry |= {"narrative": everything, "source": everything, "warnings": list(texts.words)}
        entry["label"] = None
    kinds = {name: {"kind": word} for name, word in zip(texts.names, texts.words, strict=False)}
    for settings in manifest["configuration"]["policy"].values():
        settings |= {"regions": list(texts.words), texts.names[0]: texts.names[1]}
    for settings in manifest["configuration"]["provision"].values():
        settings |= {texts.names[2]: {texts.names[3]: list(texts.words[:3])}, "source": everything}
    manifest["configuration"]["more"] = kinds
    manifest["book"] |= {"notes": list(texts.words), "imputed_columns": list(texts.words)}
    manifest["overrides"] = list(texts.words)
    manifest["packages"] = dict(zip(texts.names, texts.words, strict=False))
    manifest["random_numbers"] = everything
    manifest["checks"] = [
        manifest["checks"][0] | {"name": texts.names[0], "meaning": everything, "value": everything}
    ]


def fit_page(texts: Texts) -> str:
    """The page of a calibration, all named so."""
    report, given = make_report(), iter(texts.names)
    everything = " ".join(texts.words)
    (label, series, cells), groups, parameters = _take(given, 3), _take(given, 2), _take(given, 3)
    tests, rivals, (items, *labels) = _take(given, 2), _take(given, 2), _take(given, 10)
    *ahead, item = report.predictions
    targets = {"overdue_30": series, ROLLS: cells}
    numbers = [
        replace(
            n, target=targets[n.target], label=labels[i % 5] if n.target == "rolls" else n.label
        )
        for i, n in enumerate(report.numbers)
    ]
    return render_fit(
        replace(
            report,
            label=label,
            story="\n\n".join(texts.words),
            parameters=[
                replace(p, name=name, prior_source=everything)
                for p, name in zip(report.parameters, parameters, strict=True)
            ],
            numbers=numbers,
            kinds={series: "series", cells: "rolls"},
            predictions=[
                *(replace(p, group=groups[i % 2]) for i, p in enumerate(ahead)),
                *(replace(item, group=items, label=label) for label in labels[5:]),
            ],
            backtests=[
                replace(
                    row,
                    backtest=tests[i % 4 // 2],
                    target=series,
                    forecaster=row.forecaster if row.forecaster == "model" else rivals[i % 4 // 2],
                )
                for i, row in enumerate(report.backtests)
            ],
            warnings=list(texts.words),
            facts=list(texts.words),
            provenance=[(word, [(word, everything)]) for word in texts.words],
            configuration=everything,
        )
    )
