"""The people behind loans that a lender knows: hidden states from donors in the same situation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book.assemble import LoanColumns, OpeningState, Part, fresh_state, obligations
from simulator.book.donors import DONOR_SEED, Situation, matched, situation_of, worst_loans
from simulator.book.draws import Draws
from simulator.book.impute import (
    Finances,
    Imputation,
    Known,
    Obligations,
    Person,
    impute_finances,
    impute_person,
)
from simulator.book.schedule import I8, Terms, instalments_made
from simulator.book.schema import F8, Book
from simulator.products import Product
from simulator.units import monthly_rate
from simulator.vocabulary import Amortisation

LEAST_PURSE: Final = 1e-3
"""Usual savings, of income, below which a donor's purse is not told apart (assumption)."""


class Hidden(NamedTuple):
    """What a lender does not know of borrowers: that of donors in the same situation."""

    donors: Book
    rows: I8

    @property
    def draws(self) -> Draws:
        """The donors' own draws, from which what is not known is drawn."""
        return Draws(DONOR_SEED, self.donors.borrowers.id[self.rows])

    def known(self, known: Known) -> dict[str, F8]:
        """``known`` with the donors' latent traits, and their score where there is none."""
        people = self.donors.borrowers
        blank = np.full(self.rows.size, np.nan)
        score, platforms = known.get("score", blank), known.get("platforms", blank)
        platforms = np.where(np.isnan(platforms), people.platforms[self.rows], platforms)
        if "other_debt" in known:  # debt that is told needs somebody who lent it
            platforms = np.maximum(platforms, np.nan_to_num(known["other_debt"]) > 0)
        return {
            **known,
            "true_risk": people.true_risk[self.rows],
            "worker_type": people.worker_type[self.rows].astype(np.float64),
            "platforms": platforms,
            "score": np.where(np.isnan(score), people.score[self.rows], score),
        }

    def usually_drawn(self, loans: LoanColumns, owner: I8, lines: NDArray[np.bool_]) -> F8:
        """What customers usually owe; shape (n_loans,). Of ``lines`` the donor's share of today's.

        Whoever is short draws more than usual, and the day's balance alone does not tell it.
        ``owner``: each loan's borrower.
        """
        theirs, n = self.donors.loans, self.donors.borrowers.id.size
        is_line = theirs.kind == Amortisation.REVOLVING
        at, today = theirs.borrower[is_line], (theirs.principal + theirs.principal_overdue)[is_line]
        usual = np.bincount(at, theirs.usual_principal[is_line], n)
        drawn = np.bincount(at, today, n)
        share = np.divide(usual, drawn, out=np.ones(n), where=drawn > 0.0)[self.rows]
        told: F8 = loans.usual_principal * np.where(lines, share[owner], 1.0)
        return np.minimum(told, np.maximum(loans.limit, loans.usual_principal))

    def owed(self, owed: Obligations, income: F8) -> Obligations:
        """``owed``, with what the donors' spending left for loans that they have repaid since."""
        people, loans = self.donors.borrowers, self.donors.loans
        share = np.array([p.min_payment_share for p in self.donors.products])[loans.product]
        terms = Terms(
            loans.kind.astype(np.int64),
            loans.term_months.astype(np.int64),
            monthly_rate(loans.annual_rate),
            share,
        )
        due = instalments_made(terms, loans.limit, loans.usual_principal)
        seen = np.bincount(loans.borrower, due, people.id.size)
        gone = np.maximum(0.0, people.own_service - seen) / people.income
        return owed._replace(service=owed.service + gone[self.rows] * income)

    def finances(self, finances: Finances, known: Known, income: F8) -> Finances:
        """``finances`` with the donors' debt elsewhere today, scaled to ``income``."""
        people = self.donors.borrowers
        debt = people.other_debt[self.rows] / people.income[self.rows] * income
        told = known.get("other_debt", np.full(debt.size, np.nan))
        return finances._replace(other_debt=np.where(np.isnan(told), debt, told))

    def state(self, known: Known, usual_savings: F8, income: F8) -> OpeningState:
        """The donors' state of life; of the usual savings what is left of theirs, unless known.

        No purse is larger than the usual one and the donor's over ``income`` together.
        """
        people = self.donors.borrowers
        there, theirs = people.savings_at_opening[self.rows], people.income[self.rows]
        usual = np.maximum(people.savings[self.rows], LEAST_PURSE * theirs)
        purse = np.minimum(there / usual * usual_savings, usual_savings + there / theirs * income)
        told = known.get("savings", np.full(purse.size, np.nan))
        return OpeningState(
            life=people.life[self.rows],
            savings_at_opening=np.where(np.isnan(told), purse, told),
            months_short=people.months_short[self.rows],
            other_missed=people.other_missed[self.rows],
            refusing=people.refusing[self.rows],
            hardship_known=people.hardship_known[self.rows],
            cut_off=people.cut_off[self.rows],
            last_ended=people.last_ended[self.rows],
            closed_until=people.closed_until[self.rows],
            late_until=people.late_until[self.rows],
            loans_had=people.loans_had[self.rows],
        )


