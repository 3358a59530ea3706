"""The lever table: edits reach exactly their cells and combine by order-free rules."""

import itertools
import operator
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.lever_fields import (
    ALL_FIELDS,
    BOOK_LEVERS,
    CAPACITY_MULTIPLIERS,
    COLLECTION_STAGE_NAMES,
    CUSTOMER_LEVERS,
    INTENSITIES,
    LOAN_LEVERS,
    UNDERWRITING_LEVERS,
    UNLIMITED,
    Combine,
    LeverField,
)
from simulator.levers import (
    MAX_CLASSES,
    Edit,
    LeverTable,
    SegmentNames,
    Target,
    build_levers,
)
from simulator.validation import UserError
from simulator.vocabulary import N_BUCKETS, CollectionStage, Hardship

PLAIN = {
    Combine.MIN: min,
    Combine.MAX: max,
    Combine.ADD: operator.add,
    Combine.MULTIPLY: operator.mul,
}
HORIZON = 6
REGIONS, PRODUCTS, BANDS = ("east", "west", "north"), ("cash", "line"), ("a", "b", "c")
SEGMENTS = SegmentNames(*zip(*itertools.product(REGIONS, PRODUCTS, BANDS), strict=True))
by_name = pytest.mark.parametrize("field", ALL_FIELDS.values(), ids=lambda field: field.name)
amounts = st.floats(0, 1000, allow_nan=False)


def build(*edits: Edit, horizon: int = HORIZON) -> LeverTable:
    return build_levers(edits, SEGMENTS, horizon)


def assert_same_tables(left: LeverTable, right: LeverTable) -> None:
    for ours, theirs in zip(left, right, strict=True):
        assert np.array_equal(ours, theirs)


FACTORS = {field.name for field in (*INTENSITIES, *CAPACITY_MULTIPLIERS)}
"""Levers that are folded into others and have no column of their own."""
COLUMNS = [field for field in ALL_FIELDS.values() if field.name not in FACTORS]


def cell_of(table: LeverTable, lever: str) -> np.ndarray:
    """The column of a lever in whichever record holds it."""
    holders = [t for t in table[:4] if lever in (t.dtype.names or ())]
    assert len(holders) == 1
    return holders[0][lever]


FACTOR_OF = {f.name.replace("intensity", "effort"): f for f in INTENSITIES} | {
    f.name.replace("_multiplier", ""): f for f in CAPACITY_MULTIPLIERS
}
"""The factor that is folded into an effort or a capacity."""


def random_edits() -> st.SearchStrategy[list[Edit]]:
    """Edits of every kind of lever with targets, windows, buckets and hardships."""

    def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple)

    @st.composite
    def edit(draw: st.DrawFn) -> Edit:
        field = draw(st.sampled_from(list(ALL_FIELDS.values())))
        share = draw(st.floats(0, 1))
        first = draw(st.integers(1, HORIZON + 3))
        return Edit(
            field.name,
            field.low + share * (min(field.high, 1e6) - field.low),
            first,
            draw(st.none() | st.integers(first, HORIZON + 5)),
            Target(draw(some(REGIONS)), draw(some(PRODUCTS)), draw(some(BANDS))),
            draw(st.lists(st.integers(0, N_BUCKETS - 1), max_size=3, unique=True).map(tuple)),
            draw(st.lists(st.sampled_from(list(Hardship)), max_size=2, unique=True).map(tuple)),
        )

    return st.lists(edit(), max_size=7)


# --- Rules -------------------------------------------------------------------------------------


@by_name
def test_every_base_value_lies_in_its_range(field: LeverField) -> None:
    assert field.low <= field.base <= field.high
    assert field.meaning


@by_name
def test_the_base_value_is_neutral(field: LeverField) -> None:
    """An edit by the base's own value changes nothing, for levers that add or multiply too."""
    neutral = {Combine.ADD: 0.0, Combine.MULTIPLY: 1.0}.get(field.combine, field.base)
    assert_same_tables(build(Edit(field.name, neutral)), build())


def test_every_lever_stands_once() -> None:
    groups = (LOAN_LEVERS, INTENSITIES, CUSTOMER_LEVERS, UNDERWRITING_LEVERS, BOOK_LEVERS,
              CAPACITY_MULTIPLIERS)  # fmt: skip
    assert len(ALL_FIELDS) == sum(len(group) for group in groups)


def test_every_stage_has_its_levers() -> None:
    assert list(COLLECTION_STAGE_NAMES) == [stage.name.lower() for stage in CollectionStage]
    kinds = ("effort", "intensity", "capacity", "capacity_multiplier", "day_shift")
    for name in COLLECTION_STAGE_NAMES:
        assert {f"{kind}_{name}" for kind in kinds} <= ALL_FIELDS.keys()


# --- Tables ------------------------------------------------------------------------------------


