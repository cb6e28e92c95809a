"""A change of a policy or a limit that waits for a second administrator, and what they said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.policies import Policy, Role
from customers.models import Company, User
from customers.models.base import AppendOnly, money


class Proposal(AppendOnly):
    """One change, with what is so before it and what would be after; nothing changes by it alone.

    A limit is named by its ``role`` or ``user``; ``before`` and ``after`` are values as JSON.
    """

    class Kind(models.TextChoices):
        IN_FORCE = "in_force", _("Put a policy in force")
        SWITCH_OFF = "switch_off", _("Switch a policy off")
        SET_LIMIT = "set_limit", _("Set an approval limit")
        DROP_LIMIT = "drop_limit", _("Take an approval limit away")

    company = models.ForeignKey(Company, models.PROTECT, related_name="proposals")
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    policy = models.ForeignKey(
        Policy, models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    replaces = models.ForeignKey(
        Policy,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in the place of"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    amount: models.DecimalField[Any, Decimal | None] = money(
        verbose_name=_("limit"), null=True, blank=True
    )
    before: models.JSONField[Any, Any] = models.JSONField(_("before"), default=dict)
    after: models.JSONField[Any, Any] = models.JSONField(_("after"), default=dict)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="proposals", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["in_force", "switch_off"], policy__isnull=False)
                | models.Q(kind__in=["set_limit", "drop_limit"], policy__isnull=True)
                & (
                    models.Q(role="", user__isnull=False) | ~models.Q(role="") & models.Q(user=None)
                ),
                name="proposal_about_one_thing",
            )
        ]

    def __str__(self) -> str:
        about = self.policy or self.user or self.get_role_display()
        return f"{self.get_kind_display()}: {about}"


class ProposalAnswer(AppendOnly):
    """What a second administrator said, once for all; who proposed it may only take it back."""

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="answer")
    is_confirmed = models.BooleanField(_("confirmed"))
    answered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"))
    comment = models.TextField(_("comment"), blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = _("answer to a proposed change")
        verbose_name_plural = _("answers to proposed changes")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_confirmed=True) | ~models.Q(comment=""),
                name="proposal_refused_says_why",
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="by_a_second_admin",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.is_confirmed AND EXISTS (
                        SELECT FROM approvals_proposal
                            WHERE id = NEW.proposal_id AND proposed_by_id = NEW.answered_by_id
                    ) THEN
                        RAISE EXCEPTION 'nobody confirms their own proposal';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.answered_by}"
