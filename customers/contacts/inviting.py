"""Inviting somebody at a customer by e-mail, once more if need be, or not after all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from customers import outbox
from customers.access import RIGHTS
from customers.contacts.access import require_manager, require_to_give
from customers.contacts.frequency import require_seldom
from customers.contacts.mailing import SEND
from customers.contacts.recording import record
from customers.errors import Refusal, WrongState
from customers.models import Contact, ContactEvent, Customer, Invitation, User
from customers.wording import why_no_name

#: Between two mails to the same person, and how many there may be.
PAUSE = timedelta(minutes=2)
MOST_MAILS = 10


@dataclass(frozen=True)
class Invitee:
    """Whom to invite; ``rights`` by the columns of the contact; what is not named is not given."""

    name: str
    email: str
    language: str
    rights: Mapping[str, bool] = field(default_factory=dict)


@transaction.atomic
def invite(customer: Customer, person: Invitee, *, by: User, moment: datetime) -> Invitation:
    """Send the person a link by which they get a sign-in for the customer.

    Who is a contact already is invited as that one. Raises
    :class:`~customers.errors.Refusal` for a member of staff, for somebody who has access, for
    somebody who was invited already, and where the person or the address had enough for now.
    """
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    require_manager(by, customer)
    require_to_give(by, customer, person.rights)
    if User.objects.filter(email__iexact=person.email, company__isnull=False).exists():
        raise Refusal(_("This address belongs to a member of staff."), field="email")
    if not person.email.isascii():
        words = _("Write the address without accents or other special letters.")
        raise Refusal(words, field="email")
    if words := why_no_name(person.name):
        raise Refusal(words, field="name")
    require_seldom(person.email, by, moment)
    contact = _contact(customer, person)
    invitation: Invitation = Invitation.objects.create(
        contact=contact,
        email=contact.email,
        invited_by=by,
        invited_at=moment,
        last_sent_at=moment,
        expires_at=moment + settings.INVITATION_LIFETIME,
    )
    record(contact, ContactEvent.Kind.INVITED, actor=by, moment=moment)
    transaction.on_commit(lambda: outbox.offer(SEND, [invitation.pk]), robust=True)
    return invitation


def _contact(customer: Customer, person: Invitee) -> Contact:
    """The customer's entry for that address, with the name, language and rights of now."""
    known = customer.contacts.select_for_update().filter(email__iexact=person.email).first()
    # Until they accept, nothing is sent to an address that may be mistyped.
    new = Contact(customer=customer, email=person.email.lower(), gets_credit_notes=False)
    contact = known or new
    if contact.user_id:
        raise Refusal(_("This person has access already."), field="email")
    if known and known.invitations.open().exists():
        words = _("This person is invited already. Send the invitation again, or withdraw it.")
        raise Refusal(words, field="email")
    contact.name, contact.language = person.name, person.language
    for right in RIGHTS:
        setattr(contact, right, bool(person.rights.get(right)))
    contact.save()
    return contact


@transaction.atomic
def send_again(invitation: Invitation, *, by: User, moment: datetime) -> Invitation:
    """Send the same link once more; it lasts from now on.

    Raises :class:`~customers.errors.WrongState` once it was accepted or withdrawn, and just
    after it was sent.
    """
    invitation = _open(invitation, by)
    if moment < invitation.last_sent_at + PAUSE:
        raise WrongState(_("It was sent a moment ago. Give it two minutes to arrive."))
    if invitation.mails_wanted >= MOST_MAILS:
        raise WrongState(_("It was sent ten times. Withdraw it, and check the address."))
    require_seldom(invitation.email, by, moment)
    invitation.mails_wanted += 1
    invitation.last_sent_at = moment
    invitation.expires_at = moment + settings.INVITATION_LIFETIME
    invitation.save(update_fields=["mails_wanted", "last_sent_at", "expires_at"])
    record(invitation.contact, ContactEvent.Kind.SENT_AGAIN, actor=by, moment=moment)
    transaction.on_commit(lambda: outbox.offer(SEND, [invitation.pk]), robust=True)
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User, moment: datetime) -> Invitation:
    """Make the link worthless. Raises :class:`~customers.errors.WrongState` once accepted."""
    invitation = _open(invitation, by)
    invitation.withdrawn_at = moment
    invitation.save(update_fields=["withdrawn_at"])
    record(invitation.contact, ContactEvent.Kind.WITHDRAWN, actor=by, moment=moment)
    return invitation


def _open(invitation: Invitation, by: User) -> Invitation:
    """The invitation under lock, while it can be accepted or has only expired."""
    locked: Invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("contact__customer__company")
        .get(pk=invitation.pk)
    )
    require_manager(by, locked.contact.customer)
    if locked.accepted_at:
        raise WrongState(_("The invitation was accepted already."))
    if locked.withdrawn_at:
        raise WrongState(_("The invitation was withdrawn already."))
    return locked
