"""What will never be paid, found by one person of finance; another's answer decides."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly, money
from customers.models.company import User
from customers.models.invoices import Invoice


class BadDebtProposal(AppendOnly):
    """One person's finding that part of an invoice will never be paid, and what shows it."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="bad_debt_proposals")
    amount = money(verbose_name=_("amount"))
    evidence = models.TextField(_("evidence"))
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_type = models.CharField(max_length=60, blank=True)
    file_content = models.BinaryField(null=True, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("bad debt proposed")
        verbose_name_plural = _("bad debts proposed")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="bad_debt_positive"),
            models.CheckConstraint(
                condition=~models.Q(evidence=""), name="bad_debt_has_its_evidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.amount}"


class BadDebtRefusal(AppendOnly):
    """The answer no, or a proposal taken back by whoever made it."""

    proposal = models.OneToOneField(BadDebtProposal, models.PROTECT, related_name="refusal")
    refused_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(_("refused"))
    why = models.TextField(_("why"), blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = _("bad debt refused")
        verbose_name_plural = _("bad debts refused")
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="answered_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT FROM customers_writeoff WHERE proposal_id = NEW.proposal_id
                    ) THEN
                        RAISE EXCEPTION 'the bad debt is written off';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.proposal)
