"""Numbers as people type them, in English or French."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_GROUPED_BY_COMMAS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACES = re.compile(r"[\s\u00a0\u202f]")
_SIGNS = re.compile(r"[$%€£]")


def number_from(text: str, language: str = "en") -> Decimal:
    """The number meant by ``text``: ``1,234.50``, ``1 234,50`` and ``12,5`` are understood.

    A comma groups thousands only in English, and only where all groups have three
    digits; else it is the decimal mark. Raises ``ValueError`` for anything else.
    """
    bare = _SIGNS.sub("", _SPACES.sub("", text))
    if language.startswith("en") and _GROUPED_BY_COMMAS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        number = Decimal(bare)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {text!r}") from error
    if not number.is_finite():
        raise ValueError(f"not a number: {text!r}")
    return number


def number_for(number: Decimal, language: str = "en") -> str:
    """``number`` as people type it in their language, as :func:`number_from` understands it."""
    written = f"{number:f}"
    return written.replace(".", ",") if language.startswith("fr") else written
