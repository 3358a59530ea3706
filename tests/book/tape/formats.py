"""Small invented files in the forms that lenders, platforms and supervisors write theirs.

Each holds two loans or more that open, with the balances and the like that a reader would take.
"""

import gzip
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import openpyxl

TERMS = {"product", "annual_rate", "term_months", "remaining_months", "due_day"}


@dataclass(frozen=True)
class Form:
    """``content`` by name of file; ``answer``: what a reader adds to the proposed mapping."""

    content: Mapping[str, bytes]
    principal: tuple[float, ...]
    rate: tuple[float, ...]
    remaining: tuple[float, ...]
    due_day: tuple[float, ...] = ()
    questions: int = 0
    answer: Mapping[str, object] = field(default_factory=dict)


def one(name: str, text: str, encoding: str = "utf-8") -> dict[str, bytes]:
    return {name: text.encode(encoding)}


def workbook(sheets: Mapping[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


LENDING_CLUB = """\
Notes offered by Prospectus (https://example.org/info/prospectus.action)
"id","member_id","loan_amnt","funded_amnt","funded_amnt_inv","term","int_rate","installment",\
"grade","emp_title","annual_inc","issue_d","loan_status","purpose","addr_state","dti",\
"fico_range_low","out_prncp","out_prncp_inv","total_rec_prncp","last_pymnt_d"
"11","901","10000","10000","9975"," 36 months"," 13.56%","339.65","C","clerk","54000","Dec-2017",\
"Current","car","CA","12.1","690","6100.50","6080","3899.50","Nov-2018"
"12","902","8000","8000","8000"," 60 months","  9.00%","166.07","B","","61000","Mar-2018",\
"Current","car","NY","8.0","720","7200.00","7200","800.00","Dec-2018"
"13","903","5000","5000","5000"," 36 months"," 11.00%","163.7","B","","40000","Jan-2016",\
"Fully Paid","car","NY","8.0","720","0.00","0","5000.00","Jan-2018"


Total amount funded in policy code 1: 23000
Total amount funded in policy code 2: 0
"""
PROSPER_LOANS = """\
loan_number,amount_borrowed,borrower_rate,prosper_rating,term,age_in_months,origination_date,\
days_past_due,principal_balance,principal_paid,interest_paid,late_fees_paid,\
debt_sale_proceeds_received,loan_status,loan_status_description,next_payment_due_date,member_key
701,12000.00,0.1599,B,36,10,2018-03-16 00:00:00,0,9000.10,2999.90,900,0,0,1,CURRENT,2019-02-16,A1
702,4000.00,0.2110,D,60,5,2018-08-31 00:00:00,0,3800.00,200.00,300,0,0,1,CURRENT,2019-01-31,B2
"""
PROSPER_LISTINGS = """\
ListingKey,ListingNumber,ListingCreationDate,Term,LoanStatus,BorrowerAPR,BorrowerRate,\
ProsperScore,EmploymentStatus,StatedMonthlyIncome,LoanKey,LoanCurrentDaysDelinquent,\
LoanMonthsSinceOrigination,LoanNumber,LoanOriginalAmount,LoanOriginationDate,MemberKey,\
MonthlyLoanPayment,LP_CustomerPrincipalPayments
AA,1,2013-08-26 19:09:29.263000000,36,Current,0.16516,0.158,7,Employed,3083.33,K1,0,6,501,9425,\
2013-09-12 00:00:00,M1,330.43,1425
BB,2,2012-08-26 19:09:29.263000000,60,Current,0.21516,0.2,4,Employed,6125,K2,0,18,502,10000,\
2012-09-28 00:00:00,M2,318.93,2500.25
"""
BONDORA = """\
ReportAsOfEOD,LoanId,LoanNumber,ListedOnUTC,UserName,LoanDate,MaturityDate_Original,\
MaturityDate_Last,Age,Country,Amount,Interest,LoanDuration,MonthlyPaymentDay,IncomeTotal,\
PrincipalOverdueBySchedule,LastPaymentOn,CurrentDebtDaysPrimary,PrincipalPaymentsMade,\
PrincipalBalance,Status
2019-12-31,7C6A,1001,2018-06-01,user1,2018-06-05,2021-06-07,2021-06-07,34,EE,3000,28.5,36,7,900,\
0,2019-12-07,,1200,1800.25,Current
2019-12-31,8D7B,1002,2019-06-01,user2,2019-06-10,2022-06-12,2022-07-31,41,FI,5000,34.9,36,31,1500,\
0,2019-12-12,0,500,4500,Current
"""
ESMA = """\
Unique Identifier,Original Underlying Exposure Identifier,New Underlying Exposure Identifier,\
Original Obligor Identifier,New Obligor Identifier,Data Cut-Off Date,Pool Addition Date,\
Geographic Region - Obligor,Employment Status,Primary Income Type,Origination Date,Maturity Date,\
Original Term,Original Principal Balance,Current Principal Balance,Amortisation Type,\
Current Interest Rate,Number Of Days In Arrears,Arrears Balance
529900X202512,E1,E1,O1,O1,2025-12-31,2024-01-31,DE1,EMRS,ND5,2023-11-15,2027-11-15,48,12000,\
6200.75,FRXX,5.49,0,0
529900X202512,E2,E2,O2,O2,2025-12-31,2024-01-31,DE2,EMRS,ND5,2024-06-01,2028-06-01,48,9000,\
5700,FIXE,6.9,ND5,0
"""
ECB = """\
Pool Cut-off Date;Pool Identifier;Loan Identifier;Originator Name;Servicer Identifier;\
Borrower Identifier;Loan Origination Date;Loan Maturity Date;Original Loan Term;Original Balance;\
Current Balance;Current Interest Rate;Number of Days in Arrears;Arrears Balance
2020-03-31;POOL1;L1;Bank;S1;B1;2018-04-30;2022-04-30;48;10000.00;5300.00;7.25;0;0
2020-03-31;POOL1;L2;Bank;S1;B2;2019-01-15;2023-01-15;48;8000.00;5900.00;6.50;0;0
"""
IOU = """\
个人消费贷款借据台账,,,,,,,,,,,
数据日期：2025年12月31日,,,,,,,,,,,
借据号,合同号,客户号,客户名称,还款方式,执行年利率(%),期限,剩余期数,借据金额(万元),借据余额(万元),每月还款日,逾期天数
J01,H01,K1,甲,等额本息,14.4,36期,24期,1.2,0.85,每月15日,0
J02,H01,K1,甲,等额本金,12.0,12个月,6个月,2,1.05,31日,0天
合计,,,,,,,,3.2,1.9,,
"""
GERMAN = """\
Kreditbestand;;;;;;;;;;
loan_id;borrower_id;product;annual_rate;term_months;origination date;maturity date;principal;\
original_principal;dpd;monthly_income
1;1;cash_loan;7,5 %;24;15.03.2025;15.03.2027;12.500;20.000;0;2.900
2;2;cash_loan;7,5 %;24;31.01.2025;31.01.2027;9.250;20.000;0;3.100
Summe;;;;;;;21.750;40.000;;
"""
SWISS = """\
loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal,original_principal,\
due_day,dpd,monthly_income
1,1,cash_loan,9.9%,36 months,24 months,CHF 6'100.50,CHF 12'000.00,15th,0 days,6'800
2,2,cash_loan,8.9%,3 years,12 months,CHF 3'050.00,CHF 9'000.00,1st,0 days,7'100
"""
INDIAN = """\
Loan No,Customer ID,product,Interest Rate,Tenor,Disbursement Date,Maturity Date,\
Outstanding Principal,Loan Amount,DPD
1,1,cash_loan,14.5%,36,15/01/2024,15/01/2027,"₹ 1,23,456.00","₹ 2,50,000.00",0
2,2,cash_loan,15.5%,24,05/02/2024,05/02/2026,"Rs. 75,000","Rs. 12,34,567",0
"""
AMERICAN = """\
Loan ID,Borrower ID,product,Interest Rate,Loan Term,Origination Date,Maturity Date,\
Current Balance,Original Balance,Days Past Due,Reporting Date
1,1,us_personal_loan,12.00%,36,1/5/2024,1/5/2027,"$8,500.00","$12,000.00",0,6/30/2025
2,2,us_personal_loan,13.00%,36,2/7/2024,2/7/2027,"$4,250.50","$6,000.00",0,6/30/2025
"""
SHEET: list[list[object]] = [
    ["Loan tape of an invented lender"],
    ["As of 31 December 2025"],
    [],
    ["Loan ID", "Borrower ID", "Product", "Interest Rate", "Term", "Remaining Term",
     "Outstanding Principal", "Original Balance", "Repayment Day", "DPD"],
    [1, 1, "cash loan", 0.145, 36, 24, 6100.125, 12000, 15, 0],
    [2, 2, "cash loan", 0.155, 24, 12, 3050.5, 9000, 30, 0],
    ["Total", None, None, None, None, None, 9150.625, 21000],
]  # fmt: skip
MONTHLY = """\
loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal,original_principal,\
due_day,dpd
{0},{0},cash_loan,0.18,24,12,5000,10000,15,0
"""

FORMS: dict[str, Form] = {
    "Lending Club": Form(
        one("LoanStats_2018Q4.csv", LENDING_CLUB),
        (6100.5, 7200.0), (0.1356, 0.09), (24.0, 51.0), (1.0, 1.0),
    ),
    "Prosper, loans": Form(
        one("Loans_20190131.csv", PROSPER_LOANS),
        (9000.1, 3800.0), (0.1599, 0.211), (26.0, 55.0), (16.0, 28.0),
    ),
    "Prosper, listings": Form(
        one("prosperLoanData.csv", PROSPER_LISTINGS),
        (8000.0, 7499.75), (0.158, 0.2), (30.0, 42.0), (12.0, 28.0),
    ),
    "Bondora": Form(
        one("LoanData.csv", BONDORA), (1800.25, 4500.0), (0.285, 0.349), (18.0, 31.0), (7.0, 28.0)
    ),
    "ESMA": Form(one("annex6.csv", ESMA), (6200.75, 5700.0), (0.0549, 0.069), (23.0, 30.0)),
    "ECB": Form(
        one("pool.csv", ECB), (5300.0, 5900.0), (0.0725, 0.065), (25.0, 34.0), (28.0, 15.0),
        questions=1, answer={"constants": {"product": "cash_loan"}},
    ),
    "notes of a Chinese bank": Form(
        one("借据台账.csv", IOU, "gb18030"),
        (8500.0, 10500.0), (0.144, 0.12), (24.0, 6.0), (15.0, 28.0),
    ),
    "German": Form(
        one("bestand_2025-12-31.csv", GERMAN, "cp1252"),
        (12500.0, 9250.0), (0.075, 0.075), (15.0, 13.0), (15.0, 28.0),
    ),
    "Swiss": Form(one("t.csv", SWISS), (6100.5, 3050.0), (0.099, 0.089), (24.0, 12.0), (15.0, 1.0)),
    "Indian": Form(
        one("t.csv", INDIAN), (123456.0, 75000.0), (0.145, 0.155), (19.0, 8.0),
        questions=1, answer={"snapshot_date": "2025-06-30"},
    ),
    "American": Form(one("t.csv", AMERICAN), (8500.0, 4250.5), (0.12, 0.13), (19.0, 20.0)),
    "workbook": Form(
        {"tape.xlsx": workbook({"Cover": [["Invented"]], "Loans": SHEET})},
        (6100.125, 3050.5), (0.145, 0.155), (24.0, 12.0), (15.0, 28.0),
    ),
    "packed, a file a month": Form(
        {f"t_{i}.csv.gz": gzip.compress(MONTHLY.format(i).encode()) for i in (1, 2)},
        (5000.0, 5000.0), (0.18, 0.18), (12.0, 12.0), (15.0, 15.0),
    ),
}  # fmt: skip
Write = Callable[[str], bytes]
