"""A reader meets the terms of credit risk and of statistics, in English and in Chinese.

Names of the code (metrics, keys) keep their own words: in a page of the docs they stand in
backticks, which are left out here, as are blocks of code and targets of links.
"""

import ast
import csv
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import loanstress
import simulator
from simulator.results.metrics import metric_of
from tests import ROOT
from tools.strings import CATALOGUE, DESK_WORDS, NAMES, known

ENGLISH = (
    r"\blucks?\b|\blucky\b",
    r"\brule[ -]?books?\b",
    r"\bmodel's numbers\b",
    r"\bdefects?\b|mistake in what",
    r"how long, how often|how loans are graded",
    r"held against it|Where a month takes|Who bears|What more paths|the worst ones come to",
    r"From income to net income",
    r"\btold (from|apart)\b|\btells? (\w+ ){0,4}(apart|from zero)\b|cannot be told",
    r"\bnine (paths )?in ten\b",
    r"\bkicked[ -]can\b|\bfree[ -]rid(er|ers|ing)\b|\bfates?\b",
    r"\bchances?\b",
    r"\bstands? (there )?(more than once|twice)\b",
    r"\bstatus quo\b",
    r"\bbrings? (it|them) in\b",
)
"""Words that no text has, whatever its case."""
REPORT = (r"\bthe reference\b", r"\breference policy\b", r"^(What|Whom|Why)\b")
"""Further words that the page and the workbook do not have."""
CHINESE = (
    "(?<!整个)存续期(?!损失)",
    "最低资本充足率|低于[^，。]{0,12}的路径",
    "没有策略显示|维持现状|对照策略",
    "运气|推迟违约|搭便车|挽救|受损|^提前$|占优",
    "所需损失准备|中国（五级|^中国$",
    "(?<!十二个月的)预期损失|预期短缺|风险价值",
    "滚动|回正|下滚",
    "(?<!在险)(?<!剩余)价值",
    "净收益|(?<!经济)净额|^收入$",
    "营运成本|联系|联络",
    "评分门槛|借款平台数|偿债比|上门|九成路径",
)
POLICY = "Status quo"
"""The name of a policy, which pages show as the current policy."""
PAGES = (
    ROOT / "README.md",
    ROOT / "scenarios" / "README.md",
    *(
        page
        for page in sorted((ROOT / "docs").glob("*.md"))
        if page.name != "plan.md" and not page.name.endswith(".zh.md")
    ),
)
CHINESE_PAGES = (ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.zh.md")))
FILES = sorted([*(ROOT / "configs").rglob("*.yaml"), *(ROOT / "scenarios").rglob("*.yaml")])
MODULES = sorted((ROOT / "simulator").rglob("*.py"))
TEMPLATES = sorted((ROOT / "simulator" / "report" / "kit" / "templates").glob("*.j2"))


def found_in(text: str, patterns: tuple[str, ...]) -> list[str]:
    """Words of ``text`` that one of the ``patterns`` forbids."""
    return [m[0] for pattern in patterns for m in re.finditer(pattern, text, re.IGNORECASE)]


def prose(page: str) -> str:
    """A page without its code, the names in backticks and the targets of its links."""
    without = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)", " ", without)


def messages_of(module: str) -> Iterator[str]:
    """Strings of several words in a module's code, its docstrings left out."""
    tree = ast.parse(module)
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
    alone = {id(s.value) for body in bodies for s in body if isinstance(s, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in alone else None
        if isinstance(text, str) and " " in text.strip():
            yield re.sub(r"`[^`\n]*`|\{\w+\}", " ", text)


def test_each_forbidden_word_is_found_and_names_of_the_code_are_not() -> None:
    bad = (
        "under the same luck; the rule book; a defect; free riders; kicked-can; its fate; the"
        " chance of default; cannot be told from zero; nine paths in ten; it stands twice; the"
        " status quo"
    )
    assert len(found_in(bad, ENGLISH)) >= 11
    assert len(found_in("相同的运气；搭便车者；预期短缺；净额；存续期（月）", CHINESE)) == 5
    text = "`fates` and `rule book`, run.draws_per_path, [a page](decisions/0011-fates.md)"
    assert not found_in(prose(text), ENGLISH)
    assert not found_in("经济净额；存续期损失；在险价值（VaR）；提前还款", CHINESE)


@pytest.mark.parametrize("path", [CATALOGUE, DESK_WORDS, NAMES], ids=lambda path: path.stem)
def test_messages_of_the_report_and_their_chinese_use_the_words_of_the_field(path: Path) -> None:
    for words, chinese in known(path).items():
        english = words if isinstance(words, str) else " ".join(words)
        shown = re.sub(r"\{\w+\}", "X", english)
        assert english == POLICY or not found_in(shown, ENGLISH), english
        if path == CATALOGUE:
            assert not found_in(shown, REPORT), english
        assert not found_in(chinese, CHINESE), f"{english}: {chinese}"


@pytest.mark.parametrize("path", CHINESE_PAGES, ids=lambda path: path.name)
def test_chinese_pages_use_the_words_of_the_field(path: Path) -> None:
    assert not found_in(prose(path.read_text(encoding="utf-8")), CHINESE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_use_the_words_of_the_field(path: Path) -> None:
    assert not found_in(prose(path.read_text(encoding="utf-8")), ENGLISH)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_messages_help_and_errors_use_the_words_of_the_field(path: Path) -> None:
    for message in messages_of(path.read_text(encoding="utf-8")):
        assert not found_in(message, ENGLISH), message


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_use_the_words_of_the_field(path: Path) -> None:
    said = re.findall(r'tr\("([^"]*)"|>([^<{]+)<', path.read_text(encoding="utf-8"))
    for words in (re.sub(r"\{\w+\}", "X", message or text) for message, text in said):
        assert not found_in(words, (*ENGLISH, *REPORT)), words


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_comments_and_texts_of_yaml_files_use_the_words_of_the_field(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`|\{\w+\}", " ", path.read_text(encoding="utf-8"))
    assert not found_in(text, ENGLISH)


def test_meanings_of_parameters_use_the_words_of_the_field() -> None:
    path = ROOT / "simulator" / "catalogue.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert not found_in(" ".join(row.values()), ENGLISH), row


def _called() -> Iterator[object]:
    """What a user calls, with the methods of a notebook's objects."""
    for module in (simulator, loanstress):
        yield from (getattr(module, name) for name in module.__all__)
    for owner in (loanstress.Run, loanstress.Settings, loanstress.Book, loanstress.Scenario):
        yield from (member for name, member in vars(owner).items() if not name.startswith("_"))


@pytest.mark.parametrize("called", list(_called()))
def test_docstrings_of_what_a_user_calls_use_the_words_of_the_field(called: object) -> None:
    text = inspect.getdoc(called) or ""
    assert not found_in(re.sub(r"``[^`]*``", " ", text), ENGLISH)


def test_the_glossary_is_sorted_has_each_term_once_and_names_metrics_that_exist() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")][1:]
    terms = [re.sub("[^a-z0-9 ]", "", row[0].lower()).strip() for row in rows]
    assert terms == sorted(set(terms))
    assert len(terms) >= 60
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for row in rows:
        assert re.search("[\u4e00-\u9fff]|^ (Gini|CECL)", row[1]), row
        for metric in re.findall("`([^`]+)`", row[3]):
            listed = metric.replace("_FIELD", "_").replace("_LINE", "_")
            assert f"`{listed}" in results or metric_of(metric) is not None, metric
