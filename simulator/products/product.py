"""A product: terms, fees and habits of one kind of loan."""

from typing import Final

from pydantic import Field

from simulator.validation import Frozen
from simulator.vocabulary import Amortisation


class Product(Frozen):
    """One product of the lender; shares and rates are fractions."""

    name: str
    amortisation: Amortisation
    annual_rate: float = Field(ge=0, le=1.0)
    """Contract rate of a new loan before the price of risk."""
    risk_price: float = Field(default=0.0, ge=0, le=0.5)
    """Added yearly rate per risk band above the best."""
    rate_passthrough: float = Field(default=0.0, ge=0, le=3)
    """Share of a change of the policy rate since the opening that open loans take up in the same
    month; 0: fixed for life."""
    new_rate_passthrough: float = Field(default=0.0, ge=0, le=3)
    """The same of the price of a new loan, in its month of arrival."""
    terms_months: tuple[int, ...] = Field(min_length=1)
    amount_in_incomes: float = Field(gt=0, le=100)
    """Typical principal or limit, in months of net income."""
    utilisation: float = Field(default=1.0, ge=0, le=1)
    """Target use of a revolving line."""
    min_payment_share: float = Field(default=1.0, gt=0, le=1)
    """Revolving: principal due each month over principal outstanding."""
    late_fee_share: float = Field(default=0.0, ge=0, le=0.5)
    """Late fee per missed instalment, of the instalment."""
    penalty_multiple: float = Field(default=1.5, ge=0, le=5)
    """Penalty interest on overdue principal, of the contract rate (1.3-1.5 in China)."""
    grace_days: int = Field(default=3, ge=0, le=28)
    """Days without a late fee; the count of days past due is not shifted."""
    accrual_stop_dpd: int = Field(default=90, ge=30, le=450)
    write_off_dpd: int | None = Field(default=None, ge=30, le=450)
    """None takes the jurisdiction's age."""
    p_prepay_monthly: float = Field(default=0.0, ge=0, le=0.5)
    complexity: float = Field(default=1.0, ge=0, le=10)
    """Multiplies the chance that terms are misunderstood."""
    recovery_share: float = Field(default=0.08, ge=0, le=1)
    """Lifetime recoveries over the balance written off."""
    recovery_half_life_months: float = Field(default=9.0, gt=0, le=120)
    source: str


_CN_RECOVERY = "recovery: price over unpaid 4-11 % (CBTC 2024-25), own collection assumed similar"

_FIXED_PRICE = "fixed for life, a quarter of a change of the policy rate in the price of new loans"

PRODUCTS: Final = {
    p.name: p
    for p in (
        Product(
            name="cash_loan",
            amortisation=Amortisation.ANNUITY,
            annual_rate=0.15,
            risk_price=0.02,
            terms_months=(6, 9, 12, 12, 24),
            amount_in_incomes=1.6,
            late_fee_share=0.02,
            p_prepay_monthly=0.02,
            new_rate_passthrough=0.25,
            source=f"assumption: Chinese online instalment loan; {_FIXED_PRICE}; {_CN_RECOVERY}",
        ),
        Product(
            name="equal_principal_loan",
            amortisation=Amortisation.EQUAL_PRINCIPAL,
            annual_rate=0.14,
            risk_price=0.02,
            terms_months=(12, 24),
            amount_in_incomes=2.0,
            late_fee_share=0.02,
            p_prepay_monthly=0.02,
            new_rate_passthrough=0.25,
            source=f"assumption; {_FIXED_PRICE}; {_CN_RECOVERY}",
        ),
        Product(
            name="micro_business_loan",
            amortisation=Amortisation.BULLET,
            annual_rate=0.12,
            risk_price=0.015,
            terms_months=(6, 12),
            amount_in_incomes=2.0,
            late_fee_share=0.01,
            p_prepay_monthly=0.06,
            rate_passthrough=1.0,
            new_rate_passthrough=1.0,
            source="assumption: interest only, then the principal; priced as loan prime rate plus"
            f" points, so old and new loans follow it in full; {_CN_RECOVERY}",
        ),
        Product(
            name="credit_line",
            amortisation=Amortisation.REVOLVING,
            annual_rate=0.16,
            risk_price=0.015,
            terms_months=(600,),
            amount_in_incomes=1.5,
            utilisation=0.4,
            min_payment_share=0.1,
            late_fee_share=0.05,
            p_prepay_monthly=0.03,
            complexity=2.0,
            rate_passthrough=0.5,
            new_rate_passthrough=0.5,
            source="assumption: minimum payment 10 %, a line lasts some three years, utilisation"
            " 39 % (PBoC 2022); each drawing is priced anew, half of a change of the policy rate is"
            f" passed on to the whole line; {_CN_RECOVERY}",
        ),
        Product(
            name="us_personal_loan",
            amortisation=Amortisation.ANNUITY,
            annual_rate=0.12,
            risk_price=0.03,
            terms_months=(36, 60),
            amount_in_incomes=2.5,
            late_fee_share=0.05,
            penalty_multiple=0.0,
            grace_days=15,
            p_prepay_monthly=0.015,
            recovery_share=0.08,
            new_rate_passthrough=0.25,
            source="assumption: platform loan of 36 or 60 months; recoveries small"
            f" (Prosper 3.6 % of gross loss); {_FIXED_PRICE}",
        ),
        Product(
            name="credit_card",
            amortisation=Amortisation.REVOLVING,
            annual_rate=0.18,
            risk_price=0.01,
            terms_months=(600,),
            amount_in_incomes=2.5,
            utilisation=0.5,
            min_payment_share=0.05,
            late_fee_share=0.05,
            penalty_multiple=1.0,
            p_prepay_monthly=0.012,
            rate_passthrough=0.5,
            new_rate_passthrough=0.5,
            source="assumption: an account lasts some seven years; half of a change of the policy"
            " rate is passed on",
        ),
        Product(
            name="us_credit_card",
            amortisation=Amortisation.REVOLVING,
            annual_rate=0.14,
            risk_price=0.02,
            terms_months=(600,),
            amount_in_incomes=2.0,
            utilisation=0.5,
            min_payment_share=0.025,
            late_fee_share=0.1,
            penalty_multiple=1.0,
            grace_days=5,
            accrual_stop_dpd=180,
            p_prepay_monthly=0.012,
            recovery_share=0.15,
            rate_passthrough=1.0,
            new_rate_passthrough=1.0,
            source="assumption: minimum payment of 2-3 % of the balance, an account lasts some"
            " seven years, interest is booked until the write-off at 180 days, recoveries 15 %; the"
            " rate is prime plus a margin, and prime follows the federal funds rate one for one",
        ),
        Product(
            name="tw_credit_card",
            amortisation=Amortisation.REVOLVING,
            annual_rate=0.16,
            risk_price=0.01,
            terms_months=(600,),
            amount_in_incomes=3.0,
            utilisation=0.5,
            min_payment_share=0.04,
            late_fee_share=0.05,
            penalty_multiple=1.0,
            accrual_stop_dpd=180,
            source="assumption; the median account of the Taiwanese data that revolves pays some"
            " 4 % of its bill a month; card rates of 2005 stood near the cap of 20 % whatever the"
            " policy rate, so nothing is passed on",
        ),
    )
}
