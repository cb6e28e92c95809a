"""Printed statements of account."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.models.base import AppendOnly


class StatementFile(AppendOnly):
    """A statement as a worker rendered it, under the digest of all that it shows."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="statement_files")
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    rendered_at = models.DateTimeField(_("rendered"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("printed statement")
        verbose_name_plural = _("printed statements")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "digest"], name="statement_file_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.rendered_at:%Y-%m-%d}"
