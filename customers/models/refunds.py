"""Money paid back: proposed by one person, confirmed by another, alone or in a batch."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.base import HISTORY_IS_IMMUTABLE, money
from customers.models.company import Company, User
from customers.models.currencies import exchange_rate
from customers.models.ledger import JournalEntry
from customers.models.open_items import OpenItem
from customers.models.parties import Customer
from customers.querysets import BelongsToCustomerQuerySet


class RefundBatch(models.Model):
    """Refunds that one second person approves together, and one file tells the bank."""

    class State(models.TextChoices):
        OPEN = "open", _("To be approved")
        APPROVED = "approved", _("Approved")
        CANCELLED = "cancelled", _("Cancelled")

    company = models.ForeignKey(Company, models.PROTECT, related_name="refund_batches")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("refund batch")
        verbose_name_plural = _("refund batches")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", decided_by=None, decided_at=None)
                | ~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="refund_batch_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("made_by")),
                name="refund_batch_second_person",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="starts_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.state <> 'open' THEN
                        RAISE EXCEPTION 'a refund batch starts open';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.state <> 'open' OR (OLD.company_id, OLD.made_by_id, OLD.made_at)
                        IS DISTINCT FROM (NEW.company_id, NEW.made_by_id, NEW.made_at) THEN
                        RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: refund batch';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="approved_whole",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF NEW.state = 'approved' AND EXISTS (
                        SELECT FROM customers_refund
                            WHERE batch_id = NEW.id AND state <> 'confirmed'
                    ) OR NEW.state = 'cancelled' AND EXISTS (
                        SELECT FROM customers_refund WHERE batch_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'a refund batch is approved or cancelled whole';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """Its name on pages and in the bank's file, such as ``RB-000012``."""
        return f"RB-{self.pk:06d}"


class Refund(models.Model):
    """What a payment or credit left on account, on its way back to the customer.

    Confirmed it has an entry, whose open item uses the payer up: nothing is refunded that
    was applied or refunded elsewhere.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("To be confirmed")
        CONFIRMED = "confirmed", _("Refunded")
        CANCELLED = "cancelled", _("Cancelled")

    class Method(models.TextChoices):
        EFT = "eft", _("Bank transfer")
        CHEQUE = "cheque", _("Cheque")
        WIRE = "wire", _("Wire transfer")
        CARD = "card", _("Back to the card")

    company = models.ForeignKey(Company, models.PROTECT, related_name="refunds")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="refunds")
    payer = models.ForeignKey(OpenItem, models.PROTECT, related_name="refunds")
    batch = models.ForeignKey(
        RefundBatch, models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    entry = models.OneToOneField(JournalEntry, models.PROTECT, null=True, related_name="refund")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    currency = models.CharField(_("currency"), max_length=3)
    rate = exchange_rate(null=True, help_text=_("Of the day on which it was confirmed."))
    amount = money(verbose_name=_("amount"))
    method = models.CharField(_("how it is paid"), max_length=6, choices=Method)
    bank_reference = models.CharField(_("reference"), max_length=60)
    override_reason = models.CharField(
        _("why although something is overdue"), max_length=300, blank=True
    )
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    cancel_reason = models.CharField(_("why cancelled"), max_length=300, blank=True)

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | ~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="refund_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(decided_by=F("proposed_by")),
                name="refund_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", entry__isnull=False, rate__gt=0)
                | ~Q(state="confirmed") & Q(entry=None, rate=None),
                name="refund_confirmed_is_posted",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(batch=None), name="refund_cancelled_alone"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "state", "-id"], name="refund_by_state"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="proposed_from_what_is_theirs",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.state <> 'proposed' OR NEW.batch_id IS NOT NULL OR NOT EXISTS (
                        SELECT FROM customers_openitem i
                            JOIN customers_customer c ON c.id = i.customer_id
                            WHERE i.id = NEW.payer_id AND i.side = 'pays'
                                AND i.customer_id = NEW.customer_id
                                AND i.currency = NEW.currency
                                AND c.company_id = NEW.company_id
                    ) THEN
                        RAISE EXCEPTION 'a refund is proposed of what the customer has on account';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.state <> 'proposed'
                        OR (OLD.company_id, OLD.customer_id, OLD.payer_id, OLD.currency,
                            OLD.amount, OLD.method, OLD.bank_reference, OLD.override_reason,
                            OLD.proposed_by_id, OLD.proposed_at)
                        IS DISTINCT FROM
                           (NEW.company_id, NEW.customer_id, NEW.payer_id, NEW.currency,
                            NEW.amount, NEW.method, NEW.bank_reference, NEW.override_reason,
                            NEW.proposed_by_id, NEW.proposed_at) THEN
                        RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: refund';
                    END IF;
                    IF NEW.batch_id IS DISTINCT FROM OLD.batch_id AND NEW.batch_id IS NOT NULL
                        AND NOT EXISTS (
                            SELECT FROM customers_refundbatch WHERE id = NEW.batch_id
                                AND company_id = NEW.company_id AND state = 'open' FOR SHARE
                        ) THEN
                        RAISE EXCEPTION 'refund batch is decided, or another company''s';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="uses_its_payer_up",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF NEW.state = 'confirmed' AND NOT EXISTS (
                        SELECT FROM customers_openitem i
                            JOIN customers_journalentry e ON e.id = i.entry_id
                            JOIN customers_application a ON a.invoice_id = i.id
                            WHERE i.entry_id = NEW.entry_id AND e.kind = 'refund'
                                AND e.company_id = NEW.company_id
                                AND i.side = 'owes' AND i.currency = NEW.currency
                                AND i.amount = NEW.amount AND i.applied = NEW.amount
                                AND i.base_amount = round(NEW.amount * NEW.rate, 2)
                                AND a.payer_id = NEW.payer_id AND a.amount = NEW.amount
                    ) THEN
                        RAISE EXCEPTION 'a refund is posted, and uses up what it refunds';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """Its name on pages and in the ledger, such as ``RF-000123``."""
        return f"RF-{self.pk:06d}"
