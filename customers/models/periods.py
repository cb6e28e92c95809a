"""Fiscal periods, and how they came to be open, kept for finance, or closed (rule 4)."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import HISTORY_IS_IMMUTABLE, AppendOnly
from customers.models.catalogue import DateRange
from customers.models.company import Company, User


def fixed_once_used(user: str, *columns: str) -> pgtrigger.Trigger:
    """Refuse a change of ``columns`` once rows of ``user`` (``table.key``) point here."""
    table, key = user.split(".")
    old = ", ".join(f"OLD.{column}" for column in columns)
    new = ", ".join(f"NEW.{column}" for column in columns)
    return pgtrigger.Trigger(
        name="fixed_once_used",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF ({old}) IS DISTINCT FROM ({new})
                AND EXISTS (SELECT FROM {table} WHERE {key} = OLD.id) THEN
                RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: entries refer to it';
            END IF;
            RETURN NEW;
        """,
    )


class FiscalPeriod(models.Model):
    """A month or other span of days into which entries are posted.

    ``state`` moves only through :class:`PeriodChange` rows.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FINANCE_ONLY = "finance_only", _("Finance only")
        CLOSED = "closed", _("Closed")

    company = models.ForeignKey(Company, models.PROTECT, related_name="periods")
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("fiscal period")
        verbose_name_plural = _("fiscal periods")
        ordering: ClassVar = ["starts_on"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="period_has_days"
            ),
            ExclusionConstraint(
                name="period_no_overlap",
                expressions=[
                    ("company", RangeOperators.EQUAL),
                    (
                        DateRange(
                            "starts_on",
                            "ends_on",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers: ClassVar = [
            fixed_once_used(
                "customers_journalentry.period_id", "company_id", "starts_on", "ends_on"
            ),
            pgtrigger.Trigger(
                name="changes_on_the_record",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.state <> NEW.state AND pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'a period moves through its changes only';
                    END IF;
                    IF OLD.state <> 'open' AND (OLD.company_id, OLD.starts_on, OLD.ends_on)
                        IS DISTINCT FROM (NEW.company_id, NEW.starts_on, NEW.ends_on) THEN
                        RAISE EXCEPTION 'the days of a closed period are fixed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} – {self.ends_on:%Y-%m-%d}"


class ReopeningProposal(AppendOnly):
    """One person's wish to open a closed period again; another's answer decides."""

    period = models.ForeignKey(FiscalPeriod, models.PROTECT, related_name="proposals")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    why = models.TextField(_("why"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("proposal to reopen a period")
        verbose_name_plural = _("proposals to reopen periods")
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="of_a_closed_period",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("span", "customers_fiscalperiod%ROWTYPE")],
                func="""
                    SELECT * INTO span FROM customers_fiscalperiod
                        WHERE id = NEW.period_id FOR UPDATE;
                    IF span.state <> 'closed' THEN
                        RAISE EXCEPTION 'only a closed period is reopened';
                    END IF;
                    IF EXISTS (
                        SELECT FROM customers_reopeningproposal p
                            LEFT JOIN customers_periodchange c ON c.proposal_id = p.id
                            WHERE p.period_id = NEW.period_id AND c.id IS NULL
                    ) THEN
                        RAISE EXCEPTION 'reopening is proposed already';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}: {self.why}"


class PeriodChange(AppendOnly):
    """One change of a period's state: writing it makes it so.

    A closed period is left only by confirming another person's proposal; a proposal
    turned down is a change from closed to closed.
    """

    period = models.ForeignKey(FiscalPeriod, models.PROTECT, related_name="changes")
    old_state = models.CharField(_("from"), max_length=12, choices=FiscalPeriod.State)
    new_state = models.CharField(_("to"), max_length=12, choices=FiscalPeriod.State)
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(_("changed"))
    proposal = models.OneToOneField(
        ReopeningProposal, models.PROTECT, null=True, blank=True, related_name="answer"
    )

    class Meta(AppendOnly.Meta):
        verbose_name = _("change of a period")
        verbose_name_plural = _("changes of periods")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(old_state=models.F("new_state"))
                | models.Q(proposal__isnull=False, new_state="closed"),
                name="period_change_changes",
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="moves_its_period",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("span", "customers_fiscalperiod%ROWTYPE"),
                    ("wish", "customers_reopeningproposal%ROWTYPE"),
                ],
                func="""
                    SELECT * INTO span FROM customers_fiscalperiod
                        WHERE id = NEW.period_id FOR UPDATE;
                    IF span.state <> NEW.old_state THEN
                        RAISE EXCEPTION 'the period was changed meanwhile';
                    END IF;
                    SELECT * INTO wish FROM customers_reopeningproposal
                        WHERE id = NEW.proposal_id AND period_id = NEW.period_id;
                    IF NEW.proposal_id IS NOT NULL AND wish.id IS NULL THEN
                        RAISE EXCEPTION 'a proposal of another period';
                    END IF;
                    IF NEW.old_state = 'closed' AND NEW.new_state <> 'closed'
                        AND (wish.id IS NULL OR wish.proposed_by_id = NEW.changed_by_id) THEN
                        RAISE EXCEPTION 'reopening takes two people';
                    END IF;
                    UPDATE customers_fiscalperiod SET state = NEW.new_state
                        WHERE id = NEW.period_id;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}: {self.get_new_state_display()}"
