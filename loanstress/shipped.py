"""What ships, as frames: policies with their fields, scenarios, model parameters."""

from typing import TYPE_CHECKING, Any

from loanstress.frames import rows_frame
from simulator.catalogue import catalogue, parameters_from
from simulator.field_texts import allowed_values, field_meanings, file_comment
from simulator.named import FITTED
from simulator.policies import kind_model
from simulator.shipped import read_shipped, shipped_files

if TYPE_CHECKING:
    import pandas as pd


def policies() -> "pd.DataFrame":
    """Every shipped policy with its fields.

    Returns
    -------
    DataFrame
        One row a policy and field: ``policy``, ``kind``, ``about``, ``field``, ``value`` (in the
        shipped file, else the default), ``allowed`` (range or choices), ``meaning`` (with its
        unit; shares and rates are fractions).

    Raises
    ------
    UserError
        Where the shipped files are missing.

    References
    ----------
    docs/policies.md; evidence: docs/evidence.md.

    Examples
    --------
    >>> loanstress.policies().query("policy == 'grace_period'")
    """
    columns = ("policy", "kind", "about", "field", "value", "allowed", "meaning")
    rows: list[tuple[Any, ...]] = []
    for name, path in shipped_files("policy").items():
        settings, about = (
            read_shipped("policy", name),
            file_comment(path.read_text(encoding="utf-8")),
        )
        kind = str(settings["kind"])
        model = kind_model(f"policy.{name}.kind", kind)
        meanings = field_meanings(model)
        for field, info in model.model_fields.items():
            if field != "kind":
                usual = info.get_default(call_default_factory=True, validated_data={})
                value = settings.get(field, usual)
                told = (field, value, allowed_values(info), meanings.get(field, ""))
                rows.append((name, kind, about, *told))
    return rows_frame(rows, columns)


def scenarios() -> "pd.DataFrame":
    """Every shipped scenario.

    Returns
    -------
    DataFrame
        One row a scenario: ``scenario``, ``label``, ``jurisdiction``, ``weight`` (probability
        weight beside the others of a run), ``start_month``, ``narrative``, ``source``.

    Raises
    ------
    UserError
        Where the shipped files are missing.

    References
    ----------
    The column ``source``; docs/model.md, section 2.
    """
    keys = ("label", "jurisdiction", "weight", "start_month", "narrative", "source")
    rows = []
    for name in shipped_files("scenario"):
        told = {"weight": 1.0, **read_shipped("scenario", name)}
        rows.append((name, *(told.get(key) for key in keys)))
    return rows_frame(rows, ("scenario", *keys))


def parameters(base: str = FITTED) -> "pd.DataFrame":
    """Every model parameter.

    Parameters
    ----------
    base : str
        Shipped set whose values are in ``value``; ``default`` is the catalogue.

    Returns
    -------
    DataFrame
        One row a parameter: ``parameter``, ``group``, ``value``, ``default``, ``low`` and ``high``
        (allowed range), ``unit``, ``meaning``, ``source`` (which may begin with *assumption*).

    Raises
    ------
    UserError
        For a set that does not ship.

    References
    ----------
    The column ``source``; docs/model.md, section 15.
    """
    values = parameters_from(read_shipped("parameters", base))
    columns = (
        *("parameter", "group", "value", "default", "low", "high"),
        *("unit", "meaning", "source"),
    )
    rows = [
        (
            *(spec.name, spec.group, values[spec.name], spec.default, spec.low, spec.high),
            *(spec.unit, spec.meaning, spec.source),
        )
        for spec in catalogue().values()
    ]
    return rows_frame(rows, columns)
