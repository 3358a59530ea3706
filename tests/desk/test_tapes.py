"""A tape that is dropped: a private file, the inspector's questions, answers, a run."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.desk.tapes import FOLDER
from tests import ROOT
from tests.desk.conftest import Answer, OpenDesk, closed, opened

TAPE = (ROOT / "examples" / "loans_cn.csv").read_bytes()
QUESTIONS = {"product": "安心循环贷", "work": "外卖骑手"}
"""What the inspector asks of the example."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDesk]:
    found = opened(tmp_path_factory.mktemp("tapes") / "runs")
    yield found
    closed(found)


def _dropped(desk: OpenDesk, content: bytes, name: str) -> Answer:
    headers = desk.headers(Content_Type="application/octet-stream")
    return desk.call("PUT", f"/api/tapes?name={name}", content, headers)


def _answers(form: Any) -> dict[str, Any]:
    """What the page sends where a reader changes nothing."""
    values: dict[str, dict[str, str]] = {}
    for item in form["values"]:
        values.setdefault(item["model"], {})[item["word"]] = item["to"]
    return {
        "columns": {column["name"]: column["model"] for column in form["columns"]},
        "constants": form["constants"],
        "values": values,
        "percent": form["percent"],
        "snapshot_date": form["snapshot_date"] or None,
    }


def _files(desk: OpenDesk) -> list[Path]:
    return sorted(p for p in (desk.folder / FOLDER).rglob("*") if p.is_file())


def test_a_tape_is_asked_about_answered_and_run(own):
    form = _dropped(own, TAPE, "loans.csv").content
    assert (form["name"], form["rows"], form["can_run"]) == ("loans.csv", "477", False)
    assert {item["model"]: item["word"] for item in form["values"] if not item["to"]} == QUESTIONS
    answers = _answers(form) | {"snapshot_date": "2025-12-31"}
    answers["values"]["product"]["安心循环贷"] = "credit_line"
    answers["values"]["work"]["外卖骑手"] = "gig"
    path = f"/api/tapes/{form['id']}"
    told = own.call("POST", f"{path}/answers", answers).content
    assert (told["can_run"], told["wrong"]) == (True, [])
    assert "477" in told["told"]
    assert own.call("GET", path).content["snapshot_date"] == "2025-12-31"
    asked = {"book": "tape", "tape": form["id"], "scenarios": {"baseline": 1}, "policies": {}}
    name = own.call("POST", "/api/runs", asked).content["id"]
    own.wait_until_idle()
    run = own.run(name)
    assert (run["state"], "report.html" in run["files"]) == ("done", True)
    assert run["title"].startswith("loans.csv")
    assert own.call("POST", f"{path}/remove", {}).status == 200
    assert own.call("GET", path).status == 422
    assert own.call("POST", "/api/runs", asked).status == 422


def test_uploads_are_private(own):
    number = _dropped(own, TAPE, "loans.csv").content["id"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in _files(own)} == {0o600}
    for folder in (own.folder / FOLDER, own.folder / FOLDER / number):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    own.call("POST", f"/api/tapes/{number}/remove", {})
    assert _files(own) == []


@pytest.mark.parametrize(
    "name", ["a.exe", "", "a.csv.sh", "..", "a.yaml", "%2e%2e/%2e%2e/x", "a.csv%00.sh"]
)
def test_a_name_that_is_no_tapes(own, name):
    assert _dropped(own, TAPE, name).status == 422
    assert _files(own) == []


def test_a_name_never_becomes_a_path(own, tmp_path):
    form = _dropped(own, TAPE, f"../../..{tmp_path}/x.csv").content
    assert not list(tmp_path.iterdir())
    (file,) = (f for f in _files(own) if f.suffix == ".csv")
    assert file.name == "tape.csv"
    own.call("POST", f"/api/tapes/{form['id']}/remove", {})


@pytest.mark.parametrize("content", [b"", b"\x00" * 99, b"PK\x03\x04", b"a\n", b"<html>"])
def test_a_file_that_is_no_tape_leaves_nothing(own, content):
    for name in ("a.csv", "a.parquet", "a.xlsx", "a.csv.gz"):
        answer = _dropped(own, content, name)
        if answer.status == 201:  # it can be looked at; nothing in it can be run
            assert not answer.content["can_run"]
            own.call("POST", f"/api/tapes/{answer.content['id']}/remove", {})
        else:
            assert answer.status == 422
            assert answer.content["error"]
    assert _files(own) == []


def test_answers_name_columns_and_words_that_there_are(own):
    form = _dropped(own, TAPE, "loans.csv").content
    usual, path = _answers(form), f"/api/tapes/{form['id']}/answers"
    for changed in (
        {"columns": {"other": "dpd"}},
        {"columns": {"逾期天数": "os.system"}},
        {"constants": {"dpd": "${oc.env:HOME}"}},
        {"constants": {"path": "1"}},
        {"values": {"region": {"a": "b"}}},
        {"percent": ["dpd"]},
        {"snapshot_date": "today"},
        {"encoding": "x"},
    ):
        assert own.call("POST", path, usual | changed).status == 422
    own.call("POST", f"/api/tapes/{form['id']}/remove", {})
