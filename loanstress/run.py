"""A finished run as a notebook holds it: frames, figures and a table that says what it found."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loanstress.cells import parts_against, seven, standing_cells
from loanstress.frames import rows_frame
from loanstress.plots import Plots
from loanstress.settings import Settings
from loanstress.shown import html_table, page_path, text_table
from loanstress.watching import watching
from simulator.progress import Progress
from simulator.report.kit.language import speaking
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import CausePart, CauseShare
from simulator.results.checks import stored_checks
from simulator.results.decision import Decision
from simulator.results.ranking import Standing
from simulator.results.run import Run as Finished
from simulator.results.sensitivity import Sensitive
from simulator.results.summary import SummaryRow
from simulator.results.underwriting import UnderwritingRow
from simulator.results.worst_paths import WorstTenth
from simulator.settings import LanguageCode
from simulator.validation import UserError, check_known

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

ALL: Final = "all"
"""Name of all scenarios by weight in a column ``scenario``."""


class Run:
    """A finished run: what ``stress_test`` gives and ``load`` reads back.

    Printed, it is a table of scenarios and policies with the verdict.

    Parameters
    ----------
    finished : simulator.Run
        The run as the simulator gives it.
    request : ExperimentRequest or None
        What was asked, where this process ran it.

    References
    ----------
    docs/results.md: every figure with its unit and definition.
    """

    def __init__(self, finished: Finished, request: ExperimentRequest | None = None) -> None:
        self.finished = finished
        self._request = request

    def __repr__(self) -> str:
        """Scenarios, policies, changes against the current policy, and the verdict."""
        return text_table(self.finished)

    def _repr_html_(self) -> str:
        return html_table(self.finished)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return self.finished.scenarios

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies, the current one first."""
        return self.finished.policies

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers has to know, in English."""
        return self.finished.warnings

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """Checks that failed; the numbers of such a run must not be used."""
        return self.finished.failed_checks

    @property
    def decision(self) -> Decision:
        """Which policy to take, by the rule of docs/model.md, section 14.2."""
        return self.finished.decision

    @property
    def manifest(self) -> Mapping[str, object]:
        """Content of manifest.json: configuration, seed, hashes of inputs, versions, checks."""
        return self.finished.manifest

    @cached_property
    def settings(self) -> Settings:
        """The configuration, by group; ``loanstress.sweep`` takes it."""
        return Settings(self.finished.settings, self._request)

    @property
    def parameters(self) -> "pd.Series[float]":
        """Every model parameter as the run used it, by name (units: ``loanstress.parameters()``).

        Raises
        ------
        UserError
            Where results.nc of a stored run is not as a run writes it.
        """
        import pandas as pd

        return pd.Series(dict(self.finished.parameters), name="value", dtype=float)

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """Rows of summary.csv: a row a scenario, policy, metric and month.

        Mean, 95 % interval (``ci_low``, ``ci_high``), quantiles over paths; ``month`` is missing
        for the whole horizon; ``unit`` is that of the row.

        Raises
        ------
        UserError
            Where results.nc of a stored run is not as a run writes it.
        """
        frame = rows_frame(self.finished.summary, SummaryRow._fields)
        return frame.astype({"month": "Int64"})

    def verdict(self, language: LanguageCode | None = None) -> str:
        """The decision in the words of the report's first screen.

        Parameters
        ----------
        language : str or None
            ``en`` or ``zh``; None: as the settings say.

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
        from simulator.notebook import verdict

        return verdict(self.finished, language or self.finished.report_settings.language)

    def ranking(self, scenario: str | None = None) -> "pd.DataFrame":
        """All policies but the current one, the best first.

        Parameters
        ----------
        scenario : str or None
            One of ``scenarios``; None: over all by weight.

        Returns
        -------
        DataFrame
            One row a policy: ``rank``, ``worth`` (change of value), ``cost``, ``loss_avoided``,
            ``net`` and ``behind`` in money with ``_ci_low`` and ``_ci_high``, ``dominated_by``,
            borrowers by outcome, changes of burdens, and shares (fractions). Empty for a run of
            the current policy alone.

        Raises
        ------
        UserError
            For a scenario that is not there.

        References
        ----------
        docs/model.md, sections 12 and 14.2.
        """
        rows = [standing_cells(found) for found in self.finished.ranking(scenario)]
        columns = list(rows[0]) if rows else [part.name for part in fields(Standing)]
        return rows_frame([tuple(row.values()) for row in rows], columns)

    def compare(
        self, first: str, other: str, metric: str | None = None, scenario: str | None = None
    ) -> "pd.DataFrame":
        """Metrics of the policy ``first`` less those of ``other``, path by path.

        Parameters
        ----------
        first, other : str
            Two of ``policies``.
        metric : str or None
            A figure of the whole horizon of summary.csv; None: all of them.
        scenario : str or None
            One of ``scenarios``, or ``all`` (by weight); None: all by weight and each.

        Returns
        -------
        DataFrame
            One row a metric and scenario: mean difference, 95 % interval, quantiles over paths
            (5 %, 50 %, 95 %), unit.

        Raises
        ------
        UserError
            For a name that is not there.

        References
        ----------
        docs/model.md, sections 12 (the same borrowers under two policies) and 14.4 (intervals).
        """
        for name in (first, other):
            check_known("policy", self.policies, name)
        places = (ALL, *self.scenarios)
        if scenario is not None:
            check_known("scenario", places, scenario)
        wanted = [None if place == ALL else place for place in places if scenario in (None, place)]
        found = self.finished.differences(first, other, wanted, metric)
        names = ("metric", "scenario", "mean", "ci_low", "ci_high", "p05", "p50", "p95", "unit")
        rows = [(row.metric, row.scenario or ALL, *seven(row.estimate), row.unit) for row in found]
        return rows_frame(rows, names)

    @cached_property
    def history(self) -> "pd.DataFrame":
        """Every month of the sampled borrowers' loans on path 0, from the opening to the horizon.

        One row a scenario, policy, month and loan. Of the loan: ``status``, ``dpd`` (days past
        due at month end), ``n_unpaid`` (instalments), ``cause``, ``balance``, ``contacts``
        (efforts of the month). Of its borrower: ``income`` (of the household, of the month),
        ``work``, ``health``, ``hardship``, what the lender sees of it (``hardship_seen``),
        ``savings``. Words are categories, money is in the book's currency; every column:
        docs/results.md.

        Raises
        ------
        UserError
            Where the run kept none (``history_borrowers=0``), or a stored one is gone or damaged.
        """
        table = self.finished.history
        if table is None:
            raise UserError(
                "history: the run kept none; history_borrowers=N keeps that of N borrowers"
            )
        return table.to_pandas()

    @cached_property
    def checks(self) -> "pd.DataFrame":
        """What must hold in every run, a row a check: name, whether it passed, value, limit."""
        found = stored_checks(self.manifest.get("checks"))
        return rows_frame(found, found[0]._fields if found else ("name", "passed"))

    @cached_property
    def causes(self) -> "pd.DataFrame":
        """Shares of causes in new 90+ balance (fractions); empty where they were not asked for."""
        return rows_frame(self.finished.causes, CauseShare._fields)

    @cached_property
    def cause_parts(self) -> "pd.DataFrame":
        """Waterfalls of a figure over causes or parts of a scenario, a row a step; may be empty."""
        return rows_frame(self.finished.cause_parts, CausePart._fields)

    def explain_against(
        self,
        earlier: "Run | str | Path",
        *,
        metric: str | None = None,
        paths: int = 20,
        progress: bool | Progress = True,
    ) -> "pd.DataFrame":
        """What makes the difference to an earlier run: book, parameters, scenario or policy.

        At most 16 mixtures of both are simulated on the first paths and the seed of this run: the
        numbers of the command with ``explain.against=FOLDER``.

        Parameters
        ----------
        earlier : Run, str or Path
            Last quarter's run, or its folder.
        metric : str or None
            A figure of the whole horizon of summary.csv; None: the credit loss.
        paths : int
            Of each simulation.
        progress : bool or Progress
            Whether to say on stderr how far it is, or an object that is told.

        Returns
        -------
        DataFrame
            As ``cause_parts``: of each scenario that both have the earlier run, parts in which they
            differ (they add up), and this run.

        Raises
        ------
        UserError
            Where the runs have no scenario in common, or one cannot be asked for again.

        References
        ----------
        docs/model.md, section 12.2: exact Shapley shares over the parts in which two runs differ.

        Examples
        --------
        >>> this_quarter.explain_against("outputs/last_quarter")[["group", "amount"]]
        """
        from simulator.notebook import load

        other = earlier if isinstance(earlier, Run) else Run(load(earlier))
        own = self.finished, self.settings.request
        before, asked = (other.finished, other.settings.request), {"metric": metric, "paths": paths}
        with speaking(self.finished.report_settings.language), watching(progress) as watch:
            rows = parts_against(own, before, asked, watch)
        return rows_frame(rows, CausePart._fields)

    @cached_property
    def reverse(self) -> "pd.DataFrame":
        """Answers of reverse stress, a row each: name, limit, reached, distance, shares of causes.

        Shares are columns ``share_CAUSE`` (fractions); empty where nothing was asked.
        """
        import pandas as pd

        told = ("name", "metric", "unit", "scenario", "policy", "limit", "outcome", "reached")
        return pd.DataFrame(
            [
                {key: getattr(answer, key) for key in (*told, "distance", "likelihood")}
                | {f"share_{cause}": share for cause, share in answer.contributions.items()}
                for answer in self.finished.reverse
            ]
        )

    @cached_property
    def sensitivity(self) -> "pd.DataFrame":
        """What parameters do to a figure, the largest first; empty where it was not asked for."""
        return rows_frame(self.finished.sensitivity, Sensitive._fields)

    @cached_property
    def search(self) -> "pd.DataFrame":
        """Best settings of policies, a row a finalist, best first; empty where nothing was asked.

        Values of fields are columns ``FIELD``; gains are against the current policy, on the fresh
        seed.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {"name": answer.name, "policy": answer.policy, "maximise": answer.maximise}
                | one.settings
                | {"gain": one.gain, "over_own": one.over_own, "keeps": one.keeps}
                for answer in self.finished.searches
                for one in answer.finalists
            ]
        )

    @cached_property
    def worst_tenth(self) -> "pd.DataFrame":
        """What the tenth of paths with the largest losses have in common; none of few paths."""
        return rows_frame(self.finished.worst_tenth, WorstTenth._fields)

    @cached_property
    def underwriting(self) -> "pd.DataFrame":
        """What new customers bring by score; empty where it was not asked for."""
        return rows_frame(self.finished.underwriting, UnderwritingRow._fields)

    def to_xarray(self, *, paths: bool = False) -> "xr.Dataset":
        """The results as an xarray Dataset.

        Parameters
        ----------
        paths : bool
            False: statistics over paths, along the dimension ``statistic`` (``mean``,
            ``se``, ``p05``, ``p50``, ``p95``); True: what is known on each path, as in
            results.nc, along ``path``.

        Returns
        -------
        Dataset
            Dimensions ``scenario``, ``policy``, ``month`` and others (docs/results.md); units in
            the attribute ``units`` of each variable.

        Raises
        ------
        UserError
            Where results.nc of a stored run is not as a run writes it.

        References
        ----------
        docs/results.md: every variable.
        """
        return self.finished.dataset if paths else self.finished.statistics

    @cached_property
    def plot(self) -> Plots:
        """Every figure of the report by name: ``run.plot`` lists them."""
        return Plots(self.finished)

    def report(self, path: str | Path, *, language: LanguageCode | None = None) -> Path:
        """Write the report, one HTML page that works offline.

        Parameters
        ----------
        path : str or Path
            The file, ending in ``.html``, in a folder that exists.
        language : str or None
            ``en`` or ``zh``; None: as the settings say.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        UserError
            For another ending, or a folder that cannot be written.

        References
        ----------
        docs/results.md: every figure; captions name the sections of docs/model.md.
        """
        from simulator.report.kit.atomic_file import write_atomically
        from simulator.report.kit.data import ReportData
        from simulator.report.page import render

        page, settings = page_path(path), self.finished.report_settings
        if language is not None:
            check_known("language", ("en", "zh"), language)
        with speaking(language or settings.language):
            text = render(ReportData(self.finished), settings.title)
        write_atomically(page, text)
        return page
