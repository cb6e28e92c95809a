"""In-page news: what happened to the credit notes that somebody is concerned with."""

from __future__ import annotations

from creditnotes.events import consumer
from creditnotes.models import Event, News
from customers.models import User

TOLD = (
    Event.Kind.REQUESTED,
    Event.Kind.PICKED_UP,
    Event.Kind.ENDORSED,
    Event.Kind.APPROVED,
    Event.Kind.RETURNED,
    Event.Kind.REJECTED,
    Event.Kind.ISSUED,
    Event.Kind.CANCELLED,
    Event.Kind.RESERVATION_EXPIRED,
)


@consumer("news", *TOLD)
def tell(event: Event) -> None:
    """Tell those who raised or worked on the note, but not whoever did it."""
    concerned = User.objects.filter(participations__note=event.note, is_active=True)
    News.objects.bulk_create(
        [News(user=user, event=event) for user in concerned if user.pk != event.actor_id],
        ignore_conflicts=True,
    )
