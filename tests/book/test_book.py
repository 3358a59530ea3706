"""The synthetic book and the shipped US book: invariances, closed forms, shares, ranges."""

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pytest
import yaml

from simulator.book import Book, build_book
from simulator.book import distributions as d
from simulator.book.impute import illness_incidence
from simulator.book.segments import hash_texts, mix_ids, quarter_of, risk_band, vintages
from simulator.catalogue import parameters_from
from simulator.products import PRODUCTS
from simulator.settings import BookSettings, RunSettings
from simulator.validation import UserError
from simulator.vocabulary import N_INCOME_DECILES, Amortisation, Work
from tests import ROOT

TAPE_2016 = ROOT / "simulator" / "book" / "shipped" / "data" / "lending_club_2016q1.csv"
CONFIGS = sorted((ROOT / "configs" / "book").glob("*.yaml"))
RUN = RunSettings(months=6, paths=1)
DEFAULTS = parameters_from({})
MIX = {
    "cash_loan": 0.55,
    "equal_principal_loan": 0.15,
    "micro_business_loan": 0.1,
    "credit_line": 0.2,
}
SIGMAS = 4.5


def synthetic(borrowers: int = 2000, run: RunSettings = RUN, **changes: object) -> Book:
    return build_book(BookSettings(borrowers=borrowers, products=MIX, **changes), run)


def config(name: str, **changes: object) -> BookSettings:
    values = yaml.safe_load((ROOT / "configs" / "book" / f"{name}.yaml").read_text("utf-8"))
    return BookSettings.model_validate(values | changes)


@pytest.fixture(scope="module")
def large() -> Book:
    return synthetic(40_000, RunSettings(months=1, paths=1))


@pytest.fixture(scope="module")
def american() -> Book:
    return build_book(config("lending_club_2016q1"), RUN)


def raw_american() -> list[dict[str, str]]:
    path = TAPE_2016
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_rows_agree(small: Book, big: Book) -> None:
    """Every borrower and loan of ``small`` stands bit for bit in ``big``."""
    row = np.searchsorted(big.borrowers.id, small.borrowers.id)
    for name in small.borrowers._fields:
        if name != "income_decile":  # a rank among all, for reporting only
            ours, theirs = getattr(small.borrowers, name), getattr(big.borrowers, name)
            np.testing.assert_array_equal(ours, theirs[row], err_msg=name)
    order = np.argsort(big.loans.id)
    loan = order[np.searchsorted(big.loans.id, small.loans.id, sorter=order)]
    for name in small.loans._fields:
        if name in ("borrower", "vintage"):
            continue
        ours, theirs = getattr(small.loans, name), getattr(big.loans, name)
        np.testing.assert_array_equal(ours, theirs[loan], err_msg=name)
    owner = small.borrowers.id[small.loans.borrower]
    np.testing.assert_array_equal(owner, big.borrowers.id[big.loans.borrower[loan]])
    ours = np.array(small.vintage_labels)[small.loans.vintage]
    np.testing.assert_array_equal(ours, np.array(big.vintage_labels)[big.loans.vintage[loan]])


def assert_share(count: int, n: int, share: float) -> None:
    """The binomial count is within 4.5 standard errors of its mean."""
    assert abs(count - n * share) <= SIGMAS * np.sqrt(n * share * (1 - share))


# --- Invariances -----------------------------------------------------------------------------


