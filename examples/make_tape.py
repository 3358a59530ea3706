"""Writes ``loans_cn.csv``, a Chinese loan tape of nobody: loans of the product's synthetic book.

``python examples/make_tape.py`` from the root of the repository; the same file every time.
"""

import csv
import io
from pathlib import Path

from simulator.book import Book, build_book
from simulator.catalogue import parameters_from
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.policies import StatusQuo
from simulator.settings import BookSettings, RunSettings
from simulator.settling import Calm, donor_source
from simulator.shipped import read_shipped
from simulator.units import end_of_month_dpd
from simulator.vocabulary import Amortisation, Work

BORROWERS = 440
SEED = 20260630
OUTPUT = Path(__file__).parent / "loans_cn.csv"
HEADER = (
    "合同编号", "客户编号", "产品名称", "年利率(%)", "期限", "剩余期数", "剩余本金", "放款金额",
    "还款日", "逾期天数", "月收入", "所在地区", "年龄", "职业", "信用分", "客户经理",
)  # fmt: skip
PRODUCTS = {
    "cash_loan": "现金贷",
    "equal_principal_loan": "等额本金贷",
    "micro_business_loan": "小微经营贷",
    "credit_line": "安心循环贷",
}
REGIONS = {"east": "东部", "central": "中部", "west": "西部", "northeast": "东北"}
WORKS = {Work.FORMAL: "受薪", Work.SELF_EMPLOYED: "个体户", Work.GIG: "外卖骑手"}


def synthetic() -> Book:
    """The book whose loans are written."""
    settings = BookSettings(
        borrowers=BORROWERS,
        products={
            "cash_loan": 0.62,
            "equal_principal_loan": 0.12,
            "micro_business_loan": 0.18,
            "credit_line": 0.08,
        },
        applicants_monthly_share=0.0,
    )
    values = parameters_from(read_shipped("parameters", "cn_online_lender"))
    economy = {n: v.default for n, v in MACRO_VARIABLES.items() if n != DISASTER}
    calm = Calm(economy, values, StatusQuo())
    run = RunSettings(seed=SEED, months=1, paths=1)
    return build_book(settings, run, values, donor_source(lambda regions: calm))


def rows(book: Book) -> list[list[object]]:
    """A row a loan, with running numbers for ids."""
    people, loans, found = book.borrowers, book.loans, []
    for i in range(loans.id.size):
        b = int(loans.borrower[i])
        product = book.products[loans.product[i]]
        line = product.amortisation is Amortisation.REVOLVING
        balance = loans.principal[i] + loans.principal_overdue[i]
        found.append(
            [
                f"HT{i + 1:05d}",
                f"K{b + 1:04d}",
                PRODUCTS[product.name],
                f"{100 * loans.annual_rate[i]:.2f}",
                "" if line else int(loans.term_months[i]),
                "" if line else int(loans.remaining_months[i]),
                f"{balance:,.2f}",
                f"{loans.limit[i]:,.2f}",
                int(loans.due_day[i]),
                end_of_month_dpd(int(loans.n_unpaid[i]), int(loans.due_day[i])),
                f"{people.income[b]:,.0f}",
                REGIONS[book.regions[people.region[b]]],
                int(people.age[b]),
                WORKS[Work(people.work[b])],
                int(people.score[b]),
                f"M{b % 7 + 1}",
            ]
        )
    return found


def tape_bytes() -> bytes:
    """The file, in the encoding of a Chinese spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows(synthetic()))
    return text.getvalue().encode("gb18030")


if __name__ == "__main__":
    OUTPUT.write_bytes(tape_bytes())
