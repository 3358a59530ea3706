"""Assembles the page: results in, one offline HTML file out, written atomically."""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from simulator.report import findings, passport, selectors, tables
from simulator.report.cards import FigureCard, figure_cards, worth_section
from simulator.report.data import ReportData, SummaryRow, clean
from simulator.report.language import name, speaking
from simulator.report.money_cards import MoneySection, money_section
from simulator.report.shell import page_text
from simulator.settings import ReportSettings
from simulator.validation import UserError


def render(data: ReportData, title: str) -> str:
    """The whole page as text."""
    cards, money = figure_cards(data), money_section(data)
    return page_text(
        "page.html.j2",
        _all(cards, money),
        selectors.names_of(data),
        title=clean(name(title), 120),
        finding=findings.headline(data),
        recommendation=findings.recommendation(data),
        key_figures=findings.key_figures(data),
        measures=findings.measures_sentence(data),
        worst=data.scenario_label(data.worst_scenario()),
        worth=worth_section(data),
        drawn_note=data.drawn_note(),
        headline=tables.headline_table(data),
        reference=data.policy_label(data.reference),
        cards=cards,
        money=money,
        scenarios=passport.scenario_cards(data),
        policies=passport.policy_cards(data),
        rule_books=passport.rule_book_cards(data),
        limits=passport.limits(data),
        passport=passport.sections(data),
        configuration=passport.configuration_text(data),
        facts=passport.facts(data),
    )


def _all(cards: Sequence[FigureCard], money: MoneySection | None) -> list[FigureCard]:
    return [*cards, *(money.cards if money else ())]


def all_cards(data: ReportData) -> list[FigureCard]:
    """Every figure of the page in its order."""
    return _all(figure_cards(data), money_section(data))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` under a temporary name beside ``path``, sync it, then rename.

    A ``UserError`` names the file that could not be written; nothing is left behind.
    """
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False
        ) as file:
            temporary = file.name
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise UserError(
            f"{path}: the report must go to a writable folder with room; got"
            f" {error.strerror or error}"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def render_report(
    dataset: xr.Dataset,
    summary_rows: Iterable[SummaryRow],
    manifest: Mapping[str, object],
    settings: ReportSettings,
) -> str:
    """The report of a run as the text of one HTML file that loads nothing from anywhere.

    ``dataset``, ``summary_rows`` and ``manifest`` are what ``results.nc``, ``summary.csv`` and
    ``manifest.json`` hold, so the page can be made again from the files of a run.
    """
    with speaking(settings.language):
        return render(ReportData(dataset, summary_rows, manifest), settings.title)


def write_report(
    dataset: xr.Dataset,
    summary_rows: Iterable[SummaryRow],
    manifest: Mapping[str, object],
    settings: ReportSettings,
    path: Path,
) -> None:
    """Write ``render_report`` to ``path``, complete or not at all."""
    write_atomically(path, render_report(dataset, summary_rows, manifest, settings))
