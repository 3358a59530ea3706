"""The closing table in the terminal: verdicts, the best policy, amounts with their intervals."""

import pytest

from simulator.cli.terminal.closing import closing_table, verdict_words
from simulator.cli.terminal.table import number_text
from simulator.results.estimate import Estimate
from simulator.results.table import MONEY, Column
from tests.cli.summary_rows import NAN
from tests.cli.summary_rows import summary_row as _row


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(1, 3, "better"), (-3, -1, "worse"), (-1, 1, "not significant"), (0, 0, "no difference")],
)
def test_the_verdict_comes_from_the_interval(low, high, word):
    assert verdict_words(Estimate(0.5 * (low + high), low, high)) == word


def test_one_path_gives_no_verdict():
    assert verdict_words(Estimate(5.0)) == "not known (one draw of the economy)"


def test_the_closing_table_shows_rates_and_money_with_intervals(capsys):
    closing_table(
        [
            _row("status_quo", "peak_overdue_rate_30", 0.05, unit="1"),
            _row("a", "peak_overdue_rate_30", 0.04, unit="1"),
            _row("a", "delta_peak_overdue_rate_30", -0.01, -0.012, -0.008, unit="1"),
            _row("status_quo", "net_loss", 2e6),
            _row("a", "delta_net_loss", -1.5e5, -2e5, -1e5),
            _row("a", "delta_net_result", 2.5e6, 2e6, 3e6),
            _row("a", "delta_net_result", 9e9, 8e9, 1e10, month=3),
        ]
    )
    shown = capsys.readouterr().out
    for cell in ("5.00%", "-1.00 [-1.20, -0.80]", "-150 [-200, -100]", "better", "in CNY k"):
        assert cell in shown
    assert "+2,500 [+2,000, +3,000]" in shown


@pytest.mark.parametrize(
    ("mean", "low", "high", "shown"),
    [
        (0.0, -12.4, 15.0, "+0.00 [-12.4, +15.0]"),
        (-5_678_000, -6e6, -9e5, "-5.68 [-6.00, -0.90]"),
        (123_456, NAN, NAN, "+123"),
        (0.0, 0.0, 0.0, "no difference"),
        (0.0, NAN, NAN, "+0.00"),
        (2e9, 1e9, 3e9, "+2.00 [+1.00, +3.00]"),
    ],
)
def test_an_amount_and_its_interval_share_one_scale(mean, low, high, shown):
    estimate = Estimate(mean, low, high)
    column = Column("", MONEY, is_change=True, like=estimate.ends)
    assert number_text(estimate, column, MONEY, None) == shown


LOSS_PUT_OFF = (
    _row("status_quo", "net_loss", 2e6),
    _row("a", "delta_net_loss", -1.5e5, -2e5, -1e5),
    _row("a", "delta_net_result", 2.5e6, 2e6, 3e6),
)
LOSS_THAT_CAME_LATER = (
    _row("status_quo", "lifetime_net_loss", 4e6),
    _row("status_quo", "lifetime_net_result", 9e6),
    _row("a", "delta_lifetime_net_loss", 7e5, 6e5, 8e5),
    _row("a", "delta_lifetime_net_result", -5e5, -6e5, -4e5),
)
WORTH = (_row("status_quo", "value", 9e6), _row("a", "delta_value", 3e5, 2e5, 4e5))


def test_the_closing_table_says_that_later_losses_are_outside(capsys):
    closing_table(LOSS_PUT_OFF)
    shown = capsys.readouterr().out
    assert "Losses after the last month are not included; set run.runoff_months=null" in shown
    assert "with run-off" not in shown


def test_the_closing_table_reads_amounts_with_the_runoff_where_there_is_one(capsys):
    closing_table([*LOSS_PUT_OFF, *LOSS_THAT_CAME_LATER])
    shown = capsys.readouterr().out
    assert shown.count("with run-off") == 3
    assert "+700 [+600, +800]" in shown
    assert "amounts in CNY k" in shown
    assert "-500 [-600, -400]" in shown
    assert "worse" in shown
    assert "better  " not in shown
    assert "2.50" not in shown


def test_the_closing_table_ranks_by_value_and_ends_with_the_verdict(capsys):
    closing_table([*LOSS_PUT_OFF, *LOSS_THAT_CAME_LATER, *WORTH], "No clear case for A.")
    shown = capsys.readouterr().out
    assert "change of value" in shown
    assert "+300 [+200, +400]" in shown
    assert "worse  " not in shown
    assert shown.rstrip().endswith("No clear case for A.")


@pytest.mark.parametrize(
    ("change", "told"), [(-12.0, "-6%"), (-10.0, ""), (10.0, ""), (12.0, "+6%")]
)
def test_another_balance_is_told_in_both_directions(change, told, capsys):
    closing_table(
        [
            *LOSS_PUT_OFF,
            _row("status_quo", "balance", 100.0, month=1),
            _row("a", "delta_balance", 0.0, month=1),
            _row("status_quo", "balance", 100.0, month=2),
            _row("a", "delta_balance", change, month=2),
        ]
    )
    shown = capsys.readouterr().out
    assert ("another denominator" in shown) is bool(told)
    assert f"a: balance {told}" in shown or not told


def test_the_closing_table_fits_eighty_columns(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    closing_table(
        [
            _row("stricter_approval", "peak_overdue_rate_30", 0.04, unit="1"),
            _row("stricter_approval", "delta_peak_overdue_rate_30", -0.1, -0.456, 0.789, unit="1"),
            _row("stricter_approval", "delta_net_loss", -123e6, -456e6, 789e6),
            _row("stricter_approval", "delta_net_result", -123e6, -456e6, 789e6),
        ]
    )
    shown = capsys.readouterr().out
    assert "stricter_approval" in shown
    assert "not significant" in shown
    assert shown.count("[-456, +789]") == 2
    assert " M)" in shown
    assert "[-45.6, +78.9]" in shown


@pytest.mark.parametrize(("mean", "told"), [(0.0, True), (1e-6, False)])
def test_the_closing_table_says_when_a_policy_changes_nothing(capsys, mean, told):
    closing_table(
        [
            _row("status_quo", "net_loss", 2e6),
            _row("a", "delta_net_loss", 0.0, 0.0, 0.0),
            _row("a", "delta_net_result", mean, mean, mean),
        ]
    )
    assert ("a: changes nothing here" in capsys.readouterr().out) is told