def hidden_of(
    donors: Book,
    situation: Situation,
    products: Sequence[str],
    draws: Draws,
) -> Hidden:
    """Donors for borrowers in ``situation``, whose products are numbered as in ``products``."""
    numbers = {name: number for number, name in enumerate(products)}
    theirs = np.array([numbers.get(p.name, -2) for p in donors.products], dtype=np.int64)
    return Hidden(donors, matched(situation_of(donors, theirs), situation, draws))


class Behind(NamedTuple):
    """The people behind loans."""

    person: Person
    finances: Finances
    state: OpeningState


def people_behind(
    draws: Draws,
    known: Known,
    rules: Imputation,
    owed: Obligations,
    least_income: F8,
    hidden: Hidden | None,
) -> Behind:
    """People, their money and opening state: ``hidden``'s, or of those who have just been let in.

    ``known`` stays; ``owed`` is what own loans ask, ``least_income`` what they imply.
    """
    if hidden is not None:
        draws, known = hidden.draws, hidden.known(known)
    person = impute_person(draws, known, rules, owed.bullet_principal > 0, least_income)
    if hidden is None:
        finances = impute_finances(draws, known, rules, person, owed)
        return Behind(person, finances, fresh_state(finances))
    owed = hidden.owed(owed, person.income)
    finances = impute_finances(draws, known, rules, person, owed)
    finances = hidden.finances(finances, known, person.income)
    return Behind(person, finances, hidden.state(known, finances.savings, person.income))


OBSERVED: Final = ("score", "region", "age", "work", "income", "stated_income")
"""What a lender knows of a person beside the loans."""


def other_people_behind(
    part: Part, donors: Book, rules: Imputation, products: Sequence[Product], seed: int
) -> Part:
    """``part``'s loans, and what its lender knows, with the hidden states of ``donors``."""
    loans, draws = part.loans, Draws(seed, part.ids)
    by_id = np.argsort(part.ids)
    owner: I8 = by_id[np.searchsorted(part.ids, loans.borrower_id, sorter=by_id)]
    worst = worst_loans(owner, part.ids.size, loans.n_unpaid, loans.opening.principal, loans.id)
    situation = Situation(
        n_unpaid=loans.n_unpaid[worst],
        extra_months=loans.months_overdue[worst] - loans.n_unpaid[worst],
        product=loans.product[worst],
        n_loans=np.bincount(owner, minlength=part.ids.size),
        age_months=-loans.origination_month[worst],
        score=part.person.score,
        income=part.person.income,
    )
    hidden = hidden_of(donors, situation, [p.name for p in products], draws)
    known = {name: getattr(part.person, name) for name in OBSERVED}
    owed = obligations(part.ids, products, loans)
    behind = people_behind(draws, known, rules, owed, np.zeros(part.ids.size), hidden)
    return replace(part, **behind._asdict())
