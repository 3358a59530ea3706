"""How the report writes numbers: percent, percentage points and money, sensibly rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Final

from simulator.report.kit.language import NARROW_SPACE, currency_name, language, tr

MINUS: Final = "\u2212"
NONE: Final = "\u2013"
"""Where a number would mean nothing."""


def missing() -> str:
    """Where a number is not known."""
    return tr("n/a")


def number(value: float | None, decimals: int, *, signed: bool = False) -> str:
    """``value`` with thousands separators and a true minus sign; ``n/a`` when there is none."""
    if value is None or not isfinite(value):
        return missing()
    text = f"{abs(value):,.{decimals}f}"
    if any(c in "123456789" for c in text):
        sign = MINUS if value < 0 else "+" if signed else ""
        text = sign + text
    return text


def significant(value: float, *, signed: bool = False) -> str:
    """``value`` with four significant digits and a true minus sign."""
    sign = "+" if signed and value > 0.0 else ""
    return sign + f"{value:.4g}".replace("-", MINUS) if isfinite(value) else missing()


def percent(fraction: float | None, decimals: int = 1) -> str:
    """A share (fraction) as percent: 0.0712 -> ``7.1 %``."""
    if fraction is None or not isfinite(fraction):
        return missing()
    return language().percent.format(number(100.0 * fraction, decimals))


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
    """A unit for a column of numbers: ``shown = value / divisor``, with the same decimals.

    Without ``decimals`` each has four significant digits. ``unit`` is the heading of the column,
    ``form`` how the language writes a number with it (``{sign}`` and ``{amount}``).
    """

    unit: str
    divisor: float
    decimals: int | None
    form: str = "{sign}{amount}"
    is_money: bool = False

    def text(self, value: float | None, *, signed: bool = False) -> str:
        """The number without its unit."""
        shown = None if value is None else value / self.divisor
        if self.decimals is None and shown is not None:
            return significant(shown, signed=signed)
        return number(shown, self.decimals or 0, signed=signed)

    def full(self, value: float | None, *, signed: bool = False) -> str:
        """The number with its unit: ``CNY 1.25 M``, ``+CNY 3 k``, ``7.1 %``, ``-0.42 pp``."""
        shown = self.text(value, signed=signed)
        if value is None or not isfinite(value):
            return shown
        sign = shown[0] if shown[0] in f"+{MINUS}" else ""
        return self.form.format(sign=sign, amount=shown.removeprefix(sign))

    def span(self, low: float | None, high: float | None) -> str:
        """``low to high`` without the unit."""
        return span(self.text(low), self.text(high))


def span(low: str, high: str) -> str:
    """Two ends as the language joins them: ``3 to 5``."""
    return language().span.format(low=low, high=high)


def interval(text: str) -> str:
    """The span ``text`` in brackets that say what they are: ``(95 % interval 3 to 5)``."""
    return language().interval.format(span=text)


def money_scale(currency: str, values: Iterable[float | None], digits: int = 3) -> Scale:
    """Thousands, millions or billions, so that the largest of ``values`` reads well."""
    spoken = language()
    finite = [abs(v) for v in values if v is not None and isfinite(v)]
    largest = max(finite, default=0.0)
    steps = spoken.money_steps
    divisor, step = next((found for found in steps if largest >= found[0]), steps[-1])
    decimals = significant_decimals((v / divisor for v in finite), digits, most=2)
    name = currency_name(currency)
    escaped = name.replace("{", "{{").replace("}", "}}")
    form = spoken.money.format(
        sign="{sign}", currency=escaped, amount="{amount}", step=step.replace(" ", NARROW_SPACE)
    )
    return Scale(spoken.money_unit.format(currency=name, step=step), divisor, decimals, form, True)


def rate_scale(fractions: Iterable[float | None], decimals: int | None = None) -> Scale:
    """Percent with decimals fit for ``fractions``, or as many as given."""
    chosen = rate_decimals(fractions) if decimals is None else decimals
    return Scale("%", 0.01, chosen, "{sign}" + language().percent.format("{amount}"))


def points_scale(fractions: Iterable[float | None]) -> Scale:
    """Percentage points with decimals fit for the differences ``fractions``."""
    shown = [100.0 * f for f in fractions if f is not None]
    decimals = max(1, significant_decimals(shown, 2, most=3), _below_ten(shown))
    form = "{sign}" + language().points.format("{amount}")
    return Scale(language().points_unit, 0.01, decimals, form)


def _below_ten(values: list[float]) -> int:
    """Two decimals for values that stay below ten."""
    return 2 if max(map(abs, values), default=0.0) < 10.0 else 0
