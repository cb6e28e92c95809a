"""Portal access: who may sign in for a customer, kept in step with the customer's contacts."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import access
from customers.errors import Refusal
from customers.models import Contact, User


def user_of(email: str) -> User | None:
    """Who signs in with the address, in any case of letters.

    The database alone also takes look-alikes for the same: a dotless i for an i.
    """
    alike = User.objects.select_for_update().filter(email__iexact=email)
    return next((user for user in alike if user.email.lower() == email.lower()), None)


@transaction.atomic
def give_portal_access(contact: Contact) -> User:
    """Let the contact sign in to the portal with their e-mail address.

    Who has no account yet gets one without a password: they choose it by "Forgot your
    password?". One account may act for several customers. Raises
    :class:`~customers.errors.Refusal` where the address is that of a member of staff.
    """
    user = user_of(contact.email)
    if user and user.company_id:
        raise Refusal(_("This address belongs to a member of staff."), field="email")
    user = user or User.objects.create_user(
        contact.email, None, full_name=contact.name, language=contact.language
    )
    contact.user = user
    contact.save(update_fields=["user"])
    access.let_represent(user, contact.customer)
    return user


@transaction.atomic
def take_portal_access(contact: Contact) -> None:
    """End what :func:`give_portal_access` gave, unless another contact gives it too."""
    user = contact.user
    if user is None:
        return
    contact.user, contact.gets_credit_notes = None, False
    contact.save(update_fields=["user", "gets_credit_notes"])
    void_invitations(contact)
    if not Contact.objects.filter(user=user, customer=contact.customer).exists():
        access.stop_representing(user, contact.customer)


def void_invitations(contact: Contact) -> None:
    """Make links that were sent to the contact worthless: they would give access again."""
    contact.invitations.open().update(withdrawn_at=timezone.now())
