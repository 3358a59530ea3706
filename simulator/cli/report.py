"""The command ``loanstress report``: a run's report again, or several runs side by side.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast, get_args

from simulator.cli.configuration.folders import shown
from simulator.cli.exits import EXIT_OK, concluded
from simulator.cli.help import answer_first
from simulator.cli.parser import OptionParser, language_of, one_of
from simulator.report.kit.language import speaking, tr
from simulator.results.files import (
    COMPARISON_NAME,
    FIGURES,
    REPORT_NAME,
    RESULTS_NAME,
    UNDERWRITING_PAGE,
    WORKBOOK_NAME,
)
from simulator.settings import ImageFormat, LanguageCode
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from simulator.results.run import Run

MOST_RUNS: Final = 7
"""Runs side by side; each has a colour of its own."""
_OPTIONS: Final = "--output FILE, --language en|zh, --images png|svg, --help, --version"
_HELP: Final = """\
loanstress: writes the report of a finished run again, or compares several runs side by side.

Usage:  loanstress report DIR [--output FILE.html] [--language en|zh] [--images png|svg]
        loanstress report DIR DIR [DIR ...] [--output FILE.html] [--language en|zh]
        python -m simulator.report is the same.

One folder: report.html and tables.xlsx again, from results.nc alone, byte for byte as the run
wrote them; underwriting.html, too, where the run explains it. With --output they go to FILE.html,
FILE.xlsx and FILE_underwriting.html.
With --images each figure also becomes a picture in figures/ beside the page (needs the extra
'static' and a Chromium or Chrome; the page itself needs neither).

Two to seven folders: one page that compares the runs (differences of configuration, key figures
with intervals, differences to the first run, overdue rates). It goes to comparison.html in the
first folder, or to FILE.html.

Options
  -o, --output FILE.html    where the page goes
  -l, --language en|zh      language of the page: else that of the run, English for several
      --images png|svg      pictures of the figures, for slides and papers
  --version, -h, --help

