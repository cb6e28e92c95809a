"""The legal document: gapless numbers, the snapshot taken at issue, the rendered file."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote
from customers.models import Company, JournalEntry, User
from customers.models.base import AppendOnly


class NumberSeries(models.Model):
    """Legal numbers of one kind in one fiscal year, given out one by one under a row lock."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="series")
    prefix = models.CharField(_("prefix"), max_length=10)
    fiscal_year = models.PositiveSmallIntegerField(_("fiscal year"))
    last_sequence = models.PositiveIntegerField(_("last number given"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "prefix", "fiscal_year"], name="series_once")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="starts_at_nothing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.last_sequence := 0; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="counts_by_one",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.company_id, OLD.prefix, OLD.fiscal_year, OLD.last_sequence + 1)
                        <> (NEW.company_id, NEW.prefix, NEW.fiscal_year, NEW.last_sequence) THEN
                        RAISE EXCEPTION 'a series counts by one';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="leaves_no_gap",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_issueddocument
                            WHERE series_id = NEW.id AND sequence = NEW.last_sequence
                    ) THEN
                        RAISE EXCEPTION 'number % was taken and not used', NEW.last_sequence;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.fiscal_year}"


class IssuedDocument(AppendOnly):
    """A credit note as it was issued; everything on paper comes from ``snapshot``."""

    note = models.OneToOneField(CreditNote, models.PROTECT, related_name="document")
    company = models.ForeignKey(Company, models.PROTECT, related_name="documents")
    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="documents")
    sequence = models.PositiveIntegerField(_("sequence"))
    number = models.CharField(_("number"), max_length=30)
    issued_on = models.DateField(_("date"))
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, null=True, related_name="credit_document"
    )
    content_hash = models.CharField(max_length=64)
    snapshot = models.JSONField()

    class Meta(AppendOnly.Meta):
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "sequence"], name="number_in_series_once"),
            models.UniqueConstraint(fields=["company", "number"], name="document_number_once"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="numbered_and_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("given", "creditnotes_numberseries%ROWTYPE"),
                    ("credit", "creditnotes_creditnote%ROWTYPE"),
                ],
                func="""
                    SELECT * INTO given FROM creditnotes_numberseries
                        WHERE id = NEW.series_id AND company_id = NEW.company_id;
                    IF given.last_sequence IS DISTINCT FROM NEW.sequence
                        OR NEW.number <> format('%s-%s-%s', given.prefix, given.fiscal_year,
                                                lpad(NEW.sequence::text, 6, '0')) THEN
                        RAISE EXCEPTION 'number % is not the next', NEW.number;
                    END IF;
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
                    IF credit.state <> 'issued' THEN
                        RAISE EXCEPTION 'a document of a note that is not issued';
                    END IF;
                    SELECT sum(l.credit) INTO posted
                        FROM customers_journalline l
                        JOIN customers_journalentry e ON e.id = l.entry_id
                        WHERE e.id = NEW.entry_id AND e.kind = 'credit_note'
                            AND e.document_date = NEW.issued_on
                            AND l.customer_id = credit.customer_id;
                    IF coalesce(posted, 0) <> credit.total THEN
                        RAISE EXCEPTION 'a document that is not posted';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number


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
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="bears_its_own_digest",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.sha256 <> encode(sha256(NEW.content), 'hex') THEN
                        RAISE EXCEPTION 'the digest is not that of the file';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document}.{self.format}"
