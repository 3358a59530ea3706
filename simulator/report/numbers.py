"""How the report writes numbers: percent, percentage points and money, sensibly rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, log10

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
MISSING = "n/a"
NONE = "\u2013"
"""Where a number would mean nothing."""


def number(value: float | None, decimals: int, *, signed: bool = False) -> str:
    """``value`` with thousands separators and a true minus sign; ``n/a`` when there is none."""
    if value is None or not isfinite(value):
        return MISSING
    text = f"{abs(value):,.{decimals}f}"
    if not any(c in "123456789" for c in text):
        return text
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def percent(fraction: float | None, decimals: int = 1) -> str:
    """A share (fraction) as percent: 0.0712 -> ``7.1 %``."""
    if fraction is None or not isfinite(fraction):
        return MISSING
    return f"{number(100.0 * fraction, decimals)}{NARROW_SPACE}%"


def rate_decimals(fractions: Iterable[float | None]) -> int:
    """Decimals of a percent that keep three significant digits of the largest value."""
    return significant_decimals((100.0 * f for f in fractions if f is not None), 3, most=3)


def significant_decimals(values: Iterable[float | None], digits: int, most: int) -> int:
    """Decimals (0..``most``) that keep ``digits`` significant digits of the largest value."""
    largest = max((abs(v) for v in values if v is not None and isfinite(v)), default=0.0)
    if largest == 0.0:
        return 1
    return min(most, max(0, digits - 1 - floor(log10(largest))))


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit for a column of numbers: ``shown = value / divisor``, with the same decimals."""

    unit: str
    divisor: float
    decimals: int

    def text(self, value: float | None, *, signed: bool = False) -> str:
        """The number without its unit."""
        return number(None if value is None else value / self.divisor, self.decimals, signed=signed)

    def full(self, value: float | None, *, signed: bool = False) -> str:
        """The number with its unit: ``CNY 1.25 M``, ``+CNY 3 k``, ``7.1 %``, ``-0.42 pp``."""
        shown = self.text(value, signed=signed)
        if shown == MISSING:
            return shown
        if self.unit in ("%", "pp"):
            return f"{shown}{NARROW_SPACE}{self.unit}"
        currency, _, suffix = self.unit.partition(" ")
        sign = shown[0] if shown[0] in f"+{MINUS}" else ""
        shown = f"{sign}{currency}\u00a0{shown.removeprefix(sign)}"
        return shown + (f"{NARROW_SPACE}{suffix}" if suffix else "")

    def span(self, low: float | None, high: float | None) -> str:
        """``low to high`` without the unit."""
        return f"{self.text(low)} to {self.text(high)}"


def money_scale(currency: str, values: Iterable[float | None], digits: int = 3) -> Scale:
    """Thousands, millions or billions, so that the largest of ``values`` reads well."""
    finite = [abs(v) for v in values if v is not None and isfinite(v)]
    largest = max(finite, default=0.0)
    steps = ((1e9, " bn"), (1e6, " M"), (1e3, " k"), (1.0, ""))
    divisor, suffix = next((step for step in steps if largest >= step[0]), steps[-1])
    decimals = significant_decimals((v / divisor for v in finite), digits, most=2)
    return Scale(f"{currency}{suffix}", divisor, decimals)


def rate_scale(fractions: Iterable[float | None]) -> Scale:
    """Percent with decimals fit for ``fractions``."""
    return Scale("%", 0.01, rate_decimals(fractions))


def points_scale(fractions: Iterable[float | None]) -> Scale:
    """Percentage points with decimals fit for the differences ``fractions``."""
    shown = [100.0 * f for f in fractions if f is not None]
    return Scale("pp", 0.01, max(1, significant_decimals(shown, 2, most=3), _below_ten(shown)))


def _below_ten(values: list[float]) -> int:
    """Two decimals for values that stay below ten."""
    return 2 if max(map(abs, values), default=0.0) < 10.0 else 0
