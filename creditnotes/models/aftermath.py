"""What the customer says once it is settled: that they received the document, and how it went."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.documents import IssuedDocument
from creditnotes.models.notes import CreditNote
from customers.models import User
from customers.models.base import AppendOnly


class Acknowledgement(AppendOnly):
    """A contact confirms that they received a document, with the digest of what they saw."""

    document = models.ForeignKey(IssuedDocument, models.PROTECT, related_name="acknowledgements")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    sha256 = models.CharField(_("digest of the file"), max_length=64)
    confirmed_at = models.DateTimeField(_("confirmed"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("confirmation of receipt")
        verbose_name_plural = _("confirmations of receipt")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "person"], name="acknowledged_once")
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="of_what_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_documentfile
                            WHERE document_id = NEW.document_id AND sha256 = NEW.sha256
                    ) OR EXISTS (
                        SELECT FROM customers_user
                            WHERE id = NEW.person_id AND company_id IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'receipt of another file, or by ourselves';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.person}"


class Rating(AppendOnly):
    """How the customer found the way to the outcome, from 1 to 5; once for each credit note."""

    note = models.OneToOneField(CreditNote, models.PROTECT, related_name="rating")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    stars = models.PositiveSmallIntegerField(
        _("rating"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.TextField(_("comment"), blank=True)
    rated_at = models.DateTimeField(_("rated"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(stars__range=(1, 5)), name="rating_from_one_to_five"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["rated_at"], name="rating_by_time")]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="of_what_came_to_its_end",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF (SELECT state FROM creditnotes_creditnote WHERE id = NEW.note_id)
                        NOT IN ('issued', 'rejected', 'cancelled', 'reversed') OR EXISTS (
                            SELECT FROM customers_user
                                WHERE id = NEW.person_id AND company_id IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'rated before its end, or by ourselves';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note}: {self.stars}"
