"""The steps that a submission takes, and why it takes them."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.policies import Policy, Pool, Role
from approvals.querysets import StepQuerySet
from creditnotes.models import CreditNote
from customers.models.base import AppendOnly, money


class Step(models.Model):
    """One decision that a submission needs; frozen when the note was submitted (rule 9)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for an earlier step")
        OPEN = "open", _("Open")
        DONE = "done", _("Decided")
        DROPPED = "dropped", _("No longer needed")

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="steps")
    submission = models.PositiveSmallIntegerField(_("submission"))
    position = models.PositiveSmallIntegerField(
        _("position"), help_text=_("Steps of one position are open at once.")
    )
    branch = models.PositiveSmallIntegerField(_("branch"), default=1, db_default=1)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="routed_steps")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    pool = models.ForeignKey(
        Pool, models.PROTECT, null=True, blank=True, related_name="routed_steps"
    )
    is_final = models.BooleanField(_("final"), default=False)
    status = models.CharField(_("status"), max_length=8, choices=Status)
    hours = models.PositiveSmallIntegerField(_("hours to decide"))
    remind_hours = models.PositiveSmallIntegerField(_("remind before"), null=True, blank=True)
    escalate_hours = models.PositiveSmallIntegerField(_("escalate after"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    remind_at = models.DateTimeField(_("reminder due"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    escalate_at = models.DateTimeField(_("escalation due"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True)
    stopped_at = models.DateTimeField(
        _("clock stopped"),
        null=True,
        blank=True,
        help_text=_("Since when it waits for the customer; empty while the clock runs."),
    )
    amount_counted = money(
        verbose_name=_("amount counted"),
        help_text=_("With tax, and with the invoices' other credits of 30 days (no splitting)."),
    )
    why = models.JSONField(
        _("why"), default=dict, help_text=_("What decided on the step, as the values were then.")
    )

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering: ClassVar = ["submission", "position", "branch"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["note", "submission", "position", "branch"], name="step_position_once"
            ),
            models.UniqueConstraint(
                fields=["note"],
                condition=models.Q(status="open", is_final=True),
                name="step_one_final_open",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"], name="step_open_by_due", condition=models.Q(status="open")
            ),
            models.Index(
                fields=["remind_at"],
                name="step_to_remind",
                condition=models.Q(status="open", reminded_at=None, stopped_at=None),
            ),
            models.Index(
                fields=["escalate_at"],
                name="step_to_escalate",
                condition=models.Q(status="open", escalated_at=None, stopped_at=None),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="routed_once",
                fields=[
                    "note",
                    "submission",
                    "position",
                    "branch",
                    "policy",
                    "role",
                    "pool",
                    "is_final",
                    "hours",
                    "remind_hours",
                    "escalate_hours",
                    "amount_counted",
                    "why",
                ],
            ),
            pgtrigger.FSM(
                name="turns",
                field="status",
                transitions=[
                    ("waiting", "open"),
                    ("waiting", "dropped"),
                    ("open", "done"),
                    ("open", "dropped"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note} {self.position}. {self.get_role_display()}"


class ClockStop(AppendOnly):
    """A time for which a step's clock stood still, and how that moved its end."""

    step = models.ForeignKey(Step, models.PROTECT, related_name="clock_stops")
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    due_before = models.DateTimeField(_("due before"))
    due_after = models.DateTimeField(_("due after"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("clock stop")
        verbose_name_plural = _("clock stops")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(until__gte=models.F("since"))
                & models.Q(due_after__gte=models.F("due_before")),
                name="clock_stop_gives_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.since} – {self.until}"


class Routing(AppendOnly):
    """Why a submission went where it did: the facts, the policies looked at, whom it asked.

    Written once, with the names as they were, so that it explains itself years later.
    """

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="routings")
    submission = models.PositiveSmallIntegerField(_("submission"))
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="routings")
    routed_at = models.DateTimeField(_("routed"))
    facts = models.JSONField(_("facts"))
    considered = models.JSONField(_("policies looked at"))
    chain = models.JSONField(_("chain"))
    names = models.JSONField(_("names then"), default=dict)

    class Meta(AppendOnly.Meta):
        verbose_name = _("routing")
        verbose_name_plural = _("routings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "submission"], name="routing_once")
        ]
        indexes: ClassVar = [models.Index(fields=["routed_at", "id"], name="routing_by_time")]

    def __str__(self) -> str:
        return f"{self.note}: {self.policy}"
