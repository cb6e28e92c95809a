"""What the workers do for customers: send invitations."""

from __future__ import annotations

from celery import shared_task

from customers.contacts import mailing
from customers.models import Invitation

#: What one sweep picks up at most; the next one goes on.
SWEPT_AT_ONCE = 200


@shared_task(name=mailing.SEND)
def send_invitation(invitation_id: int) -> None:
    """Send an invitation's mail, unless it is sent already."""
    mailing.send_waiting(invitation_id)


@shared_task
def sweep_invitations() -> None:
    """Offer each mail that a lost broker or a failed attempt left lying."""
    waiting = Invitation.objects.to_mail().order_by("pk").values_list("pk", flat=True)
    for invitation_id in waiting[:SWEPT_AT_ONCE]:
        mailing.offer(invitation_id)
