"""Accepting an invitation: the link proves the address, and works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers import access
from customers.access import is_staff_member
from customers.contacts.access import may_manage
from customers.contacts.granting import user_of
from customers.contacts.recording import record
from customers.errors import NotAllowed, WrongState
from customers.models import ContactEvent, Invitation, User


@dataclass(frozen=True)
class NewSignIn:
    """What somebody without a sign-in chooses; the password was checked."""

    name: str
    password: str
    language: str


def known_user(invitation: Invitation) -> User | None:
    """Who signs in with the invitation's address already, with a password of their own."""
    with transaction.atomic():
        user = user_of(invitation.email)
    return user if user and user.has_usable_password() else None


def is_for(user: User, invitation: Invitation) -> bool:
    """Whether the invitation was sent to the address with which the person signs in."""
    return user.email.lower() == invitation.email.lower()


def why_not(invitation: Invitation, moment: datetime) -> str:
    """Why the link can't be used at that moment; empty while it can."""
    if invitation.accepted_at:
        return _("This invitation was used already. Sign in with your address and password.")
    if invitation.withdrawn_at or not _still_stands_behind(invitation):
        return _("This invitation was withdrawn.")
    if invitation.has_expired(moment):
        return _("This invitation has expired. Ask for a new one.")
    return ""


def _still_stands_behind(invitation: Invitation) -> bool:
    """Whether the contact who invited may do so still; what staff sent stays."""
    inviter = invitation.invited_by
    return is_staff_member(inviter) or may_manage(inviter, invitation.contact.customer)


@transaction.atomic
def accept(
    invitation: Invitation,
    *,
    moment: datetime,
    user: User | None = None,
    new: NewSignIn | None = None,
) -> User:
    """Give access for the customer to who is signed in, or to a new sign-in.

    Raises :class:`~customers.errors.WrongState` for a link that was used, withdrawn or has
    expired, and :class:`~customers.errors.NotAllowed` for anybody but the person invited.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self", "contact"))
        .select_related("contact__customer__company")
        .get(pk=invitation.pk)
    )
    if words := why_not(invitation, moment):
        raise WrongState(words)
    person = _checked(user, invitation) if user else _signed_up(invitation, new)
    _grant(invitation, person, new)
    invitation.accepted_at = moment
    invitation.save(update_fields=["accepted_at"])
    record(invitation.contact, ContactEvent.Kind.ACCEPTED, actor=person, moment=moment)
    return person


def _checked(user: User, invitation: Invitation) -> User:
    if user.company_id or not is_for(user, invitation):
        raise NotAllowed(_("This invitation is for somebody else."))
    return user


def _signed_up(invitation: Invitation, new: NewSignIn | None) -> User:
    """A sign-in with a password: a new one, or one that never had a password."""
    user = user_of(invitation.email)
    if new is None or (user and (user.has_usable_password() or user.company_id)):
        raise NotAllowed(_("You have a sign-in already. Sign in to accept."))
    if user and not user.is_active:
        raise NotAllowed(_("This account is closed. Ask your supplier."))
    user = user or User(email=User.objects.normalize_email(invitation.email).lower())
    user.full_name, user.language = new.name, new.language
    user.set_password(new.password)
    user.save()
    return user


def _grant(invitation: Invitation, person: User, new: NewSignIn | None) -> None:
    contact = invitation.contact
    contact.user, contact.gets_credit_notes = person, True
    if new:
        contact.name, contact.language = new.name, new.language
    contact.save(update_fields=["user", "name", "language", "gets_credit_notes"])
    access.let_represent(person, contact.customer)
