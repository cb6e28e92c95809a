"""What somebody found who looked again at what policy had approved by itself."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.decisions import Decision
from customers.models import User
from customers.models.base import AppendOnly


class AfterReview(AppendOnly):
    """One look at an automatic approval, by somebody who had no part in it; once, for good."""

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="after_review")
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="after_reviews")
    is_right = models.BooleanField(_("was right"))
    comment = models.TextField(_("comment"), blank=True)
    reviewed_at = models.DateTimeField(_("reviewed"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("after-review")
        verbose_name_plural = _("after-reviews")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_right=True) | ~models.Q(comment=""),
                name="after_review_says_what_was_wrong",
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="of_what_policy_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("decided", "approvals_decision%ROWTYPE")],
                func="""
                    SELECT * INTO decided FROM approvals_decision WHERE id = NEW.decision_id;
                    IF decided.actor_id IS NOT NULL THEN
                        RAISE EXCEPTION 'a person decided on it';
                    END IF;
                    IF EXISTS (
                        SELECT FROM creditnotes_participant
                            WHERE note_id = decided.note_id AND user_id = NEW.reviewer_id
                    ) THEN
                        RAISE EXCEPTION 'nobody reviews their own';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision}: {self.reviewer}"
