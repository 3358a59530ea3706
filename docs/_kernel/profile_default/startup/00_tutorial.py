"""What a tutorial finds when the site is built: a folder with the examples, figures as HTML."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import plotly.io as pio


class _SiteRenderer(pio.base_renderers.MimetypeRenderer):
    """A figure as HTML that needs the site's own plotly.min.js and nothing from elsewhere."""

    def to_mimebundle(self, figure: dict[str, object]) -> dict[str, str]:
        """Called by Plotly when a figure is shown."""
        parts = {"include_plotlyjs": False, "include_mathjax": False, "full_html": False}
        drawn = pio.to_html(figure, validate=False, **parts)
        before, _, rest = drawn.rpartition("<script")
        tag, _, script = rest.partition(">")
        script, _, after = script.rpartition("</script>")
        later = f'window.addEventListener("load", () => {{{script}}});'
        return {"text/html": f"{before}<script{tag}>{later}</script>{after}"}


_folder = tempfile.mkdtemp(prefix="loanstress_tutorial_")
shutil.copytree(os.environ["LOANSTRESS_EXAMPLES"], f"{_folder}/examples")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.chdir(_folder)
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
pio.renderers["site"] = _SiteRenderer()
pio.renderers.default = "site"
