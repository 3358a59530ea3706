"""What ``run.history`` tells of borrowers: words, currency, days."""

import pandas as pd
import pytest

import loanstress
from tests.loanstress.conftest import SMALL

BORROWERS = 200


@pytest.fixture(scope="module")
def history():
    """Everybody of a small book in a downturn."""
    run = loanstress.stress_test(
        scenarios=["downturn"], policies=[], history_borrowers=BORROWERS, **SMALL
    )
    return run.history


def test_words_are_categories_of_the_model(history):
    for name, words in (
        ("work", {"employed", "reduced", "unemployed"}),
        ("health", {"well", "ill", "hospital", "weakened"}),
        ("hardship", {"none", "job_loss", "illness", "disaster", "reduced_income"}),
        ("hardship_seen", {"none", "job_loss", "illness", "disaster", "reduced_income"}),
    ):
        assert isinstance(history[name].dtype, pd.CategoricalDtype)
        assert set(history[name].cat.categories) == words


def test_hardship_follows_from_work_and_health(history):
    idle = history.work == "unemployed"
    assert idle.any()
    assert (idle == (history.hardship == "job_loss")).all()
    unwell = history.health != "well"
    assert unwell.any()
    assert history.loc[unwell & ~idle, "hardship"].eq("illness").all()


def test_a_lender_sees_a_hardship_of_open_loans_or_does_not(history):
    seen = history[history.hardship_seen != "none"]
    assert len(seen) > 0
    assert (seen.status == "open").all()
    told = seen.hardship_seen.astype(str)
    assert ((told == seen.hardship.astype(str)) | (told == "disaster")).all()
    is_open = history.status == "open"
    assert (is_open & (history.hardship != "none") & (history.hardship_seen == "none")).any()


def test_income_falls_without_work(history):
    assert (history.income > 0.0).all()
    idle = history.work == "unemployed"
    means = history.groupby(["borrower_id", idle], observed=True).income.mean().unstack().dropna()
    assert len(means) > 0
    assert (means[True] < means[False]).all()


def test_contacts_go_to_loans_that_are_late_and_dpd_is_in_days(history):
    contacted = history[history.contacts > 0.0]
    assert len(contacted) > 0
    assert (contacted.month > 0).all()
    assert not contacted.status.isin(["pending", "refused"]).any()
    late = history[(history.status == "open") & (history.dpd > 0)]
    assert len(late) > 0
    due_day = 30 * late.n_unpaid - late.dpd
    assert due_day.between(1, 28).all()
    assert (due_day.groupby(late.loan_id).nunique() == 1).all()
    assert late.loc[late.dpd > 30, "contacts"].mean() > history.contacts.mean()