def test_an_empty_table_holds_the_base_values() -> None:
    table = build()
    for field in COLUMNS:
        assert np.all(cell_of(table, field.name) == field.base), field.name
    assert table.customer.shape == table.underwriting.shape == (HORIZON + 1, 1)
    assert table.loan.shape == (HORIZON + 1, 1, N_BUCKETS, len(Hardship))
    assert np.all(table.class_of_segment == 0)


@settings(max_examples=40)
@given(edits=random_edits(), luck=st.randoms())
def test_the_order_of_edits_changes_no_bit(edits: list[Edit], luck: object) -> None:
    shuffled = list(edits)
    luck.shuffle(shuffled)  # type: ignore[attr-defined]
    assert_same_tables(build(*edits), build(*shuffled))


@settings(max_examples=40)
@given(edits=random_edits())
def test_every_cell_stays_in_its_range(edits: list[Edit]) -> None:
    table = build(*edits, *edits)
    for field in COLUMNS:
        column = cell_of(table, field.name)
        assert np.all((field.low <= column) & (column <= field.high)), field.name


@settings(max_examples=40)
@given(edits=random_edits(), segment=st.integers(0, len(SEGMENTS.region) - 1), data=st.data())
def test_a_cell_is_what_the_edits_that_reach_it_come_to(
    edits: list[Edit], segment: int, data: st.DataObject
) -> None:
    """One cell of the table, computed by hand from the list of edits."""
    table = build(*edits)
    month = data.draw(st.integers(1, HORIZON))
    bucket = data.draw(st.integers(0, N_BUCKETS - 1))
    hardship = data.draw(st.sampled_from(list(Hardship)))
    place = (SEGMENTS.region[segment], SEGMENTS.product[segment], SEGMENTS.risk_band[segment])

    def reaches(edit: Edit) -> bool:
        target = (edit.target.regions, edit.target.products, edit.target.risk_bands)
        return (
            all(not wanted or name in wanted for wanted, name in zip(target, place, strict=True))
            and edit.first_month <= month <= (edit.last_month or HORIZON)
            and bucket in (edit.buckets or range(N_BUCKETS))
            and hardship in (edit.hardships or tuple(Hardship))
        )

    def expected(field: LeverField, *, everywhere: bool = False) -> float:
        found = [e.amount for e in edits if e.lever == field.name and (everywhere or reaches(e))]
        return reduce(PLAIN[field.combine], found, field.base)

    def clipped(field: LeverField, amount: float) -> float:
        return min(field.high, max(field.low, amount))

    cell = table.loan[month, table.class_of_segment[segment], bucket, hardship]
    for field in LOAN_LEVERS:
        factor = FACTOR_OF.get(field.name)
        amount = expected(field) * (expected(factor) if factor else 1.0)
        assert cell[field.name] == pytest.approx(clipped(field, amount), rel=1e-12), field.name
    for field in BOOK_LEVERS:
        factor = FACTOR_OF.get(field.name)
        amount = expected(field, everywhere=True)
        amount *= expected(factor, everywhere=True) if factor else 1.0
        found = table.book[field.name][0]
        assert found == pytest.approx(clipped(field, amount), rel=1e-12), field.name


@settings(max_examples=40)
@given(edits=random_edits(), segment=st.integers(0, len(SEGMENTS.region) - 1), data=st.data())
def test_customer_and_underwriting_levers_are_cut_by_month_and_class_only(
    edits: list[Edit], segment: int, data: st.DataObject
) -> None:
    """Buckets and hardships of an edit do not matter to what reaches every customer."""
    table = build(*edits)
    month = data.draw(st.integers(1, HORIZON))
    place = (SEGMENTS.region[segment], SEGMENTS.product[segment], SEGMENTS.risk_band[segment])

    def reaches(edit: Edit) -> bool:
        target = (edit.target.regions, edit.target.products, edit.target.risk_bands)
        inside = all(not w or name in w for w, name in zip(target, place, strict=True))
        return inside and edit.first_month <= month <= (edit.last_month or HORIZON)

    at = month, table.class_of_segment[segment]
    for record, fields in (
        (table.customer, CUSTOMER_LEVERS),
        (table.underwriting, UNDERWRITING_LEVERS),
    ):
        for field in fields:
            found = [e.amount for e in edits if e.lever == field.name and reaches(e)]
            amount = reduce(PLAIN[field.combine], found, field.base)
            expected = min(field.high, max(field.low, amount))
            assert record[at][field.name] == pytest.approx(expected, rel=1e-12), field.name


