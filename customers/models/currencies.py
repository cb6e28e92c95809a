"""Exchange rates by day, as a central bank publishes them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import Exact
from customers.models.company import Company

#: The base currency's own rate, and that of every document in it.
PAR = Decimal(1)


def exchange_rate(**options: object) -> Exact:
    """What one unit of a currency is worth in the company's base currency."""
    return models.DecimalField(
        _("exchange rate"),
        max_digits=14,
        decimal_places=6,
        **options,  # type: ignore[arg-type]
    )


#: A document's open item is in its own currency, and in base what its rate makes of it.
POSTED_AT_ITS_RATE = pgtrigger.Trigger(
    name="posted_at_its_rate",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    declare=[("item", "customers_openitem%ROWTYPE"), ("base", "text")],
    func="""
        SELECT base_currency INTO base FROM customers_company WHERE id = NEW.company_id;
        SELECT * INTO item FROM customers_openitem WHERE entry_id = NEW.entry_id;
        IF NEW.currency = base AND NEW.rate <> 1
            OR NEW.entry_id IS NOT NULL AND (
                item.currency IS DISTINCT FROM NEW.currency
                OR item.base_amount IS DISTINCT FROM round(item.amount * NEW.rate, 2)
            ) THEN
            RAISE EXCEPTION 'a document is posted at its own exchange rate';
        END IF;
        RETURN NULL;
    """,
)


class ExchangeRate(models.Model):
    """What a currency was worth on a day. Documents keep the rate they were written with."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="exchange_rates")
    currency = models.CharField(
        _("currency"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as USD."))],
    )
    day = models.DateField(_("day"))
    rate = exchange_rate(validators=[MinValueValidator(Decimal("0.000001"))])

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering: ClassVar = ["currency", "-day"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "currency", "day"], name="exchange_rate_once_a_day"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day:%Y-%m-%d} {self.rate.normalize():f}"
