"""Assembles the page: results in, one offline HTML file out, written atomically."""

import base64
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import xarray as xr
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from simulator.report import findings, passport, style, tables
from simulator.report.bars import BAR_KINDS
from simulator.report.cards import Choice, FigureCard, fate_class, figure_cards, worth_section
from simulator.report.data import ReportData, SummaryRow, clean
from simulator.report.fate_figures import FATE_KINDS
from simulator.report.money_cards import money_section
from simulator.settings import ReportSettings
from simulator.validation import UserError


def safe_json(value: object) -> str:
    """JSON that cannot leave its ``<script>``: ``<``, ``>``, ``&`` and line separators escaped."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _drawing(card: FigureCard) -> dict[str, object]:
    """What the page's script draws: the first choice, and the others where there are some."""
    first, *others = card.choices
    found = {"id": card.key, **_drawn(first)}
    if others:
        found["others"] = [_traces(o) if card.one_layout else _drawn(o) for o in others]
    return found


def _drawn(choice: Choice) -> dict[str, object]:
    """Traces once (they are the same for every width), a layout for each width."""
    drawn = {name: choice.draw(frame).to_plotly_json() for name, frame in style.FRAMES.items()}
    layouts = {name: figure["layout"] for name, figure in drawn.items()}
    return {"data": drawn["wide"]["data"], "layouts": layouts}


def _traces(choice: Choice) -> dict[str, object]:
    return {"data": choice.draw(style.WIDE).to_plotly_json()["data"]}


def content_hash(text: str) -> str:
    """Source expression of a Content-Security-Policy for an inline script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _policy_of_the_page(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """The page may run its own scripts and styles, show inline images, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(content_hash(s) for s in scripts)}",
            f"style-src {' '.join(content_hash(s) for s in styles)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def added_stylesheets(library: str) -> list[str]:
    """Ids of style sheets that the library adds for maps unless an element has that id.

    The page draws no map and its security policy forbids foreign styles, so it holds empty
    elements of these ids.
    """
    return sorted(set(re.findall(r'if\(!document\.getElementById\("([0-9a-f]{64})"\)', library)))


def _stylesheet() -> str:
    """The page's CSS with the palette of ``style`` filled in."""
    css = files("simulator.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    light = [f"--series-{i}:{s[0]}" for i, s in enumerate(style.SERIES)]
    dark = [f"--series-{i}:{s[1]}" for i, s in enumerate(style.SERIES)]
    named = {fate_class(kind): kind.colour for kind in FATE_KINDS}
    named |= {kind.key: kind.colour for kind in BAR_KINDS}
    for name, colour in named.items():
        light.append(f"--{name}:{colour[0]}")
        dark.append(f"--{name}:{colour[1]}")
    colours = [f".{name}{{color:var(--{name})}}" for name in named]
    for i, (_, _, dash) in enumerate(style.SERIES):
        border = style.BORDERS.get(dash, "dashed")
        colours.append(f".series-{i}{{color:var(--series-{i});border-top-style:{border}}}")
    return (
        f":root{{{';'.join(light)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{';'.join(dark)}}}}}\n"
        f"{css}\n{chr(10).join(colours)}\n"
    )


def render(data: ReportData, title: str) -> str:
    """The whole page as text."""
    cards, money = figure_cards(data), money_section(data)
    drawn = [*cards, *(money.cards if money else ())]
    library = get_plotlyjs().replace("\r\n", "\n").replace("\r", "\n")
    script = files("simulator.report").joinpath("templates/page.js").read_text(encoding="utf-8")
    css = _stylesheet()
    environment = Environment(
        loader=PackageLoader("simulator.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawings = {"colours": style.dark_colours(), "figures": [_drawing(card) for card in drawn]}
    return environment.get_template("page.html.j2").render(
        title=clean(title, 120),
        security=_policy_of_the_page((library, script), (css,)),
        css=Markup(css),
        library=Markup(library),
        placeholders=added_stylesheets(library),
        script=Markup(script),
        drawings=Markup(safe_json(drawings)),
        finding=findings.headline(data),
        key_figures=findings.key_figures(data),
        measures=findings.measures_sentence(data),
        worst=data.scenario_label(data.worst_scenario()),
        worth=worth_section(data),
        drawn_note=data.drawn_note(),
        headline=tables.headline_table(data),
        reference=data.policy_label(data.reference),
        cards=cards,
        money=money,
        scenarios=passport.scenario_cards(data),
        policies=passport.policy_cards(data),
        rule_books=passport.rule_book_cards(data),
        limits=passport.limits(data),
        passport=passport.sections(data),
        configuration=passport.configuration_text(data),
        facts=passport.facts(data),
    )


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` under a temporary name beside ``path``, sync it, then rename.

    A ``UserError`` names the file that could not be written; nothing is left behind.
    """
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".report-", delete=False
        ) as file:
            temporary = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UserError(
            f"{path}: the report must go to a writable folder with room; got"
            f" {error.strerror or error}"
        ) from error


def render_report(
    dataset: xr.Dataset,
    summary_rows: Iterable[SummaryRow],
    manifest: Mapping[str, object],
    settings: ReportSettings,
) -> str:
    """The report of a run as the text of one HTML file that loads nothing from anywhere.

    ``dataset``, ``summary_rows`` and ``manifest`` are what ``results.nc``, ``summary.csv`` and
    ``manifest.json`` hold, so the page can be made again from the files of a run.
    """
    return render(ReportData(dataset, summary_rows, manifest), settings.title)


def write_report(
    dataset: xr.Dataset,
    summary_rows: Iterable[SummaryRow],
    manifest: Mapping[str, object],
    settings: ReportSettings,
    path: Path,
) -> None:
    """Write ``render_report`` to ``path``, complete or not at all."""
    write_atomically(path, render_report(dataset, summary_rows, manifest, settings))
