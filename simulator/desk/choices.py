"""What a page offers: books, scenarios with their severity, policies with their fields."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from simulator.cli.configuration.find_scenario import find_scenario
from simulator.cli.terminal.scenario import short_severity
from simulator.desk.asked import (
    ANSWERED,
    MOST_POLICIES,
    MOST_SCENARIOS,
    QUICK,
    QUICK_BORROWERS,
    books_offered,
    parameters_of,
    policies_offered,
    reads_borrowers,
    run_fields,
)
from simulator.desk.fields import OfferedField, fields_of
from simulator.desk.names import labelled, names_of
from simulator.field_texts import file_comment
from simulator.macro.scenario import Scenario
from simulator.macro.severity import quarters_of, severity_of
from simulator.report.kit.language import mark, name, tr
from simulator.report.kit.setting_words import plain, title_of
from simulator.shipped import default_choices, read_shipped, shipped_files

Json = dict[str, Any]
SPARK: Final = "unemployment_rate"
_COUNTRIES: Final = {"cn": mark("China"), "us": mark("United States"), "tw": mark("Taiwan")}
MOST_POINTS: Final = 60
"""Of a spark line; a longer path is thinned."""


def choices() -> Json:
    """Everything that can be chosen, in the language that is spoken; slow the first time."""
    scenarios, policies = list(_scenarios()), [_policy(n) for n in policies_offered()]
    return {
        "books": [_book(name) for name in books_offered()],
        "scenarios": scenarios,
        "policies": policies,
        "run": [_plain(field) for field in run_fields()],
        "questions": [_group(group) for group in ("provision", *ANSWERED)],
        "chosen": {
            "scenarios": ["baseline", "downturn"],
            "policies": ["grace_period"],
        },
        "most": {"scenarios": MOST_SCENARIOS, "policies": MOST_POLICIES},
        "quick": {"paths": QUICK["run.paths"], "months": QUICK["run.months"]}
        | {"borrowers": f"{QUICK_BORROWERS:,}"},
    }


def _book(book: str) -> Json:
    about = file_comment(shipped_files("book")[book].read_text(encoding="utf-8"))
    return {
        "name": book,
        "label": title_of(book),
        "about": name(about),
        "names": labelled(names_of(book)),
        "parameters": parameters_of(book),
        "borrowers": read_shipped("book", book).get("borrowers") if reads_borrowers(book) else None,
        "default": book in default_choices("book"),
    }


def _scenarios() -> Iterator[Json]:
    """Each shipped scenario: its words, its path of unemployment, its severity."""
    for scenario_name in shipped_files("scenario"):
        scenario = find_scenario(scenario_name, None)
        settings = read_shipped("scenario", scenario_name)
        severe = severity_of(scenario)
        yield {
            "name": scenario_name,
            "label": name(scenario.label),
            "narrative": name(scenario.narrative),
            "where": _where(settings),
            "spark": _spark(scenario),
            "spark_text": _spark_text(scenario),
            "severity": settings.get("severity", 1.0),
            "severe": [short_severity(item) for item in severe[:2]],
        }


def _where(settings: Mapping[str, object]) -> str:
    """The country for which a scenario was written, and its first month where it fixes one."""
    country = tr(_COUNTRIES.get(str(settings.get("jurisdiction")), ""))
    month = settings.get("start_month")
    return tr("{country}, from {month}", country=country, month=month) if month else country


def _spark(scenario: Scenario) -> list[float]:
    """Unemployment by quarter, as a fraction; none where the scenario does not give it."""
    if SPARK not in scenario.driven:
        return []
    values = [float(v) for v in quarters_of(scenario.central[SPARK])]
    step = -(-len(values) // MOST_POINTS)
    return [round(v, 5) for v in values[::step]]


def _spark_text(scenario: Scenario) -> str:
    values = _spark(scenario)
    if not values:
        return ""
    return tr(
        "Unemployment: opens at {opening} %, lowest {low} %, highest {high} %",
        opening=f"{100 * values[0]:.1f}",
        low=f"{100 * min(values):.1f}",
        high=f"{100 * max(values):.1f}",
    )


def _policy(policy: str) -> Json:
    settings = read_shipped("policy", policy)
    about = file_comment(policies_offered()[policy].read_text(encoding="utf-8"))
    return {
        "name": policy,
        "label": title_of(policy),
        "about": name(about),
        "fields": [_plain(field) for field in fields_of(settings)],
    }


def _group(group: str) -> Json:
    """A group of shipped files of which some can be chosen, as a field of names."""
    files = shipped_files(group)
    field = OfferedField(group, "names", choices=tuple(files), value=list(default_choices(group)))
    words = {key: _title(group, key, file) for key, file in files.items()}
    return {**_plain(field), "words": words}


def _title(group: str, key: str, file: Path) -> str:
    """What a standard is called, or what a question asks."""
    label = read_shipped(group, key).get("label")
    return name(str(label) if label else file_comment(file.read_text(encoding="utf-8")))


def _plain(field: OfferedField) -> Json:
    """A field as the page gets it, with the words of its choices and of its own fields."""
    words = {word: plain(word) for word in field.choices}
    return {**field._asdict(), "words": words, "fields": [_plain(f) for f in field.fields]}
