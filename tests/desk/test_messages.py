"""What the desk says no with, in both languages."""

import re

import pytest

from simulator.cli.exits import told
from simulator.desk.asked import RunAsked, run_arguments
from simulator.desk.fields import OfferedField
from simulator.desk.messages import said
from simulator.desk.spelling import spelled
from simulator.desk.tapes import Tapes
from simulator.report.kit.language import speaking
from simulator.validation import UserError, build
from tests import ROOT
from tests.desk.test_asked import ASKED, INJECTIONS

CHINESE = re.compile("[\u4e00-\u9fff]")
WRONG = (
    {"policies": {"grace_period": {"months": 61}}},
    {"policies": {"grace_period": {"months": 2.5}}},
    {"policies": {"grace_period": {"awareness": "x"}}},
    {"policies": {"grace_period": {"is_record": 1}}},
    {"policies": {"grace_period": {"monts": 1}}},
    {"policies": {"grace_period": {"regions": "east"}}},
    {"policies": {"grace_period": {"regions": ["mars"]}}},
    {"policies": {"grace_period": {"hardships": ["illness"] * 6}}},
    {"policies": {"grace_period": {"first_month": 9, "last_month": 3}}},
    {"policies": {"more_collectors": {"staff": []}}},
    {"policies": {"ai_only_collections": {"rules": [{"stage": "legal"}]}}},
    {
        "policies": {
            "ai_only_collections": {
                "rules": [{"stage": "legal", "first_bucket": 5, "last_bucket": 2, "intensity": 1}]
            }
        }
    },
    {"policies": {"early_warning_call": {"precision": 0.01, "recall": 0.99}}},
    {"policies": "x"},
    {"scenarios": {"baseline": 9}},
    {"scenarios": {"baseline": "x"}},
    {"scenarios": {}},
    {"book": "tape"},
    {"book": 5},
    {"colour": 5},
    {"settings": {"run.paths": 5}},
    {"settings": {"run.paths": 0}, "size": "full"},
    {"break_even": ["false_proof"], "size": "full"},
    {"reverse": ["double_loss"]},
)


@pytest.mark.parametrize("asked", WRONG, ids=str)
def test_what_a_page_may_get_wrong_is_told_in_chinese(asked):
    with pytest.raises(UserError) as found:
        run_arguments(build("run", RunAsked, ASKED | asked), None)
    english = str(found.value)
    assert said(english) == english
    with speaking("zh"):
        lines = said(english).splitlines()
    assert [line for line in lines if not CHINESE.search(line)] == []


def test_every_line_is_said_by_itself_and_others_stay_as_they_are():
    with speaking("zh"):
        assert said("run.a must be a number; got x\n  other words").splitlines() == [
            "run.a 须为数字；现为 x",
            "  other words",
        ]
        assert said("") == ""


def test_what_parts_of_the_desk_refuse_is_in_chinese(tmp_path):
    def refused(work):
        with pytest.raises(UserError) as found:
            work()
        return str(found.value)

    field = OfferedField("x", "number", low=1.0)
    texts = [
        refused(lambda: Tapes(tmp_path).new("a.exe")),
        refused(lambda: Tapes(tmp_path).files("..")),
        refused(lambda: spelled("run", field, 0)),
        told(ValueError("x"))[0],
    ]
    code = "".join(p.read_text("utf-8") for p in (ROOT / "simulator" / "desk").glob("*.py"))
    texts += re.findall(r'UserError\("([^"{]+)"\)', code)
    texts += re.findall(r'RefusedError\(\d+, "([^"{]+)"\)', code)
    texts += re.findall(r'return \d+, "([^"{]+)"', code)
    texts = [text for text in texts if "pip install" not in text]  # the command's own
    assert len(texts) > 15
    with speaking("zh"):
        assert [text for text in texts if not CHINESE.search(said(text))] == []


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_value_that_is_told_stays_text(text):
    with speaking("zh"), pytest.raises(UserError) as found:
        run_arguments(build("run", RunAsked, ASKED | {"book": text}), None)
    with speaking("zh"):
        assert said(str(found.value)).startswith("book 须为")


def test_what_is_wrong_with_a_tape_is_told_in_chinese():
    lines = (
        "loans.csv: 32 rows have a product not among cash_loan, credit_line; got X - map it under"
        " values.product (first: loan_id HT00001, line 2)",
        "loans.csv: 1 row has an empty term_months (first: loan_id HT00001, line 2)",
        "loans.csv: 3 rows have age > 120 (first: line 9)",
        "loans.csv: missing columns dpd, due_day (map or name a constant)",
    )
    with speaking("zh"):
        told = [said(line) for line in lines]
    assert told[1] == "loans.csv：1 行 term_months 为空（首例：loan_id HT00001, line 2）"
    assert [line for line in told if "have" in line or not CHINESE.search(line)] == []
