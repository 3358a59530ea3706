"""A new group or section is one row of the table: scan, command line, help and app follow."""

import pytest
from pydantic import Field

from simulator.cli.app import main
from simulator.cli.arguments import read_arguments
from simulator.cli.configuration import groups
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.hydra_app import checked, compose_validated
from simulator.cli.configuration.inputs import Chosen, request_from
from simulator.cli.help import help_text
from simulator.validation import Frozen

CHOSEN = Chosen("cn_online", "cn_online_lender", "None")


class Governance(Frozen):
    """A section that no code of the product knows."""

    owner: str = Field(default="nobody", max_length=20)
    tier: int = Field(default=3, ge=1, le=3)


class Branch(Frozen):
    """An entry of a list group that no code of the product knows."""

    city: str


@pytest.fixture
def table(monkeypatch, tmp_path):
    """The table with a section and a list group more, and a user's folder with one branch."""
    monkeypatch.chdir(tmp_path)
    rows = (
        groups.Group("governance", "who signs", groups.Choice.NO_FILES, lambda: Governance),
        groups.Group("branch", "where it lends", groups.Choice.SEVERAL_OR_NONE, lambda: Branch),
    )
    for row in rows:
        monkeypatch.setitem(groups.TABLE, row.name, row)
    folder = tmp_path / "mine"
    for name, text in {
        "branch/north": "# @package branch.north\ncity: Harbin\n",
        "branch/south": "# @package branch.south\ncity: Sanya\n",
        "experiment/signed": "# @package _global_\ngovernance:\n  owner: board\n",
    }.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _composed(folder, *words):
    folders, arguments = checked(read_arguments(["-cd", str(folder), *words]))
    inputs, plain = compose_validated(arguments, folders)
    return request_from(inputs, CHOSEN, folders, plain, ())


def test_a_section_is_told_in_the_help_and_reaches_the_request(table):
    assert "\n  governance  who signs\n" in help_text(find_folders())
    assert _composed(table).sections["governance"] == Governance()
    request = _composed(table, "governance.owner=cro", "governance.tier=1")
    assert request.sections["governance"] == Governance(owner="cro", tier=1)
    assert request.configuration["governance"] == {"owner": "cro", "tier": 1}
    by_file = _composed(table, "experiment=signed")
    assert by_file.sections["governance"] == Governance(owner="board")


def test_a_list_group_takes_files_and_keys_of_its_entries(table):
    assert "\n  branch      where it lends\n" in help_text(find_folders([str(table)]))
    assert _composed(table).sections["branch"] == {}
    request = _composed(table, "branch=[north,south]", "branch.south.city=Haikou")
    assert request.sections["branch"] == {
        "north": Branch(city="Harbin"),
        "south": Branch(city="Haikou"),
    }


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("governance.ownr=me", ("a key of governance", "owner", "ownr")),
        ("governance.tier=9", ("governance.tier", "3", "got 9")),
        ("governance=me", ("governance is not a key",)),
        ("branch=[nowhere]", ("branch must be one of", "north", "nowhere")),
        ("branch.north.town=x", ("a key of branch.north", "city", "town")),
        ("branch.north.city=x", ("branch.north is set", "branch=[north]")),
    ],
)
def test_what_a_row_does_not_know_is_refused(table, capsys, word, parts):
    assert main(["-cd", str(table), word]) == 2
    shown = capsys.readouterr().err
    assert all(part in shown for part in parts), shown


def test_a_file_of_a_new_group_is_scanned_like_any_other(table, capsys):
    (table / "branch" / "east.yaml").write_text("city: Ningbo\n", encoding="utf-8")
    assert main(["-cd", str(table), "branch=[east]"]) == 2
    assert "must begin with '# @package branch.east'" in capsys.readouterr().err


def test_a_section_that_nobody_set_has_its_model_s_values(table):
    request = _composed(table)
    assert request.section("governance", Governance) == Governance()
    assert request.section("unheard_of", Governance) == Governance()
    with pytest.raises(TypeError, match="must be a Branch"):
        request.section("governance", Branch)


@pytest.mark.parametrize(
    ("word", "near"), [("repotr", "report"), ("Fit", "fit"), ("calibrate", "fit"), ("x", "")]
)
def test_a_word_that_is_no_command_is_refused_with_the_nearest(word, near, capsys):
    assert main([word]) == 2
    shown = capsys.readouterr().err
    assert "the command must be one of run, fit, screen, report, finish, tape, scenario" in shown
    assert (f"did you mean {near}?" in shown) == bool(near)
    assert len(shown.splitlines()) == 1
