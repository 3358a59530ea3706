"""The calls that begin: run a stress test, or read a finished one."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from loanstress.inputs import Book, PolicyLike, Scenario, book_of, policies_of, scenarios_of
from loanstress.run import Run
from loanstress.shown import page_path
from loanstress.watching import watching
from simulator.named import FITTED, BreakEvens, RuleBooks
from simulator.notebook import build_request, run_request, told
from simulator.notebook import load as load_finished
from simulator.products import Product
from simulator.progress import Progress
from simulator.report.kit.language import speaking
from simulator.report.kit.run_messages import run_message
from simulator.settings import (
    AssumptionsSettings,
    BookSettings,
    LanguageCode,
    ReportSettings,
    ScenarioSettings,
)
from simulator.validation import check_known, clip

if TYPE_CHECKING:
    import pandas as pd


def stress_test(
    book: "str | Path | pd.DataFrame | Book | BookSettings" = "cn_online",
    scenarios: "Iterable[str | Scenario | ScenarioSettings] | Mapping[str, Any]" = (
        "baseline",
        "downturn",
        "epidemic",
    ),
    policies: Iterable[PolicyLike] | Mapping[str, PolicyLike] = (
        "status_quo",
        "grace_period",
        "stricter_approval",
    ),
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
    start_month: str | None = None,
    provision: RuleBooks = ("cas22", "cecl", "china_minimum"),
    break_even: BreakEvens = (),
    parameters: str | Mapping[str, float] = FITTED,
    base: str = FITTED,
    assumptions: str | AssumptionsSettings | None = None,
    sections: Mapping[str, BaseModel] | None = None,
    products: Iterable[Product] = (),
    threads: int = 0,
    progress: bool | Progress = True,
    language: LanguageCode = "en",
    report: str | Path | None = None,
    output: str | Path | None = None,
) -> Run:
    """Run every policy in every scenario with common random numbers (same borrowers and draws).

    Numbers are those of the command ``loanstress`` with the same settings.

    Parameters
    ----------
    book : str, Path, DataFrame, Book or BookSettings
        A shipped book by name, the path of a loan tape, a DataFrame of loans (one row a
        loan), or ``loanstress.Book`` where the tape needs a mapping.
    scenarios : iterable of str and Scenario, or mapping
        Shipped names and ``loanstress.Scenario`` objects, or a mapping from own names.
    policies : iterable of str, Policy, dict and function, or mapping
        Shipped names, objects, dicts (``{"kind": "grace_period", "months": 6}``, a key
        ``name`` gives another name) and functions (of a ``Window``, returning edits); or a
        mapping from own names. ``status_quo`` is the reference and is added when absent.
    paths : int
        Number of Monte Carlo paths.
    draws_per_path : int
        Idiosyncratic draws per path of the economy; divides ``paths``.
    months : int
        Reported months.
    runoff_months : int or None
        Months simulated beyond, without new lending; None: until by contract at most 2 % of
        the balance is left, at most 60.
    borrowers : int or None
        Size of a synthetic book, or of the sample of a tape (number of borrowers).
    history_borrowers : int
        Number of borrowers whose every month on path 0 is in ``run.history``.
    adjust : bool
        Whether means are adjusted for the economy's draws (decision 24).
    book_draws : int
        Further draws of a drawn book, for intervals with the sampling of borrowers; 0: none.
    precision : mapping of str to number, or None
        Half-width wanted of a metric's interval by its name, as
        ``{"lifetime_credit_loss": 0.02}`` (relative); paths are added until it is reached.
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
    start_month : str or None
        Calendar month of month 1, as 2026-01, for scenarios that fix none.
    provision : iterable of str and objects, or mapping
        Provisioning standards by name or as objects; the first gives profit and capital.
    break_even : iterable of str and BreakEvenSettings, or mapping
        Break-even questions by name or as objects.
    parameters : str or mapping of str to float
        A shipped set by name, or values by name over the set ``base``.
    base : str
        Shipped set under ``parameters``: the fitted one of the default book; ``default`` is
        the catalogue.
    assumptions : str, AssumptionsSettings or None
        List that is tried after the run, by name or as an object; None: nothing is tried.
    sections : mapping of str to settings, or None
        Settings of further groups, as ``{"explain": ExplainSettings(causes=True)}``.
    products : iterable of Product
        Own loan products beside the shipped ones.
    threads : int
        Worker threads; 0: the processors that this process may use. Changes no number.
    progress : bool or Progress
        Whether to say on stderr how far it is, or an object that is told.
    language : str
        ``en`` or ``zh``: of the table, the figures, the report and the lines of progress.
    report : str, Path or None
        File that the report goes to, as ``report.html``.
    output : str, Path or None
        Folder that all files of the run go to; earlier results stay until new ones are
        whole.

    Returns
    -------
    Run
        Answers as frames and figures.

    Raises
    ------
    UserError
        For what can be mended, in a few lines: key or file, what is allowed, what was found.

    Warns
    -----
    UserWarning
        What a reader of the numbers has to know.
    RuntimeWarning
        A check that failed: the numbers must not be used.

    References
    ----------
    docs/model.md: every equation, and in section 15 every parameter with its source. Common random
    numbers: section 12; intervals: sections 14.4 and 14.5.

    Examples
    --------
    >>> run = loanstress.stress_test(scenarios=["downturn"], policies=["grace_period"], paths=40)
    """
    page = None if report is None else page_path(report)
    check_known("language", get_args(LanguageCode), language)
    with speaking(language), watching(progress) as watch:
        request = build_request(
            book_of(book),
            scenarios_of(scenarios),
            policies_of(policies),
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
            over=base,
            assumptions=assumptions,
            sections=sections,
            products=products,
            report=ReportSettings(language=language),
        )
        finished = run_request(request, output, watch)
        run = Run(finished, request)
    with speaking(language):
        heard = [(category, run_message(text)) for category, text in told(finished)]
    if page is not None:
        try:
            run.report(page)
        except Exception as error:  # the run is whole and must reach its user
            heard.append((RuntimeWarning, f"the report was not written: {clip(error, 300)}"))
    for category, text in heard:
        warnings.warn(text, category, stacklevel=2)
    return run


def load(folder: str | Path) -> Run:
    """The run whose files are in ``folder``: the same type, with equal answers.

    Parameters
    ----------
    folder : str or Path
        Of a finished run, of the command or of ``stress_test(output=...)``.

    Returns
    -------
    Run
        As ``stress_test`` gave it.

    Raises
    ------
    UserError
        Where the folder is no run's, another version's, or damaged.

    References
    ----------
    docs/results.md: files of a run.

    Examples
    --------
    >>> run = loanstress.load("outputs/2026-11-30_12-00-00")
    """
    return Run(load_finished(folder))
