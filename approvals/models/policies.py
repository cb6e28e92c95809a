"""Who must decide, up to what amount, and what is offered: an admin's to tune."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Company, Department, User
from customers.models.base import money, percent


class Role(models.TextChoices):
    """Whom a policy's step asks."""

    DEPARTMENT_MANAGER = "department_manager", _("The customer's department manager")
    FINANCE = "finance", _("Finance")
    POLICY = "policy", _("The policy itself")


class Policy(models.Model):
    """A chain of steps. The first step whose limit covers the amount decides; earlier ones endorse.

    A change makes a new version; notes in flight keep the one they were submitted under.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="policies")
    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    auto_approval_limit = money(
        verbose_name=_("auto-approval limit"),
        default=0,
        help_text=_("Credits up to this total pass at once; 0 lets a person decide on all."),
    )
    issues_at_once = models.BooleanField(
        _("issue at once"),
        default=True,
        help_text=_("Otherwise finance issues what was approved."),
    )
    remind_hours = models.PositiveSmallIntegerField(
        _("remind, in business hours before it is due"), null=True, blank=True, default=4
    )
    escalate_hours = models.PositiveSmallIntegerField(
        _("escalate, in business hours after it was due"), null=True, blank=True, default=9
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(is_active=True), name="policy_one_active"
            ),
            models.UniqueConstraint(
                fields=["company", "name", "version"], name="policy_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(auto_approval_limit__gte=0), name="policy_auto_limit"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="fixed_once_used",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.company_id, OLD.name, OLD.version, OLD.auto_approval_limit,
                        OLD.issues_at_once)
                        IS DISTINCT FROM
                       (NEW.company_id, NEW.name, NEW.version, NEW.auto_approval_limit,
                        NEW.issues_at_once)
                        AND EXISTS (SELECT FROM approvals_step WHERE policy_id = OLD.id) THEN
                        RAISE EXCEPTION 'history is immutable: notes were routed by it';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="times_fixed_once_used",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.remind_hours, OLD.escalate_hours) IS DISTINCT FROM
                        (NEW.remind_hours, NEW.escalate_hours)
                        AND EXISTS (SELECT FROM approvals_step WHERE policy_id = OLD.id) THEN
                        RAISE EXCEPTION 'history is immutable: notes were routed by it';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


class PolicyStep(models.Model):
    """One step of a policy: whom it asks, and how long they have."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("position"))
    role = models.CharField(
        _("role"), max_length=20, choices=[(r.value, r.label) for r in Role if r != Role.POLICY]
    )
    hours = models.PositiveSmallIntegerField(_("hours to decide"), default=24)

    class Meta:
        verbose_name = _("policy step")
        verbose_name_plural = _("policy steps")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["policy", "position"], name="policy_step_position_once")
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="fixed_once_used",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM approvals_step WHERE policy_id =
                            CASE WHEN TG_OP = 'INSERT' THEN NEW.policy_id ELSE OLD.policy_id END
                    ) THEN
                        RAISE EXCEPTION 'history is immutable: notes were routed by it';
                    END IF;
                    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_role_display()}"


class ApprovalLimit(models.Model):
    """The most that a role, or one person in their own right, may finally approve.

    In the company's base currency, tax included; a person's own limit wins over the role's.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="approval_limits")
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="approval_limits"
    )
    amount: models.DecimalField[Any, Decimal | None] = money(
        verbose_name=_("limit"), null=True, blank=True, help_text=_("Empty for no limit.")
    )

    class Meta:
        verbose_name = _("approval limit")
        verbose_name_plural = _("approval limits")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "role"],
                condition=models.Q(user__isnull=True),
                name="approval_limit_once_per_role",
            ),
            models.UniqueConstraint(
                fields=["company", "user"],
                condition=models.Q(user__isnull=False),
                name="approval_limit_once_per_user",
            ),
            models.CheckConstraint(
                condition=models.Q(role="", user__isnull=False)
                | (~models.Q(role="") & models.Q(user__isnull=True)),
                name="approval_limit_of_role_or_user",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gte=0),
                name="approval_limit_not_negative",
                violation_error_message=_("A limit is zero or above."),
            ),
        ]

    def __str__(self) -> str:
        amount = _("no limit") if self.amount is None else self.amount
        return f"{self.user or self.get_role_display()}: {amount}"


class OfferTerms(models.Model):
    """The standard offer: a percent of the claimed lines' remaining net, in full settlement."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="offer_terms")
    reason = models.ForeignKey(
        "creditnotes.Reason",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="offer_terms",
        help_text=_("Empty for every reason without terms of its own."),
    )
    percent = percent(verbose_name=_("percent"), default=10)

    class Meta:
        verbose_name = _("offer terms")
        verbose_name_plural = _("offer terms")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "reason"], nulls_distinct=False, name="offer_terms_once"
            ),
            models.CheckConstraint(
                condition=models.Q(percent__gt=0, percent__lte=100), name="offer_terms_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent.normalize():f} %"


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
