"""Pages of a credit note follow what it is applied to."""

from __future__ import annotations

from collections.abc import Sequence

from creditnotes.models import IssuedDocument
from customers.live import Change, announce
from customers.settling import on_settled


@on_settled
def tell_pages(payers: Sequence[int]) -> None:
    """Tell the open pages of the credits among these open items that something changed."""
    documents = IssuedDocument.objects.filter(entry__open_item__in=payers)
    for note in documents.values_list("note", flat=True):
        announce(Change(note=note))
