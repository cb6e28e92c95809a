"""Portal access: who may sign in for a customer, kept in step with the customer's contacts."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import access
from customers.errors import Refusal
from customers.models import Contact, User


@transaction.atomic
def give_portal_access(contact: Contact) -> User:
    """Let the contact sign in to the portal with their e-mail address.

    Who has no account yet gets one without a password: they choose it by "Forgot your
    password?". One account may act for several customers. Raises
    :class:`~customers.errors.Refusal` where the address is that of a member of staff.
    """
    user = User.objects.filter(email__iexact=contact.email).first()
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
    contact.user = None
    contact.save(update_fields=["user"])
    void_invitations(contact)
    if not Contact.objects.filter(user=user, customer=contact.customer).exists():
        access.stop_representing(user, contact.customer)


def void_invitations(contact: Contact) -> None:
    """Make links that were sent to the contact worthless: they would give access again."""
    contact.invitations.open().update(withdrawn_at=timezone.now())
