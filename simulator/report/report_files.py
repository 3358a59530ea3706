"""All that the report of a run consists of: the page, and the workbook beside it."""

from collections.abc import Mapping, Sequence

import xarray as xr

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.page import render
from simulator.report.workbook import render_workbook
from simulator.results.files import REPORT_NAME, WORKBOOK_NAME
from simulator.results.summary import SummaryRow
from simulator.settings import ReportSettings


def report_pages(
    dataset: xr.Dataset,
    summary_rows: Sequence[SummaryRow],
    manifest: Mapping[str, object],
    settings: ReportSettings,
) -> dict[str, str | bytes]:
    """File name -> content of a run's report, the workbook if ``settings`` ask for it.

    A function of its arguments, so the same results give the same bytes again.
    """
    data = ReportData(dataset, summary_rows, manifest)
    with speaking(settings.language):
        found: dict[str, str | bytes] = {REPORT_NAME: render(data, settings.title)}
        if settings.workbook:
            found[WORKBOOK_NAME] = render_workbook(data, summary_rows, settings)
    return found
