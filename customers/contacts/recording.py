"""Writing down what was done about a contact's access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from customers.access import RIGHTS
from customers.models import Contact, ContactEvent, User


def rights_of(contact: Contact) -> dict[str, bool]:
    """What the contact may do, by its columns."""
    return {right: getattr(contact, right) for right in RIGHTS}


def record(
    contact: Contact,
    kind: str,
    *,
    actor: User,
    moment: datetime,
    before: Mapping[str, bool] | None = None,
) -> None:
    """Keep who did what, what the contact may do from then on, and what they might ``before``."""
    ContactEvent.objects.create(
        customer=contact.customer,
        contact=contact,
        name=contact.name,
        email=contact.email,
        kind=kind,
        actor=actor,
        happened_at=moment,
        rights=rights_of(contact),
        rights_before=before,
    )


def record_changes(
    before: Contact | None, after: Contact | None, *, actor: User, moment: datetime
) -> None:
    """Keep what became of somebody's access where an administrator changed or deleted the entry.

    A new address or another customer is another access: the old one ended, the new one was given.
    """
    told: Any = {"actor": actor, "moment": moment}
    had = before if before and before.user_id else None
    has = after if after and after.user_id else None
    if had and has and (had.user_id, had.customer_id) == (has.user_id, has.customer_id):
        if rights_of(had) != rights_of(has):
            record(has, ContactEvent.Kind.RIGHTS_CHANGED, before=rights_of(had), **told)
        return
    if had:
        record(had, ContactEvent.Kind.ACCESS_ENDED, before=rights_of(had), **told)
    if has:
        record(has, ContactEvent.Kind.ACCESS_GIVEN, **told)
    elif before and after and not had and rights_of(before) != rights_of(after):
        record(after, ContactEvent.Kind.RIGHTS_CHANGED, before=rights_of(before), **told)
