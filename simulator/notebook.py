"""The calls that a notebook needs: run, read a stored run, and say what it shows.

Shipped books, scenarios and policies go by name; own ones are typed objects::

    import simulator

    run = simulator.stress_test(
        "cn_online",
        scenarios=["baseline", "downturn"],
        policies={"long_grace": simulator.build_policy("long_grace", {"kind": "grace_period"})},
        paths=40,
        borrowers=2_000,
    )
    run.dataset["overdue_rate"].sel(dpd=30).mean("path")
    run.compare("long_grace", "status_quo")
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from simulator.catalogue import parameters_from
from simulator.experiment import run_experiment
from simulator.named import (
    FITTED,
    BreakEvens,
    Lists,
    Policies,
    RuleBooks,
    Scenarios,
    assumptions_of,
    book_of,
    lists_of,
    parameters_of,
)
from simulator.products import Product, shipped_products
from simulator.progress import Progress
from simulator.reading.named_files import with_home
from simulator.request import ExperimentRequest
from simulator.results.run_folder import replacing
from simulator.settings import (
    AssumptionsSettings,
    BookSettings,
    LanguageCode,
    ReportSettings,
    RunSettings,
)
from simulator.shipped import fitted_books, shipped_tables
from simulator.validation import build, check_known, clip

if TYPE_CHECKING:
    from simulator.results.run import Run


def stress_test(
    book: str | BookSettings = "cn_online",
    scenarios: Scenarios = ("baseline", "downturn", "epidemic"),
    policies: Policies = ("status_quo", "grace_period", "stricter_approval"),
    *,
    paths: int = 100,
    draws_per_path: int = 1,
    months: int = 24,
    runoff_months: int | None = None,
    borrowers: int | None = None,
    history_borrowers: int = 0,
    adjust: bool = True,
    book_draws: int = 10,
    precision: Mapping[str, object] | None = None,
    most_paths: int = 5_000,
    most_memory: str | None = None,
    parameter_draws: str | None = None,
    draws: int = 30,
    tail: str = "plain",
    seed: int = 20260101,
    threads: int = 0,
    start_month: str | None = None,
    provision: RuleBooks = ("cas22", "cecl", "china_minimum"),
    break_even: BreakEvens = (),
    parameters: str | Mapping[str, float] = FITTED,
    over: str = FITTED,
    assumptions: str | AssumptionsSettings | None = None,
    sections: Mapping[str, BaseModel] | None = None,
    products: Iterable[Product] = (),
    output: str | Path | None = None,
    progress: Progress | None = None,
    luck_replicates: int | None = None,
) -> "Run":
    """Run every policy in every scenario with common random numbers (same borrowers and draws).

    Numbers are those of ``python -m simulator`` with the same settings.

    Parameters
    ----------
    book : str or BookSettings
        A shipped book by name, or settings.
    scenarios : iterable of str and ScenarioSettings, or mapping
        Shipped names and objects, in a list named after their label, or a mapping from own names.
    policies : iterable of str and Policy, or mapping
        The same, objects in a list named after their kind. ``status_quo`` is the reference, the
        first policy, and is added when absent.
    paths : int
        Number of Monte Carlo paths.
    draws_per_path : int
        Idiosyncratic draws per path of the economy; divides ``paths``.
    months : int
        Reported months.
    runoff_months : int or None
        Months beyond, without new lending; None: until by contract at most 2 % of the balance is
        left, at most 60.
    borrowers : int or None
        Size of a synthetic book, or of a tape's sample.
    history_borrowers : int
        Number of borrowers whose every month on path 0 is in ``history``.
    adjust : bool
        Whether means are adjusted for the economy's draws.
    book_draws : int
        Further draws of a drawn book, for intervals with the sampling of borrowers; 0: none.
    precision : mapping of str to number, or None
        Half-width wanted of a metric's interval by its name; paths are added until it is reached.
    most_paths : int
        Paths at which that ends.
    most_memory : str or None
        Memory that the process is to keep to, as ``4GB`` or ``500MB``; None: what is free. With
        ``output`` sums of paths that take more stay in its files. Changes no number.
    parameter_draws : str or None
        Fit (its folder, or the name of a shipped one) whose parameters are drawn, for intervals
        with its doubt; None: none.
    draws : int
        Draws of them.
    tail : str
        ``shifted``: as many more paths with the economy shifted towards large losses, for value
        at risk and expected shortfall.
    seed : int
        Of all random numbers.
    threads : int
        Worker threads; 0: the processors that this process may use. Changes no number.
    start_month : str or None
        Calendar month of month 1 (YYYY-MM) for scenarios that fix none.
    provision, break_even : iterable of str and objects, or mapping
        Provisioning standards, in a list named after their label, and questions about break-even
        values, after their field.
    parameters : str or mapping of str to float
        A shipped set by name (``default``: the catalogue), or values by name over ``over``.
    over : str
        The shipped set under values, as on the command line.
    assumptions : str, AssumptionsSettings or None
        List that is tried after the run; None: nothing is.
    sections : mapping of str to settings, or None
        Settings of further groups by their name.
    products : iterable of Product
        Own ones beside the shipped.
    output : str, Path or None
        Folder whose files give way to those of the run, when they are whole.
    progress : Progress or None
        What is told how far the run is.
    luck_replicates : int or None
        Old name of ``draws_per_path``.

    Returns
    -------
    Run
        All answers; nothing is printed.

    Raises
    ------
    UserError
        For what a user can mend: key or file, what is allowed, what was found.

    References
    ----------
    docs/model.md: every equation, and in section 15 every parameter with its source. Common random
    numbers: section 12; intervals: sections 14.4 and 14.5.
    """
    if luck_replicates is not None:
        warnings.warn("luck_replicates is now draws_per_path", FutureWarning, stacklevel=2)
        draws_per_path = luck_replicates
    request = build_request(
        book,
        scenarios,
        policies,
        paths=paths,
        draws_per_path=draws_per_path,
        months=months,
        runoff_months=runoff_months,
        borrowers=borrowers,
        history_borrowers=history_borrowers,
        adjust=adjust,
        book_draws=book_draws,
        precision=precision,
        most_paths=most_paths,
        most_memory=most_memory,
        parameter_draws=parameter_draws,
        draws=draws,
        tail=tail,
        seed=seed,
        threads=threads,
        start_month=start_month,
        provision=provision,
        break_even=break_even,
        parameters=parameters,
        over=over,
        assumptions=assumptions,
        sections=sections,
        products=products,
    )
    run = run_request(request, output, progress)
    for category, text in told(run):
        warnings.warn(text, category, stacklevel=2)
    return run


def build_request(
    book: str | BookSettings = "cn_online",
    scenarios: Scenarios = ("baseline", "downturn", "epidemic"),
    policies: Policies = ("status_quo", "grace_period", "stricter_approval"),
    *,
    paths: int = 100,
    draws_per_path: int = 1,
    months: int = 24,
    runoff_months: int | None = None,
    borrowers: int | None = None,
    history_borrowers: int = 0,
    adjust: bool = True,
    book_draws: int = 10,
    precision: Mapping[str, object] | None = None,
    most_paths: int = 5_000,
    most_memory: str | None = None,
    parameter_draws: str | None = None,
    draws: int = 30,
    tail: str = "plain",
    seed: int = 20260101,
    threads: int = 0,
    start_month: str | None = None,
    provision: RuleBooks = ("cas22", "cecl", "china_minimum"),
    break_even: BreakEvens = (),
    parameters: str | Mapping[str, float] = FITTED,
    over: str = FITTED,
    assumptions: str | AssumptionsSettings | None = None,
    sections: Mapping[str, BaseModel] | None = None,
    products: Iterable[Product] = (),
    report: ReportSettings | None = None,
) -> ExperimentRequest:
    """The request of ``stress_test`` with these arguments, validated; nothing is run.

    ``report``: what its report shows, and in which language; None: the defaults.

    Raises ``UserError`` for what a user can mend.
    """
    asked: dict[str, object] = {
        "paths": paths,
        "draws_per_path": draws_per_path,
        "months": months,
        "runoff_months": runoff_months,
        "history_borrowers": history_borrowers,
        "seed": seed,
        "threads": threads,
    }
    if start_month is not None:
        asked["start_month"] = start_month
    asked |= {"adjust": adjust, "book_draws": book_draws, "most_paths": most_paths}
    asked |= {"most_memory": most_memory}
    asked |= {"tail": tail, "parameter_draws": parameter_draws, "draws": draws}
    asked["precision"] = dict(precision or {})
    return _request(
        book_of(book, borrowers),
        lists_of(scenarios, policies, provision, break_even, products),
        build("run", RunSettings, asked),
        parameters_of(parameters, over),
        {**(sections or {}), **assumptions_of(assumptions)},
        report,
    )


def run_request(
    request: ExperimentRequest,
    output: str | Path | None = None,
    progress: Progress | None = None,
) -> "Run":
    """What ``request`` gives; with ``output`` its files take the place of what that folder has.

    Raises ``UserError`` for what a user can mend.
    """
    try:
        if output is None:
            return run_experiment(request, progress=progress)
        folder = with_home(output)
        with replacing(folder):
            return run_experiment(request, folder, progress)
    finally:
        if progress is not None:
            progress.finish()


def told(run: "Run") -> Iterator[tuple[type[Warning], str]]:
    """What a user has to know of ``run``, as warnings: what failed first."""
    for failed in (*run.failed_checks, *_what_failed(run)):
        yield RuntimeWarning, failed
    for warning in run.warnings:
        yield UserWarning, warning


def load(folder: str | Path) -> "Run":
    """The run whose files are in ``folder``, as ``stress_test`` gave it.

    Parameters
    ----------
    folder : str or Path
        Of a finished run. Of it results.nc alone is needed (history.parquet for ``history``).

    Returns
    -------
    Run
        With equal answers.

    Raises
    ------
    UserError
        In one line, where it is no run's, another version's or damaged.

    References
    ----------
    docs/results.md: files of a run.
    """
    from simulator.results.run import Run

    return Run.read(Path(folder).expanduser())


def verdict(run: "Run", language: LanguageCode = "en") -> str:
    """The decision of ``run`` in the words of the report's first screen.

    Parameters
    ----------
    run : Run
        Fresh or stored.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        One or two sentences, money in the book's currency with its 95 % interval.

    Raises
    ------
    UserError
        For another language.

    References
    ----------
    docs/model.md, section 14.2.
    """
    from simulator.report.headline.verdict import verdict as words
    from simulator.report.kit.data import ReportData
    from simulator.report.kit.language import speaking

    check_known("language", get_args(LanguageCode), language)
    with speaking(language):
        return words(ReportData(run))


def _request(
    book: tuple[str, BookSettings],
    lists: Lists,
    run: RunSettings,
    parameters: tuple[str, Mapping[str, object]],
    sections: Mapping[str, BaseModel],
    report: ReportSettings | None,
) -> ExperimentRequest:
    """The request, with its whole configuration; books and parameters come with their names."""
    (book_name, settings), (set_name, changed) = book, parameters
    configuration = {
        "book": settings.model_dump(mode="json"),
        **{
            group: {name: _plain(item) for name, item in items.items()}
            for group, items in lists._asdict().items()
            if items
        },
        "run": run.model_dump(mode="json"),
        "parameters": dict(changed),
        **{name: item.model_dump(mode="json") for name, item in sections.items()},
        **({} if report is None else {"report": report.model_dump(mode="json")}),
    }
    return ExperimentRequest(
        book=settings,
        book_name=book_name,
        scenarios=lists.scenario,
        policies=lists.policy,
        products={**shipped_products(), **lists.product},
        run=run,
        report=report or ReportSettings(),
        break_even=lists.break_even,
        provision=lists.provision,
        sections=sections,
        parameters=parameters_from(changed),
        parameters_name=set_name,
        fitted_books=fitted_books(set_name),
        table_folders=(shipped_tables(),),
        configuration=configuration,
    )


def _plain(item: object) -> object:
    """Settings as plain values, for the manifest."""
    if isinstance(item, BaseModel):
        return item.model_dump(mode="json")
    return {"kind": getattr(item, "kind", type(item).__name__)}


def _what_failed(run: "Run") -> Iterator[str]:
    """What ended an explanation or the pages; the data stand."""
    if run.failure is not None:
        error = clip(f"{type(run.failure).__name__}: {run.failure}", 300)
        yield f"{error}; the data are whole, loanstress report DIR makes the report again"
