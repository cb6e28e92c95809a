"""What customers ask about their account: what a line is, what to do with what is on account."""

from __future__ import annotations

from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.applications import Application
from customers.models.base import HISTORY_IS_IMMUTABLE, money
from customers.models.company import User
from customers.models.ledger import JournalEntry
from customers.models.open_items import OpenItem
from customers.models.parties import Customer
from customers.models.refunds import Refund
from customers.querysets import BelongsToCustomerQuerySet


class WishQuerySet(BelongsToCustomerQuerySet):
    """Wishes in business words."""

    def waiting(self) -> Self:
        """Those that nobody has answered yet, the oldest first."""
        return self.filter(state=AccountWish.State.OPEN).order_by("pk")

    def to_announce(self) -> Self:
        """Those of which nobody who may answer was told yet, the oldest first."""
        return self.waiting().filter(announced_at=None)

    def with_parties(self) -> Self:
        """Together with what every page shows of one, in one query."""
        return self.select_related(
            "customer__company",
            "entry",
            "payer__entry",
            "invoice__entry",
            "asked_by",
            "answered_by",
            "refund",
        )


class AccountWish(models.Model):
    """A customer's question about one document of their account, or what they want done.

    ``payer`` and ``amount`` say of which payment or credit on account, and how much;
    ``invoice`` to what it is to be applied. What was asked never changes, and what was
    answered is answered once.
    """

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        APPLY = "apply", _("Apply to an invoice")
        REFUND = "refund", _("Refund")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for an answer")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="wishes")
    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="wishes")
    payer = models.ForeignKey(OpenItem, models.PROTECT, null=True, related_name="wishes")
    invoice = models.ForeignKey(OpenItem, models.PROTECT, null=True, related_name="+")
    amount = money(verbose_name=_("amount"), null=True)
    text = models.TextField(_("words"), blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(_("answered"), null=True)
    announced_at = models.DateTimeField(null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="wishes")

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer's question about their account")
        verbose_name_plural = _("customers' questions about their accounts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(kind="question", payer=None, invoice=None, amount=None) & ~Q(text=""))
                | Q(kind="apply", payer__isnull=False, invoice__isnull=False, amount__gt=0)
                | Q(kind="refund", payer__isnull=False, invoice=None, amount__gt=0),
                name="wish_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None)
                | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="wish_answered_once_closed",
            ),
            models.UniqueConstraint(
                fields=["payer"],
                condition=Q(state="open", payer__isnull=False),
                name="wish_one_open_for_a_payer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="wishes_of_customer"),
            models.Index(fields=["id"], condition=Q(state="open"), name="wishes_waiting"),
            models.Index(
                fields=["id"],
                condition=Q(state="open", announced_at=None),
                name="wishes_to_announce",
            ),
            models.Index(
                fields=["id"],
                condition=Q(answered_at__isnull=False, told_at=None),
                name="wishes_to_tell",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="asked_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF (OLD.customer_id, OLD.kind, OLD.entry_id, OLD.payer_id, OLD.invoice_id,
                        OLD.amount, OLD.text, OLD.asked_by_id, OLD.asked_at)
                        IS DISTINCT FROM
                       (NEW.customer_id, NEW.kind, NEW.entry_id, NEW.payer_id, NEW.invoice_id,
                        NEW.amount, NEW.text, NEW.asked_by_id, NEW.asked_at)
                        OR OLD.state <> 'open' AND (OLD.state, OLD.answer, OLD.answered_by_id,
                        OLD.answered_at, OLD.application_id, OLD.refund_id) IS DISTINCT FROM
                       (NEW.state, NEW.answer, NEW.answered_by_id,
                        NEW.answered_at, NEW.application_id, NEW.refund_id) THEN
                        RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: wish';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.entry.reference}"


class WishNews(models.Model):
    """In-page news for one of the company's people: a customer asks what they may answer."""

    user = models.ForeignKey(User, models.CASCADE, related_name="wish_news")
    wish = models.ForeignKey(AccountWish, models.PROTECT, related_name="news")
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        verbose_name = _("news of an account")
        verbose_name_plural = _("news of accounts")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "wish"], name="wish_news_once")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="wish_news_by_user")]

    def __str__(self) -> str:
        return str(self.wish)

    @property
    def is_new(self) -> bool:
        """Whether the person has not seen it yet."""
        return self.seen_at is None
