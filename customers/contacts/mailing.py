"""The mail that invites: sent by a worker, and by the sweep where the broker was away."""

from __future__ import annotations

from django.db import transaction

from customers.contacts import links
from customers.mailing import Letter, Reader, send
from customers.models import Invitation

SEND = "customers.tasks.send_invitation"


@transaction.atomic
def send_waiting(invitation_id: int) -> bool:
    """Send what the invitation's mail says now; False where nothing waits, or another is at it."""
    waiting = Invitation.objects.to_mail().select_for_update(skip_locked=True, of=("self",))
    related = ("contact__customer__company", "invited_by__company")
    invitation = waiting.select_related(*related).filter(pk=invitation_id).first()
    if invitation is None:
        return False
    send([letter_of(invitation)])
    invitation.mails_sent = invitation.mails_wanted
    invitation.save(update_fields=["mails_sent"])
    return True


def letter_of(invitation: Invitation) -> Letter:
    """The invitation in the contact's language; each time it is sent it is a mail of its own."""
    contact = invitation.contact
    return Letter(
        "invitation",
        Reader(contact.name, invitation.email, contact.language),
        key=f"invitation {invitation.pk} {invitation.mails_wanted}",
        thread=f"invitation-{invitation.pk}",
        company=contact.customer.company,
        context={
            "invitation": invitation,
            "customer": contact.customer,
            "inviter": invitation.invited_by,
            "url": links.url_of(invitation),
        },
    )
