"""The list of credit notes: what is searched, how it is narrowed and in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from creditnotes.models import CreditNote
from creditnotes.querysets import CreditNoteQuerySet
from customers.models import User
from customers.text import sort_key

_REFERENCE = re.compile(r"(?:CR-?)?0*(\d{1,18})", re.IGNORECASE)

#: Name of a sort → columns, the last one unique.
ORDERS: Mapping[str, tuple[str, ...]] = {
    "-changed": ("-changed_at", "-pk"),
    "changed": ("changed_at", "pk"),
    "-created": ("-created_at", "-pk"),
    "created": ("created_at", "pk"),
    "-total": ("-total", "-pk"),
    "total": ("total", "pk"),
}
DEFAULT_ORDER = "-changed"


def matching(words: str) -> Q:
    """Notes by reference or legal number, customer's name, number or reference, invoice number."""
    found = (
        Q(document__number__istartswith=words)
        | Q(customer__number__istartswith=words)
        | Q(customer__sort_name__contains=sort_key(words))
        | Q(customer_reference__istartswith=words)
        | Q(lines__creditable__invoice__number__iexact=words)
    )
    if reference := _REFERENCE.fullmatch(words):
        found |= Q(pk=int(reference[1]))
    return found


def narrowed(user: User, filters: Mapping[str, Any]) -> CreditNoteQuerySet:
    """The notes that ``user`` may see, narrowed by the filter form's cleaned values."""
    notes: CreditNoteQuerySet = CreditNote.objects.visible_to(user).with_parties()
    if words := filters.get("q"):
        notes = notes.filter(pk__in=CreditNote.objects.filter(matching(words)).values("pk"))
    if state := filters.get("state"):
        notes = notes.filter(state=state)
    if reason := filters.get("reason"):
        notes = notes.filter(reason=reason)
    if owner := filters.get("owner"):
        notes = notes.filter(owner=user if owner == "me" else None)
    return notes


def count_up_to(notes: CreditNoteQuerySet, most: int) -> int:
    """How many notes there are; counting stops at ``most``."""
    return notes.select_related(None).order_by()[:most].count()
