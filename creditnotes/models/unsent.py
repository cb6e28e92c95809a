"""What a contact has typed of a request that is not sent yet."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote


class UnsentRequest(models.Model):
    """The words and numbers of a contact's private draft as they were typed, right or wrong.

    They become the note's content when it is sent, and only then; till then nothing is
    checked, so that half a number survives as well. ``revision`` counts the saves: a page
    that knows an older one was overtaken by another device.
    """

    note = models.OneToOneField(CreditNote, models.CASCADE, primary_key=True, related_name="unsent")
    typed = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    writer = models.CharField(
        max_length=40,
        blank=True,
        default="",
        help_text=_("The open page that saved last: its own saves follow each other."),
    )
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("unsent request")
        verbose_name_plural = _("unsent requests")
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="of_a_private_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_creditnote
                            WHERE id = NEW.note_id AND state = 'draft'
                                AND origin = 'portal' AND owner_id IS NULL
                    ) THEN
                        RAISE EXCEPTION 'only a private draft is unsent';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return str(self.note)
