"""Which assumptions move the worth of policies: every parameter to half and double, one at a time.

The list that it leaves is tried after runs with the same parameters (``explain.assumptions``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import yaml
from pydantic import BaseModel

from simulator.catalogue import ParameterSpec, catalogue, parameters_hash
from simulator.explain.assumption_list import OF_POLICY
from simulator.explain.assumptions import Worths, all_worths
from simulator.explain.fit_file import read_fit
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import SURE
from simulator.results.intervals import over_paths
from simulator.results.run_folder import Files
from simulator.results.sampling import Draws
from simulator.settings import Assumption, AssumptionsSettings
from simulator.validation import UserError
from simulator.varied_policy import number_fields

HALF_TO_DOUBLE: Final = "half to double (odds of a share), within the catalogue's range: assumption"
LIST_NAME: Final = "assumptions.yaml"
LIST: Final = Files((), LIST_NAME)
"""The only file of a screening."""
_SWITCHES: Final = "strength_"
BEHAVIOUR: Final = (
    "refusal_after_relief",
    "false_proof",
    "awareness",
    "take_up_if_need",
    "take_up_if_no_need",
    "apply_if_need",
    "apply_if_no_need",
    "share_reached",
    "due_reminder_effect",
)
"""Numbers of policies that are borrowers' behaviour, not a lender's choice."""


class Screened(NamedTuple):
    """An assumption and its largest sure change of any policy's worth, over the opening balance."""

    name: str
    item: Assumption
    effect: float


def ends_of(spec: ParameterSpec, here: float) -> tuple[float, float] | None:
    """Half and double of a value, of a share its odds; None where neither moves it."""
    low, high = 0.5 * here, 2.0 * here
    if spec.low >= 0.0 and spec.high <= 1.0 and 0.0 < here < 1.0:
        low, high = here / (2.0 - here), 2.0 * here / (1.0 + here)
    low, high = max(min(low, high), spec.low), min(max(low, high), spec.high)
    return None if low == here == high else (low, high)


def candidates(request: ExperimentRequest, fit: Path | None) -> dict[str, Assumption]:
    """All that may be tried: the fit's parameters along its draws, the others over their range."""
    own = request.parameters
    found = {} if fit is None else fitted(fit, own)
    numbers = {
        field.rpartition(".")[2]
        for policy in request.policies.values()
        if isinstance(policy, BaseModel)
        for field in number_fields(policy)
    }
    for field in (name for name in BEHAVIOUR if name in numbers):
        values = {f"{OF_POLICY}{field}": (0.5, 1.0, 2.0)}
        found[f"{OF_POLICY}{field}"] = Assumption(values=values, source=HALF_TO_DOUBLE)
    for name, spec in catalogue().items():
        ends = ends_of(spec, own[name])
        if ends is not None and name not in found and not name.startswith(_SWITCHES):
            values = {name: (ends[0], own[name], ends[1])}
            found[name] = Assumption(values=values, source=HALF_TO_DOUBLE)
    return found


def fitted(folder: Path, own: Mapping[str, float]) -> dict[str, Assumption]:
    """Each parameter of the fit in ``folder`` at the ends of its 90 % interval, the others with it.

    Where one moves by z standard deviations the others move by their correlation times z.
    """
    told = read_fit("screen.fit", folder, ("estimate", "ci_low", "ci_high"))
    rows = {row["name"]: row for row in told["parameters"]}
    correlation = np.array(told["correlation"], dtype=np.float64)
    names, found = list(rows), {}
    for i, name in enumerate(names):
        values = {}
        for j in sorted(range(len(names)), key=lambda j: j != i):
            spread = tuple(_moved(rows[names[j]], z * correlation[i, j]) for z in (-1.0, 1.0))
            values[names[j]] = (spread[0], own[names[j]], spread[1])
        source = f"the fit's 90 % interval ({told['label']}), the others with it"
        found[name] = Assumption(kind="fitted", values=values, source=source)
    return found


def _moved(row: Mapping[str, float], share: float) -> float:
    """An estimate moved by a share of the way to an end of its interval, in proportion."""
    end = row["ci_high"] if share > 0.0 else row["ci_low"]
    if row["estimate"] <= 0.0 or end <= 0.0:
        return float(row["estimate"] + abs(share) * (end - row["estimate"]))
    return float(row["estimate"] * (end / row["estimate"]) ** abs(share))


def screen(
    request: ExperimentRequest, fit: Path | None, keep: int, watch: Progress
) -> tuple[tuple[Screened, ...], int]:
    """The fit's parameters and the ``keep`` assumptions that move worth most, and how many moved.

    ``request`` is run as it is: choose its book, paths, scenarios and policies small and typical.
    """
    if len(request.all_policies) < 2:
        raise UserError("policy: screening needs a policy beside status_quo")
    tried = candidates(request, fit)
    watch.start(2 * len(tried) + 1, "screening assumptions")
    ends = [
        {key: three[end] for key, three in item.values.items()}
        for item in tried.values()
        for end in (0, 2)
    ]
    base, *others = all_worths(request, [{}, *ends], watch)
    watch.finish()
    if base is None:
        raise UserError("screen: the run itself cannot be simulated; try it with loanstress run")
    pairs = zip(others[::2], others[1::2], strict=True)
    found = [
        Screened(name, item, max(_effect(base, one) for one in pair))
        for (name, item), pair in zip(tried.items(), pairs, strict=True)
    ]
    moving = sorted((s for s in found if s.effect > 0.0), key=lambda s: -s.effect)
    plain = [s for s in moving if s.item.kind == "assumption"][:keep]
    of_fit = [s for s in moving if s.item.kind == "fitted"]
    return tuple(sorted((*plain, *of_fit), key=lambda s: -s.effect)), len(moving)


def _effect(base: Worths, found: Worths | None) -> float:
    """Largest change of worth beyond noise of any policy, over the opening balance; else 0."""
    if found is None:
        return 0.0
    told = over_paths(np.moveaxis(found.worth - base.worth, 2, 0), Draws(1))
    sure = np.where(np.abs(told.mean) > SURE * told.se, np.abs(told.mean), 0.0)
    return float(np.nan_to_num(sure).max()) / base.opening


def list_text(found: tuple[Screened, ...], request: ExperimentRequest, command: str) -> str:
    """assumptions.yaml: the list as a file of the group ``assumptions``."""
    settings = AssumptionsSettings(
        parameters_sha256=parameters_hash(request.parameters),
        tried={s.name: s.item for s in found},
    )
    plain = settings.model_dump(mode="json")
    for item in plain["tried"].values():
        values = item["values"].items()
        item["values"] = {name: [float(f"{v:.6g}") for v in three] for name, three in values}
    effects = "".join(f"#   {s.name:<36} {100.0 * s.effect:.2f} %\n" for s in found)
    head = (
        "# Assumptions that are tried after a run, one at a time: those that move the worth of a\n"
        f"# policy most. Made by:\n#   {command}\n"
        "# Largest change of worth of any policy beyond noise, over the opening balance:\n"
        f"{effects}"
    )
    body: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=96)
    return head + body
