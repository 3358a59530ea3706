"""The documentation site: every page is reached, every link leads somewhere.

Tutorials are run when ``.ci/run`` builds the site; here it is built without running them.
"""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests import ROOT

DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""What a page loads by itself, unlike a link that a reader follows."""


class _Loaded(HTMLParser):
    """Addresses that a page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        value = dict(attrs).get(LOADED.get(tag, ""))
        if value:
            self.found.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built with warnings as errors: a page in no table of contents, a dead link."""
    folder = tmp_path_factory.mktemp("site")
    where = ["-d", str(folder / "trees"), str(DOCS), str(folder / "html")]
    quiet = ["-q", "-W", "--keep-going", "-D", "suppress_warnings=myst-nb.lexer"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *quiet, "-b", "html", *where],
        cwd=ROOT,
        env={**os.environ, "LOANSTRESS_SITE_EXECUTION": "off", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_page_of_the_docs_is_on_the_site(site):
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    pages -= {Path("README.html")}  # the repository's own table of contents
    assert pages
    assert [page for page in pages if not (site / page).is_file()] == []


def test_pages_load_nothing_from_elsewhere(site):
    checked = 0
    for page in site.rglob("*.html"):
        for address in _Loaded(page.read_text(encoding="utf-8")).found:
            checked += 1
            assert not re.match(r"(https?:)?//", address), (page.name, address)
    assert checked > 100


def test_the_reference_has_shapes_units_and_errors_of_public_names(site):
    page = (site / "api.html").read_text(encoding="utf-8")
    for name in ("loanstress.stress_test", "loanstress.Run.compare", "simulator.RunSettings"):
        assert f'id="{name}"' in page
    assert page.count("Raises") >= 20


def test_a_start_page_in_each_language_leads_to_the_other(site):
    assert 'href="zh.html"' in (site / "index.html").read_text(encoding="utf-8")
    chinese = (site / "zh.html").read_text(encoding="utf-8")
    assert "五分钟上手" in chinese
    assert 'href="index.html"' in chinese


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_a_notebook_in_words_and_in_the_start_page(page):
    text = page.read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---")[1])
    assert head["kernelspec"]["name"] == "python3"
    assert text.count("```{code-cell}") >= 5
    assert f"\ntutorials/{page.stem}\n" in (DOCS / "index.md").read_text(encoding="utf-8")
    assert "/tmp" not in text


def test_the_gate_runs_the_tutorials():
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "-m sphinx -q -W --keep-going -b html docs build/site" in gate
    assert "LOANSTRESS_SITE_EXECUTION" not in gate
