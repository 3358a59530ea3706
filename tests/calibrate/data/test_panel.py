"""Panels of statuses: what is counted, how sure it is, and what is said about bad data."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from simulator.calibrate.data.panel import (
    Panel,
    PanelTarget,
    panel_labels,
    panel_shares,
    read_panel,
)
from simulator.calibrate.data.ratios import covariance_of, stack
from simulator.calibrate.settings import (
    CureTarget,
    FlagTarget,
    PanelSettings,
    RollTarget,
    ShareTarget,
)
from simulator.reading.periods import next_month
from simulator.validation import UserError

LABELS = ("C", "1", "2", "3+")
MONTHS = ("2005-11", "2005-12", "2006-01", "2006-02")
TAIWAN = PanelSettings(
    path="uci_cards_half_a_2005_04_to_07.csv",
    columns={f"2005-{m}": f"status_2005_{m}" for m in ("04", "05", "06", "07")},
    codes={-2: 0, -1: 0, 0: 0, 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7},
    labels=("C", "2", "3", "4+"),
)


def rolls(cells: tuple[str, ...], months: tuple[str, ...], pool: bool = False) -> RollTarget:
    return RollTarget(kind="rolls", panel="p", cells=cells, months=months, pool=pool)


def cures(durations: tuple[int, ...], months: tuple[str, ...]) -> CureTarget:
    return CureTarget(kind="cure_by_duration", panel="p", durations=durations, months=months)


def flags(window: tuple[str, str], flag_month: str, least: int = 1) -> FlagTarget:
    return FlagTarget(
        kind="flag_by_overdue_months",
        panel="p",
        window=window,
        flag_month=flag_month,
        least_unpaid=least,
    )


def panel_of(states: object, months: tuple[str, ...] = MONTHS) -> Panel:
    array = np.asarray(states, dtype=np.int16)
    return Panel(np.arange(array.shape[0], dtype=np.uint64), months, array, LABELS)


def settings_of(path: Path, **changes: object) -> PanelSettings:
    values: dict[str, object] = {
        "path": str(path),
        "columns": {"2006-01": "jan", "2006-02": "feb", "2006-03": "mar"},
        "codes": {0: 0, 1: 1, 2: 2},
        "labels": LABELS,
    }
    return PanelSettings.model_validate(values | changes)


def written(folder: Path, rows: str, header: str = "id,jan,feb,mar") -> Path:
    path = folder / "panel.csv"
    path.write_text(f"{header}\n{rows}", encoding="utf-8")
    return path


def message(path: Path, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        read_panel("cards", settings_of(path, **changes))
    return str(caught.value)


# What is counted


def test_the_taiwanese_panel_gives_the_numbers_of_an_independent_count() -> None:
    panel = read_panel("tw", TAIWAN)
    assert panel.warnings == ()
    assert panel.states.shape == (15_000, 4)
    steps = panel_shares("t", panel, rolls(("C->2", "2->C", "2->3", "3->4+"), ("2005-04",)))
    assert steps.shares() == pytest.approx([0.0319, 0.3278, 0.0509, 0.3173], abs=5e-5)
    new = panel_shares("t", panel, cures((1,), ("2005-05",)))
    assert (new.counts()[0], new.shares()[0]) == (429, pytest.approx(0.4545, abs=5e-5))
    second = panel_shares("t", panel, cures((2,), ("2005-06",)))
    assert (second.counts()[0], second.shares()[0]) == (234, pytest.approx(0.205, abs=5e-4))


def slow_share(panel: Panel, target: PanelTarget, label: str) -> tuple[int, int]:
    """Hits and risks of one number, account by account, in plain Python."""
    hits = risks = 0
    for row in panel.states.tolist():
        at = dict(zip(panel.months, row, strict=True))
        state = {m: None if n < 0 else LABELS[min(n, len(LABELS) - 1)] for m, n in at.items()}
        if isinstance(target, RollTarget):
            source, to = label.split(" ")[0].split("->")
            for month in target.months if target.pool else [label.split(" ")[1]]:
                after = state[next_month(month)]
                if state[month] == source and after is not None:
                    risks, hits = risks + 1, hits + (after == to)
        elif isinstance(target, ShareTarget):
            wanted, month = label.split(" ")
            risks, hits = risks + (state[month] is not None), hits + (state[month] == wanted)
        elif isinstance(target, CureTarget):
            for month in target.months:
                spell = [at.get(next_month(month, -back)) for back in range(int(label) + 1)]
                later = at[next_month(month)]
                overdue = all(n is not None and n > 0 for n in spell[:-1])
                if spell[-1] == 0 and overdue and later >= 0:
                    risks, hits = risks + 1, hits + (later == 0)
        else:
            window = [at[m] for m in panel.months if target.window[0] <= m <= target.window[1]]
            later, overdue = at[target.flag_month], sum(n > 0 for n in window)
            inside = overdue >= int(label[:-1]) if label.endswith("+") else overdue == int(label)
            if min(*window, later) >= 0 and inside:
                risks, hits = risks + 1, hits + (later >= target.least_unpaid)
    return hits, risks


CELLS = tuple(f"{source}->{to}" for source in LABELS for to in LABELS)
TARGETS: tuple[PanelTarget, ...] = (
    rolls(CELLS, MONTHS[:-1]),
    rolls(CELLS, MONTHS[:-1], pool=True),
    ShareTarget(kind="shares", panel="p", states=LABELS, months=MONTHS),
    cures((1, 2), MONTHS[:-1]),
    flags(("2005-11", "2006-01"), "2006-02", least=2),
)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
@given(st.lists(st.lists(st.integers(-1, 5), min_size=4, max_size=4), min_size=1, max_size=25))
def test_shares_are_those_of_a_count_account_by_account(
    target: PanelTarget, states: list[list[int]]
) -> None:
    panel = panel_of(states)
    counted = panel_shares("t", panel, target)
    assert counted.labels == panel_labels(target)
    for column, label in enumerate(counted.labels):
        found = (counted.hits[:, column].sum(), counted.risks[:, column].sum())
        assert found == slow_share(panel, target, label), label


def test_weights_count_an_account_several_times() -> None:
    states = [[0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    target = rolls(("C->1",), ("2005-11",))
    once = panel_shares("t", panel_of(states), target).shares(np.array([3.0, 1.0, 2.0]))
    repeated = panel_of([states[0]] * 3 + [states[1]] + [states[2]] * 2)
    assert once == pytest.approx(panel_shares("t", repeated, target).shares())


def test_a_share_of_nobody_is_no_number() -> None:
    counted = panel_shares("t", panel_of([[0, 0, 0, 0]]), rolls(("1->C",), ("2005-11",)))
    assert np.isnan(counted.shares()[0])
    assert np.isfinite(covariance_of([counted])).all()


# How sure it is


def markov_panel(n: int, seed: int) -> Panel:
    """Accounts that worsen or cure with fixed chances."""
    rng = np.random.default_rng(seed)
    states = np.zeros((n, 4), dtype=np.int16)
    states[:, 0] = rng.choice(3, n, p=[0.7, 0.2, 0.1])
    for month in range(1, 4):
        before, luck = states[:, month - 1], rng.random(n)
        states[:, month] = np.where(luck < 0.6, 0, np.minimum(before + (luck > 0.75), 3))
    return panel_of(states)


def test_variance_of_a_plain_share_is_the_binomial_one() -> None:
    counted = panel_shares("t", markov_panel(500, 1), rolls(("C->1",), ("2005-11",)))
    p, n = counted.shares()[0], counted.counts()[0]
    assert covariance_of([counted])[0, 0] == pytest.approx(p * (1 - p) / (n - 1))


def test_shares_of_one_state_move_against_each_other_as_in_the_multinomial_law() -> None:
    counted = panel_shares("t", markov_panel(500, 1), rolls(("C->1", "C->C"), ("2005-11",)))
    (p, q), n = counted.shares(), counted.counts()[0]
    assert covariance_of([counted])[0, 1] == pytest.approx(-p * q / (n - 1))


def test_accounts_counted_twice_are_not_twice_as_sure() -> None:
    states = markov_panel(400, 2).states[:, :2]
    first = panel_of(states, MONTHS[:2])
    again = panel_of(np.concatenate([states, states], axis=1))
    target = rolls(("C->1",), ("2005-11",))
    pooled = rolls(("C->1",), ("2005-11", "2006-01"), pool=True)
    once = covariance_of([panel_shares("t", first, target)])
    assert covariance_of([panel_shares("t", again, pooled)]) == pytest.approx(once)


def test_the_closed_form_covariance_agrees_with_a_bootstrap_over_accounts() -> None:
    panel = markov_panel(3_000, 3)
    parts = [
        panel_shares("t", panel, rolls(("C->1", "1->2", "1->C"), MONTHS[:-1], pool=True)),
        panel_shares("t", panel, cures((1,), MONTHS[1:-1])),
        panel_shares("t", panel, flags(("2005-11", "2006-01"), "2006-02")),
    ]
    closed = covariance_of(parts)
    rng, n, draws = np.random.default_rng(4), 3_000, 2_000
    shares = np.empty((draws, closed.shape[0]))
    for draw in range(draws):
        weights = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        shares[draw] = np.concatenate([part.shares(weights) for part in parts])
    resampled = np.cov(shares, rowvar=False)
    sd = np.sqrt(np.diag(resampled))
    # A standard deviation from B draws errs by 1 / sqrt(2 B), a correlation by 1 / sqrt(B);
    # 5 standard errors, and 1 / n for what the delta method leaves out.
    assert np.sqrt(np.diag(closed)) == pytest.approx(sd, rel=5 / np.sqrt(2 * draws) + 10 / n)
    correlation = closed / np.outer(np.sqrt(np.diag(closed)), np.sqrt(np.diag(closed)))
    wanted = resampled / np.outer(sd, sd)
    assert np.abs(correlation - wanted).max() < 5 / np.sqrt(draws) + 10 / n


@pytest.mark.parametrize("hit", [False, True])
def test_a_share_of_0_or_1_is_uncertain_by_its_number_of_accounts(hit: bool) -> None:
    everybody: NDArray[np.bool_] = np.ones(50, dtype=bool)
    counted = stack(["x"], [(everybody & hit, everybody)])
    middle = 0.5 / 51
    assert covariance_of([counted])[0, 0] == pytest.approx(middle * (1 - middle) / 51)


# What is said about bad data


def test_a_clean_panel_is_read_in_calendar_order_without_a_warning(tmp_path: Path) -> None:
    path = written(tmp_path, "a,0,1,2\nb, 1 ,0.0,0\n")
    columns = {"2006-03": "mar", "2006-01": "jan", "2006-02": "feb"}
    panel = read_panel("cards", settings_of(path, columns=columns))
    assert panel.months == ("2006-01", "2006-02", "2006-03")
    assert panel.states.tolist() == [[0, 1, 2], [1, 0, 0]]
    assert panel.states.dtype == np.int16
    assert panel.warnings == ()


def test_an_unknown_code_is_left_out_and_named_with_count_and_months(tmp_path: Path) -> None:
    panel = read_panel("cards", settings_of(written(tmp_path, "a,9,1,9\nb,0,-3,9\n")))
    assert panel.states.tolist() == [[-1, 1, -1], [0, -1, -1]]
    assert len(panel.warnings) == 2
    assert "panels.cards: status -3 is not among codes; 1 cells" in panel.warnings[0]
    assert (
        "status 9 is not among codes; 3 cells are left out (2006-01, 2006-03)"
        in (panel.warnings[1])
    )


def test_a_gap_is_counted_and_its_first_account_named(tmp_path: Path) -> None:
    panel = read_panel("cards", settings_of(written(tmp_path, "a,0,1,\nb,0,,1\nc,1,,0\nd,,1,1\n")))
    assert panel.states.tolist() == [[0, 1, -1], [0, -1, 1], [1, -1, 0], [-1, 1, 1]]
    assert len(panel.warnings) == 1
    assert "2 accounts have a gap" in panel.warnings[0]
    assert "(first: b)" in panel.warnings[0]


def test_a_month_that_the_calendar_has_and_the_panel_lacks_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "a,0,1,2\n")
    columns = {"2006-01": "jan", "2006-02": "feb", "2006-05": "mar"}
    panel = read_panel("cards", settings_of(path, columns=columns))
    assert panel.warnings == ("panels.cards: no column for the calendar months 2006-03, 2006-04",)
    with pytest.raises(UserError, match=r"needs the month 2006-03; there are 2006-01 to 2006-05 w"):
        panel_shares("targets.x", panel, rolls(("C->1",), ("2006-02",)))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "a,0,1,2\nb,0,late,2\n",
            "column feb: 1 row has neither a finite number nor an empty cell (first: line 3: la",
        ),
        ("a,0,1,2\nb,0,1.5,2\n", "column feb: 1 row has no whole number (first: line 3: 1.5)"),
        ("a,0,1,2\na,0,1,2\nb,0,0,0\n", "column id must not have an account twice; 1 accounts"),
        ("a,0,1,2\n,0,1,2\n", "must have an id in every row; line 3 has none"),
        ("", "has a header but no rows; it must have at least one"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, rows: str, words: str) -> None:
    found = message(written(tmp_path, rows))
    assert words in found
    assert "panel.csv" in found
    assert "panels.cards" in found
    assert "\n" not in found


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    assert "panels.cards.path must be a CSV file" in message(tmp_path / "none.csv")
    path = written(tmp_path, "a,0,1,2\n", header="id,jan,feb,march")
    assert "panels.cards.path panel.csv needs the column mar once; got id, jan, feb, march" in (
        message(path)
    )
    path = written(tmp_path, "a,0,1,2\n", header="id,jan,mar,mar")
    assert "duplicate, 2 times in" in message(
        path, columns={"2006-01": "jan", "2006-02": "jan", "2006-03": "mar"}
    )


def test_settings_that_name_no_states_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a,0,1,2\n")
    assert "labels must be at least two different names" in message(path, labels=("C", "C"))
    assert "panels.cards.codes.1 must be an integer in [0, 32767]; got -1" in message(
        path, codes={0: 0, 1: -1}
    )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (rolls(("C->9",), MONTHS[:1]), "targets.x.cells must name states C, 1, 2, 3+; got 9"),
        (rolls(("C to 1",), MONTHS[:1]), "targets.x.cells must be as C->1"),
        (rolls(("C->1",), MONTHS[-1:]), "targets.x.months needs the month 2006-03"),
        (cures((4,), MONTHS[:-1]), "a spell of 4 months"),
        (cures((0,), MONTHS[:-1]), "durations must be at least 1; got 0"),
        (flags(("2006-01", "2005-11"), "2006-02"), "window must end at or after its start"),
        (flags(("2005-11", "2006-01"), "2006-05"), "targets.x.flag_month needs the month 2006-05"),
        (
            flags(("2005-11", "2006-01"), "2006-02").model_copy(update={"groups": ("many",)}),
            "groups must be numbers of months as 2 or 3+; got many",
        ),
    ],
)
def test_a_target_that_the_panel_cannot_answer_is_refused(target: PanelTarget, words: str) -> None:
    with pytest.raises(UserError) as caught:
        panel_shares("targets.x", panel_of([[0, 1, 2, 3]]), target)
    assert words in str(caught.value)
