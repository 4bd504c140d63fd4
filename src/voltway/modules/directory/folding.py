"""Words as they are compared: whoever types them has another keyboard. Pure."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "’": "", "ʻ": ""}
)
_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]")
"""Combining marks: Latin and Greek and Cyrillic, Hebrew, Arabic."""
_BETWEEN = re.compile(r"\W+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def folded(text: str) -> str:
    """Small letters without marks, words with one space between: `Łódź-Górna` is `lodz gorna`."""
    small = text.casefold()
    if not small.isascii():
        small = _MARKS.sub("", unicodedata.normalize("NFKD", small.translate(_LETTERS)))
    return _BETWEEN.sub(" ", small.replace("'", "")).strip()


def spelled_out(text: str) -> str:
    """As who has no umlauts writes German: `München` is `muenchen`."""
    return folded(text if text.isascii() else text.casefold().translate(_UMLAUTS))
