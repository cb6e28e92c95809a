"""Words that a company's people write to customers again and again: an admin's to tune."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Company


class ReplyTemplate(models.Model):
    """An answer to customers in both languages; a person puts it in, reads it, and may change it.

    ``{customer}``, ``{contact}``, ``{reference}`` and ``{expected}`` in the text are filled in.
    """

    class For(models.TextChoices):
        NO = "no", _("Declining and rejecting")
        ASK = "ask", _("Asking and messages")
        CHANGES = "changes", _("Returning for changes, and approving for less")

    company = models.ForeignKey(Company, models.PROTECT, related_name="reply_templates")
    name = models.CharField(_("name"), max_length=100)
    used_for = models.CharField(_("used for"), max_length=8, choices=For)
    text_en = models.TextField(_("text in English"))
    text_fr = models.TextField(_("text in French"))
    position = models.PositiveSmallIntegerField(_("order"), default=10, db_default=10)
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "name"], name="reply_template_name_once")
        ]

    def __str__(self) -> str:
        return self.name
