"""What stands in a page: tags, attributes, text, and the figures that it carries."""

import json
import re
from html.parser import HTMLParser


class Outline(HTMLParser):
    """Every start tag with the names of its attributes, and every value of an attribute."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def drawings(text: str) -> list[dict[str, object]]:
    """The figures that the page carries."""
    found = re.search(r'<script type="application/json" id="drawings">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found.group(1))["figures"]


def assert_small(text: str) -> None:
    """The page and its figures keep within their bounds."""
    assert len(text.encode()) < 8_000_000
    found = drawings(text)
    assert len(found) <= 15
    for figure in found:
        for choice in (figure, *figure.get("others", [])):
            for trace in choice["data"]:
                assert len(trace["x"]) <= 3000


def labels_of(figure: dict[str, object]) -> list[str]:
    """Everything that a figure shows as text, line breaks of the page's own taken out."""
    shown: list[str] = []
    for choice in (figure, *figure.get("others", [])):
        for trace in choice["data"]:
            shown += [trace["name"]] if "name" in trace else []
            shown += [v for v in trace.get("text", []) if isinstance(v, str)]
        for layout in choice.get("layouts", {}).values():
            shown += [label["text"] for label in layout["annotations"]]
            axes = [v for k, v in layout.items() if "axis" in k]
            shown += [v["title"]["text"] for v in axes if "title" in v]
            shown += [text for v in axes for text in v.get("ticktext", ())]
    return [text.replace("<br>", " ") for text in shown]
