"""Changing what a contact may do in the portal, and ending their access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.access import CONTACTS, RIGHTS, is_staff_member, represented_by
from customers.contacts.access import may_manage, require_manager, require_to_give
from customers.contacts.granting import take_portal_access
from customers.contacts.recording import record, rights_of
from customers.errors import WrongState
from customers.live import Change, announce
from customers.models import Contact, ContactEvent, Customer, Invitation, User
from customers.sessions import sign_out_everywhere


@transaction.atomic
def change_rights(
    contact: Contact,
    rights: Mapping[str, bool],
    *,
    by: User,
    moment: datetime,
    gets_credit_notes: bool | None = None,
) -> Contact:
    """Say what the contact may do from now on, by the columns of the contact.

    Raises :class:`~customers.errors.NotAllowed` where somebody gives what they have not, and
    :class:`~customers.errors.WrongState` where nobody would be left at the customer who
    manages contacts and the one who did is who asks.
    """
    contact = _locked(contact, by)
    require_to_give(by, contact.customer, rights, contact)
    before, rights_before = _state(contact), rights_of(contact)
    for right in RIGHTS:
        setattr(contact, right, bool(rights.get(right)))
    if gets_credit_notes is not None:
        contact.gets_credit_notes = gets_credit_notes
    if _state(contact) == before:
        return contact
    if not contact.manages_contacts:
        _keep_a_manager(contact, by)
    contact.save(update_fields=[*RIGHTS, "gets_credit_notes"])
    kind = ContactEvent.Kind.RIGHTS_CHANGED
    record(contact, kind, actor=by, moment=moment, before=rights_before)
    if contact.user and not contact.manages_contacts:
        _withdraw_invitations_of(contact.user, contact.customer, by, moment)
    _tell(contact.user)
    return contact


@transaction.atomic
def end_access(contact: Contact, *, by: User, moment: datetime) -> Contact:
    """End the contact's access for this customer at once, with all that was invited.

    Who acts for nobody else is signed out everywhere. Raises
    :class:`~customers.errors.WrongState` where there is none, and for the last manager's own.
    """
    contact = _locked(contact, by)
    user = contact.user
    if user is None:
        raise WrongState(_("This person has no access."))
    _keep_a_manager(contact, by)
    take_portal_access(contact)
    record(contact, ContactEvent.Kind.ACCESS_ENDED, actor=by, moment=moment)
    _withdraw_invitations_of(user, contact.customer, by, moment)
    if not is_staff_member(user) and not Customer.objects.filter(represented_by(user)).exists():
        sign_out_everywhere(user)
    _tell(user)
    return contact


def _locked(contact: Contact, by: User) -> Contact:
    """The contact; all of the customer's are locked in id order, so that one manager stays."""
    customer = contact.customer
    require_manager(by, customer)
    rows = customer.contacts.select_for_update(of=("self",)).order_by("pk")
    found: Contact = next(row for row in rows if row.pk == contact.pk)
    found.customer = customer
    return found


def _state(contact: Contact) -> tuple[bool, ...]:
    return tuple(getattr(contact, name) for name in (*RIGHTS, "gets_credit_notes"))


def _keep_a_manager(contact: Contact, by: User) -> None:
    """Nobody takes the last right to manage contacts from themselves; staff may take it."""
    if by.pk != contact.user_id:
        return
    others = Contact.objects.filter(
        customer=contact.customer, user__is_active=True, manages_contacts=True
    )
    if not others.exclude(user=by).exists():
        words = _("You are the last who manages contacts. Let a colleague do it first.")
        raise WrongState(words, field=CONTACTS)


def _withdraw_invitations_of(user: User, customer: Customer, by: User, moment: datetime) -> None:
    """Nobody comes in by who may no longer let them in."""
    if may_manage(user, customer):
        return
    made = Invitation.objects.open().filter(invited_by=user, contact__customer=customer)
    for invitation in made.select_for_update(of=("self",)).select_related("contact"):
        invitation.withdrawn_at = moment
        invitation.save(update_fields=["withdrawn_at"])
        record(invitation.contact, ContactEvent.Kind.WITHDRAWN, actor=by, moment=moment)


def _tell(user: User | None) -> None:
    """Have the person's open pages look again."""
    if user is not None:
        announce(Change(signed_out=(user.pk,)))
