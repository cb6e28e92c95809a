"""Taking an issued credit back: proposed by one person, confirmed by another, on a debit note."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.documents import BEARS_ITS_OWN_DIGEST
from creditnotes.models.notes import CreditNote
from customers.models import JournalEntry, NumberedDocument, User
from customers.models.base import HISTORY_IS_IMMUTABLE, AppendOnly
from customers.models.numbers import bears_a_number


class Reversal(models.Model):
    """A proposal to reverse an issued credit note, and what became of it.

    The database refuses to let the same person propose and confirm, a second proposal
    while one is under way, and any change once it is decided.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        CONFIRMED = "confirmed", _("Confirmed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="reversals")
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PROPOSED, editable=False
    )
    reason = models.TextField(_("reason"), help_text=_("Printed on the debit note."))
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["note"],
                condition=models.Q(status__in=["proposed", "confirmed"]),
                name="reversal_one_under_way",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status="proposed", decided_by__isnull=True, decided_at__isnull=True
                )
                | (
                    ~models.Q(status="proposed")
                    & models.Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
                name="reversal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["confirmed", "declined"])
                | ~models.Q(decided_by=models.F("proposed_by")),
                name="reversal_takes_two_people",
                violation_error_message=_("A second person must confirm it."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="withdrawn")
                | models.Q(decided_by=models.F("proposed_by")),
                name="reversal_withdrawn_by_its_proposer",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="reversal_says_why"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="of_an_issued_note",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.status <> 'proposed' OR 'issued' IS DISTINCT FROM (
                        SELECT state FROM creditnotes_creditnote WHERE id = NEW.note_id
                    ) THEN
                        RAISE EXCEPTION 'only an issued credit note is reversed';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.status <> 'proposed'
                        OR (OLD.note_id, OLD.reason, OLD.proposed_by_id, OLD.proposed_at)
                        IS DISTINCT FROM
                           (NEW.note_id, NEW.reason, NEW.proposed_by_id, NEW.proposed_at) THEN
                        RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: reversal';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note} {self.get_status_display()}"


class DebitNote(NumberedDocument):
    """The legal document that takes an issued credit back, whole; on paper from ``snapshot``."""

    prefix = "DN"

    note = models.OneToOneField(CreditNote, models.PROTECT, related_name="debit_note")
    reversal = models.OneToOneField(Reversal, models.PROTECT, related_name="debit_note")
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, null=True, related_name="debit_document"
    )
    snapshot = models.JSONField()

    class Meta(NumberedDocument.Meta):
        verbose_name = _("debit note")
        verbose_name_plural = _("debit notes")
        triggers = [
            *AppendOnly.Meta.triggers,
            bears_a_number("DN"),
            pgtrigger.Trigger(
                name="confirmed_and_posted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[
                    ("credit", "creditnotes_creditnote%ROWTYPE"),
                    ("proposal", "creditnotes_reversal%ROWTYPE"),
                    ("original", "bigint"),
                ],
                func="""
                    SELECT * INTO credit FROM creditnotes_creditnote WHERE id = NEW.note_id;
                    SELECT * INTO proposal FROM creditnotes_reversal WHERE id = NEW.reversal_id;
                    IF credit.state <> 'reversed' OR credit.company_id <> NEW.company_id
                        OR proposal.note_id <> NEW.note_id OR proposal.status <> 'confirmed'
                        OR proposal.decided_by_id IS DISTINCT FROM NEW.issued_by_id THEN
                        RAISE EXCEPTION 'a debit note of what nobody reversed';
                    END IF;
                    SELECT entry_id INTO original FROM creditnotes_issueddocument
                        WHERE note_id = NEW.note_id;
                    IF (original IS NULL) <> (NEW.entry_id IS NULL) THEN
                        RAISE EXCEPTION 'a debit note that is not posted';
                    END IF;
                    IF EXISTS (
                        SELECT FROM customers_journalline l
                            WHERE l.entry_id IN (original, NEW.entry_id)
                            GROUP BY l.account_id, l.customer_id
                            HAVING sum(l.debit) <> sum(l.credit)
                    ) OR NEW.entry_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM customers_journalentry
                            WHERE id = NEW.entry_id AND kind = 'reversal'
                                AND document_date = NEW.issued_on
                    ) THEN
                        RAISE EXCEPTION 'a reversal posts the exact opposite';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]


class DebitNoteFile(AppendOnly):
    """The rendered debit note, kept byte for byte for every reprint."""

    debit_note = models.OneToOneField(DebitNote, models.PROTECT, related_name="file")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    rendered_at = models.DateTimeField(_("rendered"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("debit note's file")
        verbose_name_plural = _("debit notes' files")
        triggers = [*AppendOnly.Meta.triggers, BEARS_ITS_OWN_DIGEST]

    def __str__(self) -> str:
        return f"{self.debit_note}.pdf"
