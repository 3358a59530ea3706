"""The economy: a scenario's central path, and the paths that deviate from it."""

from simulator.macro.paths import MacroPaths, draw_macro_paths
from simulator.macro.scenario import Scenario, load_scenario

__all__ = ["MacroPaths", "Scenario", "draw_macro_paths", "load_scenario"]
