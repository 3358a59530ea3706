"""Text that a reader may see: without invisible characters, on one line, clipped."""

import unicodedata


def harmless(text: str) -> str:
    """``text`` without direction marks and other invisible characters; breaks become spaces."""
    if text.isprintable():
        return str.__str__(text)
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )


def columns_of(text: str) -> int:
    """Characters of usual width that ``text`` takes: a Chinese one takes two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, width: int) -> str:
    """``text`` and blanks to ``width`` columns of a terminal."""
    return text + " " * (width - columns_of(text))


_SHORT = {"ai": "AI", "cn": "CN", "tw": "TW", "us": "US"}
"""Words of keys that are short for something."""


def titled(key: str) -> str:
    """A key as a title: ``us_cards`` is *US cards*."""
    words = key.replace("_", " ").capitalize()
    return " ".join(_SHORT.get(word.lower(), word) for word in words.split(" "))


def clean(text: object, width: int = 80) -> str:
    """``text`` on one line without invisible characters, clipped to ``width``."""
    shown = " ".join(harmless(str(text)).split())
    return shown if len(shown) <= width else shown[: width - 1].rstrip() + "\u2026"
