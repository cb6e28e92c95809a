"""What the workers do for customers: send invitations, tell what was asked and answered."""

from __future__ import annotations

from celery import shared_task

from customers import outbox
from customers.contacts import mailing
from customers.models import AccountWish, Invitation
from customers.wishes import announcing
from customers.wishes import mailing as wishes

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
    outbox.offer(mailing.SEND, waiting[:SWEPT_AT_ONCE])


@shared_task(name=announcing.ANNOUNCE)
def announce_wish(wish_id: int) -> None:
    """Tell the company's people what a customer asks, unless they were told already."""
    announcing.announce(wish_id)


@shared_task(name=wishes.TELL)
def tell_of_answer(wish_id: int) -> None:
    """Tell a contact what was answered, unless they were told already."""
    wishes.tell(wish_id)


@shared_task
def sweep_answers() -> None:
    """Offer what a lost broker or a failed attempt left untold: questions, and their answers."""
    asked = AccountWish.objects.to_announce()
    outbox.offer(announcing.ANNOUNCE, asked.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    untold = AccountWish.objects.filter(answered_at__isnull=False, told_at=None).order_by("pk")
    outbox.offer(wishes.TELL, untold.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
