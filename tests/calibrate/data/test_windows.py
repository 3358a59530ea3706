"""What a backtest may know at a date, and what it has to predict."""

import pytest

from simulator.calibrate.data.windows import between, first_month, last_month, until
from simulator.calibrate.settings import (
    CalibrationSettings,
    CureTarget,
    FlagTarget,
    FreeParameter,
    LevelTarget,
    PanelSettings,
    RollTarget,
    SeriesTarget,
    ShareTarget,
    Target,
    VintageTarget,
)
from simulator.validation import UserError

START = 12 * 1991


def series(first: str, last: str, frequency: str = "quarterly") -> SeriesTarget:
    return SeriesTarget.model_validate(
        {
            "kind": "series",
            "measure": "overdue_rate_30",
            "path": "x.csv",
            "column": "rate",
            "frequency": frequency,
            "span": (first, last),
        }
    )


def panel(model: type, **fields: object) -> Target:
    return model.model_validate({"panel": "cards", **fields})


PANEL = {
    "path": "x.csv",
    "columns": {f"2005-0{month}": "x" for month in (4, 5, 6, 7)},
    "codes": {0: 0},
}


def over(targets: dict[str, Target]) -> CalibrationSettings:
    return CalibrationSettings(
        label="toy",
        free={"catch_up_share": FreeParameter()},
        panels={"cards": PanelSettings.model_validate(PANEL)},
        targets=targets,
    )


ROLLS = panel(RollTarget, kind="rolls", cells=("C->2",), months=("2005-04", "2005-05", "2005-06"))
SHARES = panel(ShareTarget, kind="shares", states=("2",), months=("2005-05", "2005-06", "2005-07"))
FLAG = panel(
    FlagTarget, kind="flag_by_overdue_months", window=("2005-04", "2005-06"), flag_month="2005-07"
)


def test_dates_of_every_form_have_a_first_and_a_last_month() -> None:
    january = 12 * 2008
    for text, months in (("2008", 12), ("2008Q1", 3), ("2008-01", 1), ("2008-01-01", 1)):
        assert first_month("x", text) == january
        assert last_month("x", text) == january + months - 1


@pytest.mark.parametrize("text", ["2008Q5", "08", "2008-13", "spring"])
def test_another_form_of_date_is_refused_by_name(text: str) -> None:
    with pytest.raises(UserError, match=f"fit_to must be a date .* got {text}"):
        first_month("fit_to", text)


def test_a_series_is_cut_into_two_parts_without_gap_or_overlap() -> None:
    targets: dict[str, Target] = {"cards": series("1991Q1", "2007Q4")}
    known = until(over(targets), last_month("x", "2000"), START)["cards"]
    later = between(over(targets), last_month("x", "2000"), last_month("x", "2003Q2"))["cards"]
    assert isinstance(known, SeriesTarget)
    assert isinstance(later, SeriesTarget)
    assert known.span == ("1991Q1", "2000Q4")
    assert later.span == ("2001Q1", "2003Q2")


def test_a_quarter_is_known_only_when_it_is_over() -> None:
    targets: dict[str, Target] = {"cards": series("1991-01", "1991-10")}
    known = until(over(targets), last_month("x", "1991-08"), START)["cards"]
    assert isinstance(known, SeriesTarget)
    assert known.span == ("1991Q1", "1991Q2")
    whole = until(over(targets), last_month("x", "1995"), START)["cards"]
    assert isinstance(whole, SeriesTarget)
    assert whole.span == ("1991Q1", "1991Q4")


def test_a_monthly_series_is_cut_at_the_month() -> None:
    known = until(over({"m": series("1991-01", "1992-12", "monthly")}), START + 13, START)["m"]
    assert isinstance(known, SeriesTarget)
    assert known.span == ("1991-01", "1992-02")


def test_a_step_is_known_a_month_after_it_began_and_a_share_at_once() -> None:
    targets = {"rolls": ROLLS, "shares": SHARES, "flag": FLAG}
    end = last_month("x", "2005-06")
    known = until(over(targets), end, START)
    assert known["rolls"].months == ("2005-04", "2005-05")  # type: ignore[union-attr]
    assert known["shares"].months == ("2005-05", "2005-06")  # type: ignore[union-attr]
    assert "flag" not in known
    later = between(over(targets), end, last_month("x", "2005-07"))
    assert later["rolls"].months == ("2005-06",)  # type: ignore[union-attr]
    assert later["shares"].months == ("2005-07",)  # type: ignore[union-attr]
    assert later["flag"] == FLAG


def test_what_bears_no_date_is_not_known_and_levels_only_once_their_months_are_over() -> None:
    vintage = VintageTarget(kind="vintage", values={12: 0.1}, sd=0.01, source="a table")
    level = LevelTarget(
        kind="level", measure="overdue_rate_90", value=0.01, sd=0.001, months=(1, 12), source="x"
    )
    targets: dict[str, Target] = {"vintage": vintage, "level": level}
    assert until(over(targets), START + 10, START) == {}
    assert until(over(targets), START + 11, START) == {"level": level}
    assert between(over(targets), START, START + 100) == {}


def test_spells_whose_start_is_out_of_sight_are_left_out() -> None:
    cures = panel(
        CureTarget, kind="cure_by_duration", durations=(1, 2), months=("2005-05", "2005-06")
    )
    end = last_month("x", "2005-06")
    known = until(over({"cures": cures}), end, START)["cures"]
    later = between(over({"cures": cures}), end, end + 1)["cures"]
    assert isinstance(known, CureTarget)
    assert isinstance(later, CureTarget)
    assert (known.months, known.durations) == (("2005-05",), (1,))
    assert (later.months, later.durations) == (("2005-06",), (1, 2))
