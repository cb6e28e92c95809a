"""What is still to be settled."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import money
from customers.models.ledger import JournalEntry
from customers.models.parties import Customer
from customers.querysets import BelongsToCustomerQuerySet


class OpenItem(models.Model):
    """What a posted document leaves to be settled: an invoice owes, a payment or credit pays.

    ``amount`` is in the document's currency, ``base_amount`` what was posted of it. Both
    ``applied`` move only through :class:`Application` rows; the database keeps them within
    the item, so nothing is applied twice, and together: what is settled whole in one
    currency is so in the other.
    """

    class Side(models.TextChoices):
        OWES = "owes", _("Owed by the customer")
        PAYS = "pays", _("In the customer's favour")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="open_items")
    entry = models.OneToOneField(JournalEntry, models.PROTECT, related_name="open_item")
    side = models.CharField(_("side"), max_length=4, choices=Side)
    currency = models.CharField(_("currency"), max_length=3)
    due_on = models.DateField(_("due"), null=True, blank=True)
    amount = money(verbose_name=_("amount"))
    applied = money(verbose_name=_("applied"), default=0)
    base_amount = money(
        verbose_name=_("in base currency"),
        db_default=0,
        editable=False,
        help_text=_("What was posted; the database fills it in."),
    )
    base_applied = money(verbose_name=_("applied, in base currency"), db_default=0, editable=False)

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, applied__gte=0, applied__lte=models.F("amount")),
                name="open_item_applied_within_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    base_amount__gt=0,
                    base_applied__gte=0,
                    base_applied__lte=models.F("base_amount"),
                ),
                name="open_item_base_within_amount",
            ),
            models.CheckConstraint(
                condition=~models.Q(applied=models.F("amount"))
                | models.Q(base_applied=models.F("base_amount")),
                name="open_item_settled_in_both",
            ),
            models.CheckConstraint(
                condition=~models.Q(applied=0) | models.Q(base_applied=0),
                name="open_item_untouched_in_both",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["customer", "side"],
                name="open_item_unsettled",
                condition=models.Q(applied__lt=models.F("amount")),
                include=["amount", "applied", "due_on"],
            ),
            # Tells the planner how few items are unsettled, and sorts by what is left.
            models.Index(
                models.F("amount") - models.F("applied"), name="open_item_by_what_is_left"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="starts_as_it_was_posted",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("posted", "numeric"), ("base_currency", "text")],
                func="""
                    IF NEW.applied <> 0 THEN
                        RAISE EXCEPTION 'an open item starts unapplied';
                    END IF;
                    SELECT sum(CASE NEW.side WHEN 'owes' THEN debit ELSE credit END) INTO posted
                        FROM customers_journalline
                        WHERE entry_id = NEW.entry_id AND customer_id = NEW.customer_id;
                    SELECT c.base_currency INTO base_currency
                        FROM customers_journalentry e JOIN customers_company c
                            ON c.id = e.company_id
                        WHERE e.id = NEW.entry_id;
                    IF posted IS NULL OR posted <= 0
                        OR NEW.currency = base_currency AND NEW.amount <> posted THEN
                        RAISE EXCEPTION 'an open item is of what was posted';
                    END IF;
                    NEW.base_amount := posted;
                    NEW.base_applied := 0;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="amount_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.customer_id, OLD.entry_id, OLD.side, OLD.currency, OLD.amount,
                        OLD.base_amount)
                        IS DISTINCT FROM
                       (NEW.customer_id, NEW.entry_id, NEW.side, NEW.currency, NEW.amount,
                        NEW.base_amount) THEN
                        RAISE EXCEPTION 'history is immutable: open item';
                    END IF;
                    IF (OLD.applied, OLD.base_applied) <> (NEW.applied, NEW.base_applied)
                        AND pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'applied moves through applications only';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.entry)

    @property
    def open(self) -> Decimal:
        """What is left to settle, in the item's currency."""
        return self.amount - self.applied

    @property
    def base_open(self) -> Decimal:
        """What is left of it in the ledger, in the company's base currency."""
        return self.base_amount - self.base_applied
