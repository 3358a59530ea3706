"""Every figure of the report, by name."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, cast

from simulator.report.headline.tornado_figure import tornado_figure
from simulator.report.kit.card import Axis, Choice, Figure, FigureCard
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking, tr
from simulator.report.kit.style import FRAMES, PAPER
from simulator.report.page import all_cards
from simulator.results.run import Run as Finished
from simulator.settings import LanguageCode
from simulator.validation import UserError, check_known, clip

_TORNADO: Final = "tornado"


class Plot:
    """A figure of the report: call it to draw it.

    Parameters
    ----------
    card : FigureCard
        The figure with its choices, words and numbers.
    language : str
        Of its words.

    References
    ----------
    docs/results.md: every figure with its unit and definition.
    """

    def __init__(self, card: FigureCard, language: LanguageCode) -> None:
        self.card = card
        self._language = language

    def __repr__(self) -> str:
        """Title and choices."""
        choices = [clip(_spelled(choice), 120) for choice in self.card.choices if choice.at]
        shown = [f"{self.card.title}: {self.card.caption}", *(f"  {text}" for text in choices)]
        return "\n".join(shown)

    def __call__(self, *, width: str = "wide", **at: str) -> Figure:
        """The figure as a Plotly ``Figure``.

        Parameters
        ----------
        width : str
            What it is laid out for: ``wide`` (1040 pixels), ``medium`` (690),
            ``narrow`` (348).
        **at : str
            Which of its choices, as ``policy="grace_period"``, ``scenario="downturn"``,
            ``metric=...`` or ``segment=...``; what is left out is as on the page at
            first.

        Returns
        -------
        Figure
            Of Plotly, on white; money and rates in the units that its axes name.

        Raises
        ------
        UserError
            For a choice that the figure does not have.

        References
        ----------
        docs/results.md: every figure with its unit and definition.
        """
        check_known("width", FRAMES, width)
        found = next((c for c in self.card.choices if _fits(c, at)), None)
        if found is None:
            asked = ", ".join(f"{key}={clip(value, 60)}" for key, value in at.items())
            known = "; ".join(_spelled(choice) for choice in self.card.choices if choice.at)
            name = _python(self.card.key)
            raise UserError(f"plot.{name}: no figure for {asked}; choose from {known or 'one'}")
        with speaking(self._language):
            return _framed(found.draw(FRAMES[width]), width)


class Plots:
    """The figures of a run's report, each by its name: ``run.plot.rolls(policy="grace_period")``.

    Parameters
    ----------
    finished : simulator.Run
        The run.

    References
    ----------
    docs/results.md: every figure with its unit and definition.
    """

    def __init__(self, finished: Finished) -> None:
        self._finished = finished

    def __repr__(self) -> str:
        """A line for each figure: its name and title."""
        names = {**{name: plot.card.title for name, plot in self._plots.items()}}
        if self._tornado is not None:
            with speaking(self._language):
                names[_TORNADO] = tr("Assumptions that reverse the result")
        width = max(map(len, names))
        return "\n".join(f"{name:{width}}  {title}" for name, title in names.items())

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._plots})

    def __getattr__(self, name: str) -> Plot:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._plots:
            raise AttributeError(
                f"the report of this run has no figure {clip(name)}; it has"
                f" {', '.join(self._plots)}"
            )
        return self._plots[name]

    def overdue(self, dpd: int = 30, *, width: str = "wide") -> Figure:
        """Overdue rate by month: median and 5-95 % band of policies, a panel a scenario.

        Parameters
        ----------
        dpd : int
            Days past due, 1, 30, 60 or 90: balance as many days past due or more, over
            balance.
        width : str
            As of every figure.

        Returns
        -------
        Figure
            Of Plotly, on white; money and rates in the units that its axes name.

        Raises
        ------
        UserError
            For another number of days.

        References
        ----------
        docs/model.md, section 11.
        """
        return self._plots["overdue"](width=width, metric=f"overdue_rate_{dpd}")

    def frontier(self, scenario: str | None = None, *, width: str = "wide") -> Figure:
        """Cost and loss avoided by policy, in money.

        Parameters
        ----------
        scenario : str or None
            One of the run's; None: over all by weight.
        width : str
            As of every figure.

        Returns
        -------
        Figure
            Of Plotly, on white; money and rates in the units that its axes name.

        Raises
        ------
        UserError
            For a scenario that is not there, or a run of the current policy alone.

        References
        ----------
        docs/model.md, sections 12 and 14.2.
        """
        if "frontier" not in self._plots:
            raise UserError("plot.frontier: the run has no policy beside the current one")
        at = {} if scenario is None else {"scenario": scenario}
        return self._plots["frontier"](width=width, **at)

    def tornado(self, *, width: str = "wide") -> Figure:
        """What would turn the verdict: worth of the leading policy at both ends of each assumption.

        Parameters
        ----------
        width : str
            As of every figure.

        Returns
        -------
        Figure
            Of Plotly, on white; money and rates in the units that its axes name.

        Raises
        ------
        UserError
            Where the run tried no assumptions.

        References
        ----------
        docs/model.md, section 14.3.
        """
        check_known("width", FRAMES, width)
        with speaking(self._language):
            found = tornado_figure(self._data, FRAMES[width])
        if found is None:
            raise UserError(
                "plot.tornado: the run tried no assumptions; stress_test(assumptions="
                '"cn_online_lender") tries those of the default run, for runs with run-off'
            )
        return _framed(found, width)

    @property
    def _language(self) -> LanguageCode:
        return self._finished.report_settings.language

    @cached_property
    def _data(self) -> ReportData:
        return ReportData(self._finished)

    @property
    def _tornado(self) -> Figure | None:
        return tornado_figure(self._data, FRAMES["wide"])

    @cached_property
    def _plots(self) -> Mapping[str, Plot]:
        """Every figure by its name."""
        with speaking(self._language):
            cards = all_cards(self._data)
        return {_python(card.key): Plot(card, self._language) for card in cards}


def _framed(figure: Figure, width: str) -> Figure:
    """``figure`` on white and as wide as it is laid out for, whatever the notebook looks like."""
    return figure.update_layout(width=FRAMES[width].width, paper_bgcolor=PAPER[0])


def _python(key: str) -> str:
    """A figure's name as Python spells it."""
    return key.replace("-", "_")


def _fits(choice: Choice, at: Mapping[str, Any]) -> bool:
    return all(choice.at.get(cast(Axis, key)) == value for key, value in at.items())


def _spelled(choice: Choice) -> str:
    return ", ".join(f"{axis.value}={value}" for axis, value in choice.at.items())
