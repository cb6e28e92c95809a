"""What the company sells, and the taxes that the law puts on it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.matching import Folded
from customers.models.base import TUNES, percent, unit_price
from customers.models.company import Company
from customers.models.parties import PROVINCES


class TaxKind(models.TextChoices):
    """Canadian sales taxes; Manitoba's RST is of the provincial kind."""

    GST = "gst", _("GST")
    HST = "hst", _("HST")
    PST = "pst", _("PST")
    QST = "qst", _("QST")


class Product(models.Model):
    """Goods, or a charge such as postage that is invoiced like goods but never stocked."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="products")
    sku = models.CharField(_("stock code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    name_fr = models.CharField(_("French name"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=80, blank=True)
    unit = models.CharField(_("unit"), max_length=20, default="ea")
    unit_cost = unit_price(verbose_name=_("unit cost"), null=True, blank=True)
    exempt_taxes = ArrayField(
        models.CharField(max_length=3, choices=TaxKind),
        verbose_name=_("taxes it does not bear"),
        default=list,
        blank=True,
    )
    is_charge = models.BooleanField(
        _("charge, not goods"), default=False, help_text=_("Postage, fees, manual entries.")
    )

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "sku"], name="product_sku_once")
        ]
        indexes: ClassVar = [
            GinIndex(
                OpClass(Folded("name"), "gin_trgm_ops"),
                OpClass(Folded("name_fr"), "gin_trgm_ops"),
                OpClass(Upper("sku"), "gin_trgm_ops"),
                name="product_trigram",
            )
        ]

    def __str__(self) -> str:
        return self.name


class DateRange(models.Func):
    """PostgreSQL's ``daterange(from, to, bounds)``, for constraints over two columns."""

    function = "DATERANGE"
    output_field = DateRangeField()


class TaxRate(models.Model):
    """The rate of one tax in one province while it was in force."""

    kind = models.CharField(_("tax"), max_length=3, choices=TaxKind)
    province = models.CharField(_("province"), max_length=2, choices=PROVINCES)
    rate = percent(verbose_name=_("rate in percent"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day in force.")
    )

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(rate__gte=0) & models.Q(rate__lt=100), name="tax_rate_range"
            ),
            ExclusionConstraint(
                name="tax_rate_no_overlap",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    ("province", RangeOperators.EQUAL),
                    (
                        DateRange(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.province} {self.rate.normalize():f} %"


class TaxTimeLimit(models.Model):
    """Until when the law lets a supplier give one tax back, counted from the invoice's date.

    ``length`` counts in ``unit``; the limits of a day are those in force on the invoice's
    own day. Where no limit stands here, none is known.
    """

    class Ground(models.TextChoices):
        ERROR = "error", _("Tax charged in error")
        REDUCTION = "reduction", _("Price reduced, or goods returned")

    class Unit(models.TextChoices):
        DAYS = "days", _("days")
        YEARS = "years", _("years")

    kind = models.CharField(_("tax"), max_length=3, choices=TaxKind)
    province = models.CharField(
        _("province"),
        max_length=2,
        choices=PROVINCES,
        blank=True,
        help_text=_("Empty for every province that has no limit of its own."),
    )
    ground = models.CharField(_("why it is given back"), max_length=10, choices=Ground)
    length = models.PositiveSmallIntegerField(_("limit"))
    unit = models.CharField(_("counted in"), max_length=5, choices=Unit, default=Unit.YEARS)
    law = models.CharField(_("law"), max_length=120)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day in force.")
    )

    class Meta:
        verbose_name = _("time limit of a tax")
        triggers: ClassVar = [TUNES]
        verbose_name_plural = _("time limits of taxes")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(length__gt=0), name="tax_time_limit_length"),
            ExclusionConstraint(
                name="tax_time_limit_no_overlap",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    ("province", RangeOperators.EQUAL),
                    ("ground", RangeOperators.EQUAL),
                    (
                        DateRange(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        where = f" {self.province}" if self.province else ""
        return f"{self.get_kind_display()}{where}: {self.length} {self.get_unit_display()}"
