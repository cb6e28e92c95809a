"""Names ordered and found whatever their accents and case; what addresses and forms say, read."""

from __future__ import annotations

import unicodedata

#: An id of so many digits fits into the database's largest.
MOST_DIGITS = 18


def sort_key(name: str) -> str:
    """``name`` without accents and case, so that É files under E.

    The database's own collation sorts by code point, which puts É after Z.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()


def words_from(text: str, most: int = 100) -> str:
    """What somebody searches for, without the letter that the database can't hold (NUL)."""
    return " ".join(text.replace("\0", "").split())[:most]


def number_in(text: str) -> int | None:
    """The id or version that an address or a form names; None for anything else.

    Only plain digits, and no more than fit a column: a browser sends what we wrote.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None
