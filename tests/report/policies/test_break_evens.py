"""Where a policy stops paying, told in a sentence each."""

from pathlib import Path

import numpy as np

from simulator.report.policies import break_evens
from simulator.results.break_even import BreakEven, GainPoint, Verdict, with_break_evens
from tests.report.page_outline import Outline
from tests.report.stress_runs import PAYLOADS, Run, data_of, write
from tests.report.tournament_runs import make_tournament


def test_break_evens_are_told_in_a_sentence_each(tmp_path: Path) -> None:
    few = make_tournament(4, ("baseline", "downturn"), 4)
    nan = np.nan
    answers = (
        ("policy_number_1", "take_up_if_no_need", 0.0, 0.5, "crosses", 0.1234, 0.1, 0.2, True),
        ("policy_number_2", "extension_months", 1.0, 12.0, "crosses", 4.5, nan, nan, False),
        ("policy_number_1", "false_proof", 0.0, 1.0, "crosses", 0.3, nan, 0.42, True),
        ("policy_number_3", "false_proof", 0.0, 1.0, "pays_throughout", nan, nan, nan, None),
        ("policy_number_2", "false_proof", 0.0, 1.0, "undecided", nan, nan, nan, None),
        (PAYLOADS[0], "months", 1.0, 60.0, "never_pays", nan, nan, nan, None),
    )
    found = [
        BreakEven(
            f"question_{i}", policy, field, "downturn", "net_result", low, high, Verdict(verdict),
            *ends, points=(GainPoint(low, 0.0, nan if i == 1 else -1.0, 1.0),),
        )
        for i, (policy, field, low, high, verdict, *ends) in enumerate(answers)
    ]  # fmt: skip
    few.dataset.attrs["currency"] = "CNY"
    run = Run(with_break_evens(few.dataset, found), few.rows, few.manifest)
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
