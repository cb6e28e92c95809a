"""Keeping how one looks at a list under a name, and forgetting it again."""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.errors import Refusal
from customers.models import SavedFilter, User
from customers.models.saved_filters import LONGEST_QUERY, MOST_FILTERS
from customers.text import sort_key


class FilterNameForm(forms.Form):
    """Under which name the person keeps how they look at a list; for the pages of any app."""

    name = forms.CharField(label=_("Name"), max_length=40)


def filters_of(user: User, listing: str) -> list[SavedFilter]:
    """What the person keeps for the list, by name; one query."""
    found = SavedFilter.objects.filter(user=user, listing=listing)
    return sorted(found, key=lambda each: sort_key(each.name))


@transaction.atomic
def save_filter(user: User, listing: str, *, name: str, query: str) -> SavedFilter:
    """Keep how the list is narrowed and sorted.

    ``query`` is what follows the list's address, without its question mark. Raises
    :class:`Refusal` at *name* where the person has one of that name, or too many already, or
    it is more than can be kept.
    """
    if len(query) > LONGEST_QUERY:
        words = gettext(
            "This is too much to keep: narrow the list by fewer things, or shorter ones."
        )
        raise Refusal(words, field="name")
    User.objects.select_for_update().get(pk=user.pk)
    kept = filters_of(user, listing)
    if any(each.name.casefold() == name.casefold() for each in kept):
        raise Refusal(gettext("You have one of this name already."), field="name")
    free = sorted({*range(1, MOST_FILTERS + 1)} - {each.slot for each in kept})
    if not free:
        words = gettext("You keep %(count)d already: delete one first.") % {"count": MOST_FILTERS}
        raise Refusal(words, field="name")
    return SavedFilter.objects.create(
        user=user, listing=listing, slot=free[0], name=name, query=query
    )
