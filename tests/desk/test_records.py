"""What is noted beside a run, and what a line of progress says."""

import stat

import pytest

from simulator.cli.terminal.progress import LINE_SECONDS, LineProgress
from simulator.desk.durations import usual_seconds
from simulator.desk.records import (
    Progress,
    Record,
    ended,
    progress_in,
    read_record,
    seconds_since,
    write_record,
)
from simulator.report.kit.language import speaking
from simulator.settling import COMPILING

RECORD = Record(kind="run", title="a", arguments=("book=cn_online", "policy=[a]"), started="now")


def test_a_record_is_private_and_is_read_again(tmp_path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    assert stat.S_IMODE((tmp_path / "desk.json").stat().st_mode) == 0o600
    assert RECORD.command == "loanstress book=cn_online 'policy=[a]'"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "other"}', '{"code": 1}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "desk.json").write_text(text, encoding="utf-8")
    assert read_record(tmp_path) is None


@pytest.mark.parametrize("code", ["en", "zh"])
def test_lines_of_progress_are_understood_in_both_languages(code, capsys, monkeypatch):
    monkeypatch.setenv(LINE_SECONDS, "1")
    with speaking(code):
        progress = LineProgress()
        progress.start(80, "simulating paths")
        assert progress_in(capsys.readouterr().err) is not None
        progress.advance(80)
        progress.finish()
        found = progress_in(capsys.readouterr().err)
    assert found is not None
    assert (found.done, found.total, found.seconds) == (80, 80, 0)
    assert found.label.isascii() == (code == "en")


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_first_start_says_what_compiles(code, capsys):
    with speaking(code):
        progress = LineProgress()
        progress.start(86, COMPILING)
        progress.finish()
    found = progress_in(capsys.readouterr().err)
    assert found is not None
    assert ("compiling" if code == "en" else "编译") in found.label
    assert found.total == 86


def test_the_last_line_counts_and_belongs_to_itself():
    log = "reading: 3/3 after 1 s\nsomething 4\nsimulating paths: 0/6000\nnext 80\n"
    assert progress_in(log) == Progress("simulating paths", 0, 6000, 0)
    assert progress_in("nothing yet\n") is None


def _took(seconds, *arguments, **changed):
    record = Record(kind="run", title="", arguments=arguments, started="now", began="now")
    return record.model_copy(update={"code": 0, "seconds": seconds, **changed})


def test_the_whole_takes_as_long_as_the_quickest_run_of_its_size():
    size = ("book=cn_online", "run.paths=20", "scenario=[baseline,downturn]", "policy=[a,b]")
    asked = _took(None, *size, "policy.a.months=6", "run.seed=5", "hydra.run.dir=/x", code=None)
    others = [
        _took(90.0, *size),  # with kernels to compile
        _took(24.0, *size[:2], "scenario=[epidemic,flood]", "policy=[c,d]", "run.seed=1"),
        _took(5.0, *size[:2], "scenario=[baseline]", "policy=[a,b]"),
        _took(6.0, *size, "assumptions=null"),
        _took(None, *size),
        None,
    ]
    assert usual_seconds(asked, others) == 24.0
    assert usual_seconds(asked, others[2:]) is None
    again = asked.model_copy(update={"began": "later"})  # it goes on from its blocks
    assert usual_seconds(again, others) is None


def test_only_what_ended_well_in_one_go_has_a_length():
    when = "2000-01-01T00:00:00+00:00"
    record = RECORD.model_copy(update={"started": when, "began": when})
    assert (ended(record, 0).seconds or 0.0) > 8e8
    assert ended(record, 143).seconds is None
    assert ended(record.model_copy(update={"began": "later"}), 0).seconds is None
    assert seconds_since("") == 0.0
