"""An offer made to a customer who has asked: to settle their request in full, now."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from creditnotes.models import CreditNote
from customers.models import User
from customers.models.base import money, percent

#: The columns that say what was offered; an answer changes none of them.
_OFFERED = """(OLD.note_id, OLD.percent, OLD.net, OLD.tax_total, OLD.total, OLD.lines, OLD.words,
    OLD.made_by_id, OLD.made_at, OLD.expires_at, OLD.wish_hash)"""


class CustomerOffer(models.Model):
    """So much for the lines that a customer asks about, in full settlement of their request.

    Made by policy (``made_by`` is empty) or by a rep. ``lines`` says what each invoice line
    gets before tax; ``wish_hash`` is what the customer asked for then, ``content_hash`` what an
    accepted offer was submitted as. Answered or run out once; nothing of it changes after.
    """

    class Status(models.TextChoices):
        MADE = "made", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="customer_offers")
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.MADE)
    percent: models.DecimalField[Any, Any] = percent(
        verbose_name=_("percent"), null=True, blank=True
    )
    net = money(verbose_name=_("net"))
    tax_total = money(verbose_name=_("tax"))
    total = money(verbose_name=_("total"))
    lines = models.JSONField(_("lines"))
    words = models.TextField(_("words for the customer"), blank=True)
    made_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty when policy made it."),
    )
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    wish_hash = models.CharField(max_length=64, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("offer to a customer")
        verbose_name_plural = _("offers to customers")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["note"], condition=Q(status="made"), name="customer_offer_one_open"
            ),
            models.CheckConstraint(
                condition=Q(net__gt=0, tax_total__gte=0, total=F("net") + F("tax_total")),
                name="customer_offer_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100),
                name="customer_offer_percent",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="customer_offer_is_open_a_while"
            ),
            models.CheckConstraint(
                condition=Q(status="made", answered_at__isnull=True, answered_by__isnull=True)
                | ~Q(status="made") & Q(answered_at__gte=F("made_at")),
                name="customer_offer_answered_once",
            ),
            models.CheckConstraint(
                condition=Q(status="accepted", answered_by__isnull=False)
                & Q(answered_at__lt=F("expires_at"))
                & ~Q(content_hash="")
                | ~Q(status="accepted") & Q(content_hash=""),
                name="customer_offer_accepted_in_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="customer_offer_expiring", condition=Q(status="made")
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="made_on_a_request",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.status <> 'made' OR NOT EXISTS (
                        SELECT FROM creditnotes_creditnote WHERE id = NEW.note_id
                            AND origin = 'portal' AND hold = 'none'
                            AND (state = 'requested' OR state = 'draft' AND owner_id IS NOT NULL)
                    ) THEN
                        RAISE EXCEPTION 'an offer is made on what a customer asks for';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="answered_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.status <> 'made' OR NEW.status = 'made' OR {_OFFERED}
                        IS DISTINCT FROM {_OFFERED.replace("OLD", "NEW")} THEN
                        RAISE EXCEPTION 'history is immutable: an offer is answered once';
                    END IF;
                    IF NEW.status = 'accepted' AND NOT EXISTS (
                        SELECT FROM creditnotes_creditnote WHERE id = NEW.note_id
                            AND submissions > 0 AND content_hash = NEW.content_hash
                            AND (net, tax_total, total) = (NEW.net, NEW.tax_total, NEW.total)
                    ) THEN
                        RAISE EXCEPTION 'accepted as something else than was submitted';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note}: {self.total} {self.note.currency}"

    @property
    def last_day(self) -> date:
        """The last day on which it can be accepted, in the company's time."""
        return self.note.company.day_of(self.expires_at - timedelta(microseconds=1))

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it; whether its time is up is asked beside."""
        return self.status == self.Status.MADE
