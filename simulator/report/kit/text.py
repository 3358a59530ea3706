"""Text that a reader may see: without invisible characters, on one line, clipped."""

import unicodedata


def harmless(text: str) -> str:
    """``text`` without direction marks and other invisible characters; breaks become spaces."""
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )


def clean(text: object, width: int = 80) -> str:
    """``text`` on one line without invisible characters, clipped to ``width``."""
    shown = " ".join(harmless(str(text)).split())
    return shown if len(shown) <= width else shown[: width - 1].rstrip() + "\u2026"
