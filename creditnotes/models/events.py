"""What happened, and who must act on it: the immutable record and the outbox."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote
from creditnotes.models.states import State
from customers.models import User
from customers.models.base import AppendOnly

#: Whoever said no does not answer the appeal, declining it once more included.
_ANSWERED_BY_ANOTHER = pgtrigger.Trigger(
    name="answered_by_another",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind__in=["rejected", "approved"], new__actor__isnull=False),
    func="""
        IF EXISTS (
            SELECT FROM creditnotes_appeal a
                WHERE coalesce(a.raised_id, a.note_id) = NEW.note_id
                    AND (NEW.actor_id IN (a.against_id, a.against_for_id)
                        OR NEW.on_behalf_of_id IN (a.against_id, a.against_for_id))
        ) THEN
            RAISE EXCEPTION 'who said no would decide again';
        END IF;
        RETURN NEW;
    """,
)


class Event(AppendOnly):
    """One thing that happened to a credit note, with who and when."""

    class Kind(models.TextChoices):
        STARTED = "started", _("Started")
        EDITED = "edited", _("Changed")
        REQUESTED = "requested", _("Requested")
        PICKED_UP = "picked_up", _("Picked up")
        OFFER_MADE = "offer_made", _("Offer made")
        OFFER_ACCEPTED = "offer_accepted", _("Offer accepted")
        OFFER_DECLINED = "offer_declined", _("Offer declined")
        OFFER_EXPIRED = "offer_expired", _("Offer expired")
        SUBMITTED = "submitted", _("Submitted")
        ENDORSED = "endorsed", _("Endorsed")
        REMINDED = "reminded", _("Reminded")
        ESCALATED = "escalated", _("Escalated")
        HANDED_OVER = "handed_over", _("Handed over")
        REASSIGNED = "reassigned", _("Reassigned")
        REVIEWED = "reviewed", _("Looked at again")
        APPROVED = "approved", _("Approved")
        RETURNED = "returned", _("Returned for changes")
        RECALLED = "recalled", _("Recalled")
        REJECTED = "rejected", _("Rejected")
        APPEALED = "appealed", _("Appealed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RESERVATION_EXPIRED = "reservation_expired", _("Reservation expired")
        QUESTION_ASKED = "question_asked", _("Question asked")
        QUESTION_ANSWERED = "question_answered", _("Question answered")
        MESSAGE = "message", _("Message written")
        REMARK = "remark", _("Note for colleagues written")
        PHOTOS_ASKED = "photos_asked", _("Photos asked for by link")
        PHOTOS_CAME = "photos_came", _("Photos came by link")
        PHOTO_LINK_ENDED = "photo_link_ended", _("Link for photos ended")
        ISSUED = "issued", _("Issued")
        ACKNOWLEDGED = "acknowledged", _("Received by the customer")
        RATED = "rated", _("Rated by the customer")
        CANCELLED = "cancelled", _("Cancelled")
        GOODS_RECEIVED = "goods_received", _("Goods received")
        REVERSAL_PROPOSED = "reversal_proposed", _("Reversal proposed")
        REVERSAL_DECLINED = "reversal_declined", _("Reversal declined")
        REVERSAL_WITHDRAWN = "reversal_withdrawn", _("Reversal withdrawn")
        REVERSED = "reversed", _("Reversed")

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="events")
    kind = models.CharField(_("event"), max_length=20, choices=Kind)
    actor = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty when the system acted by policy."),
    )
    on_behalf_of = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    old_state = models.CharField(_("from"), max_length=12, choices=State, blank=True)
    new_state = models.CharField(_("to"), max_length=12, choices=State)
    comment = models.TextField(_("comment"), blank=True)
    payload = models.JSONField(default=dict)
    happened_at = models.DateTimeField(_("when"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering: ClassVar = ["id"]
        triggers = [*AppendOnly.Meta.triggers, _ANSWERED_BY_ANOTHER]

    def __str__(self) -> str:
        return f"{self.note} {self.words}"

    @property
    def is_for_less(self) -> bool:
        """Whether it was approved for less than was asked for."""
        return self.kind == self.Kind.APPROVED and "asked_total" in self.payload

    @property
    def words(self) -> str:
        """What happened, in the reader's language."""
        if self.kind == self.Kind.SUBMITTED and self.payload.get("resumed"):
            return gettext("Submitted again, unchanged")
        if self.kind == self.Kind.RATED:
            return str(gettext("Rated by the customer: %(stars)s of 5") % self.payload)
        if self.kind in _ABOUT_LINKS:
            return self._words_about_link()
        if self.kind == self.Kind.REASSIGNED and "names" in self.payload:
            before, after = self.payload["names"]
            return gettext("Reassigned from %(before)s to %(after)s") % {
                "before": before,
                "after": after,
            }
        return gettext("Approved for less") if self.is_for_less else self.get_kind_display()

    @property
    def is_by_policy(self) -> bool:
        """Whether nobody did it; what comes by a link is somebody's, though we know no more."""
        return self.actor_id is None and self.kind != self.Kind.PHOTOS_CAME

    def _words_about_link(self) -> str:
        whom, count = self.payload["whom"], self.payload.get("count", 0)
        if self.kind == self.Kind.PHOTOS_ASKED:
            return gettext("Photos asked for by a link for %(whom)s") % {"whom": whom}
        if self.kind == self.Kind.PHOTO_LINK_ENDED:
            return gettext("The link for %(whom)s was ended") % {"whom": whom}
        words = ngettext(
            "%(count)s photo came by the link for %(whom)s",
            "%(count)s photos came by the link for %(whom)s",
            count,
        )
        return words % {"count": count, "whom": whom}


_ABOUT_LINKS = (Event.Kind.PHOTOS_ASKED, Event.Kind.PHOTOS_CAME, Event.Kind.PHOTO_LINK_ENDED)


class Dispatch(models.Model):
    """One consumer's copy of an event to act on: a row of the outbox.

    Written in the event's transaction. A worker claims it, acts, and sets
    ``done_at``; the sweep retries what is due and not done.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="dispatches")
    consumer = models.CharField(_("consumer"), max_length=40)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "consumer"], name="dispatch_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"],
                name="dispatch_waiting",
                condition=models.Q(done_at__isnull=True),
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="stays_with_its_event", fields=["event", "consumer"]),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} ← {self.event}"


class News(models.Model):
    """In-page news for one person: that an event concerns them, and whether they saw it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="news")
    event = models.ForeignKey(Event, models.PROTECT, related_name="news")
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        verbose_name = _("news")
        verbose_name_plural = _("news")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "event"], name="news_once")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="news_by_user")]

    def __str__(self) -> str:
        return str(self.event)
