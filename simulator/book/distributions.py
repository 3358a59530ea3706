"""The fixed numbers behind a drawn borrower or loan, with unit and where they come from.

Those that decide how much of a book falls overdue (margins, savings, forgetting, refusal, risk)
stand in the catalogue, group *Borrowers as drawn*, where they can be calibrated. All here are
assumptions unless a source is named. Loadings are correlations with latent true risk
in a Gaussian copula: they move who has a trait, not how many have it.
"""

from typing import Final

from simulator.vocabulary import Work

# --- Who the borrowers are -------------------------------------------------------------------

AGE_QUANTILES: Final = {
    "cn": ((0.0, 0.08, 0.42, 0.80, 0.95, 1.0), (18.0, 22.0, 28.0, 38.0, 47.0, 60.0)),
    "us": ((0.0, 0.05, 0.35, 0.70, 0.95, 1.0), (20.0, 25.0, 34.0, 47.0, 63.0, 75.0)),
    "tw": ((0.0, 0.08, 0.42, 0.80, 0.95, 1.0), (20.0, 24.0, 31.0, 42.0, 52.0, 65.0)),
}
"""Probability and age (years), joined by straight lines (assumption: young online customers)."""

WORK_AGES: Final = (18.0, 25.0, 35.0, 45.0, 60.0)
FORMAL_SHARE_BY_AGE: Final = (0.45, 0.62, 0.60, 0.50, 0.40)
SELF_EMPLOYED_SHARE_BY_AGE: Final = (0.08, 0.13, 0.22, 0.28, 0.30)
"""Shares at ``WORK_AGES``, straight lines between; the rest is gig work (assumption)."""
BUSINESS_LOAN_SELF_EMPLOYED: Final = 0.8
"""Share of bullet-loan customers who are self-employed for certain (assumption)."""

INCOME_BY_WORK: Final = {Work.FORMAL: 1.10, Work.SELF_EMPLOYED: 1.15, Work.GIG: 0.90}
"""Over the jurisdiction's reference income (assumption; migrant pay 4,780 yuan in 2023)."""
INCOME_AGES: Final = (18.0, 22.0, 30.0, 40.0, 50.0, 60.0)
INCOME_BY_AGE: Final = (0.65, 0.80, 1.0, 1.15, 1.05, 0.9)
INCOME_BY_REGION: Final = {
    "cn": {"east": 1.12, "central": 0.93, "west": 0.92, "northeast": 0.90},
    "us": {"northeast": 1.08, "midwest": 0.97, "south": 0.95, "west": 1.05},
    "tw": {},
}
"""Over the average; regions not named count 1 (assumption)."""
INCOME_LOG_SD: Final = 0.42
INCOME_LOADING: Final = -0.15

UNEMPLOYMENT_INSURED: Final = {
    "cn": {Work.FORMAL: 0.75, Work.SELF_EMPLOYED: 0.03, Work.GIG: 0.08},
    "us": {Work.FORMAL: 0.90, Work.SELF_EMPLOYED: 0.02, Work.GIG: 0.10},
    "tw": {Work.FORMAL: 0.95, Work.SELF_EMPLOYED: 0.20, Work.GIG: 0.30},
}
"""Share insured by work (assumption; some 290 M migrants in China are mostly uncovered)."""
MEDICAL_INSURED: Final = {
    "cn": {Work.FORMAL: 0.97, Work.SELF_EMPLOYED: 0.88, Work.GIG: 0.85},
    "us": {Work.FORMAL: 0.95, Work.SELF_EMPLOYED: 0.85, Work.GIG: 0.80},
    "tw": {Work.FORMAL: 0.99, Work.SELF_EMPLOYED: 0.99, Work.GIG: 0.99},
}
"""Share insured by work (assumption)."""

# --- Risk and what the lender sees of it -----------------------------------------------------

SCORE_MEAN: Final = 600.0
SCORE_SD: Final = 100.0
RISK_BANDS: Final = ("A", "B", "C", "D", "E")
BAND_CUT_POINTS: Final = (684.0, 625.0, 575.0, 516.0)
"""Lowest scores of bands A to D: quintiles of the score's normal law, fixed numbers."""

OVERSTATED_INCOME_SHARE: Final = 0.25
OVERSTATEMENT_MEAN: Final = 0.2
"""Mean overstatement among those who overstate, exponential, of true income (assumption)."""
OVERSTATEMENT_MAX: Final = 1.0
OVERSTATED_INCOME_LOADING: Final = 0.3

# --- Other platforms -------------------------------------------------------------------------

