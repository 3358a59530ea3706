"""The bytes of a text file become UTF-8: which encoding they are in is found or was told."""

import codecs
import re
from typing import Final, NamedTuple

from simulator.validation import UserError, clip

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES: Final = 1 << 16
"""Of lines beyond ASCII, from which an encoding is guessed."""
CHINESE_SHARE: Final = 0.9
"""Bytes beyond ASCII that stand in pairs of the common Chinese characters: then it is GB18030."""
GUESSED_AMONG: Final = ("gb18030", "big5", "cp1252", "cp1250", "cp1251", "shift_jis", "euc_kr")
_COMMON_PAIR: Final = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH: Final = re.compile(rb"[\x80-\xff]")


class Decoded(NamedTuple):
    """Text as UTF-8 bytes without a byte order mark."""

    data: bytes
    encoding: str
    guessed: bool
    """Whether the encoding is likely rather than certain."""


def decode(owner: str, data: bytes, declared: str | None) -> Decoded:
    """``data`` as UTF-8; a ``UserError`` that begins with ``owner`` if it is no text."""
    if declared is not None:
        return _as_declared(owner, data, declared)
    for mark, encoding in BOMS:
        if data.startswith(mark):
            text = _decoded(data, encoding)
            if text is None:
                raise UserError(
                    f"{owner} begins with the mark of {encoding.removesuffix('-sig').upper()} and"
                    " is not text in it"
                )
            return _checked(owner, text.encode(), encoding.removesuffix("-sig"), False)
    if b"\0" in data[:SAMPLE_BYTES]:
        return _wide(owner, data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(owner, data)
    return _checked(owner, data, "utf-8", False)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
        text.encode()
    except UnicodeError:
        return None
    return text


def _as_declared(owner: str, data: bytes, declared: str) -> Decoded:
    encoding = "utf-8-sig" if declared == "utf-8" else declared
    try:
        text = data.decode(encoding)
        return _checked(owner, text.removeprefix("\ufeff").encode(), declared, False)
    except UnicodeError as error:
        place = getattr(error, "start", 0)
        line = data[:place].count(b"\n") + 1
        raise UserError(
            f"{owner} is declared as {declared} and is not text in it (line {line}: byte"
            f" {data[place : place + 1].hex() or 'missing'}); leave encoding out of the mapping to"
            " let it be found"
        ) from None


def _wide(owner: str, data: bytes) -> Decoded:
    """UTF-16 without a mark has zeros in every other byte of its ASCII characters."""
    head = data[:SAMPLE_BYTES]
    odd, even = head[1::2].count(0), head[::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = _decoded(data, encoding) if 4 * max(odd, even) > len(head) // 2 else None
    if text is None or "\0" in text:
        raise UserError(f"{owner} must be a CSV file; it holds zero bytes and is no text")
    return _checked(owner, text.encode(), encoding, False)


def _legacy(owner: str, data: bytes) -> Decoded:
    """GB18030 where the bytes leave no doubt, else the likeliest of what spreadsheets write."""
    sample = _sample(data)
    text = _decoded(data, "gb18030")
    pairs = 2 * len(_COMMON_PAIR.findall(sample))
    if text is not None and pairs >= CHINESE_SHARE * len(_HIGH.findall(sample)):
        return _checked(owner, text.encode(), "gb18030", False)
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(GUESSED_AMONG), threshold=0.5).best()
    likely = [best.encoding] if best is not None else []
    for encoding in dict.fromkeys((*likely, "gb18030", "cp1252", "latin-1")):
        text = _decoded(data, encoding)
        if text is not None and not re.search("[\x00-\x08\x0e-\x1f\x80-\x9f]", text):
            return _checked(owner, text.encode(), encoding, True)
    raise UserError(
        f"{owner} must be a CSV file in UTF-8, UTF-16, GB18030 or a Western encoding;"
        f" its bytes are text in none of them (first bytes {clip(data[:8].hex(' '))})"
    )


def _sample(data: bytes) -> bytes:
    """Lines with bytes beyond ASCII, whole, about ``SAMPLE_BYTES`` of them."""
    found, size = [], 0
    for line in re.finditer(rb"[^\n]*[\x80-\xff][^\n]*", data):
        found.append(line.group())
        size += len(line.group())
        if size > SAMPLE_BYTES:
            break
    return b"\n".join(found)


def _checked(owner: str, data: bytes, encoding: str, guessed: bool) -> Decoded:
    if b"\0" in data:
        raise UserError(f"{owner} must be a CSV file; it holds zero bytes and is no text")
    return Decoded(data, encoding, guessed)
