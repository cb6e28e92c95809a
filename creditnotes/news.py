"""In-page news: what happened to the credit notes that somebody is concerned with."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from creditnotes import access
from creditnotes.events import consumer
from creditnotes.models import CreditNote, Event, News
from creditnotes.telling import is_told
from customers.live import Change, announce
from customers.models import User

TOLD = (
    Event.Kind.REQUESTED,
    Event.Kind.PICKED_UP,
    Event.Kind.OFFER_ACCEPTED,
    Event.Kind.OFFER_DECLINED,
    Event.Kind.ENDORSED,
    Event.Kind.APPROVED,
    Event.Kind.RETURNED,
    Event.Kind.REJECTED,
    Event.Kind.APPEALED,
    Event.Kind.ISSUED,
    Event.Kind.RATED,
    Event.Kind.CANCELLED,
    Event.Kind.RESERVATION_EXPIRED,
    Event.Kind.GOODS_RECEIVED,
    Event.Kind.PHOTOS_CAME,
    Event.Kind.REVERSAL_PROPOSED,
    Event.Kind.REVERSAL_DECLINED,
    Event.Kind.REVERSED,
)


@consumer("news", *TOLD)
def tell(event: Event) -> None:
    """Tell those who raised or worked on the note, but not whoever did it.

    Of a customer's request nobody knows yet, nor has anybody an offer of policy's that is
    returned: the reps who serve them are told; of an appeal whoever handles it; of a reversal
    those in finance, who propose and confirm it. Of what is internal no contact hears.
    Of photos that come by a link one after the other, once until they look.
    """
    concerned = Q(participations__note=event.note)
    may_be_nobodys = event.kind in (Event.Kind.RETURNED, Event.Kind.APPEALED)
    is_nobodys = may_be_nobodys and access.is_nobodys(event.note)
    if event.kind == Event.Kind.REQUESTED or is_nobodys:
        concerned |= access.who_pick_up(event.note)
    if event.kind == Event.Kind.APPEALED:
        concerned |= Q(pk=event.note.owner_id)
    if event.kind in (Event.Kind.REVERSAL_PROPOSED, Event.Kind.REVERSAL_DECLINED):
        concerned |= Q(pk__in=access.who_reverse(event.note).values("pk"))
    if event.kind == Event.Kind.PHOTOS_CAME:
        concerned = _who_wait_for_photos(event, concerned)
    if not is_told(event):
        concerned &= Q(company__isnull=False)
    people = User.objects.filter(concerned, is_active=True).distinct().order_by("pk")
    told = [user for user in people if user.pk != event.actor_id]
    News.objects.bulk_create([News(user=user, event=event) for user in told], ignore_conflicts=True)
    announce(Change(news=tuple(user.pk for user in told)))


def _who_wait_for_photos(event: Event, concerned: Q) -> Q:
    """Colleagues concerned and whoever gave the link; nobody who has yet to look at the last."""
    links = event.note.photo_links.filter(pk=event.payload["link"])
    unseen = News.objects.filter(
        event__note=event.note, event__kind=Event.Kind.PHOTOS_CAME, seen_at=None
    )
    told = Q(pk__in=unseen.exclude(event=event).values("user"))
    return (concerned | Q(pk__in=links.values("made_by"))) & ~told


def seen(user: User, moment: datetime, note: CreditNote | None = None) -> None:
    """The person has read their news: those of one note, or all."""
    unseen = News.objects.filter(user=user, seen_at__isnull=True)
    if note is not None:
        unseen = unseen.filter(event__note=note)
    if unseen.update(seen_at=moment):
        announce(Change(news=(user.pk,)))
