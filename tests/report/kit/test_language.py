"""Both languages of the report: nothing lacks its Chinese, and each writes numbers its way."""

from pathlib import Path

import pytest
import yaml

from simulator.report.kit.language import (
    LANGUAGES,
    clauses,
    fields,
    language,
    listed,
    name,
    sentences,
    speaking,
    tn,
    tr,
)
from simulator.report.kit.numbers import (
    interval,
    money_scale,
    number,
    percent,
    points_scale,
    rate_scale,
)
from simulator.report.kit.text import titled
from tests import ROOT
from tools.strings import CATALOGUE, DESK_WORDS, NAMES, known, messages

SPOKEN = tuple({message.words: message for message in messages()}.values())
SAID = known(CATALOGUE) | known(NAMES) | known(DESK_WORDS)


@pytest.mark.parametrize("message", SPOKEN, ids=lambda message: message.place)
def test_every_message_has_a_translation_that_takes_the_same_values(message) -> None:
    said = SAID.get(message.words)
    assert said, f"{message.place}: {message.words!r} has no Chinese; see docs/languages.md"
    forms = (message.words,) if isinstance(message.words, str) else message.words
    assert fields(said) == fields(forms[-1])


def test_no_translation_has_lost_its_message() -> None:
    assert set(known(CATALOGUE)) <= {message.words for message in SPOKEN}


def test_the_catalogue_is_three_files() -> None:
    assert sorted(CATALOGUE.parent.glob("*.po")) == [CATALOGUE, DESK_WORDS, NAMES]


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "scenario").glob("*.yaml")), ids=str)
def test_every_shipped_scenario_is_told_in_chinese(path: Path) -> None:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("label", "narrative", "source"):
        assert " ".join(told[key].split()) in SAID, key


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "policy").glob("*.yaml")), ids=str)
def test_every_shipped_policy_has_a_chinese_name(path: Path) -> None:
    assert titled(path.stem) in SAID


def test_a_language_holds_for_its_block_only() -> None:
    assert tr("n/a") == "n/a"
    with speaking("zh"):
        assert language().code == "zh"
        assert tr("n/a") == "\u65e0"
        with speaking("en"):
            assert tr("n/a") == "n/a"
        assert tr("n/a") == "\u65e0"
    assert language().code == "en"


def test_a_users_text_is_never_read_as_a_message() -> None:
    for code in LANGUAGES:
        with speaking(code):
            assert tr("{name}", name="{name.__class__} %s") == "{name.__class__} %s"
            assert name("{0.__class__} of my own") == "{0.__class__} of my own"


def test_hover_texts_without_values_keep_their_braces() -> None:
    assert tr("x %{x}: %{y:.2f}") == "x %{x}: %{y:.2f}"


def test_one_and_many() -> None:
    assert tn("{n} path", "{n} paths", 1) == "1 path"
    assert tn("{n} path", "{n} paths", 1200) == "1,200 paths"
    with speaking("zh"):
        assert tn("{n} path", "{n} paths", 1) == "1 条模拟路径"
        assert tn("{n} path", "{n} paths", 1200) == "1,200 条模拟路径"


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        (
            "en",
            (
                "\u2212CNY\u00a01.25\u202fM",
                "+CNY\u00a01.20\u202fM",
                "7.1\u202f%",
                "\u22120.12\u202fpp",
                "1 to 2",
                "(95 % interval 1 to 2)",
                "a, b and c",
                "a; b",
                "A. B.",
            ),
        ),
        (
            "zh",
            (
                "\u2212125\u00a0万元",
                "+120\u00a0万元",
                "7.1%",
                "\u22120.12\u00a0个百分点",
                "1 至 2",
                "（95% 置信区间 1 至 2）",
                "a、b和c",
                "a；b",
                "A.B.",
            ),
        ),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(code, texts) -> None:
    with speaking(code):
        money = money_scale("CNY", [-1_253_456.0])
        points, shares = points_scale([0.0012]), rate_scale([0.01], 0)
        assert texts == (
            money.full(-1_253_456.0),
            money.full(1.2e6, signed=True),
            percent(0.0712),
            points.full(-0.0012),
            shares.span(0.01, 0.02),
            interval(shares.span(0.01, 0.02)),
            listed(["a", "b", "c"], final=True),
            clauses(["a", "b"]),
            sentences("A.", "", "B."),
        )


def test_a_number_that_is_not_known_is_told_so() -> None:
    assert number(float("nan"), 1) == "n/a"
    assert money_scale("CNY", [2.5e6]).full(None) == "n/a"
