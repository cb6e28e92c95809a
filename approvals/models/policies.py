"""Who must decide on which credits: an admin's to tune."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Company, User
from customers.models.base import TUNES, money


class Role(models.TextChoices):
    """Whom a policy's step asks."""

    DEPARTMENT_MANAGER = "department_manager", _("The customer's department manager")
    FINANCE = "finance", _("Finance")
    ACCOUNT_MANAGER = "account_manager", _("The customer's account manager")
    PERSON = "person", _("A named person")
    POOL = "pool", _("A pool of people")
    MANAGEMENT = "management", _("The line of management")
    POLICY = "policy", _("The policy itself")


#: Whom a policy's step may ask; the others come of themselves.
ASKED_BY_POLICY = (
    Role.DEPARTMENT_MANAGER,
    Role.FINANCE,
    Role.ACCOUNT_MANAGER,
    Role.PERSON,
    Role.POOL,
)


class Pool(models.Model):
    """People of whom a policy's step asks any one, or all."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="pools")
    name = models.CharField(_("name"), max_length=100)
    members = models.ManyToManyField(
        User, related_name="pools", verbose_name=_("members"), blank=True
    )

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "name"], name="pool_name_once")
        ]

    def __str__(self) -> str:
        return self.name


#: The place of a policy that takes what the others leave.
LAST = 1000


class Policy(models.Model):
    """Conditions, and the chain of steps for what fulfils them all.

    Of the active policies that are valid on the day, the first in order whose conditions hold
    is taken; one without conditions takes all that is left. Of its steps the first whose limit
    covers the amount decides; earlier ones endorse. A change makes a new version; notes in
    flight keep the one they were submitted under.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="policies")
    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(
        _("order"),
        default=LAST,
        db_default=LAST,
        help_text=_("The lowest number is looked at first."),
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(
        _("valid to"), null=True, blank=True, help_text=_("The last day on which it counts.")
    )
    conditions = models.JSONField(
        _("conditions"),
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text=_("All must hold; a policy without any takes whatever comes to it."),
    )
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
                fields=["company", "name"],
                condition=models.Q(is_active=True),
                name="policy_one_version_active",
            ),
            models.UniqueConstraint(
                fields=["company", "name", "version"], name="policy_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(auto_approval_limit__gte=0), name="policy_auto_limit"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="policy_valid_some_day",
                violation_error_message=_("The last day comes before the first."),
            ),
        ]
        triggers: ClassVar = [
            TUNES,
            pgtrigger.Trigger(
                name="fixed_once_used",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.company_id, OLD.name, OLD.version, OLD.auto_approval_limit,
                        OLD.issues_at_once, OLD.position, OLD.valid_from, OLD.valid_to,
                        OLD.conditions)
                        IS DISTINCT FROM
                       (NEW.company_id, NEW.name, NEW.version, NEW.auto_approval_limit,
                        NEW.issues_at_once, NEW.position, NEW.valid_from, NEW.valid_to,
                        NEW.conditions)
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

    def lasts_on(self, day: date) -> bool:
        """Whether it counts on that day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


class PolicyStep(models.Model):
    """One step of a policy: whom it asks, and how long they have. Steps of one position are
    asked at once."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("position"))
    role = models.CharField(
        _("role"), max_length=20, choices=[(role.value, role.label) for role in ASKED_BY_POLICY]
    )
    person = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policy_steps",
        verbose_name=_("person"),
    )
    pool = models.ForeignKey(
        Pool,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policy_steps",
        verbose_name=_("pool"),
    )
    needs_all = models.BooleanField(
        _("all of them"),
        default=False,
        db_default=False,
        help_text=_("Each of the people is asked, instead of any one of them."),
    )
    is_required = models.BooleanField(
        _("in any case"),
        default=False,
        db_default=False,
        help_text=_("Asked even where the limit of somebody before covers the amount."),
    )
    hours = models.PositiveSmallIntegerField(_("hours to decide"), default=24)
    remind_hours = models.PositiveSmallIntegerField(
        _("remind before"), null=True, blank=True, help_text=_("Empty for the policy's; 0 for not.")
    )
    escalate_hours = models.PositiveSmallIntegerField(
        _("escalate after"), null=True, blank=True, help_text=_("Empty for the policy's.")
    )

    class Meta:
        verbose_name = _("policy step")
        verbose_name_plural = _("policy steps")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(role=Role.PERSON, person__isnull=False)
                | (~models.Q(role=Role.PERSON) & models.Q(person__isnull=True)),
                name="policy_step_names_its_person",
                violation_error_message=_("Choose the person, and only where one is named."),
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.POOL, pool__isnull=False)
                | (~models.Q(role=Role.POOL) & models.Q(pool__isnull=True)),
                name="policy_step_names_its_pool",
                violation_error_message=_("Choose the pool, and only where one is asked."),
            ),
        ]
        triggers: ClassVar = [
            TUNES,
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
        return f"{self.position}. {self.person or self.pool or self.get_role_display()}"

    @property
    def times(self) -> tuple[int | None, int | None]:
        """When to remind and to escalate, in business hours before and after it is due.

        Its own where it has some, else the policy's; None is not at all.
        """
        remind, escalate = self.remind_hours, self.escalate_hours
        return (
            self.policy.remind_hours if remind is None else remind,
            self.policy.escalate_hours if escalate is None else escalate,
        )
