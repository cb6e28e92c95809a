"""The words that were searched for, marked in what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from customers.text import sort_key


class Marker:
    """Marks what was typed: the whole of it where it stands so, else each of its words."""

    def __init__(self, typed: str) -> None:
        self.whole = sort_key(typed)
        self.words: Sequence[str] = sorted(set(self.whole.split()), key=len, reverse=True)

    def __call__(self, text: object) -> SafeString:
        """``text``, escaped, with every place marked where case and accents aside it is said."""
        written = str(text)
        plain, place_of = _plain(written)
        wanted = [self.whole] if self.whole in plain else self.words
        places = {place_of[at] for word in wanted for at in _places(word, plain)}
        if not places:
            return SafeString(conditional_escape(written))
        parts = groupby(enumerate(written), key=lambda each: each[0] in places)
        return SafeString(
            "".join(_part("".join(letter for _, letter in run), found) for found, run in parts)
        )


def _part(text: str, found: bool) -> str:
    return format_html("<mark>{}</mark>", text) if found else conditional_escape(text)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text without accents and case, and of which letter each of its letters is."""
    plain, place_of = [], []
    for place, letter in enumerate(text):
        for each in sort_key(letter):
            plain.append(each)
            place_of.append(place)
    return "".join(plain), place_of


def _places(word: str, plain: str) -> Iterator[int]:
    start = plain.find(word) if word else -1
    while start >= 0:
        yield from range(start, start + len(word))
        start = plain.find(word, start + len(word))
