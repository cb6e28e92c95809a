"""Who may invite, change and end: staff of the customer, and contacts who manage contacts."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from customers.access import (
    CONTACTS,
    FINANCE,
    MANAGERS,
    REPS,
    RIGHTS,
    group_names,
    is_staff_member,
    represented_by,
    represents,
    serves,
)
from customers.errors import NotAllowed
from customers.models import Contact, Customer, User

#: Groups of staff who invite their customers' people.
INVITING = frozenset({REPS, MANAGERS, FINANCE})


def may_manage(user: User, customer: Customer) -> bool:
    """Whether the person decides who at the customer uses the portal, and for what."""
    if is_staff_member(user):
        return bool(INVITING & group_names(user)) and serves(user, customer)
    return represents(user, customer, right=CONTACTS)


def require_manager(user: User, customer: Customer) -> None:
    """Raises :class:`~customers.errors.NotAllowed` unless :func:`may_manage`."""
    if not may_manage(user, customer):
        raise NotAllowed(_("You may not decide who uses the portal for this customer."))


def rights_to_give(user: User, customer: Customer) -> frozenset[str]:
    """What the person may allow others: staff everything, a contact what they may do themselves."""
    if is_staff_member(user):
        return frozenset(RIGHTS)
    rows = user.contacts.filter(represented_by(user, "customer"), customer=customer)
    held = list(rows.values(*RIGHTS))
    return frozenset(right for right in RIGHTS if any(row[right] for row in held))


def require_to_give(
    user: User, customer: Customer, wanted: Mapping[str, bool], before: Contact | None = None
) -> None:
    """Raises :class:`~customers.errors.NotAllowed` where more is given than the person has."""
    given = {right for right in RIGHTS if wanted.get(right) and not getattr(before, right, False)}
    if beyond := given - rights_to_give(user, customer):
        first = next(right for right in RIGHTS if right in beyond)
        raise NotAllowed(_("You can allow others only what you may do yourself."), field=first)
