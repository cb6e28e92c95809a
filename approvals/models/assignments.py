"""Whom a step asks, and who was asked in whose place."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.policies import Role
from approvals.models.steps import Step
from customers.models import User
from customers.models.base import AppendOnly

#: Nobody is asked twice at once, nor in the place of somebody of another step; and who took part
#: in the note, or has said yes to it, is given no step, nor gives one to anybody (rule 6).
IN_ANOTHERS_PLACE = pgtrigger.Trigger(
    name="in_anothers_place",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF EXISTS (
            SELECT FROM approvals_assignment a
                WHERE a.step_id = NEW.step_id AND a.user_id = NEW.user_id
                    AND NOT EXISTS (SELECT FROM approvals_assignment WHERE replaces_id = a.id)
        ) THEN
            RAISE EXCEPTION 'is asked already';
        END IF;
        IF NEW.replaces_id IS NULL THEN
            RETURN NEW;
        END IF;
        IF NOT EXISTS (
            SELECT FROM approvals_assignment
                WHERE id = NEW.replaces_id AND step_id = NEW.step_id AND user_id <> NEW.user_id
        ) THEN
            RAISE EXCEPTION 'in the place of somebody of another step';
        END IF;
        IF NEW.cause = 'reassigned' AND EXISTS (
            SELECT FROM creditnotes_participant p
                JOIN approvals_step s ON s.note_id = p.note_id AND s.id = NEW.step_id
                WHERE p.user_id IN (NEW.user_id, NEW.given_by_id)
        ) THEN
            RAISE EXCEPTION 'nobody chooses who decides on their own';
        END IF;
        IF NEW.cause = 'reassigned' AND EXISTS (
            SELECT FROM approvals_decision d
                JOIN approvals_step decided ON decided.id = d.step_id
                JOIN approvals_step s ON s.id = NEW.step_id
                    AND s.note_id = decided.note_id AND s.submission = decided.submission
                WHERE d.verdict IN ('endorse', 'approve') AND (
                    d.actor_id IN (NEW.user_id, NEW.given_by_id)
                    OR d.on_behalf_of_id IN (NEW.user_id, NEW.given_by_id)
                )
        ) THEN
            RAISE EXCEPTION 'who said yes neither chooses who decides next nor does';
        END IF;
        IF NEW.cause = 'reassigned' AND NOT EXISTS (
            SELECT FROM approvals_step WHERE id = NEW.step_id AND status = 'open'
        ) THEN
            RAISE EXCEPTION 'only an open step goes to somebody else';
        END IF;
        RETURN NEW;
    """,
)


#: An account is closed under a lock on its row: who would be asked at the same moment waits for
#: that, and is then routed anew, to whoever took the place (a lost race, which is tried again).
ASKS_WHO_IS_HERE = pgtrigger.Trigger(
    name="asks_who_is_here",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        PERFORM FROM customers_user WHERE id = NEW.user_id AND is_active FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'has left meanwhile' USING ERRCODE = 'serialization_failure';
        END IF;
        RETURN NEW;
    """,
)


class Assignment(AppendOnly):
    """A person who may decide a step.

    ``asked_as`` is the role that gives them their limit, where it is not the step's own. One that
    ``replaces`` another ends it: that person is asked no more, and stays on record.
    """

    class Cause(models.TextChoices):
        ROUTED = "routed", _("Asked by the policy")
        ESCALATED = "escalated", _("Escalated to")
        HANDED_OVER = "handed_over", _("Taken over")
        REASSIGNED = "reassigned", _("Reassigned to")

    step = models.ForeignKey(Step, models.PROTECT, related_name="assignments")
    user = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    cause = models.CharField(
        _("why"), max_length=12, choices=Cause, default=Cause.ROUTED, db_default=Cause.ROUTED
    )
    asked_as = models.CharField(
        _("asked as"), max_length=20, choices=Role, blank=True, default="", db_default=""
    )
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("in the place of"),
    )
    given_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("given by")
    )
    comment = models.TextField(_("comment"), blank=True, default="", db_default="")

    class Meta(AppendOnly.Meta):
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["step", "user"],
                condition=models.Q(replaces=None),
                name="assignment_once_of_itself",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    cause="reassigned", given_by__isnull=False, replaces__isnull=False
                )
                & ~models.Q(comment="")
                | ~models.Q(cause="reassigned") & models.Q(given_by__isnull=True, comment=""),
                name="assignment_given_says_why",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "step"], name="assignment_by_user")]
        triggers = [*AppendOnly.Meta.triggers, IN_ANOTHERS_PLACE, ASKS_WHO_IS_HERE]

    def __str__(self) -> str:
        return f"{self.step}: {self.user}"
