"""A synthetic book of online consumer loans, and the applicants who come to any book.

Borrower ``n`` is the same whatever the size of the book; applicant ``j`` of month ``t`` is the
same whatever the length of the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book import distributions as d
from simulator.book.assemble import (
    Frame,
    LoanColumns,
    OpeningState,
    Part,
    assemble,
    fresh_state,
    obligations,
)
from simulator.book.donors import DonorSource, resampled, resampled_dormant
from simulator.book.draws import Column, Draws
from simulator.book.hidden import other_people_behind
from simulator.book.impute import Imputation, Person, impute_finances, impute_person
from simulator.book.schedule import I8, Opening, Terms, first_instalment_share, share_outstanding
from simulator.book.schema import F8, U8, Book
from simulator.book.segments import check_regions, loan_ids, mix_ids, risk_band
from simulator.catalogue import Parameters
from simulator.elementary import exp, expm1, log1p, log_odds, logistic, power
from simulator.products import JURISDICTIONS, PRODUCTS, Product
from simulator.settings import BookSettings, RunSettings
from simulator.units import MONTHS_PER_YEAR, monthly_rate
from simulator.validation import check_known
from simulator.vocabulary import MAX_DUE_DAY, Amortisation

_APPLICANTS = 1 << 60
_MONTH_STRIDE = 1 << 40


@dataclass(frozen=True, slots=True)
class Menu:
    """Products on offer as arrays; shape (n_products,), terms ragged."""

    products: tuple[Product, ...]
    shares: tuple[float, ...]
    """Share of each in new loans, 0 for those only held."""
    rate_cap: float

    def column(self, name: str) -> F8:
        """One numeric field of every product."""
        return np.array([float(getattr(p, name)) for p in self.products])


def menu_of(settings: BookSettings, held: Sequence[str] = ()) -> Menu:
    """Products of ``settings`` and those ``held`` already, in the order of ``PRODUCTS``."""
    for name in settings.products:
        check_known("book.products", PRODUCTS, name)
    names = [n for n in PRODUCTS if n in settings.products or n in held]
    return Menu(
        products=tuple(PRODUCTS[n] for n in names),
        shares=tuple(settings.products.get(n, 0.0) for n in names),
        rate_cap=JURISDICTIONS[settings.jurisdiction].all_in_rate_cap,
    )


def rules_of(settings: BookSettings, parameters: Parameters) -> Imputation:
    """What imputation needs of ``settings`` and the catalogue's values."""
    return Imputation(
        law=JURISDICTIONS[settings.jurisdiction],
        region_names=check_regions("book.regions", settings.regions),
        region_shares=settings.region_shares,
        traits=parameters,
    )


class Request(NamedTuple):
    """Loans before their amounts are known; arrays of shape (n_loans,)."""

    id: U8
    owner: I8
    """Row of the borrower in its part."""
    second: NDArray[np.bool_]
    product: I8


def synthetic_book(
    settings: BookSettings,
    run: RunSettings,
    parameters: Parameters,
    donors: DonorSource | None = None,
    growth: float = 0.0,
) -> Book:
    """The opening book of ``settings.borrowers`` borrowers with the run's applicants.

    The opening comes from ``donors``; without them, and without ``opening_overdue``, it is a cohort
    in which all are current, in work and as they usually are. With ``opening_parameters`` its loans
    are those that would stand under them, and the people behind are the run's.
    """
    menu, rules = menu_of(settings), rules_of(settings, parameters)
    new = applicants(settings, run, menu, rules, settings.borrowers, growth)
    if donors is None or not settings.opening_overdue:
        parts = [_cohort(settings, run.seed, menu, rules), *new]
    else:
        settled, was = donors(settings), dict(settings.opening_parameters)
        base = donors(settings, was).customers if was else settled.customers
        opening = resampled(base, settings.borrowers, run.seed)
        if was:
            people = settled.customers
            opening = other_people_behind(opening, people, rules, menu.products, run.seed)
        dormant = resampled_dormant(settled, settings.borrowers, run.seed, menu.products)
        parts = [opening, *([dormant, *new] if new else [])]
    frame = Frame(
        name="synthetic",
        law=rules.law,
        products=menu.products,
        regions=rules.region_names,
        bands=d.RISK_BANDS,
        notes=("Synthetic borrowers drawn from stated distributions; not fitted to data.",),
    )
    return assemble(frame, parts)


def _cohort(settings: BookSettings, seed: int, menu: Menu, rules: Imputation) -> Part:
    numbers = np.arange(settings.borrowers, dtype=np.uint64)
    draws = Draws(seed, mix_ids(numbers))
    request = _request(seed, numbers, *_askers(draws, settings), menu)
    person = _person(draws, menu, rules, request)
    loans = _held_loans(seed, draws.ids, menu, person, request)
    return _part(draws, rules, person, menu, loans, np.zeros(numbers.size, dtype=np.int64))