Exit code: 0 written, 2 invalid input, 130 interrupted or 143 ended by SIGTERM,
1 internal error (set LOANSTRESS_DEBUG=1 for its traceback).
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line spells."""

    folders: tuple[Path, ...]
    output: Path | None
    language: LanguageCode | None
    images: ImageFormat | None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    return concluded(_read, _answer, argv, lambda: "nothing was written")


def _read(words: Sequence[str]) -> _Asked:
    """The folders and options that ``words`` spell; else ``UserError``."""
    parser = OptionParser("loanstress-report", _OPTIONS)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--output", "-o", type=Path)
    parser.add_argument("--language", "-l")
    parser.add_argument("--images")
    found = parser.parse_intermixed_args(list(words))
    answer_first(found, lambda: _HELP)
    images = one_of("--images", get_args(ImageFormat), found.images)
    asked = _Asked(
        tuple(found.folders),
        found.output,
        language_of(found.language),
        cast("ImageFormat | None", images),
    )
    _check(asked)
    return asked


def _check(asked: _Asked) -> None:
    if not asked.folders:
        raise UserError("name the folder of a run, or several; --help shows how")
    if len(asked.folders) > MOST_RUNS:
        raise UserError(f"at most {MOST_RUNS} runs fit side by side; got {len(asked.folders)}")
    if asked.images is not None and len(asked.folders) > 1:
        raise UserError("--images is for one folder; several give a page without pictures")
    seen: set[Path] = set()
    for folder in asked.folders:
        place = folder.resolve()
        if place in seen:
            raise UserError(f"{clip(folder, 200)} must be named once")
        seen.add(place)
        if not folder.is_dir():
            raise UserError(
                f"{clip(folder, 200)} must be the folder of a run; there is no such folder"
            )
    if asked.output is not None and asked.output.suffix != ".html":
        raise UserError(
            f"--output must name a file that ends with .html; got {clip(asked.output, 200)}"
        )
    if asked.output is not None and not asked.output.parent.is_dir():
        raise UserError(f"--output: the folder {clip(asked.output.parent, 200)} must exist")


def _answer(asked: _Asked) -> int:
    if len(asked.folders) == 1:
        _rebuild(asked.folders[0], asked)
    else:
        _compare(asked.folders, asked)
    return EXIT_OK


def _rebuild(folder: Path, asked: _Asked) -> None:
    """The report of one run, from its results.nc alone."""
    from simulator.report.kit.atomic_file import write_atomically
    from simulator.report.report_files import report_pages
    from simulator.results.run import Run
    from simulator.results.run_folder import sha256_of

    read = sha256_of(folder / RESULTS_NAME)
    run = Run.read(folder)
    settings, page = run.report_settings, asked.output or folder / REPORT_NAME
    if asked.language is not None:
        settings = settings.model_copy(update={"language": asked.language})
    places = {REPORT_NAME: page}
    if asked.output is not None:
        places[WORKBOOK_NAME] = page.with_suffix(".xlsx")
        places[UNDERWRITING_PAGE] = page.with_name(f"{page.stem}_{UNDERWRITING_PAGE}")
    pages = report_pages(run, settings)
    with speaking(settings.language):
        pictures = _pictures(run, asked.images) if asked.images else {}
        written = [] if asked.output else [*pages, *(f"{FIGURES}/{name}" for name in pictures)]
        with _in_place(folder, written, read):
            for name, content in pages.items():
                place = places.get(name, folder / name)
                write_atomically(place, content)
                print(tr("Written to {folder}", folder=shown(place)))
            if pictures:
                _write_pictures(page.parent / FIGURES, pictures)


@contextmanager
def _in_place(folder: Path, names: Sequence[str], read: str | None) -> Iterator[None]:
    """Files ``names`` of a run's folder are written meanwhile, by nobody else; without any, none.

    The manifest then has their new hashes. ``read``: SHA-256 of the results.nc that they are made
    from; a ``UserError`` where another run has taken its place.
    """
    from simulator.results.holding import held
    from simulator.results.run_folder import sha256_of
    from simulator.results.store import rehashed

    if not names:
        yield
        return
    with held(folder):
        if sha256_of(folder / RESULTS_NAME) != read:
            raise UserError(f"{clip(folder, 200)}: another run took its place; report it again")
        with rehashed(folder, names):
            yield


def _pictures(run: "Run", wanted: ImageFormat) -> dict[str, bytes]:
    """File name -> picture of each figure of the page."""
    from simulator.report.kit.data import ReportData
    from simulator.report.kit.static_images import figure_images
    from simulator.report.page import all_cards

    return figure_images(all_cards(ReportData(run)), wanted)


def _write_pictures(folder: Path, pictures: dict[str, bytes]) -> None:
    from simulator.report.kit.atomic_file import write_atomically

    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{clip(folder, 200)} must be a folder that can be made; got {error.strerror}"
        ) from error
    for name, picture in pictures.items():
        write_atomically(folder / name, picture)
    print(tr("Written to {folder}: {n} figures", folder=shown(folder), n=len(pictures)))


def _compare(folders: Sequence[Path], asked: _Asked) -> None:
    """One page for several runs."""
    from simulator.report.comparison.compared_runs import read_runs
    from simulator.report.comparison.comparison_page import render_comparison
    from simulator.report.kit.atomic_file import write_atomically
    from simulator.results.run_folder import sha256_of

    page, read = asked.output or folders[0] / COMPARISON_NAME, sha256_of(folders[0] / RESULTS_NAME)
    runs = read_runs(folders)
    with speaking(asked.language or "en"):
        in_place = [] if asked.output else [COMPARISON_NAME]
        with _in_place(folders[0], in_place, read):
            write_atomically(page, render_comparison(runs))
        print(tr("Written to {folder}", folder=shown(page)))


if __name__ == "__main__":
    sys.exit(main())
