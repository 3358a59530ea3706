"""Shares, risks and traits of borrowers are as stated, and every column is in its range."""

import numpy as np

from simulator.book import Book
from simulator.book import distributions as d
from simulator.book.illness import hospital_incidence, illness_incidence
from simulator.book.segments import risk_band
from simulator.catalogue import worker_shares
from simulator.settings import BookSettings
from simulator.vocabulary import N_INCOME_DECILES, Amortisation, Work, WorkerType
from tests.book.books import DEFAULTS, MIX, SIGMAS, assert_share


def test_admissions_have_the_published_means_of_both_age_bands() -> None:
    """44.6 and 118.8 per 1,000 men; the table rounds each age to a tenth per 1,000."""
    for first, last, published in ((15, 45, 0.0446), (45, 65, 0.1188)):
        found = hospital_incidence(np.arange(first, last) + 0.5)
        assert np.all(np.diff(found) > 0)
        assert abs(found.mean() - published) <= 0.00005


def test_admissions_beyond_the_table_are_those_of_its_ends() -> None:
    found = hospital_incidence(np.array([3.0, 15.0, 64.9, 65.0, 90.0]))
    assert found[0] == found[1] < found[2] == found[3] == found[4]


def test_illness_follows_the_table_by_completed_years() -> None:
    found = illness_incidence(np.array([25.0, 40.9, 50.0, 75.0]))
    np.testing.assert_array_equal(found, [0.000514, 0.002151, 0.007155, 0.019737])


def test_shares_of_the_opening_book_are_as_stated(large: Book) -> None:
    people, loans = large.borrowers, large.loans
    old = people.arrival_month == 0
    n = int(old.sum())
    for region, share in zip(range(4), BookSettings().region_shares, strict=True):
        assert_share(int((people.region[old] == region).sum()), n, share)
    for platforms, share in enumerate(d.PLATFORM_SHARES):
        assert_share(int((people.platforms[old] == platforms).sum()), n, share)
    assert_share(int((people.p_forget[old] > 0).sum()), n, DEFAULTS["manual_payment_share"])
    assert_share(int(people.overspender[old].sum()), n, DEFAULTS["overspender_share"])
    for band in range(5):
        assert_share(int((risk_band(people.score[old]) == band).sum()), n, 0.2)
    held = old[loans.borrower]
    n_held = int(held.sum())
    assert_share(n_held - n, n, 0.15)
    for product, name in enumerate(p.name for p in large.products):
        assert_share(int((loans.product[held] == product).sum()), n_held, MIX[name])


def test_types_of_workers_have_their_shares_and_go_with_risk_and_income(large: Book) -> None:
    people = large.borrowers
    old = people.arrival_month == 0
    for worker, share in zip(WorkerType, worker_shares(DEFAULTS), strict=True):
        assert_share(int((people.worker_type[old] == worker).sum()), int(old.sum()), share)
    often = people.worker_type == WorkerType.GAMMA
    assert people.true_risk[often].mean() > people.true_risk[~often].mean() + 0.5
    alike = (people.work == Work.FORMAL) & (people.region == 0)
    log_income = np.log(people.income)
    assert log_income[alike & often].mean() < log_income[alike & ~often].mean() - 0.1


def test_a_cohort_is_current_in_work_and_as_it_usually_is(large: Book) -> None:
    people = large.borrowers
    for name in ("life", "months_short", "other_missed", "refusing"):
        assert not getattr(people, name).any(), name
    old = people.arrival_month == 0
    np.testing.assert_array_equal(people.savings_at_opening[old], people.savings[old])
    assert not large.loans.n_unpaid.any()


