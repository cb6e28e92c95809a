"""Ordering and finding names whatever their accents and case."""

from __future__ import annotations

import unicodedata


def sort_key(name: str) -> str:
    """``name`` without accents and case, so that É files under E.

    The database's own collation sorts by code point, which puts É after Z.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()