def test_an_edit_reaches_only_its_months_buckets_and_hardships() -> None:
    edit = Edit(
        "due_share", 0.25, 2, 4, buckets=(1, 3), hardships=(Hardship.ILLNESS, Hardship.DISASTER)
    )
    column = build(edit).loan["due_share"][:, 0]
    expected = np.ones_like(column)
    expected[np.ix_([2, 3, 4], [1, 3], [Hardship.ILLNESS, Hardship.DISASTER])] = 0.25
    assert np.array_equal(column, expected)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_intensities_multiply_efforts_in_any_order(order: tuple[int, ...]) -> None:
    edits = [
        Edit("effort_human_call", 0.2),
        Edit("intensity_human_call", 1.5),
        Edit("effort_human_call", 0.1, buckets=(2,)),
        Edit("intensity_human_call", 2.0, hardships=(Hardship.ILLNESS,)),
    ]
    effort = build(*(edits[k] for k in order)).loan["effort_human_call"][1:, 0]
    assert effort[:, 1, Hardship.NONE] == pytest.approx(0.2 * 1.5)
    assert effort[:, 2, Hardship.NONE] == pytest.approx(0.3 * 1.5)
    assert effort[:, 2, Hardship.ILLNESS] == pytest.approx(0.3 * 3.0)
    assert np.all(build(*edits).loan["effort_ai_call"] == 0.0)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_capacity_multipliers_scale_the_capacity_in_any_order(order: tuple[int, ...]) -> None:
    edits = [
        Edit("capacity_agency", 40.0),
        Edit("capacity_multiplier_agency", 0.5),
        Edit("capacity_multiplier_agency", 3.0),
    ]
    book = build(*(edits[k] for k in order)).book[0]
    assert book["capacity_agency"] == pytest.approx(60.0)
    assert book["capacity_legal"] == UNLIMITED


def test_efforts_and_capacities_are_cut_to_their_range_after_the_factors() -> None:
    """An effort of 1.5 under half the intensity is 0.75, not half of a clipped 1."""
    table = build(
        Edit("effort_agency", 0.9),
        Edit("effort_agency", 0.6),
        Edit("intensity_agency", 0.5),
        Edit("effort_legal", 0.4),
        Edit("intensity_legal", 10.0),
        Edit("capacity_multiplier_reminder", 100.0),
    )
    assert np.all(table.loan["effort_agency"][1:] == pytest.approx(0.75))
    assert np.all(table.loan["effort_legal"][1:] == 1.0)
    assert table.book["capacity_reminder"][0] == UNLIMITED


def test_a_customer_lever_reaches_its_months_and_classes() -> None:
    edit = Edit("forget_factor", 0.5, 2, 3, Target(regions=("west",)), buckets=(4,))
    table = build(edit)
    for segment, region in enumerate(SEGMENTS.region):
        found = table.customer["forget_factor"][:, table.class_of_segment[segment]]
        expected = [1.0, 1.0, 0.5, 0.5, 1.0, 1.0, 1.0] if region == "west" else [1.0] * 7
        assert found.tolist() == expected


def test_an_edit_after_the_run_changes_nothing() -> None:
    assert_same_tables(build(Edit("score_cutoff", 700.0, first_month=HORIZON + 1)), build())


@pytest.mark.parametrize(
    "target",
    [
        Target(regions=("west",)),
        Target(products=("line",)),
        Target(risk_bands=("a", "c")),
        Target(regions=("east", "north"), products=("cash",), risk_bands=("b",)),
    ],
    ids=["region", "product", "bands", "all three"],
)
def test_a_target_covers_its_segments_and_no_others(target: Target) -> None:
    table = build(Edit("score_cutoff", 700.0, target=target))
    assert table.underwriting.shape[1] == 2
    for segment, place in enumerate(itertools.product(REGIONS, PRODUCTS, BANDS)):
        wanted = (target.regions, target.products, target.risk_bands)
        inside = all(not w or name in w for w, name in zip(wanted, place, strict=True))
        cutoff = table.underwriting["score_cutoff"][1:, table.class_of_segment[segment]]
        assert np.all(cutoff == (700.0 if inside else 0.0)), place


def test_segments_with_equal_levers_share_a_class() -> None:
    edits = [Edit("score_cutoff", 700.0 + k, target=Target((region,))) for k, region in
             enumerate(REGIONS)]  # fmt: skip
    table = build(*edits, Edit("due_share", 0.5, target=Target(products=("line",))))
    assert table.loan.shape[1] == len(REGIONS) * 2
    assert len(np.unique(table.class_of_segment)) == len(REGIONS) * 2


def many_segments(count: int) -> SegmentNames:
    names = tuple(f"r{k}" for k in range(count))
    return SegmentNames(names, ("cash",) * count, ("a",) * count)


def test_up_to_32_classes_are_built_and_more_are_refused() -> None:
    def edits(count: int) -> list[Edit]:
        return [Edit("score_cutoff", 1.0 + k, target=Target((f"r{k}",))) for k in range(count)]

    table = build_levers(edits(MAX_CLASSES), many_segments(MAX_CLASSES), 2)
    assert table.loan.shape[1] == MAX_CLASSES
    with pytest.raises(UserError, match="split the book into 33 classes; at most 32"):
        build_levers(edits(MAX_CLASSES + 1), many_segments(MAX_CLASSES + 1), 2)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Target(regions=("moon",)), "region must be among east, north, west; got moon"),
        (Target(products=("gold",)), "product must be among cash, line; got gold"),
        (Target(risk_bands=("z", "y")), "risk band must be among a, b, c; got y, z"),
    ],
)
def test_an_unknown_target_is_refused(target: Target, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build(Edit("due_share", 0.5, target=target))