def applicants(
    settings: BookSettings,
    run: RunSettings,
    menu: Menu,
    rules: Imputation,
    n_opening: int,
    growth: float = 0.0,
) -> list[Part]:
    """Applicants of months 1..run.months, riskier than the opening book; empty without any.

    ``new_customers_monthly_share`` of ``n_opening`` rows a month, each of weight 1, growing by
    ``growth`` a year: as many as come in the scenario that grows most.
    """
    monthly = round(settings.new_customers_monthly_share * n_opening)
    if not monthly:
        return []
    months = np.arange(1, run.months + 1)
    index = power(1.0 + growth, months / MONTHS_PER_YEAR)
    counts = np.maximum(1, np.floor(monthly * index + 0.5)).astype(np.int64)
    month = np.repeat(months, counts)
    place = np.concatenate([np.arange(count) for count in counts])
    numbers = (_APPLICANTS + month * _MONTH_STRIDE + place).astype(np.uint64)
    draws = Draws(run.seed, mix_ids(numbers))
    request = _request(run.seed, numbers, *_askers(draws, settings), menu)
    riskier = replace(rules, risk_shift=rules.traits["applicant_risk_shift"])
    person = _person(draws, menu, riskier, request)
    loans = _asked_loans(run.seed, draws.ids, menu, person, request, month)
    part = _part(draws, riskier, person, menu, loans, month)
    owed = obligations(draws.ids, menu.products, loans)
    state = _thin_purse(part, draws, owed.bullet_principal, riskier)
    return [replace(part, state=state, arrives_at=(place + 0.5) / monthly)]


def _thin_purse(part: Part, draws: Draws, working_capital: F8, rules: Imputation) -> OpeningState:
    """What is left of the purse of those who ask for a loan; working capital is not touched."""
    share = rules.traits["applicant_purse_share"]
    left = power(draws.uniform(Column.PURSE), 1.0 / share - 1.0)
    usual = part.state.savings_at_opening
    kept = np.minimum(usual, working_capital)
    return part.state._replace(savings_at_opening=kept + left * (usual - kept))


def _askers(draws: Draws, settings: BookSettings) -> tuple[I8, NDArray[np.bool_]]:
    """Owner of each loan, and whether it is the second: a share of borrowers has two."""
    twice = np.flatnonzero(draws.uniform(Column.SECOND_LOAN) < settings.second_loan_share)
    first = np.arange(draws.ids.size)
    return np.concatenate([first, twice]), np.repeat([False, True], [first.size, twice.size])


def _request(seed: int, numbers: U8, owner: I8, second: NDArray[np.bool_], menu: Menu) -> Request:
    ids = loan_ids(numbers[owner], second.astype(np.int64))
    u = Draws(seed, ids).uniform(Column.PRODUCT)
    product = np.searchsorted(np.cumsum(menu.shares)[:-1], u, side="right")
    return Request(ids, owner, second, product)


def _person(draws: Draws, menu: Menu, rules: Imputation, request: Request) -> Person:
    bullet = menu.column("amortisation")[request.product] == Amortisation.BULLET
    business = np.zeros(draws.ids.size, dtype=bool)
    business[request.owner[bullet]] = True
    return impute_person(draws, {}, rules, business, np.zeros(draws.ids.size))


def _choose_terms(draws: Draws, menu: Menu, product: I8, *, in_stock: bool) -> I8:
    """A term for each loan: as sold, or as found in a stock, where long ones stay longer."""
    u = draws.uniform(Column.TERM)
    terms = np.zeros(u.size, dtype=np.int64)
    for index, item in enumerate(menu.products):
        months = np.array(item.terms_months)
        share = np.cumsum(months if in_stock else np.ones(months.size))
        chosen = np.searchsorted(share[:-1] / share[-1], u, side="right")
        terms = np.where(product == index, months[chosen], terms)
    return terms


def _ages(u: F8, oldest: I8, leaving: F8) -> I8:
    """Months since origination in ``0..oldest``, thinned by ``leaving`` a month."""
    span = oldest + 1
    stay = np.where(leaving > 0, log1p(-leaving), -1.0)
    thinned = log1p(u * expm1(span * stay)) / stay
    months = np.where(leaving > 0, thinned, u * span).astype(np.int64)
    age: I8 = np.minimum(months, span - 1)
    return age


def _terms_record(menu: Menu, product: I8, term: I8, annual_rate: F8) -> Terms:
    return Terms(
        kind=menu.column("amortisation")[product].astype(np.int64),
        term_months=term,
        monthly_rate=monthly_rate(annual_rate),
        min_payment_share=menu.column("min_payment_share")[product],
    )