def test_same_seed_gives_the_same_bits() -> None:
    left, right = synthetic(500), synthetic(500)
    for a, b in zip((*left.borrowers, *left.loans), (*right.borrowers, *right.loans), strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_seed_gives_other_borrowers_with_the_same_ids() -> None:
    left, right = synthetic(500), synthetic(500, RunSettings(months=6, paths=1, seed=7))
    np.testing.assert_array_equal(left.borrowers.id, right.borrowers.id)
    assert np.mean(left.borrowers.income == right.borrowers.income) < 0.01


def test_adding_a_borrower_changes_no_other() -> None:
    assert_rows_agree(synthetic(500), synthetic(501))


def test_more_months_only_append_applicants() -> None:
    short, long = synthetic(500), synthetic(500, RunSettings(months=24, paths=1))
    assert_rows_agree(short, long)
    new = ~np.isin(long.borrowers.id, short.borrowers.id)
    assert new.sum() == 18 * 25
    assert long.borrowers.arrival_month[new].min() == 7


def test_opening_book_does_not_depend_on_the_share_of_applicants() -> None:
    assert_rows_agree(synthetic(500, applicants_monthly_share=0.0), synthetic(500))


def test_rows_stand_in_order_of_permanent_ids(large: Book) -> None:
    assert np.all(np.diff(large.borrowers.id.astype(object)) > 0)
    assert np.all(np.diff(large.loans.borrower) >= 0)
    same = np.diff(large.loans.borrower) == 0
    assert np.all(large.loans.id[1:][same] > large.loans.id[:-1][same])
    assert np.unique(large.loans.borrower).size == large.borrowers.id.size


def test_number_of_borrowers_loans_and_applicants_is_as_asked() -> None:
    book = synthetic(1000, second_loan_share=0.0)
    assert book.n_opening_borrowers == 1000
    counts = np.bincount(book.borrowers.arrival_month)
    np.testing.assert_array_equal(counts, [1000] + [50] * 6)
    assert book.n_loans == book.borrowers.id.size


# --- Closed forms ----------------------------------------------------------------------------


def test_annuity_principal_is_what_month_by_month_repayment_leaves(large: Book) -> None:
    loans = large.loans
    rows = np.flatnonzero((loans.kind == Amortisation.ANNUITY) & (loans.origination_month < 0))
    for row in rows[:300]:
        i, term = loans.annual_rate[row] / 12, int(loans.term_months[row])
        balance = float(loans.limit[row])
        instalment = balance * i / (1 - (1 + i) ** -term)
        overdue, interest_overdue = 0.0, 0.0
        due = term - int(loans.remaining_months[row])
        for k in range(1, due + 1):
            unpaid = k > due - loans.n_unpaid[row]
            nth = k - (due - int(loans.n_unpaid[row]))
            accrues = nth == 1 or 30 * (nth - 1) - int(loans.due_day[row]) < 90
            overdue += (instalment - balance * i) if unpaid else 0.0
            interest_overdue += balance * i if unpaid and accrues else 0.0
            balance -= instalment - balance * i
        assert loans.principal[row] == pytest.approx(balance, rel=1e-9)
        assert loans.principal_overdue[row] == pytest.approx(overdue, rel=1e-9, abs=1e-9)
        assert loans.interest_overdue[row] == pytest.approx(interest_overdue, rel=1e-9, abs=1e-9)


def test_equal_principal_and_bullet_loans_are_at_their_schedule(large: Book) -> None:
    loans = large.loans
    held = loans.origination_month <= 0
    straight = held & (loans.kind == Amortisation.EQUAL_PRINCIPAL)
    part = loans.limit / loans.term_months
    np.testing.assert_allclose(
        loans.principal[straight], (part * loans.remaining_months)[straight], rtol=1e-12
    )
    np.testing.assert_allclose(
        loans.principal_overdue[straight], (part * loans.n_unpaid)[straight], rtol=1e-9, atol=1e-9
    )
    bullet = held & (loans.kind == Amortisation.BULLET)
    np.testing.assert_array_equal(loans.principal[bullet], loans.limit[bullet])
    assert not loans.principal_overdue[bullet].any()


def test_overdue_lines_moved_the_minimum_payment_each_month(large: Book) -> None:
    loans = large.loans
    lines = (loans.kind == Amortisation.REVOLVING) & (loans.n_unpaid > 0)
    share = PRODUCTS["credit_line"].min_payment_share
    kept = (1 - share) ** loans.n_unpaid[lines]
    total = loans.principal[lines] + loans.principal_overdue[lines]
    np.testing.assert_allclose(loans.principal[lines], total * kept, rtol=1e-12)
    assert np.all(total <= loans.limit[lines] * (1 + 1e-12))


def test_origination_fits_term_and_remaining_months(large: Book) -> None:
    loans = large.loans
    held = loans.origination_month <= 0
    age = loans.term_months.astype(int) - loans.remaining_months
    np.testing.assert_array_equal(-loans.origination_month[held], age[held])
    assert loans.remaining_months.min() >= 1
    assert np.all(loans.n_unpaid[held] <= age[held])
    asked = ~held
    arrival = large.borrowers.arrival_month[loans.borrower]
    np.testing.assert_array_equal(loans.origination_month[asked], arrival[asked])
    np.testing.assert_array_equal(loans.remaining_months[asked], loans.term_months[asked])


def test_illness_follows_the_table_by_completed_years() -> None:
    found = illness_incidence(np.array([25.0, 40.9, 50.0, 75.0]))
    np.testing.assert_array_equal(found, [0.000514, 0.002151, 0.007155, 0.019737])


# --- Distributions ---------------------------------------------------------------------------


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


def test_opening_overdue_shares_are_as_stated(large: Book) -> None:
    worst = np.zeros(large.borrowers.id.size, dtype=int)
    np.maximum.at(worst, large.loans.borrower, large.loans.n_unpaid)
    old = large.borrowers.arrival_month == 0
    for n_unpaid in range(5):  # six-month loans cannot be more than five instalments late
        share = d.opening_unpaid_shares(DEFAULTS)[n_unpaid]
        assert_share(int((worst[old] == n_unpaid).sum()), int(old.sum()), share)
    assert not worst[~old].any()


def test_score_is_as_good_as_stated(large: Book) -> None:
    old = large.borrowers.arrival_month == 0
    found = np.corrcoef(large.borrowers.true_risk[old], -large.borrowers.score[old])[0, 1]
    standard_error = (1 - DEFAULTS["score_risk_correlation"] ** 2) / np.sqrt(old.sum())
    assert abs(found - DEFAULTS["score_risk_correlation"]) < SIGMAS * standard_error


def test_applicants_are_riskier_by_the_stated_shift(large: Book) -> None:
    new = large.borrowers.arrival_month > 0
    shift = large.borrowers.true_risk[new].mean()
    assert abs(shift - DEFAULTS["applicant_risk_shift"]) < SIGMAS / np.sqrt(new.sum())


def test_risk_and_arrears_go_with_the_traits_that_cause_them(large: Book) -> None:
    people = large.borrowers
    risky, good = people.true_risk > 1, people.true_risk < -1
    clean = np.ones(people.id.size, dtype=bool)
    clean[large.loans.borrower[large.loans.n_unpaid > 0]] = False
    months = people.savings / people.income
    assert np.median(months[risky & clean]) < 0.5 * np.median(months[good & clean])
    assert np.median(months[~clean]) < 0.1
    for name in ("platforms", "overspender", "refusal_weight", "p_forget", "other_debt"):
        assert getattr(people, name)[risky].mean() > getattr(people, name)[good].mean(), name
    late = np.bincount(large.loans.borrower, weights=large.loans.n_unpaid)
    assert late[risky].mean() > late[good].mean()


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
    clean = np.bincount(loans.borrower, weights=loans.n_unpaid) == 0
    assert np.mean(margin[clean] > 0) > 0.93
    assert np.mean(margin[clean] + 0.8 * people.discretionary[clean] > 0) > 0.995


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


def test_clean_book_has_nothing_overdue() -> None:
    loans = synthetic(500, opening_overdue=False).loans
    for name in ("n_unpaid", "principal_overdue", "interest_overdue", "penalty", "fees"):
        assert not getattr(loans, name).any(), name


# --- Places ----------------------------------------------------------------------------------


def test_segment_of_a_loan_names_its_region_product_and_band(large: Book) -> None:
    for row in range(0, large.n_loans, 997):
        owner, segment = large.loans.borrower[row], large.loans.segment[row]
        band = d.RISK_BANDS[int(risk_band(large.borrowers.score[owner : owner + 1])[0])]
        assert large.segments.region[segment] == large.regions[large.borrowers.region[owner]]
        product = large.products[large.loans.product[row]]
        assert large.segments.product[segment] == product.name
        assert large.segments.risk_band[segment] == band
        assert large.loans.kind[row] == product.amortisation


def test_vintages_are_quarters_relative_to_the_opening() -> None:
    np.testing.assert_array_equal(quarter_of(np.array([-3, -2, 0, 1, 3, 4])), [-1, 0, 0, 1, 1, 2])
    index, labels = vintages(np.array([4, -5, 0]))
    assert labels == ("Q-1", "Q0", "Q+1", "Q+2")
    np.testing.assert_array_equal(index, [3, 0, 1])


def test_ids_are_mixed_one_to_one_and_texts_hashed_alike_everywhere() -> None:
    assert np.unique(mix_ids(np.arange(100_000, dtype=np.uint64))).size == 100_000
    # First word of the SplitMix64 stream with seed 0, a published test value.
    assert int(mix_ids(np.array([0], dtype=np.uint64))[0]) == 0xE220A8397B1DCDAF
    np.testing.assert_array_equal(hash_texts(["b", "a"], "x")[::-1], hash_texts(["a", "b"], "x"))


def test_collision_of_text_ids_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneByte:
        def __init__(self, text: bytes, digest_size: int) -> None:
            self.text = text

        def digest(self) -> bytes:
            return bytes(8)

    monkeypatch.setattr("simulator.book.segments.blake2b", OneByte)
    hash_texts(["same", "same"], "loan_id")
    with pytest.raises(UserError, match="loan_id left and right have the same 64-bit hash"):
        hash_texts(["left", "right"], "loan_id")


def test_unknown_product_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"book\.products .* cash_lone - did you mean cash_loan"):
        build_book(BookSettings(products={"cash_lone": 1.0}), RUN)


