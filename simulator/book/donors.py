"""Donors from a settled book: whole borrowers for a synthetic opening, and who fits a situation.

A settled book is what a long calm under the current policy leaves (``simulator.settling``): its
arrears, purses, work and willingness belong together. Its borrowers are *donors*: a synthetic
opening book is drawn from them, and what a tape cannot tell of a borrower is that of a donor in
the same situation. A donor is a pure function of (seed, permanent id), of the situation and of the
settled book, so the order of rows cannot change it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

import numpy as np

from simulator.book.assemble import LoanColumns, OpeningState, Part
from simulator.book.distributions import LINE_MAX_AGE_MONTHS, RISK_BANDS
from simulator.book.draws import Column, Draws
from simulator.book.impute import Finances, Person
from simulator.book.schedule import I8, Opening
from simulator.book.schema import F8, U8, Book
from simulator.book.segments import loan_ids, mix_ids, risk_band
from simulator.catalogue import Parameters
from simulator.elementary import log, normal_quantile
from simulator.products import Product
from simulator.settings import BookSettings
from simulator.vocabulary import Amortisation

DONOR_SEED: Final = 2**63 + 1
"""Seed of the settled book's own luck, which no run can have: one population for all seeds."""
FEWEST: Final = 30
"""Donors in a cell below which a wider one is taken (assumption)."""
SCORE_WIDTH: Final = 25.0
"""Standard deviation of the score of donors around a borrower's own (assumption)."""
LEAST_SPREAD: Final = 2.0
"""The least of it, counted in donors by score, where few have such scores (assumption)."""
TRIED: Final = 8
"""Donors of such a score among whom the one with the nearest income is taken (assumption)."""
MOST_UNPAID: Final = 6
"""Unpaid instalments that are told apart; more are taken as so many."""
MOST_LOANS: Final = 2
"""Loans of a borrower that are told apart; more are taken as so many."""
AGE_EDGES: Final = (3, 12)
"""Months on book at which donors are told apart (assumption)."""
SPELL_EDGES: Final = (1, 3)
"""Months overdue beyond the unpaid instalments at which donors are told apart (assumption)."""

_GOLDEN: Final = (5.0**0.5 - 1.0) / 2.0
_DORMANT: Final = 1 << 59
"""Running numbers of dormant customers begin here."""


TAKEN_UP: Final = 0.8
"""Applicants who are approved and take their loan up, in the calm behind a tape (assumption: as in
the default book, .80)."""

BOTH_OPEN: Final = 0.53
"""Customers who asked for two loans and hold both, in the calm behind a tape (assumption: as in the
default book, .53)."""

NEW_SHARE: Final = 0.35
"""Loans with an end that go to new customers, in the calm behind a tape (assumption)."""


def months_held(product: Product) -> float:
    """Mean months for which a loan is held, if it is paid as agreed or paid off early."""
    stay = 1.0 - product.p_prepay_monthly
    line = product.amortisation is Amortisation.REVOLVING
    terms = (LINE_MAX_AGE_MONTHS,) if line else product.terms_months
    return float(np.mean([sum(stay**month for month in range(term)) for term in terms]))


def share_of_new(product: Product) -> float:
    """Loans of a product that go to new customers; a line is asked for once."""
    return 1.0 if product.amortisation is Amortisation.REVOLVING else NEW_SHARE


def lending_that_keeps(stock: Mapping[Product, float]) -> tuple[dict[str, float], float]:
    """Shares of products in new lending, and monthly applicants per borrower, that keep ``stock``.

    ``stock``: share of each product in the loans that are held.
    """
    flow = {
        product.name: share / months_held(product) * share_of_new(product)
        for product, share in stock.items()
    }
    total = sum(flow.values())
    return {name: x / total for name, x in flow.items()}, min(1.0, total / TAKEN_UP)


class Settled(NamedTuple):
    """A settled book: its donors."""

    customers: Book
    """All have an open loan."""
    dormant: Book
    """Customers without a loan who may come back; perhaps nobody."""

    def dormant_to(self, borrowers: int) -> int:
        """Dormant customers beside so many borrowers with a loan."""
        both = self.dormant.borrowers.id.size, self.customers.borrowers.id.size
        return round(borrowers * both[0] / both[1])


class DonorSource(Protocol):
    """Where a book gets its donors from: the settled book of ``settings``' kind of loans."""

    def __call__(self, settings: BookSettings, changes: Parameters | None = None) -> Settled:
        """The settled book.

        ``changes``: values of the catalogue in whose place it has settled under others.
        """
        ...


class Situation(NamedTuple):
    """What a lender knows of a borrower at the opening; arrays of shape (n,)."""

    n_unpaid: I8
    """Of the loan that is furthest behind; its columns follow."""
    extra_months: I8
    """Months overdue beyond the unpaid instalments; -1 where it is not known."""
    product: I8
    n_loans: I8
    """Loans of the borrower."""
    age_months: I8
    """Since origination; -1 where it is not known."""
    score: F8
    """NaN where it is not known."""
    income: F8
    """A month; NaN where it is not known."""


