"""The list of assumptions: ranges, a fit's parameters along its draws, what is kept."""

import json
import re
from pathlib import Path

import pytest
import yaml

from simulator.catalogue import catalogue, parameters_from, parameters_hash
from simulator.cli.app import main
from simulator.explain import screening
from simulator.explain.screening import candidates, ends_of, fitted, list_text, screen
from simulator.progress import Silent
from simulator.report.headline.tornado import label
from simulator.report.kit.language import speaking
from simulator.settings import Assumption, AssumptionsSettings
from simulator.shipped import read_shipped, shipped_folders
from simulator.validation import UserError
from tests.explain.test_assumptions import SOURCE, _request


@pytest.mark.parametrize(
    ("name", "here", "ends"),
    [
        ("finding_rate", 0.5, (1.0 / 3.0, 2.0 / 3.0)),
        ("household_income_share", 0.5, (1.0 / 3.0, 2.0 / 3.0)),
        ("refuse_dpd_slope", 20.0, (10.0, 40.0)),
        ("reputation_elasticity", 0.0, None),
    ],
)
def test_ends_are_half_and_double_and_of_shares_of_the_odds(
    name: str, here: float, ends: tuple[float, float] | None
) -> None:
    found = ends_of(catalogue()[name], here)
    assert found == (None if ends is None else pytest.approx(ends))


def test_every_range_lies_within_the_catalogues() -> None:
    for name, spec in catalogue().items():
        ends = ends_of(spec, spec.default)
        if ends is not None:
            assert spec.low <= ends[0] <= spec.default <= ends[1] <= spec.high, name


def _fit(folder: Path) -> Path:
    rows = [
        {"name": "p_forget_mean", "estimate": 0.04, "ci_low": 0.02, "ci_high": 0.08},
        {"name": "return_monthly", "estimate": 0.2, "ci_low": 0.1, "ci_high": 0.4},
    ]
    told = {"label": "a fit", "parameters": rows, "correlation": [[1.0, -0.5], [-0.5, 1.0]]}
    (folder / "fit.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def test_parameters_of_a_fit_move_together_along_its_draws(tmp_path: Path) -> None:
    own = parameters_from({"p_forget_mean": 0.04, "return_monthly": 0.2})
    found = fitted(_fit(tmp_path), own)
    first = found["p_forget_mean"]
    assert first.kind == "fitted"
    assert first.values["p_forget_mean"] == pytest.approx((0.02, 0.04, 0.08))
    assert first.values["return_monthly"] == pytest.approx((0.2 * 2**0.5, 0.2, 0.2 / 2**0.5))
    assert next(iter(first.values)) == "p_forget_mean"


def test_a_folder_without_a_fit_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"screen.fit: .* is no fit.json"):
        fitted(tmp_path, parameters_from({}))


def test_candidates_are_no_switches_and_hold_borrowers_behaviour() -> None:
    found = candidates(_request(), None)
    assert not [name for name in found if name.startswith("strength_")]
    assert "policy.refusal_after_relief" in found
    assert "policy.months" not in found
    assert len(found) > 100


def test_screening_keeps_what_moves_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = {
        name: Assumption(values={name: ends}, source=SOURCE)
        for name, ends in {
            "funding_annual_rate": (0.001, 0.05, 0.5),
            "finding_rate": (0.145, 0.29, 0.58),
            "capital_minimum": (0.1, 0.105, 0.11),
        }.items()
    }
    monkeypatch.setattr(screening, "candidates", lambda request, fit: few)
    found, moving = screen(_request(), None, 1, Silent())
    assert [s.name for s in found] == ["finding_rate"]
    assert moving <= 2
    read = yaml.safe_load(list_text(found, _request(), "loanstress screen"))
    settings = AssumptionsSettings(**read)
    assert settings.parameters_sha256 == parameters_hash(_request().parameters)
    assert settings.tried["finding_rate"].values["finding_rate"][2] == 0.58
    folder = tmp_path / "out"
    sizes = ["book.borrowers=100", "book.donors=500", "run=smoke", "run.runoff_months=4"]
    chosen = ["scenario=[baseline]", "policy=[grace_period]", "provision=[]", "assumptions=null"]
    assert main(["screen", *sizes, *chosen, f"hydra.run.dir={folder}"]) == 0
    assert "finding_rate" in (folder / "assumptions.yaml").read_text(encoding="utf-8")
    assert "of all move a worth" in capsys.readouterr().out


def test_a_screening_without_a_policy_is_refused() -> None:
    request = _request()
    alone = {"status_quo": request.policies["status_quo"]}
    from dataclasses import replace

    with pytest.raises(UserError, match="needs a policy beside status_quo"):
        screen(replace(request, policies=alone), None, 1, Silent())


@pytest.mark.parametrize("path", sorted((shipped_folders()[0] / "assumptions").glob("*.yaml")))
def test_a_shipped_list_is_made_for_its_parameters_and_has_its_chinese(path: Path) -> None:
    settings = AssumptionsSettings(**yaml.safe_load(path.read_text(encoding="utf-8")))
    own = parameters_from(read_shipped("parameters", path.stem))
    assert settings.parameters_sha256 == parameters_hash(own)
    with speaking("zh"):
        for name in settings.tried:
            assert not re.search("[a-z]{3}", label(name)), name


def test_keys_of_a_screening_are_refused_in_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screen.keep=5", "run=smoke", "book.borrowers=100"]) == 2
    assert "loanstress run does not read screen" in capsys.readouterr().err
