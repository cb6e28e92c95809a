"""Certificates that relieve a customer of taxes."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.catalogue import TaxKind
from customers.models.parties import PROVINCES, Customer


def private_path(_exemption: TaxExemption, _name: str) -> str:
    """Where a certificate lies below the private media root; never the name that was given."""
    return f"certificates/{timezone.now():%Y/%m}/{uuid4().hex}"


class TaxExemption(models.Model):
    """A certificate: what the customer buys while it is valid bears none of its taxes.

    Invoices keep what they were charged; a certificate that comes late is made good by a
    credit of tax alone.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="tax_exemptions")
    certificate = models.CharField(_("certificate number"), max_length=60)
    kinds = ArrayField(models.CharField(max_length=3, choices=TaxKind), verbose_name=_("taxes"))
    province = models.CharField(
        _("province"),
        max_length=2,
        choices=PROVINCES,
        blank=True,
        help_text=_("Empty where it counts in every province."),
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day it counts.")
    )
    file = models.FileField(_("certificate"), upload_to=private_path, blank=True)
    file_name = models.CharField(max_length=200, blank=True, editable=False)
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("tax exemption")
        verbose_name_plural = _("tax exemptions")
        ordering: ClassVar = ["-valid_from", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "certificate", "province", "valid_from"],
                name="tax_exemption_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kinds__len__gt=0), name="tax_exemption_of_something"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="tax_exemption_has_days",
            ),
        ]

    def __str__(self) -> str:
        return self.certificate

    @property
    def taxes(self) -> str:
        """The taxes it relieves of, as people write them: ``PST BC``."""
        names = ", ".join(str(TaxKind(kind).label) for kind in self.kinds)
        return f"{names} {self.province}".strip()

    def is_valid_on(self, day: date) -> bool:
        """Whether it counts for what is invoiced on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
