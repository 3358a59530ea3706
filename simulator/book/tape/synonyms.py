"""Usual words of loan tapes, English and Chinese, for the model's columns and values.

A word stands here only where lenders hardly mean anything else by it; what is left belongs into a
mapping. Words are compared without case, blanks, punctuation and bracketed units.
"""

import re
import unicodedata
from typing import Final

from simulator.book.tape.mapping import DROP

_HEADERS: Final = {
    "loan_id": "loan number, loan no, loan account, account id, account number, account no,"
    " facility id, loan identifier, loan key,"
    " exposure identifier, iou number, note number, 借据流水号, 借据, 借款编号, 放款编号,"
    " 借据号, 借据编号, 贷款编号, 贷款账号, 账号, 账户号, 账户编号",
    "borrower_id": "customer id, customer no, customer number, client id, obligor identifier,"
    " borrower key, member key,"
    " client no, obligor id, borrower identifier, member id, user id,"
    " 借款人编号, 客户代码, 客户码, 借款人客户号, 客户号, 客户编号, 用户编号, 用户号",
    "product": "product name, product type, loan type, loan product, product code,"
    " 产品, 产品名称, 产品类型, 贷款品种, 贷款产品, 业务品种, 产品种类",
    "annual_rate": "interest rate, rate, annual interest rate, int rate,"
    " current interest rate, nominal rate, contract rate, borrower rate, loan rate,"
    " note rate, interest rate pa,"
    " 借据利率, 当前利率, 年利率, 利率, 执行利率, 年化利率, 合同利率, 执行年利率",
    "term_months": "term, loan term, tenor, tenor months, original term, term in months,"
    " original term months, months of term, original loan term, loan duration,"
    " loan term months, number of instalments, number of installments,"
    " 借据期限, 贷款期数, 分期期数, 期限, 贷款期限, 期限月, 总期数, 合同期限, 期数",
    "remaining_months": "remaining term, remaining term months, months remaining,"
    " months to maturity, remaining months to maturity, remaining months to legal maturity,"
    " remaining instalments, 剩余还款期数, 待还期数, remaining installments, remaining tenor,"
    " 剩余期数, 剩余期限, 剩余月数, 剩余期限月, 未还期数",
    "principal": "balance, outstanding balance, principal balance, outstanding principal,"
    " current balance, current principal balance, remaining principal, principal outstanding,"
    " current actual upb, current upb, loan balance, out prncp,"
    " 借据余额, 借款余额, 贷款本金余额, 未偿本金,"
    " unpaid principal balance, upb,"
    " 剩余本金, 贷款余额, 本金余额, 未还本金, 剩余本金余额",
    "original_principal": "original balance, original amount, loan amount,"
    " funded amount, original loan amount, original principal balance, original upb,"
    " loan amnt, funded amnt, amount borrowed, amount financed, 借据金额, 借据本金,"
    " disbursed amount, credit limit, limit, limit bal,"
    " origination amount, 贷款金额, 贷款本金, 放款本金, 放款金额, 借款金额, 授信额度,"
    " 信用额度, 额度, 发放金额, 原始本金",
    "due_day": "payment day, repayment day, due date day, billing day, day due,"
    " monthly payment day, payment due day, 扣款日期, 还款日期, 还款日, 每月还款日, 约定还款日,"
    " 扣款日",
    "dpd": "days past due, days overdue, days delinquent, overdue days, days in arrears,"
    " number of days in arrears, number of days past due, arrears days, days late, 本金逾期天数,"
    " current dpd, 逾期天数, 当前逾期天数",
    "monthly_income": "income, net income, monthly net income, net monthly income, annual income,"
    " annual inc, yearly income, 年收入,"
    " 月收入, 月净收入, 税后月收入",
    "stated_income": "declared income, stated monthly income, self reported income,"
    " 申报收入, 自报收入, 申报月收入",
    "region": "area, state, province, addr state, borrower state, 地区, 区域, 省份, 省, 所在省份,"
    " 所属地区, 所在地区",
    "age": "borrower age, customer age, 年龄, 客户年龄, 借款人年龄",
    "work": "employment, employment type, occupation type, kind of work, work type,"
    " 职业, 职业类型, 就业类型, 工作性质, 职业类别",
    "weight": "sample weight, weighting, 权重, 样本权重",
    "score": "fico, fico score, fico 8, fico 9, fico score 8, fico score 9, fico 10 t,"
    " vantage score, vantage score 3.0, vantage score 4.0, vantage, beacon score, bureau score,"
    " bureau credit score, credit bureau score, borrower credit score, zhima score, sesame score,"
    " borrower credit score at origination, sesame credit, application score, scorecard score,"
    " 芝麻信用, 征信评分, 芝麻分, 芝麻信用分, credit score,"
    " internal score,"
    " behaviour score, behavior score, risk score,"
    " 评分, 信用评分, 信用分, 风险评分, 内部评分",
    "savings": "liquid savings, deposits, 存款, 储蓄, 存款余额",
    "other_debt": "debt elsewhere, external debt, other loans balance,"
    " 其他负债, 他行负债, 外部负债, 其他平台负债",
    "platforms": "other platforms, number of platforms, lenders, number of lenders,"
    " 平台数, 其他平台数, 多头数, 共债平台数",
    "essential": "essential spending, essential expenses, 必要支出, 月必要支出",
    "discretionary": "discretionary spending, discretionary expenses, 可选支出, 非必要支出",
    "overspender": "过度消费",
    "p_forget": "",
    "unemployment_insured": "unemployment insurance, 失业保险",
    "medical_insured": "medical insurance, health insurance, 医疗保险, 医保",
    "status": "months in arrears, months past due, months delinquent, bucket, overdue status,"
    " loan status, delinquency status, payment status, account status, arrears status,"
    " loan delinquency status, current loan delinquency status, pay status, delinquency bucket,"
    " dpd bucket, arrears bucket, ageing bucket, aging bucket, days past due bucket, 借据状态,"
    " 五级分类, 贷款五级分类, 风险分类, 逾期期数, 逾期区间, 逾期阶段,"
    " 状态, 贷款状态, 账户状态, 还款状态, 逾期状态, 当前状态",
    "arrears": "arrears amount, amount past due, past due amount, overdue amount,"
    " overdue principal, 逾期金额, 逾期本金, 逾期余额, 拖欠金额",
    "instalment": "installment, monthly instalment, monthly installment, monthly payment,"
    " scheduled payment, scheduled monthly payment, emi,"
    " 月供, 每期还款额, 月还款额, 每月还款额, 应还金额",
    "origination_date": "origination, issue date, disbursement date, start date, open date,"
    " booking date, value date, funded date, issue d, loan origination date, loan date,"
    " disbursal date, 借据起始日, 借据起期, 借据发放日, 借据开始日期, 起始日期, 贷款起始日,"
    " 放款日期, 发放日期, 起息日, 借款日期, 放款日,"
    " 开户日期, 贷款发放日",
    "maturity_date": "maturity, loan maturity date, final maturity date, legal maturity date,"
    " 借据到期日,"
    " 借据止期, 借据终止日, 终止日期, 结束日期, 贷款终止日, end date, expiry date,"
    " final payment date, due date final,"
    " 到期日, 到期日期, 贷款到期日, 合同到期日",
    "snapshot_date": "as of date, as of, reporting date, report date, cut off date, cutoff date,"
    " pool cut off date, data cut off date, monthly reporting period, report as of eod,"
    " pool cutoff date, observation date, data date,"
    " 数据日期, 快照日期, 截止日期, 统计日期, 报告日期, 观察日期",
    "next_due_date": "next payment date, next payment due date, next instalment date,"
    " next installment date, 下次还款日, 下期还款日, 下一还款日",
    "first_due_date": "first payment date, first instalment date, first installment date,"
    " first due date, 首次还款日, 首期还款日, 首次还款日期",
    "months_on_book": "mob, loan age, loan age months, age in months, months since origination,"
    " seasoning, seasoning months, 已还期数, 已过期数, 账龄, 账龄月",
    "principal_paid": "principal repaid, principal received, total rec prncp,"
    " customer principal payments, 已还本金, 累计已还本金",
    "month": "year month, period, reporting month, statement month, observation month,"
    " 月份, 账期, 统计月份, 报告月份, 观察月",
}  # fmt: skip
_SECOND_BEST: Final = {
    "loan_id": "contract id, contract no, contract number, 合同号, 合同编号",
    "borrower_id": "borrower, customer, 借款人, 客户",
    "product": "repayment type, repayment method, amortisation type, amortization type,"
    " 还款方式, 还款方法",
    "annual_rate": "apr, original interest rate, monthly rate, monthly interest rate, daily rate,"
    " daily interest rate, 月利率, 日利率, 月息, 日息",
    "principal": "ending balance, 余额, 当前余额",
    "original_principal": "amount, 合同金额",
    "monthly_income": "annual income, annual inc, yearly income, income annual,"
    " gross annual income, annual salary, gross annual salary, yearly salary, 税后年收入,"
    " primary income, 年收入, 个人年收入, 家庭年收入",
}
"""Headers that count only where no better one gives the column."""
_VALUES: Final[dict[str, dict[str, str]]] = {
    "product": {
        "cash_loan": "frxx, annuity, equal instalments, equal installments, cash loan,"
        " instalment loan, installment loan, consumer loan, 现金贷, 消费贷,"
        " 信用贷, 消费贷款, 现金分期, 等额本息, 个人消费贷, 个人消费贷款",
        "equal_principal_loan": "fixe, linear, equal principal, equal principal loan, 等额本金,"
        " 等额本金贷",
        "micro_business_loan": "micro business loan, business loan, bullet loan, 经营贷, 小微贷,"
        " 小微经营贷, 先息后本, 个人经营贷, 个人经营性贷款",
        "credit_line": "credit line, line of credit, revolving line, 循环额度, 循环贷, 信用额度,"
        " 随借随还",
        "us_personal_loan": "us personal loan",
        "credit_card": "credit card, 信用卡",
        "us_credit_card": "us credit card",
        "tw_credit_card": "tw credit card",
    },
    "work": {
        "formal": "employee, employed, salaried, 受薪, 工薪, 上班族, 在职, 正式员工, 企业员工,"
        " 公务员, 事业单位",
        "self_employed": "self employed, business owner, entrepreneur, 个体户, 个体工商户, 自雇,"
        " 企业主, 小微企业主, 私营业主",
        "gig": "gig worker, freelance, freelancer, casual, migrant, 零工, 自由职业, 自由职业者,"
        " 灵活就业, 农民工",
    },
    "region": {
        "east": "东部, 东部地区, 北京, 天津, 河北, 上海, 江苏, 浙江, 福建, 山东, 广东, 海南",
        "central": "中部, 中部地区, 山西, 安徽, 江西, 河南, 湖北, 湖南",
        "west": "西部, 西部地区, 内蒙古, 广西, 重庆, 四川, 贵州, 云南, 西藏, 陕西, 甘肃, 青海,"
        " 宁夏, 新疆",
        "northeast": "东北, 东北地区, 辽宁, 吉林, 黑龙江",
    },
    "status": {
        "0": "current, performing, in grace, in grace period, not overdue, not past due,"
        " no arrears, not delinquent, c, ok, normal, up to date, 正常, 未逾期, 正常还款",
        DROP: "repaid, completed, chargedoff, redeemed, cancelled, closed, paid off, fully paid,"
        " settled, written off, charged off,"
        " charge off, co, does not meet the credit policy status fully paid,"
        " does not meet the credit policy status charged off, 结清,"
        " 已结清, 正常结清, 提前结清, 核销, 已核销, 已转让",
    },
}
"""Regions: the four of China's statistical bureau and the provinces in each."""
_BRACKET: Final = re.compile(
    r"[(\[{【][^)\]}】]*[)\]}】]\s*$|(?<=\S)[\s_\-,:/]*(?:单位[::]?)?(?:百万|亿|万|千)元\s*$"
)
"""A unit at a header's end; units of Chinese money stand without brackets, too."""
_FILLING: Final = re.compile(r"[\s_\-./·:、]+")
_PROVINCE: Final = re.compile("(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)$")


