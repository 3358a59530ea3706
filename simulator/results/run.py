"""A run as its user holds it: one type, and the same answers, fresh or read from its folder."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import xarray as xr

from simulator.catalogue import Parameters
from simulator.results.break_even import BreakEven, break_even_rows, stored_break_evens
from simulator.results.cause_shares import CAUSES, PARTS, CausePart, CauseShare
from simulator.results.checks import failures, stored_checks
from simulator.results.decision import Decision, decide, ranked_metric
from simulator.results.emulation import EmulatorAnswer, stored_emulators
from simulator.results.estimate import Estimate
from simulator.results.files import HISTORY_NAME, RESULTS_NAME
from simulator.results.history import read_history
from simulator.results.income_statement import (
    Statement,
    has_rule_books,
    parameters_of,
    statement,
)
from simulator.results.inputs import OTHER_OPENING
from simulator.results.loss_distribution import TailRow
from simulator.results.ranking import Frontier, Standing, frontiers
from simulator.results.reverse import ReverseAnswer, stored_reverse
from simulator.results.run_folder import check_whole
from simulator.results.search import SearchAnswer, stored_searches
from simulator.results.sensitivity import SENSITIVITY, Sensitive
from simulator.results.statistics_view import with_statistics
from simulator.results.stored_run import AGAIN, read_dataset
from simulator.results.summary import Difference, SummaryRow, differences, summarise
from simulator.results.tail_figures import tail_rows
from simulator.results.underwriting import UNDERWRITING, UnderwritingRow
from simulator.results.worst_paths import WORST, WorstTenth
from simulator.settings import ReportSettings
from simulator.validation import UserError, build, check_known, clip

T = TypeVar("T")

MANIFEST: Final = "manifest"
"""Attribute: the manifest as JSON in the order of its keys, without the configuration."""
REPORT: Final = "report"
"""Attribute: the settings of the report as JSON."""
CONFIGURATION: Final = "configuration"


def with_record(
    dataset: xr.Dataset, manifest: Mapping[str, object], report: Mapping[str, object]
) -> xr.Dataset:
    """``dataset`` with what else a run tells, as attributes: results.nc is the whole record.

    The configuration stands there already. ``ValueError`` for NaN or infinity.
    """
    told = {key: value for key, value in manifest.items() if key != CONFIGURATION}
    return dataset.assign_attrs(
        {MANIFEST: json.dumps(told, allow_nan=False), REPORT: json.dumps(dict(report))}
    )


class Run:
    """A finished run: what ``stress_test`` gives and ``load`` reads back.

    Parameters
    ----------
    dataset : Dataset
        What results.nc holds, manifest and settings of the report among its attributes. All
        answers follow from it alone; each is reckoned when it is first asked for, and kept.
    summary : iterable of SummaryRow, or None
        Rows of summary.csv where they are known already.
    folder : Path or None
        Of a stored run; None for a fresh one.
    history : Table or None
        What history.parquet holds, of a fresh run that was asked for it.
    failure : Exception or None
        What ended an explanation or the pages of a fresh run; its data stand all the same.

    Raises
    ------
    UserError
        From any answer, in one line, where results.nc of a stored run is not as a run writes it.

    References
    ----------
    docs/results.md: every figure with its unit and definition.
    """

    def __init__(
        self,
        dataset: xr.Dataset,
        summary: Iterable[SummaryRow] | None = None,
        *,
        folder: Path | None = None,
        history: pa.Table | None = None,
        failure: Exception | None = None,
    ) -> None:
        self.dataset = dataset
        self.failure = failure
        self.folder = folder
        self._summary = None if summary is None else tuple(summary)
        self._history = history

    @classmethod
    def read(cls, folder: str | Path) -> "Run":
        """The run in ``folder``; only its results.nc is read. A ``UserError`` where it is none."""
        place = Path(folder)
        run = cls(read_dataset(place), folder=place)
        if MANIFEST not in run.dataset.attrs:
            raise UserError(
                f"{run._file}: holds no manifest, so an older version wrote it; {AGAIN}"
            )
        for name in (MANIFEST, REPORT, CONFIGURATION):
            run._attribute(name)
        return run

    def __repr__(self) -> str:
        """Size, names and verdict, a line each."""
        attributes, found = self.dataset.attrs, self.decision.outcome.value
        if (case := self.decision.leading) is not None:
            worth, low, high = (f"{number:+,.0f}" for number in case.worth.ends)
            money = clip(attributes["currency"], 20)
            found += f": {case.policy}, {self.decision.measure} {worth} [{low}, {high}] {money}"
        lines = (
            f"Run of {len(self.scenarios)} scenarios x {len(self.policies)} policies,"
            f" {self.dataset.sizes['path']} paths, {attributes['months']} months"
            f" and {attributes['runoff_months']} of run-off",
            f"scenarios: {', '.join(self.scenarios)}",
            f"policies: {', '.join(self.policies)}",
            found,
        )
        return "\n  ".join(clip(line, 200) for line in lines)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return tuple(str(name) for name in self.dataset["scenario"].values)

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies, ``reference`` among them."""
        return tuple(str(name) for name in self.dataset["policy"].values)

    @property
    def reference(self) -> str:
        """Name of the current policy."""
        return str(self.dataset.attrs["reference"])

    @cached_property
    def manifest(self) -> Mapping[str, object]:
        """Content of manifest.json but for the hashes of files; empty in older results."""
        if MANIFEST not in self.dataset.attrs:
            return {}
        return {**self._attribute(MANIFEST), CONFIGURATION: self.settings}

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """The whole configuration of the run, by group."""
        return self._attribute(CONFIGURATION)

    @property
    def parameters(self) -> Parameters:
        """Every parameter of the model as the run used it."""
        return self._answer(lambda: parameters_of(self.dataset))

    @property
    def report_settings(self) -> ReportSettings:
        """Settings of its report."""
        return build("report", ReportSettings, self._attribute(REPORT))

    @property
    def inputs(self) -> Mapping[str, object]:
        """Hashes of the book, of its tape and of the scenarios' tables."""
        return part(self.manifest, "inputs")

    @cached_property
    def summary(self) -> tuple[SummaryRow, ...]:
        """Rows of summary.csv."""
        if self._summary is not None:
            return self._summary
        rows = self._answer(lambda: summarise(self.dataset))
        return (*rows, *break_even_rows(self.break_evens))

    @cached_property
    def decision(self) -> Decision:
        """Which policy to take, by the rule of docs/model.md, section 14.2."""
        return self._answer(lambda: decide(self.dataset, self.summary))

    @cached_property
    def frontiers(self) -> tuple[Frontier, ...]:
        """Rankings over all scenarios by weight, where there are several, then of each."""
        return self._answer(lambda: frontiers(self.dataset))

    def ranking(self, scenario: str | None = None) -> tuple[Standing, ...]:
        """All policies but the current one, the best first; none in a run of one policy.

        Under one scenario, or over all by weight. ``UserError`` for a scenario that is not there.
        """
        if scenario is not None:
            check_known("scenario", self.scenarios, scenario)
        found = (item for item in self.frontiers if scenario in (None, item.scenario))
        return next((item.standings for item in found), ())

    def compare(
        self, first: str, other: str, metric: str = "", scenario: str | None = None
    ) -> Estimate[float]:
        """``metric`` of the policy ``first`` less that of ``other``, path by path.

        Any figure of the whole horizon that summary.csv has a difference of; without a name what
        ranks policies. Under one scenario, or over all by weight. ``UserError`` for a name that is
        not there.
        """
        places = {"scenario": self.scenarios, "policy": self.policies}
        for group, name in (("policy", first), ("policy", other), ("scenario", scenario)):
            if name is not None:
                check_known(group, places[group], name)
        wanted = metric or ranked_metric(self.dataset)
        (found,) = self.differences(first, other, (scenario,), wanted)
        return found.estimate

    def differences(
        self, first: str, other: str, scenarios: Sequence[str | None], metric: str | None = None
    ) -> tuple[Difference, ...]:
        """As ``compare``, under each of ``scenarios``; ``metric`` None: every figure."""
        return self._answer(
            lambda: tuple(differences(self.dataset, (first, other), scenarios, metric))
        )

    @cached_property
    def statistics(self) -> xr.Dataset:
        """The dataset with the statistic over paths as a dimension."""
        return self._answer(lambda: with_statistics(self.dataset))

    @cached_property
    def break_evens(self) -> tuple[BreakEven, ...]:
        """Answers to the questions about break-evens, in the order in which they were asked."""
        told = part(self.manifest, "break_even")
        return self._answer(lambda: stored_break_evens(self.dataset, told))

    @property
    def causes(self) -> tuple[CauseShare, ...]:
        """Shares of causes in new 90+ balance; none where the run does not explain them."""
        return self._answer(lambda: CAUSES.rows_in(self.dataset))

    @property
    def cause_parts(self) -> tuple[CausePart, ...]:
        """Rows of causes.csv: waterfalls of the explained figure, of new 90+, of scenarios."""
        return self._answer(lambda: PARTS.rows_in(self.dataset))

    @cached_property
    def reverse(self) -> tuple[ReverseAnswer, ...]:
        """Answers of reverse stress, as in reverse.json; none where nothing was asked."""
        return self._answer(lambda: stored_reverse(self.dataset))

    @cached_property
    def emulators(self) -> tuple[EmulatorAnswer, ...]:
        """Emulators of the page's sliders, as in emulate.json; none where nothing was asked."""
        return self._answer(lambda: stored_emulators(self.dataset))

    @cached_property
    def searches(self) -> tuple[SearchAnswer, ...]:
        """Best settings of policies, as in search.json; none where nothing was asked."""
        return self._answer(lambda: stored_searches(self.dataset))

    @property
    def worst_tenth(self) -> tuple[WorstTenth, ...]:
        """What the paths with the largest losses have in common; none of few paths."""
        return self._answer(lambda: WORST.rows_in(self.dataset))

    @property
    def sensitivity(self) -> tuple[Sensitive, ...]:
        """Rows of sensitivity.csv; none where the run was not asked for it."""
        return self._answer(lambda: SENSITIVITY.rows_in(self.dataset))

    @property
    def underwriting(self) -> tuple[UnderwritingRow, ...]:
        """Rows of underwriting.csv; none where the run does not explain it."""
        return self._answer(lambda: UNDERWRITING.rows_in(self.dataset))

    @cached_property
    def income_statement(self) -> Statement | None:
        """Of every path, by the first provisioning standard; None in a run without any."""
        if not has_rule_books(self.dataset):
            return None
        return self._answer(lambda: statement(self.dataset))

    @cached_property
    def loss_distribution(self) -> tuple[TailRow, ...]:
        """Value at risk, expected shortfall and shares of the variance."""
        return self._answer(lambda: tuple(tail_rows(self.dataset)))

    @cached_property
    def history(self) -> pa.Table | None:
        """Every month of the sampled borrowers' loans; None where the run was not asked for it.

        ``UserError`` where a stored run's history.parquet is missing or damaged.
        """
        if self.folder is None:
            return self._history
        asked = part(self.settings, "run").get("history_borrowers")
        if not asked:
            return None
        check_whole(self.folder, (HISTORY_NAME,))
        return read_history(self.folder / HISTORY_NAME)

    @property
    def suitability_warnings(self) -> tuple[str, ...]:
        """What belongs to another lender, country or time than the book."""
        return warnings_in(part(self.manifest, "suitability"))

    @property
    def opening_warnings(self) -> tuple[str, ...]:
        """Where a book opens otherwise than its source says, or a scenario in another economy."""
        scenarios = part(self.manifest, "scenarios")
        moved = (text for name in scenarios for text in warnings_in(part(scenarios, name)))
        opened = warnings_in(part(self.manifest, "book"))
        return (*opened, *(text for text in moved if OTHER_OPENING in text))

    @property
    def value_warnings(self) -> tuple[str, ...]:
        """Where the run-off is too short for the value, or leaves much to it; lists for others."""
        return warnings_in(part(self.manifest, "value"))

    @property
    def precision(self) -> Mapping[str, object]:
        """How near the run is to the precision that was asked; empty where none was."""
        return part(self.manifest, "precision")

    @property
    def warnings(self) -> tuple[str, ...]:
        """All of them, in the order in which they are told."""
        return (*self.suitability_warnings, *self.opening_warnings, *self.value_warnings)

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """What did not hold; the numbers of such a run are not to be used."""
        return self._answer(lambda: failures(stored_checks(self.manifest.get("checks"))))

    @property
    def _file(self) -> str:
        """Its results.nc in an error."""
        return clip(RESULTS_NAME if self.folder is None else self.folder / RESULTS_NAME, 300)

    def _attribute(self, name: str) -> dict[str, object]:
        """An attribute of results.nc that holds a JSON object."""
        try:
            content = json.loads(str(self.dataset.attrs.get(name, "")))
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise UserError(f"{self._file}: the attribute {name} must be a JSON object")
        return content

    def _answer(self, reckon: Callable[[], T]) -> T:
        """What ``reckon`` finds; what it stumbles over in an edited file is told in one line."""
        try:
            return reckon()
        except UserError:
            raise
        except (ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
            if self.folder is None:
                raise
            raise UserError(
                f"{self._file}: is not as a run writes it ({clip(error, 120)}); {AGAIN}"
            ) from error


def part(mapping: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """What ``mapping`` holds under ``keys``, one within the other, where that is a mapping."""
    for key in keys:
        found = mapping.get(key)
        mapping = found if isinstance(found, Mapping) else {}
    return mapping


def items_of(value: object) -> Sequence[object]:
    """``value`` where it is a list, else an empty one."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def warnings_in(entry: Mapping[str, object]) -> tuple[str, ...]:
    """The warnings of a part of the manifest."""
    return tuple(str(item) for item in items_of(entry.get("warnings")))
