"""The terminal speaks the language of the report; keys, names and numbers stay."""

import re

import pytest

from simulator.cli.run import main
from simulator.cli.scenario import main as scenario_main
from simulator.cli.terminal.closing import closing_table
from simulator.report.kit.language import speaking
from simulator.report.kit.run_messages import MESSAGES, run_message
from tests.cli.small_runs import SMALL
from tests.cli.summary_rows import summary_row as _row

pytestmark = pytest.mark.usefixtures("elsewhere")
WORDS = re.compile(r"(?<![\w.=/])[A-Za-z]{4,}(?![\w.=/])")
CHINESE = re.compile("[\u4e00-\u9fff]")
NAMES = {"baseline", "downturn", "out"}
"""Words of the tested runs that no language changes."""


def _english(text):
    """Lines with an English word and no Chinese one, or with two English words side by side."""
    found = []
    for line in text.splitlines():
        words = [word for word in WORDS.findall(line) if word not in NAMES]
        if words and (not CHINESE.search(line) or re.search(r"[A-Za-z]{4,} [A-Za-z]{4,}", line)):
            found.append(line)
    return found


def test_a_chinese_run_says_no_english_line(capsys):
    words = ["scenario=[downturn]", "policy=[grace_period]", "report.language=zh"]
    asked = ["break_even=[moral_hazard]", "run.runoff_months=1", "assumptions=null"]
    assert main([*SMALL, *words, *asked, "hydra.run.dir=out"]) == 0
    shown = capsys.readouterr()
    assert "模拟路径" in shown.err
    assert "警告：" in shown.err
    assert "情景 downturn（峰值变化单位：百分点；金额单位：" in shown.out
    assert "已写入 out" in shown.out
    assert _english(shown.err + shown.out) == []


def test_amounts_have_chinese_steps(capsys):
    with speaking("zh"):
        closing_table(
            [
                _row("status_quo", "net_loss", 2e8),
                _row("a", "delta_net_loss", 1.5e7, 1e7, 2e7),
                _row("a", "delta_value", 2.5e6, 2e6, 3e6),
            ]
        )
    shown = capsys.readouterr().out
    assert "金额单位：万元" in shown
    assert "+1,500 [+1,000, +2,000]" in shown
    assert "改善" in shown


def test_a_scenario_is_shown_in_chinese(capsys):
    assert scenario_main(["downturn", "--language", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "严重程度" in shown
    assert "最差季度" in shown
    assert _english(shown) == []


def test_an_unknown_language_is_refused(capsys):
    assert scenario_main(["downturn", "--language", "fr"]) == 2
    assert "--language must be one of en, zh; got fr" in capsys.readouterr().err


@pytest.mark.parametrize("message", MESSAGES)
def test_each_sentence_of_other_rooms_is_recognised_with_its_values(message):
    filled = re.sub(r"\{(\w+)\}", r"<\1>", message)
    with speaking("zh"):
        said = run_message(filled)
    assert CHINESE.search(said)
    assert set(re.findall(r"<\w+>", said)) == set(re.findall(r"<\w+>", filled))
