"""Cells: every situation has one, and none holds two grades."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.book.segments import segment_names
from simulator.products import PRODUCTS
from simulator.provision import (
    Milestones,
    RiskCellTable,
    RuleBook,
    build_risk_cells,
    build_rule_book,
)
from simulator.provision.risk_cells import NEVER
from simulator.provision.rule_book import family_of
from simulator.shipped import read_shipped
from simulator.situation import N_SITUATIONS, situation_of
from simulator.vocabulary import Forbearance

PRODUCT_NAMES = ("cash_loan", "equal_principal_loan", "micro_business_loan", "credit_line")
BANDS = ("A", "B", "C", "D", "E")
CHINA = [PRODUCTS[name] for name in PRODUCT_NAMES]
SITUATIONS = [situation_of(code) for code in range(N_SITUATIONS)]
FOUR = ("cas22", "ifrs9", "cecl", "china_minimum")


def _books(*names: str) -> dict[str, RuleBook]:
    return {name: build_rule_book(name, read_shipped("provision", name)) for name in names}


def _table(books: Mapping[str, RuleBook]) -> RiskCellTable:
    return build_risk_cells(books, segment_names(("east", "west"), CHINA, BANDS), CHINA)


@pytest.fixture(scope="module")
def four() -> RiskCellTable:
    return _table(_books(*FOUR))


def _milestones(table: RiskCellTable) -> Milestones:
    def used(months: np.ndarray) -> tuple[int, ...]:
        return tuple(int(month) for month in months if month != NEVER)

    return Milestones(used(table.observation_milestones), used(table.cure_milestones))


def _assert_no_cell_mixes_grades(books: Mapping[str, RuleBook], table: RiskCellTable) -> None:
    milestones = _milestones(table)
    group_of_family = {"instalment": range(15), "revolving": range(15, 20)}
    for code, situation in enumerate(SITUATIONS):
        for family, groups in group_of_family.items():
            wanted = tuple(b.grade_of(situation, family, milestones) for b in books.values())
            for cell in set(table.cell_of[code, groups]):
                assert table.cells[cell].grades == wanted, (situation, family)


def test_no_cell_of_the_four_shipped_books_mixes_grades(four):
    _assert_no_cell_mixes_grades(_books(*FOUR), four)


MONTHS = st.sampled_from([0, 1, 3, 6, 12])


@st.composite
def rule_books(draw: st.DrawFn) -> dict[str, RuleBook]:
    """A staged, a lifetime and a classes book with one definition of default."""
    default_dpd = draw(st.sampled_from([30, 60, 90, 120, 150, 180]))
    signs = {
        "overdue_dpd": draw(st.sampled_from([0, 30])),
        "forbearance_months": draw(MONTHS | st.none()),
        "early_warning_months": draw(st.sampled_from([0, 1, 3])),
    }
    values = {
        "kind": "staged",
        "significant_increase": signs,
        "cure_months": draw(MONTHS),
        "probation_months": draw(MONTHS),
        "restructured_is_default": draw(st.booleans()),
    }
    limits = st.sets(st.integers(default_dpd // 30 + 1, 12), min_size=2, max_size=2)
    classes = {
        **read_shipped("provision", "china_minimum"),
        **{family: _bands(default_dpd, draw(limits)) for family in ("instalment", "revolving")},
        "technical_days": draw(st.integers(0, 29)),
        "observation_months": draw(MONTHS),
        "deferred_is_restructured": draw(st.booleans()),
        "upgrade_months": draw(MONTHS),
    }
    named = {"s": values, "l": {"kind": "lifetime"}, "c": classes}
    common = {"label": "own", "source": "a test", "default_dpd": default_dpd}
    return {name: build_rule_book(name, {**own, **common}) for name, own in named.items()}


def _bands(default_dpd: int, limits: set[int]) -> list[dict[str, object]]:
    ends = [0, default_dpd, *(30 * limit for limit in sorted(limits)), None]
    starts = [0, *(end + 1 for end in ends if end is not None)]
    grades = ("normal", "special_mention", "substandard", "doubtful", "loss")
    return [
        {"grade": grade, "from_dpd": start, "to_dpd": end}
        for grade, start, end in zip(grades, starts, ends, strict=True)
    ]


@settings(max_examples=5, deadline=None)
@given(books=rule_books())
def test_no_cell_of_any_books_mixes_grades_or_loans_in_default_with_others(books):
    table = _table(books)
    _assert_no_cell_mixes_grades(books, table)
    for cell in table.cells:
        assert cell.unpaid[0] >= table.default_unpaid or cell.unpaid[1] < table.default_unpaid


def test_every_situation_and_group_has_a_cell_and_every_cell_a_situation(four):
    assert four.cell_of.shape == (N_SITUATIONS, len(PRODUCT_NAMES) * len(BANDS))
    assert four.cell_of.dtype == four.group_of_segment.dtype == np.uint16
    assert set(np.unique(four.cell_of)) == set(range(len(four.cells)))
    assert len({cell.name for cell in four.cells}) == len(four.cells)


def test_four_books_at_once_need_at_most_150_cells(four):
    assert len(four.cells) <= 150
    assert len(_table(_books("cecl")).cells) < len(four.cells)


def test_regions_are_pooled_products_and_bands_are_not(four):
    assert four.group_of_segment.tolist() == [*range(20), *range(20)]


def test_loans_of_a_cell_share_what_the_cell_says(four):
    unpaid = np.array([s.unpaid for s in SITUATIONS])
    for number, cell in enumerate(four.cells):
        codes, groups = np.nonzero(four.cell_of == number)
        assert (unpaid[codes].min(), unpaid[codes].max()) == cell.unpaid
        members = [SITUATIONS[code] for code in np.unique(codes)]
        if cell.hardship is not None:
            assert {s.hardship for s in members} == {cell.hardship}
        products = {PRODUCT_NAMES[group // len(BANDS)] for group in groups}
        families = {family_of(PRODUCTS[name]) for name in products}
        assert cell.family in products | families
        assert len(families) == 1
        if cell.band != "any":
            assert products == {cell.family}
            assert {BANDS[group % len(BANDS)] for group in groups} == {cell.band}


def test_clean_current_loans_are_told_apart_by_product_band_and_hardship(four):
    clean = [cell for cell in four.cells if cell.band != "any"]
    assert len(clean) == 2 * len(PRODUCT_NAMES) * len(BANDS)
    for number, situation in enumerate(SITUATIONS):
        is_clean = (
            situation.unpaid == 0
            and situation.forbearance is Forbearance.NONE
            and not (situation.warned or situation.unmarked_relief or situation.memory)
        )
        if is_clean:
            found = [four.cells[cell] for cell in four.cell_of[number]]
            assert {cell.hardship for cell in found} == {situation.hardship}
            assert [(c.family, c.band) for c in found] == [
                (product, band) for product in PRODUCT_NAMES for band in BANDS
            ]


def test_the_origin_of_a_cell_is_the_clean_cell_of_its_loans(four):
    for number, cell in enumerate(four.cells):
        origins = [four.cells[origin] for origin in cell.origins]
        assert all(o.unpaid == (0, 0) and o.hardship is False for o in origins)
        if cell.band != "any":
            assert [(o.family, o.band) for o in origins] == [(cell.family, cell.band)]
            assert cell.hardship or cell.origins == (number,)
        else:
            products = [n for n in PRODUCT_NAMES if family_of(PRODUCTS[n]) == cell.family]
            assert [(o.family, o.band) for o in origins] == [
                (product, band) for product in products for band in BANDS
            ]


def test_cells_that_lend_each_other_strength_share_their_unpaid_instalments(four):
    pools: dict[str, set[bool]] = {}
    for cell in four.cells:
        pools.setdefault(cell.pool, set()).add(cell.unpaid[0] == 0)
    assert all(len(kinds) == 1 for kinds in pools.values())
    assert len(pools) < 30


def test_kernels_get_the_months_of_all_books_sorted_and_padded(four):
    assert four.observation_milestones.tolist() == [12, 24, NEVER, NEVER]
    assert four.cure_milestones.tolist() == [3, 6, 15, NEVER, NEVER, NEVER]
    assert (four.default_unpaid, four.technical_days) == (4, 7)
    lifetime = _table(_books("cecl"))
    assert set(lifetime.observation_milestones) | set(lifetime.cure_milestones) == {NEVER}
    assert lifetime.technical_days == 0
