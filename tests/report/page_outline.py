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
