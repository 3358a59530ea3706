"""Where a policy stops paying, told in a sentence each."""

from pathlib import Path

import numpy as np

from simulator.report.policies import break_evens
from tests.report.page_outline import Outline
from tests.report.stress_runs import PAYLOADS, Run, data_of, write
from tests.report.tournament_runs import make_tournament


def test_break_evens_are_told_in_a_sentence_each(tmp_path: Path) -> None:
    few = make_tournament(4, ("baseline", "downturn"), 4)
    answers = {
        "policy": [f"policy_number_{i}" for i in (1, 2, 1, 3, 2)] + [PAYLOADS[0]],
        "field": ["take_up_if_no_need", "extension_months", *["false_proof"] * 3, "months"],
        "scenario": ["downturn"] * 6,
        "metric": ["net_result"] * 6,
        "verdict": [*["crosses"] * 3, "pays_throughout", "undecided", "never_pays"],
        "pays_side": ["below", "above", "below", "", "", ""],
        "value": [0.1234, 4.5, 0.3, np.nan, np.nan, np.nan],
        "ci_low": [0.1, np.nan, np.nan, np.nan, np.nan, np.nan],
        "ci_high": [0.2, np.nan, 0.42, np.nan, np.nan, np.nan],
        "low": [0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "high": [0.5, 12.0, 1.0, 1.0, 1.0, 60.0],
    }
    found = {f"break_even_{name}": ("break_even", values) for name, values in answers.items()}
    known = np.array([0.0, np.nan, 0.0, 1.0, -1.0, -1.0])
    names = ("point_value", "gain", "gain_ci_low", "gain_ci_high")
    points = (("break_even", "break_even_point"), known[:, None])
    at = (("break_even", "break_even_point"), np.zeros((6, 1)))
    gains = {f"break_even_{n}": at if n == "point_value" else points for n in names}
    told = few.dataset.assign(found).assign(gains).assign_coords(break_even=list("abcdef"))
    run = Run(told, few.rows, few.manifest)
    sentences = break_evens.break_evens(data_of(run))
    assert sentences[:5] == (
        "Under Downturn, Policy number 1 pays as long as \u201ctake up if no need\u201d stays below"
        " 0.123 (95 % interval 0.1 to 0.2).",
        "Under Downturn, Policy number 2 pays as long as \u201cextension months\u201d stays above"
        " 4.5 (too few paths for an interval).",
        "Under Downturn, Policy number 1 pays as long as \u201cfalse proof\u201d stays below"
        " 0.3 (95 % interval at or below 0 (end of the bracket) to 0.42).",
        "Under Downturn, Policy number 3 pays at any \u201cfalse proof\u201d from 0 to 1.",
        "Under Downturn, Policy number 2: too few paths to say whether it pays at"
        " \u201cfalse proof\u201d from 0 to 1.",
    )
    assert "does not pay at any \u201cmonths\u201d from 1 to 60" in sentences[5]
    text = write(run, tmp_path / "report.html")
    assert "Break-even" in "".join(Outline(text).text)
    assert PAYLOADS[0] not in text
    assert break_evens.break_evens(data_of(few)) == ()
