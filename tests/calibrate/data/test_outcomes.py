"""Outcomes of loans: shares of the file, and the same loans simulated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator.book import build_book
from simulator.calibrate.data.moments import Observation
from simulator.calibrate.data.targets import (
    group_counts,
    labels_of,
    observed,
    simulated,
    simulated_unknown,
)
from simulator.calibrate.settings import OutcomeTarget
from simulator.catalogue import parameters_from
from simulator.kernels.tally import allocate_tallies
from simulator.settings import BookSettings, RunSettings
from simulator.timeline import Timeline
from simulator.validation import UserError
from tests.calibrate.data.targets import GRADES, OUTCOME, calibration, observation_of, only


def test_outcomes_are_the_shares_of_the_file() -> None:
    found = observed(calibration({"x": OUTCOME}))["x"]
    at = dict(zip(found.labels, found.values, strict=True))
    assert at["36"] == pytest.approx(156 / (156 + 3380))
    assert at["60"] == pytest.approx(91 / (91 + 1302))
    assert at["all"] == pytest.approx(247 / 4929)
    assert found.counts[0] == 4929
    counts = group_counts("x", only(OUTCOME))  # type: ignore[arg-type]
    assert dict(zip(counts.labels, counts.unknown, strict=True))["60"] == 1417
    assert counts.known[counts.labels.index("36")] == 156 + 3380


def test_an_outcome_that_is_neither_good_nor_bad_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_text(
        "loan_id,sub_grade,term,outcome\n1,A1,36,good\n2,A2,36,bad\n3,B1,60,late\n4,B1,60,\n"
    )
    moments = observed(calibration({"x": OUTCOME | {"path": str(path)}}))["x"]
    assert moments.labels == ("all", "A", "36")
    assert moments.counts.tolist() == [2, 2, 2]
    assert "targets.x column outcome has 1 times late" in moments.warnings[0]
    path.write_text("loan_id,sub_grade,term,outcome\n1,A1,36,\n")
    with pytest.raises(UserError, match=r"column outcome must hold good or bad somewhere"):
        observed(calibration({"x": OUTCOME | {"path": str(path)}}))
    path.write_text("loan_id,sub_grade,term,outcome\n1,A1,long,bad\n")
    with pytest.raises(UserError, match=r"must hold a number of months; got long in line 2"):
        observed(calibration({"x": OUTCOME | {"path": str(path)}}))


def test_outcomes_are_simulated_for_the_loans_of_the_file_by_id() -> None:
    book = build_book(
        BookSettings(kind="lending_club", jurisdiction="us", applicants_monthly_share=0.0),
        RunSettings(months=12, paths=1),
    )
    sizes = (len(book.segments.region), 1, len(book.vintage_labels), len(book.regions))
    bands = np.array(book.segments.risk_band)[book.loans.segment]
    long = book.loans.term_months == 60
    unpaid = np.zeros((13, book.n_loans), dtype=np.int16)
    written_off = np.zeros(unpaid.shape, dtype=bool)
    unpaid[5:7, bands == "G"] = 4
    written_off[9:, long] = True
    unpaid[10:, :] = 4
    world = Observation(
        book,
        Timeline("2016-01", 12),
        allocate_tallies(1, 12, *sizes),
        parameters_from({}),
        unpaid,
        written_off,
        book.loans.id,
    )
    target = only(OUTCOME)
    assert isinstance(target, OutcomeTarget)
    found = simulated("x", target, calibration({"x": OUTCOME}), world)
    at = dict(zip(labels_of("x", target), found, strict=True))
    assert (at["60"], at["G"]) == (1.0, 1.0)
    assert 0.0 < at["A"] < at["all"] < 1.0
    assert at["36"] < 0.05
    labels, unknown = simulated_unknown("x", target, world)
    share = dict(zip(labels, unknown, strict=True))
    counts = group_counts("x", target)
    total = counts.known + counts.unknown
    for label in GRADES:
        whole = long[bands == label].mean() if label != "G" else 1.0
        place = counts.labels.index(label)
        pooled = at[label] * counts.known[place] + share[label] * counts.unknown[place]
        assert pooled / total[place] == pytest.approx(whole), label
    with pytest.raises(UserError, match=r"targets.x.horizon_months must be in \[1, 12\]"):
        simulated("x", only(OUTCOME | {"horizon_months": 13}), calibration({"x": OUTCOME}), world)
    other = replace(observation_of(), unpaid=unpaid, written_off=written_off)
    other = replace(other, loan_ids=other.book.loans.id)
    with pytest.raises(UserError, match=r"lacks 4929 of its loans"):
        simulated("x", target, calibration({"x": OUTCOME}), other)
