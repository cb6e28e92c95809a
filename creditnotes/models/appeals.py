"""Appeals: a customer does not accept an answer, once for each, and says why."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote
from customers.models import User
from customers.models.base import STAMPED, AppendOnly, written_in


class Appeal(AppendOnly):
    """The customer's one objection to what was answered on a credit note.

    A rejected note is decided on again, by somebody above whoever said no; of a request that
    was declined before anybody decided, a manager takes care. Where a part was granted, a new
    note, ``raised``, asks for the rest. Who said no, and for whom, took part from then on.
    """

    class Of(models.TextChoices):
        """What is appealed."""

        REJECTION = "rejection", _("A rejection")
        DECLINE = "decline", _("A request that was declined")
        LESS = "less", _("A part that was granted")

    note = models.OneToOneField(CreditNote, models.PROTECT, related_name="appeal")
    raised = models.OneToOneField(
        CreditNote, models.PROTECT, null=True, blank=True, related_name="appeal_for"
    )
    kind = models.CharField(_("what is appealed"), max_length=9, choices=Of)
    words = models.TextField(_("the customer's words"))
    against = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("against"))
    against_for = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deciding for"),
    )
    said_no = models.TextField(_("the earlier words"), blank=True)
    said_no_at = models.DateTimeField(_("answered"))
    appealed_by = models.ForeignKey(User, models.PROTECT, related_name="appeals")
    appealed_at = models.DateTimeField(_("appealed"))
    transaction = written_in()

    class Meta(AppendOnly.Meta):
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind="less", raised__isnull=False)
                | models.Q(kind__in=["rejection", "decline"], raised__isnull=True),
                name="appeal_of_a_part_asks_for_the_rest",
            ),
            models.CheckConstraint(condition=models.Q(words__regex=r"\S"), name="appeal_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            STAMPED,
            pgtrigger.Trigger(
                name="once_and_in_time",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("answered", "creditnotes_creditnote%ROWTYPE"),
                    ("supplier", "customers_company%ROWTYPE"),
                    ("answer", "creditnotes_event%ROWTYPE"),
                ],
                func="""
                    SELECT * INTO answered FROM creditnotes_creditnote WHERE id = NEW.note_id;
                    SELECT * INTO supplier FROM customers_company WHERE id = answered.company_id;
                    IF answered.state <> ALL (CASE WHEN NEW.kind = 'less'
                            THEN ARRAY['approved', 'issued'] ELSE ARRAY['rejected'] END) THEN
                        RAISE EXCEPTION 'nothing to appeal';
                    END IF;
                    IF EXISTS (SELECT FROM creditnotes_appeal WHERE raised_id = NEW.note_id) THEN
                        RAISE EXCEPTION 'an appeal is not appealed';
                    END IF;
                    SELECT * INTO answer FROM creditnotes_event
                        WHERE note_id = NEW.note_id AND kind =
                            CASE WHEN NEW.kind = 'less' THEN 'approved' ELSE 'rejected' END
                        ORDER BY id DESC LIMIT 1;
                    IF answer.id IS NULL OR
                        (NEW.appealed_at AT TIME ZONE supplier.time_zone)::date
                        > (answer.happened_at AT TIME ZONE supplier.time_zone)::date
                            + supplier.appeal_days THEN
                        RAISE EXCEPTION 'appealed after its time';
                    END IF;
                    IF NEW.against_id IS DISTINCT FROM coalesce(answer.actor_id, answered.owner_id)
                        OR NEW.against_for_id IS DISTINCT FROM answer.on_behalf_of_id THEN
                        RAISE EXCEPTION 'an appeal against somebody else';
                    END IF;
                    IF EXISTS (
                        SELECT FROM unnest(ARRAY[NEW.against_id, NEW.against_for_id]) person
                            WHERE person IS NOT NULL AND NOT EXISTS (
                                SELECT FROM creditnotes_participant
                                    WHERE note_id = coalesce(NEW.raised_id, NEW.note_id)
                                        AND user_id = person
                            )
                    ) THEN
                        RAISE EXCEPTION 'who said no would decide again';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note}: {self.get_kind_display()}"

    @property
    def is_by_us(self) -> bool:
        """Whether one of the company's people appealed for the customer."""
        return self.appealed_by.company_id is not None
