"""All that the report of a run consists of: the page, and what stands beside it."""

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.page import render
from simulator.report.underwriting.underwriting_page import render_underwriting
from simulator.report.workbook import render_workbook
from simulator.results.files import REPORT_NAME, UNDERWRITING_PAGE, WORKBOOK_NAME
from simulator.results.run import Run
from simulator.settings import ReportSettings


def report_pages(run: Run, settings: ReportSettings) -> dict[str, str | bytes]:
    """File name -> content of a run's report: the page; the workbook if ``settings`` ask for it.

    Beside them the page of its own where the run explains underwriting. A function of its
    arguments, so a stored run gives the bytes of the fresh one.
    """
    data = ReportData(run)
    with speaking(settings.language):
        found: dict[str, str | bytes] = {REPORT_NAME: render(data, settings.title)}
        if settings.workbook:
            found[WORKBOOK_NAME] = render_workbook(data, settings)
        if run.underwriting:
            found[UNDERWRITING_PAGE] = render_underwriting(data)
    return found
