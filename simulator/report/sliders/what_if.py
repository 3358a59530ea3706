"""The section of the page that answers what-if questions without the program."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tn
from simulator.report.sliders.emulated import EmulatorPanel, emulator_panels
from simulator.report.sliders.money import MoneyPanel, money_panel

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Sliders of money, of emulated figures, and what the page's script reads.

    ``left_out``: what is said of emulators that have no sliders.
    """

    money: MoneyPanel | None
    emulators: tuple[EmulatorPanel, ...]
    left_out: str = ""

    @property
    def data(self) -> Data:
        """Plain JSON content."""
        return {
            "money": None if self.money is None else self.money.data,
            "emulators": [panel.data for panel in self.emulators],
        }

    def token(self, scenario: str | None, policy: str) -> str:
        """Names the worth of a policy in a scenario (None: all by weight) to the script."""
        return "" if self.money is None else self.money.token(scenario, policy)


def what_if(data: ReportData) -> WhatIf | None:
    """None where the run has nothing that a reader could change."""
    panels = emulator_panels(data)
    n = len(data.run.emulators) - len(panels)
    said = tn(
        "{n} emulator has no sliders, for the size of the page: emulate.json holds it.",
        "{n} emulators have no sliders, for the size of the page: emulate.json holds them.",
        n,
    )
    found = WhatIf(money_panel(data), panels, said if n else "")
    return found if found.money is not None or found.emulators or n else None
