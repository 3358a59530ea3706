"""A tape as it is looked at before a run: columns, the mapping it needs, whether it can be run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.book.reconciliation import Reconciliation, warning_of
from simulator.book.synthesize import menu_of
from simulator.book.tape.headers import read_headers
from simulator.book.tape.loans import looked_at
from simulator.book.tape.mapping import MappingFound, find_mapping, parse_mapping
from simulator.book.tape.profile import ColumnProfile, profile
from simulator.book.tape.proposal import Proposal, propose
from simulator.book.tape.reader import Tape, checked_tape
from simulator.reading.named_files import Paths
from simulator.reading.table_file import Source, confirmed, open_source
from simulator.settings import BookSettings
from simulator.validation import UserError, clip


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found; ``tape`` is what a run would open with the proposed mapping, if it would."""

    path: Paths
    source: Source
    given: MappingFound
    profiles: Mapping[int, ColumnProfile]
    models: Mapping[int, str]
    """Model's column by place in the file."""
    proposal: Proposal
    needs_mapping: bool
    """Whether a run refuses the tape without the proposed mapping."""
    tape: Tape | None
    wrong: str
    """Why it cannot be run, line by line; empty where it can."""
    reconciliation: Reconciliation | None = None
    """What the tape says beside what would open, where it can be run."""
    warnings: tuple[str, ...] = ()

    @property
    def can_run(self) -> bool:
        """Whether a run would take the tape with the proposed mapping."""
        return self.tape is not None


def inspect(
    path_text: Paths,
    mapping_path: str | None,
    panel: str | None,
    most_rejected: float | None = None,
) -> Inspection:
    """Look at the tape; ``UserError`` where there is none to look at.

    ``most_rejected`` as in ``read_tape``.
    """
    given = find_mapping(mapping_path)
    source = open_source("the tape", path_text, given.mapping.layout)
    headers = read_headers(source.names, given.mapping)
    recognised = sorted(headers.columns.values())
    profiles = profile(source, given.mapping, recognised)
    proposal = propose(headers, source, profiles, given.mapping)
    proposed = parse_mapping("the proposed mapping", proposal.text)
    as_it_is, _ = _try(source, path_text, given, panel, most_rejected)
    own = MappingFound("", proposed, ())
    tape, wrong = _try(confirmed(source), path_text, own, panel, most_rejected)
    models = {place: model for model, place in headers.columns.items()}
    found = Inspection(
        path_text, source, given, profiles, models, proposal, as_it_is is None, tape, wrong
    )
    if tape is None:
        return found
    menu = menu_of(BookSettings(kind="tape", path=path_text), tape.texts["product"].words)
    both = looked_at(tape, menu)
    warnings = tuple(w for w in (*tape.warnings, warning_of(both)) if w)
    return replace(found, reconciliation=both, warnings=warnings)


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet, whole or not at all."""
    begun = False
    try:
        with path.open("x", encoding="utf-8") as file:
            begun = True
            file.write(text)
        begun = False
    except OSError as error:
        reason = error.strerror or clip(error)
        raise UserError(f"{clip(path, 200)} could not be written: {reason}") from None
    finally:
        if begun:
            path.unlink(missing_ok=True)


def _try(
    source: Source,
    path_text: Paths,
    found: MappingFound,
    panel: str | None,
    most_rejected: float | None,
) -> tuple[Tape | None, str]:
    regions = tuple(BookSettings.model_fields["regions"].default)
    try:
        return checked_tape(
            source, path_text, found, panel, regions, most_rejected=most_rejected
        ), ""
    except UserError as error:
        return None, str(error)
