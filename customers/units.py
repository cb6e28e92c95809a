"""Units of measure: kept as English words, written in the reader's language.

A unit that is not known, such as one from another company's books, stands as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import npgettext_lazy

UNITS: Mapping[str, Promise] = {
    "ea": npgettext_lazy("unit", "ea", "ea"),
    "bag": npgettext_lazy("unit", "bag", "bags"),
    "box": npgettext_lazy("unit", "box", "boxes"),
    "bundle": npgettext_lazy("unit", "bundle", "bundles"),
    "ft": npgettext_lazy("unit", "ft", "ft"),
    "hr": npgettext_lazy("unit", "hr", "hr"),
    "lb": npgettext_lazy("unit", "lb", "lb"),
    "pail": npgettext_lazy("unit", "pail", "pails"),
    "pair": npgettext_lazy("unit", "pair", "pairs"),
    "pallet": npgettext_lazy("unit", "pallet", "pallets"),
    "piece": npgettext_lazy("unit", "piece", "pieces"),
    "roll": npgettext_lazy("unit", "roll", "rolls"),
    "set": npgettext_lazy("unit", "set", "sets"),
    "sheet": npgettext_lazy("unit", "sheet", "sheets"),
    "sq ft": npgettext_lazy("unit", "sq ft", "sq ft"),
    "trip": npgettext_lazy("unit", "trip", "trips"),
    "tube": npgettext_lazy("unit", "tube", "tubes"),
}

#: For a place where a number is still to be typed.
SEVERAL = 2


def written(unit: str, quantity: Decimal | int = 1) -> str:
    """``unit`` as it stands beside ``quantity``: *1 sheet*, *12 sheets*, *12 feuilles*."""
    words: Any = UNITS.get(unit)
    return str(words % int(quantity)) if words else unit
