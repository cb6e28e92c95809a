"""How an offer to a customer ends, for the verbs that end one and those that overtake one."""

from __future__ import annotations

from datetime import datetime

from approvals.models import CustomerOffer
from creditnotes.models import CreditNote, Origin
from customers.models import User

Status = CustomerOffer.Status


def end_offer(offer: CustomerOffer, status: str, actor: User | None, moment: datetime) -> None:
    """Write how a locked, open offer ended; ``content_hash`` goes with one that is accepted."""
    offer.status, offer.answered_by, offer.answered_at = status, actor, moment
    offer.save(update_fields=["status", "answered_by", "answered_at", "content_hash"])


def close_open_offer(note: CreditNote, moment: datetime) -> None:
    """Take back the offer that is open on a locked note, if one is: something else was done."""
    if note.origin != Origin.PORTAL:
        return
    open_ones = CustomerOffer.objects.filter(note=note, status=Status.MADE)
    for offer in open_ones.select_for_update(of=("self",)):
        end_offer(offer, Status.WITHDRAWN, None, moment)
