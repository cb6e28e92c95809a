"""The catalogue of reasons for which a credit is given."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models import Account, Company


class Basis(models.TextChoices):
    """By what measure a line is credited."""

    QUANTITY = "quantity", _("Quantity")
    PERCENT = "percent", _("Percent")
    AMOUNT = "amount", _("Amount")
    UNIT_PRICE = "unit_price", _("Corrected unit price")


def all_bases() -> list[str]:
    """Every basis, for a reason that does not restrict them."""
    return list(Basis.values)


class Reason(models.Model):
    """Why a credit is given: its names, what it asks for, and the account it posts to."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="reasons")
    code = models.SlugField(_("code"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=100)
    name_fr = models.CharField(_("French name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered in the composer"), default=True)
    customer_visible = models.BooleanField(
        _("offered to customers"), default=True, help_text=_("Otherwise internal.")
    )
    bases = ArrayField(
        models.CharField(max_length=12, choices=Basis), verbose_name=_("bases"), default=all_bases
    )
    needs_photo = models.BooleanField(_("needs a photo"), default=False)
    needs_return = models.BooleanField(
        _("needs the goods back"),
        default=False,
        help_text=_("An approved credit note then waits for finance to issue it."),
    )
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("ledger account"))

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering: ClassVar = ["position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "code"], name="reason_code_once")
        ]

    def __str__(self) -> str:
        return self.name_in(get_language() or "en")

    def name_in(self, language: str) -> str:
        """The name in a language such as ``en`` or ``fr-ca``."""
        return self.name_fr if language.startswith("fr") else self.name_en