def test_region_that_stands_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"book\.regions must be different"):
        build_book(BookSettings(regions=("a", "a"), region_shares=(0.5, 0.5)), RUN)


# --- The US cohort ---------------------------------------------------------------------------


def test_american_sizes_and_totals_equal_the_file(american: Book) -> None:
    raw = raw_american()
    assert american.n_loans == american.n_opening_borrowers == len(raw) == 9857
    total = sum(float(r["funded_amnt"]) for r in raw)
    assert american.loans.principal.sum() == pytest.approx(total, rel=1e-12)
    rates = sorted(float(r["int_rate"]) / 100 for r in raw)
    np.testing.assert_allclose(np.sort(american.loans.annual_rate), rates, rtol=1e-12)
    long = sum(r["term"] == "term_60" for r in raw)
    assert int((american.loans.term_months == 60).sum()) == long
    bands = np.array(american.segments.risk_band)[american.loans.segment]
    for grade in "ABCDEFG":
        assert (bands == grade).sum() == sum(r["sub_grade"][0] == grade for r in raw)


def test_american_loans_are_a_fresh_current_cohort(american: Book) -> None:
    loans = american.loans
    assert american.vintage_labels == ("Q0",)
    assert american.currency == "USD"
    assert not loans.origination_month.any()
    assert not loans.n_unpaid.any()
    np.testing.assert_array_equal(loans.remaining_months, loans.term_months)
    assert not american.borrowers.arrival_month.any()


