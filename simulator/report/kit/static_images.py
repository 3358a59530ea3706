"""Figures as pictures for slides and papers: PNG or SVG, drawn by a browser without network.

An optional extra: ``pip install 'loanstress[static]'`` and a Chromium or Chrome on the machine.
"""

from collections.abc import Sequence
from typing import Final

from simulator.report.kit.card import FigureCard
from simulator.report.kit.style import WIDE
from simulator.settings import ImageFormat
from simulator.validation import UserError, clip

PIXELS_A_POINT: Final = 2
"""Resolution of a PNG, so that it is sharp in print."""
_PAPER: Final = "#ffffff"


def figure_images(cards: Sequence[FigureCard], wanted: ImageFormat) -> dict[str, bytes]:
    """File name -> picture of each figure's first choice, as wide as on a laptop, on white.

    A ``UserError`` says what to install where the extra or the browser is missing.
    """
    try:
        import kaleido
    except ImportError:
        raise UserError(
            "--images needs the extra 'static': pip install 'loanstress[static]'"
        ) from None
    out: dict[str, bytes] = {}
    try:
        # Without MathJax, which would be fetched from elsewhere; no figure has a formula.
        kaleido.start_sync_server(n=1, mathjax=False, silence_warnings=True)
        try:
            for place, card in enumerate(cards, start=1):
                figure = card.choices[0].draw(WIDE)
                figure.update_layout(paper_bgcolor=_PAPER)
                size = {"width": WIDE.width, "height": figure.layout.height}
                scale = PIXELS_A_POINT if wanted == "png" else 1
                picture = kaleido.calc_fig_sync(
                    figure.to_plotly_json(), opts={"format": wanted, "scale": scale, **size}
                )
                out[f"figure-{place:02d}-{card.key}.{wanted}"] = picture
        finally:
            kaleido.stop_sync_server(silence_warnings=True)
    except Exception as error:  # the libraries tell a missing or broken browser in many ways
        raise UserError(
            "--images needs a Chromium or Chrome that starts on this machine (BROWSER_PATH may name"
            f" it); got {clip(error, 200)}"
        ) from error
    return out
