"""What the law and the labour market of a country fix for a book."""

from typing import Final

from pydantic import Field

from simulator.validation import Frozen


class Jurisdiction(Frozen):
    """Currency, rate cap, benefits and write-off ages of a country."""

    code: str
    currency: str
    all_in_rate_cap: float = Field(ge=0, le=10)
    """Interest, penalty interest and fees together, fraction a year of the balance."""
    benefit_replacement_rate: float = Field(ge=0, le=1)
    """Unemployment benefit of the insured over former income."""
    reference_monthly_income: float = Field(gt=0)
    """Unit of the catalogue's reference money is a thousandth of this."""
    write_off_dpd_instalment: int = Field(ge=30, le=450)
    write_off_dpd_revolving: int = Field(ge=30, le=450)
    source: str

    @property
    def reference_money(self) -> float:
        """Unit of the catalogue's costs, in the country's currency."""
        return self.reference_monthly_income / 1000.0


JURISDICTIONS: Final = {
    "cn": Jurisdiction(
        code="cn",
        currency="CNY",
        all_in_rate_cap=0.24,
        benefit_replacement_rate=0.2,
        reference_monthly_income=5000.0,
        write_off_dpd_instalment=180,
        write_off_dpd_revolving=180,
        source="cap 24 % (assumption, from memory); benefits 15-25 % of the average wage;"
        " migrant pay 4,780 yuan a month in 2023; write-off ages: assumption of the design",
    ),
    "us": Jurisdiction(
        code="us",
        currency="USD",
        all_in_rate_cap=0.36,
        benefit_replacement_rate=0.4,
        reference_monthly_income=4500.0,
        write_off_dpd_instalment=120,
        write_off_dpd_revolving=180,
        source="assumption; write-off 120 DPD for instalment loans, 180 for cards",
    ),
    "tw": Jurisdiction(
        code="tw",
        currency="TWD",
        all_in_rate_cap=0.20,
        benefit_replacement_rate=0.6,
        reference_monthly_income=40000.0,
        write_off_dpd_instalment=180,
        write_off_dpd_revolving=180,
        source="assumption",
    ),
}
