"""What was ordered and what arrived."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.models.base import quantity, unit_price
from customers.models.catalogue import Product
from customers.models.company import Company
from customers.models.parties import Customer, Site
from customers.querysets import BelongsToCustomerQuerySet


class Order(models.Model):
    """A customer's order; released until everything on it was invoiced."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="orders")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="orders")
    number = models.CharField(_("number"), max_length=40)
    customer_reference = models.CharField(_("customer's order number"), max_length=60, blank=True)
    ordered_on = models.DateField(_("ordered on"))

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "number"], name="order_number_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-ordered_on", "-id"], name="order_by_customer"),
            models.Index(fields=["company", "ordered_on", "id"], name="order_by_date"),
            models.Index(fields=["company", "customer_reference", "id"], name="order_by_reference"),
            GinIndex(
                OpClass(Upper("number"), "gin_trgm_ops"),
                OpClass(Upper("customer_reference"), "gin_trgm_ops"),
                name="order_number_trigram",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """A product ordered, in its unit, at the agreed price before tax."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="order_lines")
    position = models.PositiveIntegerField(_("position"))
    quantity = quantity(verbose_name=_("quantity ordered"))
    unit_price = unit_price(verbose_name=_("unit price"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="order_line_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.product}"


class Delivery(models.Model):
    """What left the yard for one order on one day."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="deliveries")
    number = models.CharField(_("number"), max_length=40)
    delivered_on = models.DateField(_("delivered on"))
    remark = models.TextField(_("remark on the delivery slip"), blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "number"], name="delivery_number_once")
        ]

    def __str__(self) -> str:
        return self.number


class DeliveryLine(models.Model):
    """How much of an order line arrived, and in what state."""

    class Condition(models.TextChoices):
        GOOD = "good", _("Good")
        DAMAGED = "damaged", _("Damaged")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="deliveries")
    quantity = quantity(verbose_name=_("quantity delivered"))
    condition = models.CharField(
        _("condition"), max_length=10, choices=Condition, default=Condition.GOOD
    )

    class Meta:
        verbose_name = _("delivery line")
        verbose_name_plural = _("delivery lines")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0), name="delivery_line_quantity_not_negative"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["delivery"],
                name="delivery_line_damaged",
                condition=models.Q(condition="damaged"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.order_line.product}"