def _amounts(draws: Draws, menu: Menu, person: Person, request: Request, terms: Terms) -> F8:
    """Original principal or limit, within what underwriting allowed of true income."""
    income = person.income[request.owner]
    typical = menu.column("amount_in_incomes")[request.product] * income
    typical = typical * np.where(request.second, d.SECOND_LOAN_AMOUNT, 1.0)
    amount = typical * exp(d.AMOUNT_LOG_SD * draws.normal(Column.AMOUNT))
    cap = np.where(request.second, d.SECOND_DEBT_SERVICE_CAP, d.DEBT_SERVICE_CAP)
    return np.minimum(amount, cap * income / first_instalment_share(terms, terms.term_months))


def _used(draws: Draws, menu: Menu, true_risk: F8, product: I8, revolving: NDArray[np.bool_]) -> F8:
    """Drawn part of each limit; 1 for loans that are no lines."""
    z = draws.correlated(Column.UTILISATION, d.UTILISATION_LOADING, true_risk)
    target = np.clip(menu.column("utilisation")[product], 0.01, 0.99)
    use = logistic(log_odds(target) + d.UTILISATION_LOGIT_SD * z)
    return np.where(revolving, np.clip(use, *d.UTILISATION_RANGE), 1.0)


def _rates(menu: Menu, product: I8, band: I8) -> F8:
    rate = menu.column("annual_rate")[product] + menu.column("risk_price")[product] * band
    return np.minimum(rate, menu.rate_cap)


def due_days(draws: Draws) -> I8:
    """Due day 1-28 of each loan, all equally likely."""
    return 1 + (draws.uniform(Column.DUE_DAY) * MAX_DUE_DAY).astype(np.int64)


def _held_loans(seed: int, ids: U8, menu: Menu, person: Person, request: Request) -> LoanColumns:
    """Loans that survived from the past, at their scheduled state."""
    draws = Draws(seed, request.id)
    product = request.product
    term = _choose_terms(draws, menu, product, in_stock=True)
    band = risk_band(person.score)[request.owner]
    rate = _rates(menu, product, band)
    terms = _terms_record(menu, product, term, rate)
    revolving = terms.kind == Amortisation.REVOLVING
    oldest = np.where(revolving, np.minimum(d.LINE_MAX_AGE_MONTHS, term), term) - 1
    leaving = menu.column("p_prepay_monthly")[product]
    age = _ages(draws.uniform(Column.LOAN_AGE), oldest, leaving)
    limit = _amounts(draws, menu, person, request, terms)
    used = _used(draws, menu, person.true_risk[request.owner], product, revolving)
    current, nothing = np.zeros(product.size, dtype=np.int64), np.zeros(product.size)
    principal = limit * used * share_outstanding(terms, term - age)
    return LoanColumns(
        id=request.id,
        borrower_id=ids[request.owner],
        product=product,
        band=band,
        origination_month=-age,
        term_months=term,
        remaining_months=term - age,
        due_day=due_days(draws),
        annual_rate=rate,
        limit=limit,
        n_unpaid=current,
        months_overdue=current,
        usual_principal=principal,
        opening=Opening(principal, nothing, nothing),
        charges=nothing,
    )


def _asked_loans(
    seed: int, ids: U8, menu: Menu, person: Person, request: Request, month: I8
) -> LoanColumns:
    """Loans as applicants ask for them in their month of arrival."""
    draws = Draws(seed, request.id)
    product = request.product
    term = _choose_terms(draws, menu, product, in_stock=False)
    band = risk_band(person.score)[request.owner]
    rate = _rates(menu, product, band)
    terms = _terms_record(menu, product, term, rate)
    limit = _amounts(draws, menu, person, request, terms)
    revolving = terms.kind == Amortisation.REVOLVING
    used = _used(draws, menu, person.true_risk[request.owner], product, revolving)
    nothing = np.zeros(limit.size)
    return LoanColumns(
        id=request.id,
        borrower_id=ids[request.owner],
        product=product,
        band=band,
        origination_month=month[request.owner],
        term_months=term,
        remaining_months=term,
        due_day=due_days(draws),
        annual_rate=rate,
        limit=limit,
        n_unpaid=np.zeros(limit.size, dtype=np.int64),
        months_overdue=np.zeros(limit.size, dtype=np.int64),
        usual_principal=limit * used,
        opening=Opening(limit * used, nothing, nothing),
        charges=nothing,
    )


def _part(
    draws: Draws, rules: Imputation, person: Person, menu: Menu, loans: LoanColumns, month: I8
) -> Part:
    owed = obligations(draws.ids, menu.products, loans)
    finances = impute_finances(draws, {}, rules, person, owed)
    state = fresh_state(finances)
    return Part(draws.ids, month, np.ones(draws.ids.size), person, finances, loans, state)