def worst_loans(owner: I8, n_borrowers: int, n_unpaid: I8, balance: F8, ids: U8) -> I8:
    """The loan of each borrower that is furthest behind, the largest of several; (n_borrowers,).

    Of loans alike in both the one with the highest of ``ids``.
    """
    order = np.lexsort((ids, balance, n_unpaid, owner))
    last = np.searchsorted(owner[order], np.arange(n_borrowers), side="right") - 1
    found: I8 = order[last]
    return found


def situation_of(donors: Book, products: I8) -> Situation:
    """Situations of the donors; ``products`` numbers their products as the borrowers' are."""
    loans = donors.loans
    worst = worst_loans(
        loans.borrower.astype(np.int64),
        donors.borrowers.id.size,
        loans.n_unpaid.astype(np.int64),
        loans.principal,
        loans.id,
    )
    unpaid = loans.n_unpaid[worst].astype(np.int64)
    return Situation(
        n_unpaid=unpaid,
        extra_months=loans.months_overdue[worst].astype(np.int64) - unpaid,
        product=products[loans.product[worst]],
        n_loans=np.bincount(loans.borrower, minlength=donors.borrowers.id.size),
        age_months=-loans.origination_month[worst].astype(np.int64),
        score=donors.borrowers.score,
        income=donors.borrowers.income,
    )


def matched(donors: Situation, wanted: Situation, draws: Draws) -> I8:
    """A donor's row for each borrower: same arrears and kind of loan, score, income nearby; (n,).

    A cell with fewer than ``FEWEST`` donors gives way to one that tells less apart: first without
    months on book, then without the number of loans, months overdue, the product.
    """
    keys, theirs = _keys(wanted), _keys(donors)
    u = draws.uniform(Column.DONOR)
    found = np.full(u.size, -1, dtype=np.int64)
    for kept in ((0, 1, 2, 3, 4), (0, 1, 2, 3), (0, 1, 2), (0, 1), (0,)):
        left = np.flatnonzero(found < 0)
        if not left.size:
            break
        cells, place = np.unique(keys[left][:, kept], axis=0, return_inverse=True)
        for number, cell in enumerate(cells):
            asking = left[place.reshape(-1) == number]
            told = [k for k, value in zip(kept, cell, strict=True) if value >= 0]
            inside = np.all(theirs[:, told] == keys[asking[0]][told], axis=1)
            candidates = np.flatnonzero(inside)
            if kept == (0,) and not candidates.size:
                candidates = _nearest_arrears(theirs[:, 0], int(cell[0]))
            if candidates.size >= FEWEST or kept == (0,):
                ask = Situation(*(column[asking] for column in wanted))
                found[asking] = _near(donors, candidates, ask, u[asking])
    return found


def _nearest_arrears(theirs: I8, unpaid: int) -> I8:
    """Donors whose unpaid instalments are nearest, of two as near the more behind."""
    distance = np.abs(theirs - unpaid) - np.where(theirs > unpaid, 0.5, 0.0)
    found: I8 = np.flatnonzero(distance == distance.min())
    return found


def _keys(facts: Situation) -> I8:
    """What is told apart, (n, 5), the least important last; -1 where it is not known.

    Arrears, product, months overdue, one loan or more, months on book.
    """
    extra = np.digitize(facts.extra_months, SPELL_EDGES)
    extra = np.where((facts.extra_months < 0) & (facts.n_unpaid > 0), -1, extra)
    return np.stack(
        [
            np.minimum(facts.n_unpaid, MOST_UNPAID),
            facts.product,
            np.where(facts.n_unpaid > 0, extra, 0),
            np.minimum(facts.n_loans, MOST_LOANS),
            np.where(facts.age_months < 0, -1, np.digitize(facts.age_months, AGE_EDGES)),
        ],
        axis=1,
    )


def _near(donors: Situation, candidates: I8, wanted: Situation, u: F8) -> I8:
    """One of ``candidates`` for each one wanted: of some with such a score the nearest in income.

    The scores are from a normal density of places around the wanted one's, reflected at the ends. A
    place is a donor's in the order of scores, so each is as likely as the next: one who stands in
    several snapshots, with one score, counts as often.
    """
    scores = donors.score[candidates]
    order = np.argsort(scores, kind="stable")
    ordered, n, score = scores[order], float(scores.size), wanted.score
    middle = (np.searchsorted(ordered, score) + np.searchsorted(ordered, score, "right")) / 2.0
    below, above = (np.searchsorted(ordered, score + x) for x in (-SCORE_WIDTH, SCORE_WIDTH))
    spread = np.maximum((above - below) / 2.0, LEAST_SPREAD)
    best, found = np.full(u.size, np.inf), np.full(u.size, -1, dtype=np.int64)
    for number in range(TRIED):
        own = (u + number * _GOLDEN) % 1.0
        place = np.abs(middle + spread * normal_quantile(own))
        place = np.where(np.isnan(score), own * n, np.clip(n - np.abs(n - place), 0.0, n))
        rows = candidates[order[np.minimum(place.astype(np.int64), order.size - 1)]]
        apart = np.abs(log(donors.income[rows] / wanted.income))
        better = (apart < best) | (found < 0)
        best = np.where(better, np.nan_to_num(apart, nan=-1.0), best)
        found = np.where(better, rows, found)
    return found


