"""The command ``loanstress tape``: looks at a loan tape and proposes its mapping.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.cli.configuration.folders import shown
from simulator.cli.exits import EXIT_MISTAKE, EXIT_OK, concluded
from simulator.cli.help import answer_first
from simulator.cli.parser import OptionParser, language_of
from simulator.report.kit.language import speaking, tr
from simulator.report.kit.run_messages import warning_line
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from simulator.settings import LanguageCode

_OPTIONS: Final = (
    "--mapping FILE, --panel FILE, --rejected drop, --rejected-share S, --write-mapping FILE,"
    " --config-dir DIR, --language en|zh, --help, --version"
)
_HELP: Final = """\
loanstress: inspects a loan tape (CSV, CSV.GZ, Parquet or XLSX; of several files with the same
columns, all): content, columns that the model reads, columns to impute, errors. It proposes a
mapping.

Usage:  loanstress tape FILE... [--mapping M.yaml] [--panel P.csv] [--rejected drop]
                        [--write-mapping OUT.yaml] [--language en|zh]
        python -m simulator.tape is the same.

Options
  --mapping, -m FILE        how the columns are read, as in book.mapping
  --panel FILE              monthly statuses beside the tape, as in book.panel
  --rejected refuse|drop    what rows that break a rule do, as book.rejected (default: refuse)
  --rejected-share S        largest share of rows and balance left out, as book.rejected_share
  --write-mapping, -w FILE  where the proposed mapping goes; an existing file is not overwritten
  --language, -l en|zh      language of the words (default: en)
  -cd, --config-dir DIR     your folder: the products of DIR/product are known, too
  --version, -h, --help

Exit code: 0 the tape can be run, 2 it cannot yet or invalid input, 130 interrupted or 143 ended
by SIGTERM, 1 internal error (set LOANSTRESS_DEBUG=1 for its traceback).
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line spells."""

    file: str | tuple[str, ...]
    mapping: str | None
    panel: str | None
    output: Path | None
    most_rejected: float | None
    config_dirs: tuple[str, ...]
    language: "LanguageCode"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    return concluded(_read, _answer, argv, lambda: "nothing was written")


def _read(words: Sequence[str]) -> _Asked:
    """The file and options that ``words`` spell; else ``UserError``."""
    parser = OptionParser("loanstress-tape", _OPTIONS)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--mapping", "-m")
    parser.add_argument("--panel")
    parser.add_argument("--rejected", default="refuse")
    parser.add_argument("--rejected-share", default=None)
    parser.add_argument("--write-mapping", "-w", type=Path)
    parser.add_argument("--config-dir", "-cd", action="append", default=[])
    parser.add_argument("--language", "-l")
    found = parser.parse_intermixed_args(list(words))
    answer_first(found, lambda: _HELP)
    if not found.files:
        raise UserError("name one tape; got none; --help shows how")
    if found.write_mapping is not None:
        _check_output(found.write_mapping)
    return _Asked(
        found.files[0] if len(found.files) == 1 else tuple(found.files),
        found.mapping,
        found.panel,
        found.write_mapping,
        _most_rejected(found.rejected, found.rejected_share),
        tuple(found.config_dir),
        language_of(found.language) or "en",
    )


def _most_rejected(rejected: str, share: str | None) -> float | None:
    """What ``--rejected`` and ``--rejected-share`` say together."""
    if rejected not in ("refuse", "drop"):
        raise UserError(f"--rejected must be refuse or drop; got {clip(rejected, 40)}")
    if rejected == "refuse":
        if share is not None:
            raise UserError("--rejected-share is read with --rejected drop alone")
        return None
    if share is None:
        from simulator.settings import BookSettings

        return float(BookSettings.model_fields["rejected_share"].default)
    try:
        most = float(share)
    except ValueError:
        most = -1.0
    if not 0.0 <= most <= 1.0:
        raise UserError(f"--rejected-share must be in [0, 1]; got {clip(share, 40)}")
    return most


def _check_output(output: Path) -> None:
    if output.suffix.lower() not in (".yaml", ".yml"):
        raise UserError(f"--write-mapping must name a .yaml file; got {clip(output, 200)}")
    if not output.parent.is_dir():
        raise UserError(f"--write-mapping: the folder {clip(output.parent, 200)} must exist")
    if output.exists():
        raise UserError(f"--write-mapping: {clip(output, 200)} exists already; name another file")


def _answer(asked: _Asked) -> int:
    with speaking(asked.language):
        return _inspect(asked)


def _inspect(asked: _Asked) -> int:
    """Print what the tape holds; write the proposed mapping where asked."""
    from simulator.book.tape.inspection import inspect, write_new
    from simulator.cli.configuration.folders import find_folders
    from simulator.cli.configuration.products import products_in
    from simulator.cli.terminal.progress import Waiting
    from simulator.cli.terminal.reconciliation import reconciliation_table
    from simulator.cli.terminal.tape import tape_lines
    from simulator.products import products_of

    name = asked.file if isinstance(asked.file, str) else asked.file[0]
    products = products_in(find_folders(asked.config_dirs))
    label = tr("reading {file}", file=clip(Path(name).name, 60))
    with products_of(products), Waiting(label):
        found = inspect(asked.file, asked.mapping, asked.panel, asked.most_rejected)
    print("\n".join(tape_lines(found)))
    if found.reconciliation is not None:
        reconciliation_table(found.reconciliation)
    for warning in found.warnings:
        print(clip(warning_line(warning), 600), file=sys.stderr)
    if asked.output is not None:
        write_new(asked.output, found.proposal.text)
        print("\n" + tr("Written to {folder}", folder=shown(asked.output)))
    return EXIT_OK if found.can_run else EXIT_MISTAKE


if __name__ == "__main__":
    sys.exit(main())
