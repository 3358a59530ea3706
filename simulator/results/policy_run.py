"""One policy in one scenario: its tallies, and the costs and recoveries that follow from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.kernels.tally import FIRST_90, Tallies
from simulator.results.recoveries import Recoveries
from simulator.units import monthly_rate
from simulator.vocabulary import Count, Flow

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PolicyRun:
    """One scenario under one policy: its tallies and what was derived from them.

    ``recoveries`` are those of the products' curves; ``macro_unemployment`` has shape
    (paths, horizon + 1); ``opening_borrowers`` is a weighted number; ``observed`` has shape
    (vintage, mob); ``reference_money`` is the unit of the catalogue's costs, in currency;
    ``outlook_values`` (n_products, N_OUTLOOKS) value a unit of what is left, None without run-off.
    """

    tallies: Tallies
    recoveries: Recoveries
    macro_unemployment: F8
    opening_borrowers: float
    observed: NDArray[np.bool_]
    parameters: Parameters
    reference_money: float
    outlook_values: F8 | None = None

    def flow(self, flow: Flow) -> F8:
        """One flow, shape (paths, horizon + 1)."""
        return self.tallies.flows[..., flow]

    def count(self, count: Count) -> F8:
        """One count, shape (paths, horizon + 1)."""
        return self.tallies.counts[..., count]

    def funding_cost(self) -> F8:
        """Cost of funding the balance of each month's start, shape (paths, horizon + 1)."""
        rate = monthly_rate(self.parameters["funding_annual_rate"])
        return rate * self.count(Count.OPENING_BALANCE)

    def operating_cost(self) -> F8:
        """Cost of keeping the loans of each month's start, shape (paths, horizon + 1)."""
        of_loan = self.parameters["operating_cost_monthly"] * self.reference_money
        of_balance = monthly_rate(self.parameters["operating_cost_rate"])
        return of_loan * self.count(Count.OPENING_LOANS) + of_balance * self.count(
            Count.OPENING_BALANCE
        )

    def recovered(self) -> F8:
        """What came back from write-offs, won in court included, shape (paths, horizon + 1)."""
        return self.recoveries.monthly + self.count(Count.LEGAL_RECOVERED)

    def allowance_change(self) -> F8:
        """Rise of the allowance against balance over 90 days past due, (paths, horizon + 1)."""
        stock = self.tallies.balance[..., FIRST_90:].sum(axis=-1)
        rise: F8 = np.diff(stock, axis=1, prepend=stock[:, :1])
        return self.parameters["allowance_on_90"] * rise

    def recoverable_change(self) -> F8:
        """Rise of the recoveries still expected from write-offs, (paths, horizon + 1)."""
        stock = self.recoveries.outstanding
        return np.diff(stock, axis=1, prepend=0.0)

    @property
    def closing(self) -> F8:
        """Balance at month end, shape (paths, horizon + 1)."""
        return self.count(Count.CLOSING_BALANCE)
