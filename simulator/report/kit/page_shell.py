"""What every page shares: safe JSON, the security policy, style sheet, scripts, template engine."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from simulator.report.kit import style
from simulator.report.kit.card import Choice, FigureCard
from simulator.report.kit.language import bracketed, language, stays_english, tn, tr
from simulator.report.kit.outcome_kinds import FATE_KINDS, fate_class
from simulator.report.kit.selectors import Names, Selector, places, selectors, shows
from simulator.report.kit.table import PageTable
from simulator.report.kit.waterfall import BAR_KINDS


def safe_json(value: object) -> str:
    """JSON that cannot leave its ``<script>``: ``<``, ``>``, ``&`` and line separators escaped."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _drawing(
    number: int, card: FigureCard, names: Names, lists: Sequence[Selector]
) -> dict[str, object]:
    """What the page's script draws: the first choice, and the others where there are some.

    ``at`` and ``shows`` have an entry for each choice, ``file`` is the figure's table to save.
    """
    first, *others = card.choices
    found = {"id": card.key, **_drawn(first)}
    if others:
        found["others"] = [_traces(o) if card.one_layout else _drawn(o) for o in others]
    found["at"] = [places(choice, lists) for choice in card.choices]
    found["shows"] = [shows(choice, names) for choice in card.choices]
    found["file"] = {
        "name": f"figure-{number}-{card.key}.csv",
        "text": PageTable(card.table).csv,
    }
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


def _template(name: str) -> str:
    folder = files("simulator.report.kit").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _stylesheet() -> str:
    """The page's CSS with the palette of ``style`` filled in."""
    css = _template("page.css")
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


def page_text(
    template: str,
    drawn: Sequence[FigureCard],
    names: Names,
    *,
    further: Sequence[str] = (),
    **content: object,
) -> str:
    """``template`` filled with ``content`` (escaped), the drawings and the scripts.

    ``names`` are those of what the figures show, for the lists to choose from. Scripts of the
    files ``further`` run behind the page's own, as one.
    """
    library = get_plotlyjs().replace("\r\n", "\n").replace("\r", "\n")
    script = "\n".join(map(_template, ("page.js", *further)))
    css = _stylesheet()
    environment = Environment(
        loader=PackageLoader("simulator.report.kit", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    stops = {"comma": language().comma, "full_stop": tr(".")}
    environment.globals |= {"tr": tr, "tn": tn, "bracketed": bracketed, "told": PageTable, **stops}
    environment.globals["stays_english"] = stays_english
    environment.filters["safe_json"] = lambda value: Markup(safe_json(value))
    lists = selectors(drawn, names)
    figures = [_drawing(number, card, names, lists) for number, card in enumerate(drawn, start=1)]
    drawings = {"colours": style.dark_colours(), "figures": figures}
    shared = {
        "language": language().tag,
        "selectors": lists,
        "shows": {card.key: shows(card.choices[0], names) for card in drawn},
        "security": _policy_of_the_page((library, script), (css,)),
        "css": Markup(css),
        "library": Markup(library),
        "placeholders": added_stylesheets(library),
        "script": Markup(script),
        "drawings": Markup(safe_json(drawings)),
    }
    return environment.get_template(template).render(shared | content)
