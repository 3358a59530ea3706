"""The API reference: every public name is on the page, and its text says what a hover must."""

import inspect
import re
from collections.abc import Iterator
from pydoc import locate

import pytest
from numpydoc.validate import validate
from pydantic import BaseModel

import loanstress
import simulator
from loanstress.plots import Plot, Plots
from simulator.field_texts import field_meanings
from tests import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
WANTED = {
    "GL03", "GL05", "GL06", "GL07", "GL08", "SS01", "SS02", "SS03",
    "PR01", "PR02", "PR03", "PR04", "PR05", "PR06", "PR07", "PR08", "PR09", "PR10",
    "RT01", "RT02", "RT03", "RT05", "YD01",
}  # fmt: skip
"""Findings of numpydoc that are mistakes here: no summary, a parameter without type or meaning,
no section on what is given back."""
CLASSES = {
    "loanstress": [loanstress.Run, loanstress.Settings, loanstress.Book, loanstress.Scenario],
    "loanstress.plots": [Plots, Plot],
}


def _names() -> Iterator[str]:
    """Every public function and class, and methods of those that a user holds."""
    for module in (loanstress, simulator):
        for name in module.__all__:
            if name != "UserError" and not _is_settings(getattr(module, name)):
                yield f"{module.__name__}.{name}"
    for module_name, classes in CLASSES.items():
        for owner in classes:
            for name, member in vars(owner).items():
                is_method = inspect.isfunction(member) or isinstance(member, classmethod)
                if is_method and (name == "__call__" or not name.startswith("_")):
                    yield f"{module_name}.{owner.__name__}.{name}"


def _is_settings(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)


NAMES = sorted(_names())


def test_every_public_name_is_on_the_page():
    blocks = re.findall(r"currentmodule:: (\w+)(.*?)(?=currentmodule|\Z)", PAGE, re.DOTALL)
    shown: dict[str, set[str]] = {}
    for module, text in blocks:
        shown.setdefault(module, set()).update(re.findall(r"auto\w+:: ([\w.]+)", text))
    for module in (loanstress, simulator):
        missing = set(module.__all__) - shown[module.__name__] - {"UserError"}
        assert missing == set(), module.__name__
    assert "autoexception:: UserError" in PAGE


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_says_what_it_takes_and_gives(name):
    found = validate(name)
    mistakes = [(code, text) for code, text in found["errors"] if code in WANTED]
    assert mistakes == []


def _text(name: str) -> str:
    return inspect.getdoc(locate(name)) or ""


@pytest.mark.parametrize("name", [n for n in NAMES if n.split(".")[-1][0].islower()])
def test_a_public_call_says_what_it_raises(name):
    text = _text(name)
    assert "Raises\n------\n" in text
    assert "UserError" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_says_where_its_numbers_come_from(name):
    source = _text(name).partition("References\n----------\n")[2]
    source = source.partition("\n\n")[0]
    assert source
    for page in re.findall(r"docs/[\w-]+\.md", source):
        assert (ROOT / page).is_file(), page
    model = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    if "docs/model.md" in source:
        for section in re.findall(r"\b\d+(?:\.\d+)?\b", source):
            assert re.search(rf"^##+ {re.escape(section)}\.? ", model, re.MULTILINE), section


@pytest.mark.parametrize("owner", ["loanstress.Run", "simulator.Run"])
def test_every_member_of_a_run_has_a_text(owner):
    members = {n: m for n, m in vars(locate(owner)).items() if not n.startswith("_")}
    assert len(members) > 15
    assert [name for name, member in members.items() if not inspect.getdoc(member)] == []


@pytest.mark.parametrize("model", ["BookSettings", "RunSettings", "ScenarioSettings"])
def test_every_setting_has_a_meaning(model):
    found = getattr(simulator, model)
    assert set(found.model_fields) - set(field_meanings(found)) == set()


def test_a_frame_says_its_columns_and_a_number_its_unit():
    for name in ("stress_test", "sweep", "parameters", "policies", "scenarios"):
        text = getattr(loanstress, name).__doc__
        assert "Examples" in text or "Returns" in text
    assert "one row a" in loanstress.stress_test.__doc__.lower()
    assert "units in" in loanstress.sweep.__doc__
    assert "fractions" in loanstress.Run.ranking.__doc__
