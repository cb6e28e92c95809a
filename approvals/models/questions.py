"""Questions that somebody who decides asks a rep, a colleague or the customer."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.steps import Step
from approvals.querysets import QuestionQuerySet
from creditnotes.models import CreditNote
from customers.models import User


class Question(models.Model):
    """Asked by whoever has the step, answered once by whom it is asked; neither changes then.

    Asked ``to_customer``, anybody may answer who acts for the customer. It waits while it has no
    answer and its step is open.
    """

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="questions")
    step = models.ForeignKey(Step, models.PROTECT, related_name="questions")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="questions_asked")
    to_user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="questions_received"
    )
    to_customer = models.BooleanField(_("to the customer"), default=False)
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField(_("asked"))
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="questions_answered"
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(to_customer=True, to_user__isnull=True)
                | models.Q(to_customer=False, to_user__isnull=False),
                name="question_to_one_side",
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | ~models.Q(answer="")
                & models.Q(answered_by__isnull=False, answered_at__isnull=False),
                name="question_answered_by_somebody",
            ),
            models.CheckConstraint(condition=~models.Q(text=""), name="question_says_something"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["step"],
                name="question_waiting",
                condition=models.Q(answered_at__isnull=True),
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="answered_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.answered_at IS NOT NULL OR
                        (OLD.note_id, OLD.step_id, OLD.asked_by_id, OLD.to_user_id,
                         OLD.to_customer, OLD.text, OLD.asked_at)
                        IS DISTINCT FROM
                        (NEW.note_id, NEW.step_id, NEW.asked_by_id, NEW.to_user_id,
                         NEW.to_customer, NEW.text, NEW.asked_at) THEN
                        RAISE EXCEPTION 'history is immutable: a question is answered once';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note}: {self.text}"
