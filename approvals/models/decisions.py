"""The decisions made on steps, and what the database asks of them."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals.models.guards import LESS_THAN_ASKED, ONCE_PER_SUBMISSION
from approvals.models.steps import Step
from creditnotes.models import CreditNote, State
from customers.models import User
from customers.models.base import AppendOnly, money


class Decision(AppendOnly):
    """What somebody decided on a step. ``on_behalf_of`` names whose step it was, if delegated."""

    class Verdict(models.TextChoices):
        ENDORSE = "endorse", _("Endorsed")
        APPROVE = "approve", _("Approved")
        RETURN = "return", _("Returned for changes")
        REJECT = "reject", _("Rejected")

    #: The verdicts that say yes.
    YES = (Verdict.ENDORSE, Verdict.APPROVE)

    step = models.OneToOneField(Step, models.PROTECT, related_name="decision")
    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="decisions")
    actor = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        help_text=_("Empty where the policy let it pass by its auto-approval limit."),
    )
    on_behalf_of = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="decisions_by_others"
    )
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    comment = models.TextField(_("comment"), blank=True)
    content_hash = models.CharField(max_length=64)
    asked_hash = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("What was submitted, where it was approved for less."),
    )
    asked: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("asked for"), null=True, blank=True, help_text=_("As it was submitted, line by line.")
    )
    limit = money(verbose_name=_("limit then"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(asked_hash="", asked__isnull=True)
                | models.Q(asked__isnull=False, verdict="approve")
                & ~models.Q(asked_hash="")
                & ~models.Q(asked_hash=models.F("content_hash"))
                & ~models.Q(comment=""),
                name="decision_for_less_says_why",
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            ONCE_PER_SUBMISSION,
            LESS_THAN_ASKED,
            pgtrigger.Trigger(
                name="nobody_decides_their_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("credit", "creditnotes_creditnote%ROWTYPE"),
                    ("asked", "approvals_step%ROWTYPE"),
                    ("governing", "approvals_approvallimit%ROWTYPE"),
                    ("principal", "bigint := coalesce(NEW.on_behalf_of_id, NEW.actor_id)"),
                ],
                func="""
                    SELECT * INTO credit FROM creditnotes_creditnote WHERE id = NEW.note_id;
                    SELECT * INTO asked FROM approvals_step WHERE id = NEW.step_id;
                    IF asked.note_id <> NEW.note_id THEN
                        RAISE EXCEPTION 'step of another credit note';
                    END IF;
                    IF credit.state <> 'submitted' OR asked.submission <> credit.submissions THEN
                        RAISE EXCEPTION 'nothing to decide';
                    END IF;
                    IF asked.status <> 'open' AND asked.role <> 'policy' THEN
                        RAISE EXCEPTION 'not its turn';
                    END IF;
                    IF NEW.verdict = 'approve' AND NOT asked.is_final THEN
                        RAISE EXCEPTION 'only the final step approves';
                    END IF;
                    IF credit.content_hash <> NEW.content_hash THEN
                        RAISE EXCEPTION 'what is decided is not what was submitted';
                    END IF;
                    IF asked.amount_counted < credit.total AND credit.currency = (
                            SELECT base_currency FROM customers_company
                                WHERE id = credit.company_id) THEN
                        RAISE EXCEPTION 'less was counted than is credited';
                    END IF;
                    IF NEW.verdict = 'approve' AND asked.amount_counted > NEW.limit THEN
                        RAISE EXCEPTION 'beyond the limit of the one who approves';
                    END IF;
                    IF asked.role = 'policy' AND asked.amount_counted > (
                            SELECT auto_approval_limit FROM approvals_policy
                                WHERE id = asked.policy_id) THEN
                        RAISE EXCEPTION 'beyond the auto-approval limit';
                    END IF;
                    IF (asked.role = 'policy') <> (NEW.actor_id IS NULL) THEN
                        RAISE EXCEPTION 'a person decides, or the policy does';
                    END IF;
                    IF NEW.actor_id IS NULL THEN
                        RETURN NEW;
                    END IF;
                    IF EXISTS (
                        SELECT FROM creditnotes_participant
                            WHERE note_id = NEW.note_id
                                AND user_id IN (NEW.actor_id, NEW.on_behalf_of_id)
                    ) OR credit.created_by_id IN (NEW.actor_id, NEW.on_behalf_of_id) THEN
                        RAISE EXCEPTION 'nobody approves their own';
                    END IF;
                    IF NOT EXISTS (
                        SELECT FROM approvals_assignment a
                            WHERE a.step_id = NEW.step_id AND a.user_id = principal
                                AND NOT EXISTS (
                                    SELECT FROM approvals_assignment WHERE replaces_id = a.id)
                    ) OR NOT EXISTS (
                        SELECT FROM customers_user
                            WHERE id = NEW.actor_id AND is_active
                                AND company_id = credit.company_id
                    ) OR NEW.on_behalf_of_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM approvals_delegation
                            WHERE delegator_id = NEW.on_behalf_of_id
                                AND delegate_id = NEW.actor_id
                                AND starts_at <= NEW.decided_at AND ends_at > NEW.decided_at
                                AND (up_to IS NULL OR up_to >= asked.amount_counted)
                                AND (department_id IS NULL OR department_id = (
                                    SELECT department_id FROM customers_customer
                                        WHERE id = credit.customer_id))
                    ) THEN
                        RAISE EXCEPTION 'somebody else''s step';
                    END IF;
                    SELECT * INTO governing FROM approvals_approvallimit
                        WHERE company_id = credit.company_id
                            AND (user_id = principal OR user_id IS NULL AND role = (
                                SELECT coalesce(nullif(a.asked_as, ''), asked.role)
                                    FROM approvals_assignment a
                                    WHERE a.step_id = NEW.step_id AND a.user_id = principal
                                        AND NOT EXISTS (SELECT FROM approvals_assignment
                                            WHERE replaces_id = a.id)))
                        ORDER BY user_id IS NULL LIMIT 1;
                    IF NEW.verdict = 'approve'
                        AND (NOT FOUND OR governing.amount IS DISTINCT FROM NEW.limit) THEN
                        -- Lowered at this moment: made again, it meets the limit of now.
                        RAISE EXCEPTION 'not the limit of the one who approves'
                            USING ERRCODE = 'serialization_failure';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.words}: {self.note}"

    @property
    def is_for_less(self) -> bool:
        """Whether less was approved than was asked for."""
        return self.asked is not None

    @property
    def words(self) -> str:
        """What was decided, in the reader's language."""
        return gettext("Approved for less") if self.is_for_less else self.get_verdict_display()


class DecidedCreditNote(CreditNote):
    """The credit note, guarded from above: nothing is approved without its decision."""

    class Meta:
        proxy = True
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="approved_by_decision",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state=State.SUBMITTED, new__state=State.APPROVED),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM approvals_decision d JOIN approvals_step s ON s.id = d.step_id
                            WHERE d.note_id = NEW.id AND d.verdict = 'approve'
                                AND s.submission = NEW.submissions
                                AND d.content_hash = NEW.content_hash
                    ) THEN
                        RAISE EXCEPTION 'approved without a decision';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]
