"""Deciding for somebody who is away."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Department, User
from customers.models.base import money


class Delegation(models.Model):
    """One approver lets another decide for them while they are away."""

    delegator = models.ForeignKey(User, models.CASCADE, related_name="delegations_given")
    delegate = models.ForeignKey(User, models.CASCADE, related_name="delegations_held")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    department = models.ForeignKey(
        Department,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
        help_text=_("Of whose customers; empty for all."),
    )
    up_to: models.DecimalField[Any, Decimal | None] = money(
        verbose_name=_("up to"),
        null=True,
        blank=True,
        help_text=_("The most that one may count as, tax included; empty for one's own limit."),
    )
    given_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("switched on by"),
    )

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="delegation_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(delegator=models.F("delegate")),
                name="delegation_to_another",
            ),
            models.CheckConstraint(
                condition=models.Q(up_to__isnull=True) | models.Q(up_to__gt=0),
                name="delegation_up_to_something",
                violation_error_message=_("More than zero, please."),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="never_in_a_circle",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.delegate_id <> NEW.delegator_id AND EXISTS (
                        WITH RECURSIVE away(id) AS (
                            SELECT NEW.delegate_id
                            UNION
                            SELECT d.delegate_id FROM approvals_delegation d
                                JOIN away ON d.delegator_id = away.id
                                WHERE d.id IS DISTINCT FROM NEW.id
                                    AND d.starts_at < NEW.ends_at AND d.ends_at > NEW.starts_at
                        ) SELECT FROM away WHERE id = NEW.delegator_id
                    ) THEN
                        RAISE EXCEPTION 'a circle of delegations: nobody would decide';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator} → {self.delegate}"

    @property
    def last_moment(self) -> datetime:
        """The last of the absence; its day is the last day away."""
        return self.ends_at - timedelta(microseconds=1)