def plain_word(text: str) -> str:
    """``text`` without case, width, blanks, punctuation and a bracketed unit at its end."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return _FILLING.sub("", _BRACKET.sub("", folded))


def bracketed_unit(header: str) -> str:
    """What stands in brackets at the end of a header, such as ``%`` or ``万元``; else nothing."""
    found = _BRACKET.search(unicodedata.normalize("NFKC", header).strip())
    return found.group().strip().strip("()[]{}【】_-,:/ ") if found else ""


def _by_word(table: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, words in table.items():
        for word in (name, *words.split(",")):
            if plain_word(word):
                found[plain_word(word)] = name
    return found


_LAST_EVENT: Final = (
    "last pymnt d, last credit pull d, last payment on, last payment date, last payment received,"
    " last repayment date, last transaction date, 最近还款日, 最近还款日期, 上次还款日,"
    " 最后还款日期"
)
LAST_EVENT: Final = frozenset(plain_word(word) for word in _LAST_EVENT.split(","))
"""Plain headers of dates of events up to the day of the balances."""
HEADER_WORDS: Final = _by_word(_HEADERS)
"""Plain word -> model's column."""
SECOND_BEST: Final = {
    word: name for word, name in _by_word(_SECOND_BEST).items() if word not in HEADER_WORDS
}
"""Plain word -> model's column, where no other header gives that."""
VALUE_WORDS: Final = {column: _by_word(table) for column, table in _VALUES.items()}
"""Column -> plain word -> the model's value."""


def province_word(text: str) -> str:
    """A Chinese province's plain word, without its rank (省, 市, 自治区)."""
    return _PROVINCE.sub("", plain_word(text))
