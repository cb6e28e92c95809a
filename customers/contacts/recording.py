"""Writing down what was done about a contact's access."""

from __future__ import annotations

from datetime import datetime

from customers.access import RIGHTS
from customers.models import Contact, ContactEvent, User


def record(contact: Contact, kind: str, *, actor: User, moment: datetime) -> None:
    """Keep who did what, and what the contact may do from then on."""
    ContactEvent.objects.create(
        customer=contact.customer,
        contact=contact,
        name=contact.name,
        email=contact.email,
        kind=kind,
        actor=actor,
        happened_at=moment,
        rights={right: getattr(contact, right) for right in RIGHTS},
    )
