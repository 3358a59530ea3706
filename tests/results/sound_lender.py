"""A lender whose customers always pay, for values that can be made by hand."""

from dataclasses import replace

import numpy as np
import xarray as xr

from simulator.book.schema import Book
from simulator.catalogue import parameters_from
from simulator.levers import Edit
from simulator.results.dataset import to_dataset
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from tests.conftest import RISKLESS, run_small, small_book, with_borrowers, with_loans

RATE = 0.18
NO_CONTACTS = [Edit("effort_reminder", 0.0), Edit("effort_ai_call", 0.0)]


def sound_book(borrowers: int, months: int, prepay: float | None = None) -> Book:
    """Loans of one rate to people who always pay; nobody else comes. None: prepaid as usual."""
    book = small_book(borrowers, months, "cash_loan", opening_overdue=False, second_loan_share=0.0)
    people = book.borrowers
    book = with_borrowers(
        book,
        arrival_month=np.where(people.arrival_month > 0, np.int16(600), people.arrival_month),
        **{
            name: np.zeros_like(getattr(people, name))
            for name in ("p_forget", "p_channel_failure", "p_misunderstand", "other_debt")
        },
    )
    book = with_loans(book, annual_rate=np.full_like(book.loans.annual_rate, RATE))
    if prepay is None:
        return book
    products = tuple(p.model_copy(update={"p_prepay_monthly": prepay}) for p in book.products)
    return replace(book, products=products)


def run_of(book: Book, months: int, runoff: int, **parameters: float) -> xr.Dataset:
    """Two paths of a calm in which nobody is in trouble, as a dataset."""
    small = run_small(
        book,
        worlds={"calm": {}},
        parameters=RISKLESS | parameters,
        policies={"status_quo": NO_CONTACTS},
        months=months,
        runoff_months=runoff,
        paths=2,
    )
    output = SimulationOutput(
        tallies=small.simulation.tallies,
        macro_unemployment={"calm": small.macro["calm"].by_draw["unemployment_rate"]},
        book=book,
        timeline=small.run.timeline,
        scenarios=(ScenarioInfo("calm", "Calm", 1.0),),
        policies=("status_quo",),
        run=small.run,
        parameters=parameters_from(RISKLESS | parameters),
    )
    return to_dataset(output)