def test_new_customers_come_with_a_thin_purse_and_their_working_capital(large: Book) -> None:
    people = large.borrowers
    bullet = np.bincount(
        large.loans.borrower,
        np.where(large.loans.kind == Amortisation.BULLET, large.loans.limit, 0.0),
        minlength=people.id.size,
    )
    new = people.arrival_month > 0
    assert np.all(people.savings_at_opening <= people.savings)
    least = np.minimum(people.savings, bullet)
    assert np.all(people.savings_at_opening[new] >= least[new] * (1 - 1e-12))
    plain = new & (bullet == 0.0) & (people.savings > 0.0)
    left = people.savings_at_opening[plain] / people.savings[plain]
    share = DEFAULTS["applicant_purse_share"]
    variance = share / (2.0 - share) - share**2  # of U^(1 / share - 1)
    assert abs(left.mean() - share) < 5.0 * np.sqrt(variance / left.size)


def test_score_is_as_good_as_stated(large: Book) -> None:
    old = large.borrowers.arrival_month == 0
    found = np.corrcoef(large.borrowers.true_risk[old], -large.borrowers.score[old])[0, 1]
    standard_error = (1 - DEFAULTS["score_risk_correlation"] ** 2) / np.sqrt(old.sum())
    assert abs(found - DEFAULTS["score_risk_correlation"]) < SIGMAS * standard_error


def test_applicants_are_riskier_by_the_stated_shift(large: Book) -> None:
    new = large.borrowers.arrival_month > 0
    shift = large.borrowers.true_risk[new].mean()
    assert abs(shift - DEFAULTS["applicant_risk_shift"]) < SIGMAS / np.sqrt(new.sum())


def test_risk_goes_with_the_traits_that_cause_arrears(large: Book) -> None:
    people = large.borrowers
    risky, good = people.true_risk > 1, people.true_risk < -1
    months = people.savings / people.income
    assert np.median(months[risky]) < 0.5 * np.median(months[good])
    for name in ("platforms", "overspender", "refusal_weight", "p_forget", "other_debt"):
        assert getattr(people, name)[risky].mean() > getattr(people, name)[good].mean(), name


def test_nearly_all_borrowers_have_a_positive_margin(large: Book) -> None:
    people, loans = large.borrowers, large.loans
    i = loans.annual_rate / 12
    m = loans.remaining_months.astype(float)
    due = np.select(
        [loans.kind == k for k in Amortisation],
        [i / (1 - (1 + i) ** -m), 1 / m + i, i, 0.1 + i],
    )
    service = np.bincount(loans.borrower, weights=due * loans.principal)
    others = people.other_debt * 0.18 / 12
    margin = people.income - people.essential - people.discretionary - service - others
    prudent = people.overspender == 0
    assert np.mean(margin[prudent] > 0) > 0.93
    assert 0.3 < np.mean(margin[~prudent] > 0) < 0.7
    assert np.mean(margin + 0.8 * people.discretionary > 0) > 0.98


def test_every_column_is_in_its_range(large: Book) -> None:
    people, loans = large.borrowers, large.loans
    for columns in (people, loans):
        for name in columns._fields:
            assert np.isfinite(getattr(columns, name).astype(float)).all(), name
    for name in ("weight", "income", "essential", "discretionary", "refusal_weight"):
        assert getattr(people, name).min() > 0, name
    for name in ("savings", "other_debt"):
        assert getattr(people, name).min() >= 0, name
    for name in ("p_forget", "p_channel_failure", "p_misunderstand", "illness_incidence"):
        column = getattr(people, name)
        assert column.min() >= 0, name
        assert column.max() <= 0.9, name
    assert np.all(people.stated_income >= people.income)
    assert np.all((people.age >= 18) & (people.age <= 60))
    assert np.mean((people.age >= 22) & (people.age <= 40)) > 0.7
    assert people.work.max() == Work.GIG
    assert not people.other_debt[people.platforms == 0].any()
    assert not people.pays_others_first[people.platforms == 0].any()
    assert people.income_decile.max() == N_INCOME_DECILES - 1
    assert np.all((loans.due_day >= 1) & (loans.due_day <= 28))
    assert np.all((loans.annual_rate > 0) & (loans.annual_rate <= 0.24))
    assert np.all(loans.principal <= loans.limit)
    assert loans.segment.max() < len(large.segments.region) == 4 * 4 * 5
    assert loans.vintage.max() == len(large.vintage_labels) - 1
