"""What customer and company write to each other about a credit note, and colleagues among them.

Two tables, so that no query for the customer's pages can reach what is internal.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.attachments import private_path
from creditnotes.models.notes import CreditNote
from customers.models import User
from customers.models.base import STAMPED, AppendOnly, completed_at_once, written_in


class Message(AppendOnly):
    """Said by one side to the other: both read it. Never changed, never taken back."""

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    from_customer = models.BooleanField(_("from the customer"))
    text = models.TextField(_("message"), blank=True)
    written_at = models.DateTimeField(_("written"))
    token = models.UUIDField(null=True, editable=False)
    transaction = written_in()

    class Meta(AppendOnly.Meta):
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["author", "token"], name="message_once")
        ]
        indexes: ClassVar = [models.Index(fields=["note", "id"], name="message_by_note")]
        triggers = [
            *AppendOnly.Meta.triggers,
            STAMPED,
            pgtrigger.Trigger(
                name="between_the_two_sides",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("of_company", "bigint")],
                func="""
                    SELECT company_id INTO of_company FROM customers_user
                        WHERE id = NEW.author_id;
                    IF NEW.from_customer <> (of_company IS NULL) OR of_company <> (
                        SELECT company_id FROM creditnotes_creditnote WHERE id = NEW.note_id
                    ) THEN
                        RAISE EXCEPTION 'a message from neither side';
                    END IF;
                    IF NEW.from_customer AND NOT EXISTS (
                        SELECT FROM creditnotes_creditnote n
                            JOIN customers_contact c ON c.customer_id = n.customer_id
                            WHERE n.id = NEW.note_id AND c.user_id = NEW.author_id
                    ) THEN
                        RAISE EXCEPTION 'a message from another customer';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note}: {self.text[:60]}"


class MessageFile(AppendOnly):
    """A photo or document that came with a message; outside of the web root."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="files")
    file = models.FileField(upload_to=private_path)
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        verbose_name = _("file of a message")
        verbose_name_plural = _("files of messages")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "sha256"], name="message_file_once")
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            completed_at_once(
                "SELECT transaction FROM creditnotes_message WHERE id = NEW.message_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_photo(self) -> bool:
        """Whether a browser may show it as a picture."""
        return self.content_type.startswith("image/")


class Remark(AppendOnly):
    """Said among colleagues about a credit note; the customer never sees it."""

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="remarks")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField(_("note for colleagues"))
    written_at = models.DateTimeField(_("written"))
    token = models.UUIDField(null=True, editable=False)

    class Meta(AppendOnly.Meta):
        verbose_name = _("note among colleagues")
        verbose_name_plural = _("notes among colleagues")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["author", "token"], name="remark_once"),
            models.CheckConstraint(
                condition=models.Q(text__regex=r"\S"), name="remark_says_something"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["note", "id"], name="remark_by_note")]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="among_colleagues",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF (SELECT company_id FROM creditnotes_creditnote WHERE id = NEW.note_id)
                        IS DISTINCT FROM
                        (SELECT company_id FROM customers_user WHERE id = NEW.author_id) THEN
                        RAISE EXCEPTION 'a note among colleagues by somebody else';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note}: {self.text[:60]}"
