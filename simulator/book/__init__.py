"""The loan book: drawn from stated distributions, read from a tape, or a shipped data set."""

from simulator.book.donors import DonorSource
from simulator.book.schema import Book
from simulator.book.shipped.lending_club import lending_club_book
from simulator.book.shipped.tw_cards import tw_cards_book
from simulator.book.synthesize import synthetic_book
from simulator.book.tape.opening import tape_book
from simulator.catalogue import Parameters, parameters_from
from simulator.settings import BookSettings, RunSettings

__all__ = ["Book", "DonorSource", "build_book"]


def build_book(
    settings: BookSettings,
    run: RunSettings,
    parameters: Parameters | None = None,
    donors: DonorSource | None = None,
    growth: float = 0.0,
) -> Book:
    """The book that ``settings`` asks for, with the applicants of months 1..``run.months``.

    A pure function of its arguments and, for tapes, of the file; ``parameters`` are the
    catalogue's values (None: its defaults). Openings come from ``donors`` (``simulator.settling``);
    without them all borrowers are as those who have just been let in, but for the arrears that a
    tape shows. ``growth``: largest yearly rate at which applicants grow in a scenario.

    Raises ``UserError`` for unknown products or regions, and for every finding in a tape at once.
    """
    traits = parameters_from({}) if parameters is None else parameters
    match settings.kind:
        case "synthetic":
            return synthetic_book(settings, run, traits, donors, growth)
        case "tape":
            return tape_book(settings, run, traits, donors, growth)
        case "lending_club":
            return lending_club_book(settings, run, traits)
        case "tw_cards":
            return tw_cards_book(settings, run, traits, donors)
