"""The catalogue of reasons for which a credit is given."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models import Account, Company
from customers.models.base import money, percent


class Basis(models.TextChoices):
    """By what measure a line is credited; a line has one."""

    QUANTITY = "quantity", _("Quantity")
    PERCENT = "percent", _("Percent")
    AMOUNT = "amount", _("Amount")
    UNIT_PRICE = "unit_price", _("Corrected unit price")
    FREIGHT = "freight", _("Freight")
    WHOLE = "whole", _("All that is left")
    TAX = "tax", _("Tax adjustment only")
    GOODWILL = "goodwill", _("Goodwill without an invoice line")


#: The bases by which an invoice line of any kind is credited in part, with a figure for it.
MEASURED = (Basis.QUANTITY, Basis.PERCENT, Basis.AMOUNT, Basis.UNIT_PRICE)
#: The bases that take pieces back, which is what a restocking fee is for.
TAKING_PIECES = (Basis.QUANTITY, Basis.WHOLE)


def all_bases() -> list[str]:
    """Every basis, for a reason that does not restrict them; goodwill needs a cap first."""
    return [basis for basis in Basis.values if basis != Basis.GOODWILL]


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
    restocking_fee = percent(
        verbose_name=_("restocking fee in percent"),
        default=0,
        db_default=Decimal(0),
        help_text=_("Kept back, before tax, of goods that come back; a rep may lower it."),
    )
    goodwill_cap = money(
        verbose_name=_("goodwill, at most"),
        null=True,
        blank=True,
        help_text=_("What one credit note may give, in its own currency, without an invoice line."),
    )
    goodwill_account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("goodwill account"),
        help_text=_("What is given without an invoice line is posted there."),
    )

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering: ClassVar = ["position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "code"], name="reason_code_once"),
            models.CheckConstraint(
                condition=models.Q(restocking_fee__gte=0, restocking_fee__lt=100),
                name="reason_fee_leaves_something",
                violation_error_message=_("A fee is a percentage from 0 to less than 100."),
            ),
            models.CheckConstraint(
                condition=~models.Q(bases__contains=[Basis.GOODWILL])
                | models.Q(
                    goodwill_cap__isnull=False,
                    goodwill_cap__gt=0,
                    goodwill_account__isnull=False,
                ),
                name="reason_goodwill_has_cap_and_account",
                violation_error_message=_("Goodwill needs a cap and an account of its own."),
            ),
        ]

    def __str__(self) -> str:
        return self.name_in(get_language() or "en")

    def name_in(self, language: str) -> str:
        """The name in a language such as ``en`` or ``fr-ca``."""
        return self.name_fr if language.startswith("fr") else self.name_en
