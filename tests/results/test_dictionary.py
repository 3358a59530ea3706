"""The dictionary of results names every variable, and the documentation holds it."""

from simulator.results.dataset import to_dataset
from simulator.results.money_lines import LINE_VARIABLES
from simulator.results.over_paths import STATISTIC_SUFFIXES, STATISTIC_VARIABLES
from simulator.results.score_power import SCORE_CUTS
from simulator.results.variables import PATH_VARIABLES
from tests import ROOT
from tests.results.outputs import output_of, random_tallies
from tools.results_page import dictionary_markdown


def test_dictionary_in_the_documentation_matches_the_code() -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert text.endswith(dictionary_markdown()), "run: python -m tools.results_page"


def test_dictionary_names_every_variable_of_a_dataset() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(27, 2, 3)}, months=2))
    text = dictionary_markdown()
    statistic = {
        f"{v.name}{suffix}": v.name
        for v in (*STATISTIC_VARIABLES, *LINE_VARIABLES, *SCORE_CUTS)
        for suffix in STATISTIC_SUFFIXES
    }
    for name in dataset.variables:
        assert f"`{statistic.get(str(name), str(name))}`" in text
    assert {v.name for v in PATH_VARIABLES} <= set(dataset.data_vars)
