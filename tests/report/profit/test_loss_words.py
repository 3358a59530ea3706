"""What the caption says of losses over paths, and what it cannot say."""

from simulator.report.profit.loss_figure import Losses
from simulator.report.profit.loss_words import loss_caption
from tests.report.stress_runs import Run, data_of


def test_the_loss_caption_says_what_the_paths_cannot_carry(found_losses: Losses) -> None:
    text = loss_caption(found_losses)
    assert "at 99 % needs 1,000 paths, at 99.9 % needs 10,000 paths; this run has 100." in text
    dataset = found_losses.data.dataset.sel(scenario="epidemic", policy="status_quo")
    lost = dataset["written_off"] - dataset["recovered"] + dataset["allowance_90_change"]
    share = lost.sum("month") / dataset["balance_at_opening"].sum("bucket")
    assert f"loans made in the run included, is {100 * float(share.mean()):.2f}\u202f%" in text
    assert f"lose no more than {100 * float(share.quantile(0.95)):.2f}\u202f%" in text
    assert "The systematic share is 80\u202f% of the variance of losses" in text
    assert "70 to 90\u202f%" in text


def test_paths_that_all_differ_in_the_economy_cannot_split_luck(money_run: Run) -> None:
    rows = [row for row in money_run.rows if row.metric != "loss_share_economy"]
    text = loss_caption(Losses(data_of(money_run._replace(rows=rows))))
    assert "run.draws_per_path=2 to separate them" in text