PLATFORM_SHARES: Final = (0.35, 0.35, 0.171, 0.066, 0.0306, 0.0214, 0.011)
"""Borrowers with 0-6 other platforms. Among those with two or more: 57 % two, 22 % three,
10.8 % five or more (2018); that 30 % are such, and how five and six divide, is an assumption."""
PLATFORM_LOADING: Final = 0.4
YOUNG_LOADING: Final = 0.3
"""Correlation of being young with many platforms, overspending, paying by hand and forgetting
(assumption: the young borrow small sums on many platforms and are late often, for days)."""
MOST_RISK_LOADING_WITH_YOUTH: Final = 0.9
"""Largest correlation with true risk that leaves room for that with youth."""
OTHER_DEBT_MEDIAN_MONTHS: Final = 0.9
"""Median debt of a borrower with one other platform, months of income (assumption)."""
OTHER_DEBT_PLATFORM_POWER: Final = 0.8
OTHER_DEBT_LOG_SD: Final = 0.6
OTHER_DEBT_LOADING: Final = 0.3
OTHER_DEBT_MAX_MONTHS: Final = 4.5
"""Debt above this is not found among borrowers who still get loans (assumption)."""
PAYS_OTHERS_FIRST_SHARE: Final = 0.3
PAYS_OTHERS_FIRST_LOADING: Final = 0.1
"""Share of borrowers with other platforms (assumption)."""

# --- Cash ------------------------------------------------------------------------------------

SPENDING_FLOOR: Final = 0.35
"""Least spending, of income (assumption)."""
ESSENTIAL_SHARE_SD: Final = 0.06
ESSENTIAL_SHARE_RANGE: Final = (0.55, 0.92)
OVERSPENDER_ESSENTIAL_LOSS: Final = 0.1
"""Essential part of all spending (assumption); less among overspenders."""
OVERSPENDER_LOADING: Final = 0.4

HAND_TO_MOUTH_LOADING: Final = 0.7
HAND_TO_MOUTH_MAX_MONTHS: Final = 0.1
"""Most that a borrower with next to no savings holds (assumption)."""
SAVINGS_LOG_SD: Final = 0.8
WORKING_CAPITAL_MEDIAN: Final = 1.25
WORKING_CAPITAL_LOG_SD: Final = 0.25
"""Liquid funds of a business over its bullet principal (assumption: the loan finances stock
that turns into cash before the loan falls due)."""

# --- Habits ----------------------------------------------------------------------------------

MANUAL_PAYMENT_LOADING: Final = 0.2
P_CHANNEL_FAILURE_LOG_SD: Final = 0.5
P_MISUNDERSTAND_LOG_SD: Final = 0.7
P_MAX: Final = 0.9
"""Largest of these chances a month."""

# --- Loans -----------------------------------------------------------------------------------

AMOUNT_LOG_SD: Final = 0.4
SECOND_LOAN_AMOUNT: Final = 0.6
"""Second loans over first ones (assumption)."""
DEBT_SERVICE_CAP: Final = 0.35
SECOND_DEBT_SERVICE_CAP: Final = 0.15
"""Largest first instalment of a first and a second loan, of income (assumption)."""
LINE_MAX_AGE_MONTHS: Final = 60
"""Largest age of a line in the first cohort, and most months for which one is held (assumption)."""
UTILISATION_LOGIT_SD: Final = 0.7
UTILISATION_LOADING: Final = 0.4
UTILISATION_RANGE: Final = (0.05, 1.0)
IMPUTED_MAX_BURDEN: Final = 0.4
"""Imputed income is at least own instalments over this (assumption: the lender checked)."""

# --- The US cohort of 2016 -------------------------------------------------------------------

US_NET_OF_GROSS: Final = 0.75
"""Net over gross income (assumption: federal, state and payroll taxes)."""
US_INCOME_FLOOR: Final = 1000.0
"""Least net monthly income, USD (assumption: some state zero or very little)."""
US_MAX_INSTALMENT_SHARE: Final = 0.5
"""Income is at least the instalment over this (assumption)."""
US_OVERSTATED_SHARE: Final = {"Not_Verified": 0.35, "Source_Verified": 0.15, "Verified": 0.1}
"""Borrowers who overstate income, by what was verified (assumption)."""
US_SHORT_DEBT_OF_INSTALMENT: Final = 0.25
"""Part of other instalment balances that must be refinanced like platform debt; car and student
loans are served within essential spending (assumption)."""
US_CARD_LIMIT_MONTHS: Final = 1.5
"""Card limits elsewhere, months of net income; the file knows only their use (assumption)."""
US_SCORE_TOP: Final = 750.0
US_SCORE_STEP: Final = 10.0
"""Score of sub-grade A1 and loss per sub-grade of the 35 (assumption)."""
US_BUREAU_LOADING: Final = 0.3
"""Correlation of true risk with the bureau index beyond the grade (assumption)."""
US_UTILISATION_MEAN: Final = 52.0
US_UTILISATION_SD: Final = 25.0
US_BUREAU_WEIGHTS: Final = {"delinq_2yrs": 0.5, "inq_last_6mths": 0.4, "revol_util": 0.6}
"""Weights of the index: delinquencies and inquiries as log(1 + n) less its usual mean, use of
cards in standard deviations (assumption; usual level and spread of the file's use of cards)."""
US_LOG_DELINQ_MEAN: Final = 0.17
US_LOG_INQ_MEAN: Final = 0.33
