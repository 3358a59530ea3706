"""The documentation site: ``python -m sphinx -W --keep-going docs build/site``."""

import os
import shutil
from importlib.resources import files
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

DOCS = Path(__file__).parent

project = "loanstress"
author = "The loanstress authors"
copyright = author
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["README.md", "_kernel"]
root_doc = "index"

# Warnings are errors in .ci/run: a link, heading or name that is not there ends the build.
nitpicky = False
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath", "colon_fence"]

# Tutorials are notebooks as text; each runs in an empty folder with the examples (docs/_kernel).
nb_execution_mode = os.environ.get("LOANSTRESS_SITE_EXECUTION", "force")
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_output_stderr = "remove"
os.environ["IPYTHONDIR"] = str(DOCS / "_kernel")
os.environ["LOANSTRESS_EXAMPLES"] = str(DOCS.parent / "examples")

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "furo"
html_title = "loanstress"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["plotly.min.js", "site.js"]
html_show_sourcelink = False
html_copy_source = False


def _add_plotly(app: Sphinx) -> None:
    """Figures of notebooks need Plotly's own script once, from the site itself."""
    source = files("plotly") / "package_data" / "plotly.min.js"
    shutil.copyfile(str(source), DOCS / "_static" / "plotly.min.js")


ELSEWHERE = {
    "](../CHANGELOG.md": "](changelog.md",
    "](../examples/README.md": "](examples.md",
    "](../scenarios/README.md": "](scenarios.md",
    "](decisions/)": "](decisions/index.md)",
}
"""Links to pages that stand outside of docs/, and the page of the site that shows each."""


def _link_inside(app: object, name: str, source: list[str]) -> None:
    """Links to pages outside of docs/ lead to the page of the site."""
    for link, inside in ELSEWHERE.items():
        source[0] = source[0].replace(link, inside)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_lexer("csv", TextLexer)
    app.connect("builder-inited", _add_plotly)
    app.connect("source-read", _link_inside)
