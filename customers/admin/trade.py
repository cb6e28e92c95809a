"""Orders, deliveries, invoices and payments as they came in: to be looked at."""

from __future__ import annotations

from django.contrib import admin

from customers.administration import ReadOnlyAdmin, ReadOnlyInline
from customers.models import (
    Delivery,
    DeliveryLine,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Order,
    OrderLine,
    Payment,
)


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("position", "product", "quantity", "unit_price")
    related = ("product",)


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ("number", "delivered_on", "remark")
    show_change_link = True


class DeliveryLineInline(ReadOnlyInline):
    model = DeliveryLine
    fields = ("order_line", "quantity", "condition")
    related = ("order_line__product",)


class InvoiceLineInline(ReadOnlyInline):
    model = InvoiceLine
    fields = ("position", "kind", "description", "quantity", "unit", "unit_price", "net")


class InvoiceTaxInline(ReadOnlyInline):
    model = InvoiceTax
    fields = ("kind", "province", "rate", "base", "amount")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin[Order]):
    """What was ordered, as the sales system told."""

    list_display = ("number", "customer", "customer_reference", "ordered_on")
    list_select_related = ("customer",)
    search_fields = ("number", "customer_reference", "customer__name", "customer__number")
    date_hierarchy = "ordered_on"
    inlines = (OrderLineInline, DeliveryInline)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    """What left the yard."""

    company_lookup = "order__company_id"
    list_display = ("number", "order", "delivered_on", "remark")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    date_hierarchy = "delivered_on"
    inlines = (DeliveryLineInline,)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin[Invoice]):
    """Invoices as posted."""

    list_display = ("number", "customer", "issued_on", "due_on", "net", "tax_total", "total")
    list_select_related = ("customer",)
    list_filter = ("province", "tax_rounding", "currency")
    search_fields = ("number", "customer_reference", "customer__name", "customer__number")
    date_hierarchy = "issued_on"
    inlines = (InvoiceLineInline, InvoiceTaxInline)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin[Payment]):
    """Money received."""

    list_display = ("number", "customer", "received_on", "amount", "currency", "method")
    list_select_related = ("customer",)
    search_fields = ("number", "customer__name", "customer__number")
    date_hierarchy = "received_on"