def test_american_incomes_have_a_floor_and_carry_the_loan(american: Book) -> None:
    people, loans = american.borrowers, american.loans
    i = loans.annual_rate / 12
    instalment = loans.limit * i / (1 - (1 + i) ** -loans.term_months.astype(float))
    assert people.income.min() >= d.US_INCOME_FLOOR
    assert np.all(instalment <= d.US_MAX_INSTALMENT_SHARE * people.income[loans.borrower] * 1.001)
    assert np.all(people.stated_income >= people.income)
    stated = sorted(float(r["annual_inc"]) * d.US_NET_OF_GROSS / 12 for r in raw_american())
    assert np.median(people.stated_income) == pytest.approx(np.median(stated), rel=1e-9)


def test_american_outcome_column_is_not_read(
    american: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pa_csv.read_csv(TAPE_2016)
    monkeypatch.setattr(pa_csv, "read_csv", lambda path: whole.drop_columns(["outcome"]))
    assert_rows_agree(american, build_book(config("lending_club_2016q1"), RUN))


def test_american_regions_are_the_states(american: Book) -> None:
    states = {"AZ", "CO", "ID", "MT", "NV", "NM", "UT", "WY", "AK", "CA", "HI", "OR", "WA"}
    westerners = sum(r["addr_state"] in states for r in raw_american())
    west = american.regions.index("west")
    assert int((american.borrowers.region == west).sum()) == westerners


def test_american_book_refuses_applicants_and_other_countries() -> None:
    with pytest.raises(UserError, match="applicants_monthly_share must be 0"):
        build_book(config("lending_club_2016q1", applicants_monthly_share=0.1), RUN)
    with pytest.raises(UserError, match="jurisdiction must be us"):
        build_book(config("lending_club_2016q1", jurisdiction="cn"), RUN)


# --- Configurations --------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_book_configuration_validates_and_has_every_key(path: Path) -> None:
    values = yaml.safe_load(path.read_text("utf-8"))
    assert set(values) == set(BookSettings.model_fields)
    if values["kind"] == "tape":
        with pytest.raises(ValueError, match=r"book\.path must name the tape's file"):
            BookSettings.model_validate(values)
        values["path"] = "loans.csv"
    settings = BookSettings.model_validate(values)
    assert set(settings.products) <= set(PRODUCTS)


def test_default_configuration_builds_what_it_says() -> None:
    book = build_book(config("cn_online", borrowers=300), RUN)
    assert book.currency == "CNY"
    assert [p.name for p in book.products] == list(MIX)
    assert {f.name for f in fields(Book)} >= {"notes", "imputed_columns"}
    assert book.imputed_columns == ()