def resampled(donors: Book, size: int, seed: int) -> Part:
    """``size`` opening borrowers: donors in order of arrears, refusal, band and balance, evenly.

    Places are golden-ratio steps from a start that the seed draws: every piece of the order gets
    its share, whatever the size, and borrower n is the same in a book of any size.
    """
    numbers = np.arange(size, dtype=np.uint64)
    return _copies(donors, _evenly(_in_order(donors), numbers, seed), numbers)


def resampled_dormant(
    settled: Settled, borrowers: int, seed: int, products: Sequence[Product]
) -> Part:
    """The dormant customers beside ``borrowers`` opening ones: evenly by months without a loan.

    As for ``resampled``, dormant customer n is the same in a book of any size. ``products`` are the
    book's, the settled book's among them.
    """
    people = settled.dormant.borrowers
    numbers = np.arange(settled.dormant_to(borrowers), dtype=np.uint64)
    order = np.lexsort((people.id, risk_band(people.score), -people.last_ended))
    part = _copies(settled.dormant, _evenly(order, numbers, seed), numbers + np.uint64(_DORMANT))
    names = [product.name for product in products]
    number = np.array([names.index(product.name) for product in settled.dormant.products])
    loans = part.loans._replace(product=number[part.loans.product])
    return replace(part, arrival_month=part.arrival_month - 1, loans=loans)


def _evenly(order: I8, numbers: U8, seed: int) -> I8:
    """One of the rows in ``order`` for each number, every piece of the order having its share."""
    start = Draws(seed, np.zeros(1, dtype=np.uint64)).uniform(Column.DONOR)[0]
    place = (start + numbers * _GOLDEN) % 1.0
    found: I8 = order[np.minimum((place * order.size).astype(np.int64), order.size - 1)]
    return found


def _in_order(donors: Book) -> I8:
    """Rows of donors by arrears, whether they refuse, band, balance."""
    loans, n = donors.loans, donors.borrowers.id.size
    balance = np.bincount(loans.borrower, loans.principal + loans.principal_overdue, n)
    worst = worst_loans(
        loans.borrower.astype(np.int64),
        n,
        loans.n_unpaid.astype(np.int64),
        loans.principal,
        loans.id,
    )
    people = donors.borrowers
    keys = (people.id, balance, risk_band(people.score), people.refusing, loans.n_unpaid[worst])
    order: I8 = np.lexsort(keys)
    return order


def _copies(donors: Book, rows: I8, numbers: U8) -> Part:
    people, loans = donors.borrowers, donors.loans
    edges = np.searchsorted(loans.borrower, np.arange(people.id.size + 1))
    counts = np.diff(edges)[rows]
    owner = np.repeat(np.arange(rows.size), counts)
    which = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    at = edges[rows][owner] + which
    ids = mix_ids(numbers)

    def columns(names: tuple[str, ...]) -> dict[str, F8]:
        return {name: getattr(people, name)[rows].astype(np.float64) for name in names}

    def whole(name: str) -> I8:
        return np.asarray(getattr(loans, name)[at], dtype=np.int64)

    return Part(
        ids=ids,
        arrival_month=np.zeros(rows.size, dtype=np.int64),
        weight=np.ones(rows.size),
        person=Person(**columns(Person._fields)),
        finances=Finances(**columns(Finances._fields)),
        loans=LoanColumns(
            id=loan_ids(numbers[owner], which),
            borrower_id=ids[owner],
            product=whole("product"),
            band=whole("segment") % len(RISK_BANDS),
            origination_month=whole("origination_month"),
            term_months=whole("term_months"),
            remaining_months=whole("remaining_months"),
            due_day=whole("due_day"),
            annual_rate=loans.annual_rate[at],
            limit=loans.limit[at],
            n_unpaid=whole("n_unpaid"),
            months_overdue=whole("months_overdue"),
            usual_principal=loans.usual_principal[at],
            opening=Opening(
                loans.principal[at], loans.principal_overdue[at], loans.interest_overdue[at]
            ),
            charges=loans.penalty[at] + loans.fees[at],
        ),
        state=OpeningState(*(getattr(people, name)[rows] for name in OpeningState._fields)),
    )
