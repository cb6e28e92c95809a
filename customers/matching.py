"""How typed words find rows: whatever case, accents and order, through the models' own indexes.

Each way to match has its twin among the indexes of :mod:`customers.models`: names are
matched as :class:`Folded`, telephone numbers as :class:`Digits`, document numbers in upper
case. An index serves only the very expression it was made of.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

from django.db.models import CharField, Q, Transform, Value
from django.db.models.functions import Lower

from customers.text import sort_key

#: Fewer letters have no trigram: only the beginning of a number is looked for.
LETTERS_OF_A_TRIGRAM = 3
#: More words than anybody types to find something.
MOST_WORDS = 6
#: Fewer digits are not a telephone number; the last seven of one are the same everywhere.
FEWEST_DIGITS, MOST_DIGITS = 4, 10

_ACCENTED = "àáâäãåçèéêëìíîïñòóôöõùúûüýÿ"
_PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"
_BESIDE_DIGITS = set(" +-.()/")


@CharField.register_lookup
class Folded(Transform):
    """A name in lower case and without accents, as :func:`customers.text.sort_key` writes it."""

    lookup_name = "folded"
    output_field = CharField()

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(Lower(expression), Value(_ACCENTED), Value(_PLAIN), **extra)

    function = "TRANSLATE"
    arity = None


@CharField.register_lookup
class Digits(Transform):
    """The digits of a telephone number, however it is written."""

    lookup_name = "digits"
    output_field = CharField()
    function = "REGEXP_REPLACE"
    arity = None

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, Value("[^0-9]"), Value(""), Value("g"), **extra)


def words_in(text: str) -> list[str]:
    """The words of what was typed, as names are compared."""
    return sort_key(text).split()[:MOST_WORDS]


def name_like(column: str, text: str) -> Q:
    """Rows whose column, kept or :class:`Folded`, contains every word, in whatever order."""
    return reduce(and_, (_word_in(column, word) for word in words_in(text)), Q())


def _word_in(column: str, word: str) -> Q:
    """A word anywhere; a very short one only where a word of the name begins with it."""
    if len(word) >= LETTERS_OF_A_TRIGRAM:
        return Q(**{f"{column}__contains": word})
    return Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})


def number_like(column: str, text: str) -> Q:
    """Rows whose number contains what was typed; short words only at its beginning."""
    lookup = "icontains" if len(text) >= LETTERS_OF_A_TRIGRAM else "istartswith"
    return Q(**{f"{column}__{lookup}": text})


def digits_of(text: str) -> str:
    """The digits to look for where a telephone number was typed; else nothing.

    The country's 1 in front is left out, since it is not always written.
    """
    digits = "".join(letter for letter in text if letter.isdecimal() and letter.isascii())
    is_number = all(letter in digits or letter in _BESIDE_DIGITS for letter in text)
    return digits[-MOST_DIGITS:] if is_number and len(digits) >= FEWEST_DIGITS else ""
