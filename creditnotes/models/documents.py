"""The legal document: the snapshot taken at issue, and the rendered file."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote
from customers.models import JournalEntry, NumberedDocument
from customers.models.base import AppendOnly
from customers.models.numbers import bears_a_number


class IssuedDocument(NumberedDocument):
    """A credit note as it was issued; everything on paper comes from ``snapshot``."""

    prefix = "CN"

    note = models.OneToOneField(CreditNote, models.PROTECT, related_name="document")
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, null=True, related_name="credit_document"
    )
    content_hash = models.CharField(max_length=64)
    snapshot = models.JSONField()

    class Meta(NumberedDocument.Meta):
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        triggers = [
            *AppendOnly.Meta.triggers,
            bears_a_number("CN"),
            pgtrigger.Trigger(
                name="approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("credit", "creditnotes_creditnote%ROWTYPE")],
                func="""
                    SELECT * INTO credit FROM creditnotes_creditnote WHERE id = NEW.note_id;
                    IF credit.company_id <> NEW.company_id
                        OR credit.content_hash <> NEW.content_hash
                        OR credit.state NOT IN ('approved', 'issued') THEN
                        RAISE EXCEPTION 'what is issued is not what was approved';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="issued_and_posted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("credit", "creditnotes_creditnote%ROWTYPE"), ("posted", "numeric")],
                func="""
                    SELECT * INTO credit FROM creditnotes_creditnote WHERE id = NEW.note_id;
                    IF credit.state NOT IN ('issued', 'reversed') THEN
                        RAISE EXCEPTION 'a document of a note that is not issued';
                    END IF;
                    SELECT i.amount INTO posted
                        FROM customers_openitem i
                        JOIN customers_journalentry e ON e.id = i.entry_id
                        WHERE e.id = NEW.entry_id AND e.kind = 'credit_note'
                            AND e.document_date = NEW.issued_on
                            AND i.side = 'pays' AND i.currency = credit.currency
                            AND i.customer_id = credit.customer_id;
                    IF coalesce(posted, 0) <> credit.total THEN
                        RAISE EXCEPTION 'a document that is not posted';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]


#: A kept file is what its digest says.
BEARS_ITS_OWN_DIGEST = pgtrigger.Trigger(
    name="bears_its_own_digest",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NEW.sha256 <> encode(sha256(NEW.content), 'hex') THEN
            RAISE EXCEPTION 'the digest is not that of the file';
        END IF;
        RETURN NEW;
    """,
)


class DocumentFile(AppendOnly):
    """The rendered file of an issued document, kept byte for byte for every reprint."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"

    document = models.ForeignKey(IssuedDocument, models.PROTECT, related_name="files")
    format = models.CharField(max_length=8, choices=Format, default=Format.PDF)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    rendered_at = models.DateTimeField(_("rendered"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("document file")
        verbose_name_plural = _("document files")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "format"], name="document_file_once")
        ]
        triggers = [*AppendOnly.Meta.triggers, BEARS_ITS_OWN_DIGEST]

    def __str__(self) -> str:
        return f"{self.document}.{self.format}"
