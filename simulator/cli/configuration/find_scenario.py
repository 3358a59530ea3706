"""A scenario from its name or its YAML file, read with the suspicion that a run reads it with."""

from pathlib import Path

import yaml

from simulator.cli.configuration.folders import ConfigFolders, find_folders, shown
from simulator.cli.configuration.yaml_scan import scan_choice
from simulator.macro.scenario import Scenario, load_scenario
from simulator.macro.tables import find_table, read_table
from simulator.macro.variables import disaster_column
from simulator.reading.columns import open_table
from simulator.settings import BookSettings, RunSettings, ScenarioSettings
from simulator.shipped import TABLE_FOLDER
from simulator.validation import UserError, build, check_name, clip, unknown_choice


def find_scenario(wanted: str, months: int | None, severity: float | None = None) -> Scenario:
    """The scenario ``wanted`` (a shipped name or a YAML file) over ``months``.

    None is as long as its table, and as severe as its file says. A ``UserError`` tells what a run
    would refuse.
    """
    folders = find_folders()
    path = _file(wanted, folders)
    name = check_name(f"{shown(path)}: the file's name", path.stem)
    # One file is scanned as a run scans each file of its folders.
    scan_choice(path, "scenario", {})
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if severity is not None:
        content = {**content, "severity": severity}
    settings = build(f"scenario.{name}", ScenarioSettings, content)
    beside = path.absolute().parent.parent / TABLE_FOLDER
    tables = list(folders.table_folders)
    if beside.is_dir() and beside not in tables:
        tables.append(beside)
    key = f"scenario.{name}.table"
    table = find_table(key, settings.table, tables)
    regions = _regions(key, table, settings)
    if months is None:
        months = read_table(f"scenario.{name}", table, settings, regions).months
    return load_scenario(name, settings, months, regions, RunSettings().start_month, tables)


def _file(wanted: str, folders: ConfigFolders) -> Path:
    if not wanted.endswith((".yaml", ".yml")) and "/" not in wanted:
        shipped = folders.choices("scenario")
        if wanted not in shipped:
            raise unknown_choice("the scenario", {*shipped, "a file that ends in .yaml"}, wanted)
        return shipped[wanted]
    path = Path(wanted)
    if path.suffix != ".yaml":
        raise UserError(f"{clip(wanted, 200)}: the name must end in .yaml")
    if "\0" in wanted or not path.is_file():
        raise UserError(f"{clip(wanted, 200)}: no such file")
    return path


def _regions(key: str, table: Path, settings: ScenarioSettings) -> tuple[str, ...]:
    """The default book's regions and those that the table names: no book is known here."""
    prefix, columns = disaster_column(""), settings.columns or open_table(key, table).names
    named = (c.removeprefix(prefix) for c in columns if c.startswith(prefix))
    return tuple(dict.fromkeys((*BookSettings().regions, *named)))
