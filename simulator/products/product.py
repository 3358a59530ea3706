"""A product: terms, fees and habits of one kind of loan; each is a file of ``configs/product``."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from simulator.validation import Frozen, build, check_name, unknown_choice
from simulator.vocabulary import Amortisation


def _amortisation(value: object) -> object:
    """A repayment form by its word, as a file has it."""
    words = {form.name.lower(): form for form in Amortisation}
    if isinstance(value, str):
        if value not in words:
            raise ValueError(str(unknown_choice("amortisation", words, value)))
        return words[value]
    if not isinstance(value, Amortisation):
        raise ValueError(f"must be one of {', '.join(words)}")
    return value


Term = Annotated[int, Field(ge=1, le=600)]
_OF_A_LINE: tuple[str, ...] = ("utilisation", "min_payment_share")
"""What only a revolving line has."""


class ProductSettings(Frozen):
    """Terms of a product as its file has them; shares and rates are fractions."""

    amortisation: Annotated[Amortisation, BeforeValidator(_amortisation)]
    """Repayment: annuity (equal instalments), equal_principal, bullet (interest, then the
    principal) or revolving."""
    annual_rate: float = Field(ge=0, le=1.0)
    """Contract rate of a new loan before the price of risk."""
    risk_price: float = Field(default=0.0, ge=0, le=0.5)
    """Added yearly rate per risk band above the best."""
    rate_passthrough: float = Field(default=0.0, ge=0, le=3)
    """Share of a change of the policy rate since the opening that open loans take up in the same
    month; 0: fixed for life."""
    new_rate_passthrough: float = Field(default=0.0, ge=0, le=3)
    """The same of the price of a new loan, in its month of arrival."""
    terms_months: tuple[Term, ...] = Field(min_length=1, max_length=60)
    """As sold; a term that is listed twice is twice as frequent. A revolving line has one."""
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
    """Probability a month that a loan is repaid early."""
    complexity: float = Field(default=1.0, ge=0, le=10)
    """Multiplies the chance that terms are misunderstood."""
    recovery_share: float = Field(default=0.08, ge=0, le=1)
    """Lifetime recoveries over the balance written off."""
    recovery_half_life_months: float = Field(default=9.0, gt=0, le=120)
    """Months after the write-off in which half of them has come."""
    source: str = Field(min_length=1, max_length=1000)
    """Where the numbers come from, or the word assumption."""

    @model_validator(mode="after")
    def _of_its_form(self) -> Self:
        line = self.amortisation is Amortisation.REVOLVING
        for name in _OF_A_LINE:
            if not line and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is read of a revolving product only; leave it out")
        if line and len(set(self.terms_months)) > 1:
            raise ValueError(
                "terms_months of a revolving product must be one number; got"
                f" {', '.join(map(str, self.terms_months))}"
            )
        return self


class Product(ProductSettings):
    """One product of the lender."""

    name: str


def build_product(name: str, settings: Mapping[str, object]) -> Product:
    """The product that ``settings`` describe.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and underscores.
    settings : mapping of str to object
        Fields of ``ProductSettings``: rates and shares as fractions, terms in months.

    Returns
    -------
    Product
        Frozen and validated.

    Raises
    ------
    UserError
        Names every bad field.

    References
    ----------
    docs/add-a-product.md.
    """
    check_name("product name", name)
    owner = f"product.{name}"
    terms = build(owner, ProductSettings, {str(key): value for key, value in settings.items()})
    return Product(name=name, **terms.model_dump())
