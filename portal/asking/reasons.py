"""What can have gone wrong, in the customer's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from creditnotes.models import Reason

#: A drawing and a few plain words for the trade's usual reasons, by their code.
EXPLAINED: Mapping[str, tuple[str, Promise]] = {
    "wrong-price": ("badge-dollar-sign", _("It costs less on the quote or the order.")),
    "shortage": ("package-minus", _("Less arrived than was invoiced.")),
    "damaged": ("package-x", _("It is broken, wet, bent or doesn’t work.")),
    "wrong-items": ("replace", _("Something else arrived than was ordered.")),
    "returned-goods": ("undo-2", _("You send something back.")),
    "freight": ("truck", _("The delivery charge is wrong.")),
    "duplicate-invoice": ("copy", _("The same was invoiced twice.")),
}
ANY_OTHER = ("message-square", "")


@dataclass(frozen=True)
class Why:
    """A reason to choose, with what goes by it."""

    reason: Reason
    icon: str
    words: str
    is_chosen: bool


def why(reason: Reason, *, chosen: str) -> Why:
    """The reason as the page shows it; ``chosen`` is the number of the one that was picked."""
    icon, words = EXPLAINED.get(reason.code, ANY_OTHER)
    return Why(reason, icon, str(words), str(reason.pk) == chosen)
