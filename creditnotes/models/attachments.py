"""Photos and documents that show what was wrong."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote
from creditnotes.models.photo_links import PhotoLink
from customers.models import InvoiceLine, User


def private_path(_row: models.Model, _name: str) -> str:
    """Where the file lies below the private media root; never the name the sender gave."""
    return f"attachments/{timezone.now():%Y/%m}/{uuid4().hex}"


class Attachment(models.Model):
    """A file on a credit note, outside of the web root; served after the permission check."""

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="attachments")
    invoice_line = models.ForeignKey(
        InvoiceLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shows"),
        help_text=_("The invoice line that it is about; empty where it is about the whole."),
    )
    file = models.FileField(upload_to=private_path)
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    link = models.ForeignKey(
        PhotoLink,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="photos",
        verbose_name=_("came by"),
        help_text=_("The link by which it came; empty where somebody signed in added it."),
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering: ClassVar = ["added_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "sha256"], name="attachment_once"),
            models.CheckConstraint(
                condition=models.Q(added_by__isnull=False, link__isnull=True)
                | models.Q(added_by__isnull=True, link__isnull=False),
                name="attachment_from_one_source",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="shows_its_customers_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__invoice_line_id__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM customers_invoiceline l
                            JOIN customers_invoice i ON i.id = l.invoice_id
                            JOIN creditnotes_creditnote n ON n.id = NEW.note_id
                            WHERE l.id = NEW.invoice_line_id AND i.customer_id = n.customer_id
                    ) THEN
                        RAISE EXCEPTION 'a photo of another customer''s line';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="removed_while_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF (SELECT state FROM creditnotes_creditnote WHERE id = OLD.note_id)
                        NOT IN ('draft', 'requested', 'returned') THEN
                        RAISE EXCEPTION 'what was submitted cannot change';
                    END IF;
                    RETURN OLD;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def source(self) -> str:
        """Who added it, or whom the link was for by which it came, in the reader's language."""
        if self.link is None:
            return str(self.added_by)
        return gettext("%(whom)s, by link") % {"whom": self.link}

    @property
    def is_photo(self) -> bool:
        """Whether a browser may show it as a picture."""
        return self.content_type.startswith("image/")
