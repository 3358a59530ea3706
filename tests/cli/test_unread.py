"""Nothing is ignored: what a command or a choice does not read is refused, even at its default."""

import pytest

from simulator.cli.app import main

UNREAD = {
    "a tape's file for a synthetic book": (
        ["book.path=x.csv"],
        "book.path is not read when book.kind is synthetic; choose book=tape",
    ),
    "a tape's mapping for a synthetic book": (
        ["book.mapping={percent:[annual_rate]}"],
        "book.mapping is not read when book.kind is synthetic",
    ),
    "size of a shipped data set": (
        ["book=lending_club_2016q1", "parameters=lending_club", "book.borrowers=10000"],
        "book.borrowers is not read when book.kind is lending_club",
    ),
    "applicants of closed accounts": (
        ["book=tw_cards", "scenario=[tw_2005]", "book.applicants_monthly_share=0.05"],
        "book.applicants_monthly_share is not read when book.kind is tw_cards",
    ),
    "applicants of a static pool": (
        ["book.new_lending=none", "book.applicants_monthly_share=0.04"],
        "book.applicants_monthly_share is not read when book.new_lending is none",
    ),
    "growth of nobody": (
        ["book.new_lending=none", "scenario=[baseline]", "scenario.baseline.growth=0.1"],
        "scenario.baseline.growth is not read without new lending",
    ),
    "first month that is fixed": (
        ["scenario=[tw_2005]", "book=tw_cards", "run.start_month=2026-01"],
        "run.start_month is not read: scenarios begin in months of their own (tw_2005 2005-05)",
    ),
    "paths of causes that nobody asked for": (
        ["explain.paths=20"],
        "explain.paths is read with explain.causes=true or against only",
    ),
    "title of no page": (
        ["report.enabled=false", "report.title=Mine"],
        "report.title is not read when report.enabled is false",
    ),
    "trials of nothing": (
        ["assumptions=null", "assumptions.paths=10"],
        "assumptions.paths is not read when no assumption is tried",
    ),
    "calibration of a run": (
        ["calibration=tw_cards"],
        "calibration=tw_cards: loanstress run does not read calibration",
    ),
    "screening of a run": (["screen.keep=3"], "loanstress run does not read screen"),
    "causes of a fit": (
        ["fit", "experiment=tw_cards", "explain.causes=true"],
        "explain.causes=true: loanstress fit does not read explain",
    ),
    "trials of a screening": (
        ["screen", "assumptions=cn_online_lender"],
        "loanstress screen does not read assumptions",
    ),
    "folder of a sweep": (["hydra.sweep.dir=x"], "hydra.sweep.dir is read with --multirun only"),
    "folder of a run in a sweep": (
        ["-m", "hydra.run.dir=x", "run.paths=1,2"],
        "hydra.run.dir is not read with --multirun; set hydra.sweep.dir",
    ),
    "months of quarters for months": (
        ["scenario=[epidemic]", "scenario.epidemic.smoothing=bounded"],
        "smoothing is for quarterly tables; frequency is monthly",
    ),
    "lost incomes of nobody": (
        ["scenario=[baseline]", "scenario.baseline.income_lost_when_unemployed=0.6"],
        "income_lost_when_unemployed needs income_is_aggregate: true",
    ),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_is_not_read_is_refused_and_nothing_is_written(case, tmp_path, monkeypatch, capsys):
    arguments, answer = UNREAD[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("a\n1\n", encoding="utf-8")
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert answer in told
    assert "Traceback" not in told
    assert {path.name for path in tmp_path.iterdir()} == {"x.csv"}


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("book.kind=synthtic", "synthetic"),
        ("provision.cas22.foresight=perfct", "perfect"),
        ("scenario.baseline.deviation={volatilty: [0,0,0,0]}", "volatility"),
        ("decision.limits={coverge: 1}", "coverage"),
        ("book.products={cash_lone: 1.0}", "cash_loan"),
        ("experiment=policy_turnament", "policy_tournament"),
        ("boook.borrowers=3", "book"),
    ],
)
def test_an_unknown_name_offers_the_nearest(word, near, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([word, "hydra.run.dir=out", "run=smoke"]) == 2
    assert f"did you mean {near}?" in capsys.readouterr().err
