"""Orders, deliveries, invoices and payments as they came in: to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customers.administration import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    day_of,
    money_of,
    number_of,
    price_of,
    rate_of,
)
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

_AS_TOLD = _("It came from the sales system as it is. What is wrong there is mended there.")


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("position", "product", "ordered", "price")
    readonly_fields = ("ordered", "price")
    related = ("product",)
    ordered = number_of("quantity", _("quantity"))
    price = price_of("unit_price", _("unit price"))


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ("number", "delivered_on", "remark")
    show_change_link = True


class DeliveryLineInline(ReadOnlyInline):
    model = DeliveryLine
    fields = ("order_line", "arrived", "condition")
    readonly_fields = ("arrived",)
    related = ("order_line__product",)
    arrived = number_of("quantity", _("quantity"))


class InvoiceLineInline(ReadOnlyInline):
    model = InvoiceLine
    fields = ("position", "kind", "description", "charged", "unit", "price", "amount")
    readonly_fields = ("charged", "price", "amount")
    charged = number_of("quantity", _("quantity"))
    price = price_of("unit_price", _("unit price"))
    amount = money_of("net", _("net"))


class InvoiceTaxInline(ReadOnlyInline):
    model = InvoiceTax
    fields = ("kind", "province", "percent", "taxed", "tax")
    readonly_fields = ("percent", "taxed", "tax")
    percent = rate_of("rate", _("rate"))
    taxed = money_of("base", _("taxed net"))
    tax = money_of("amount", _("tax"))


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin[Order]):
    """What was ordered, as the sales system told."""

    about = _("What customers ordered, with its lines and deliveries.")
    why_read_only = _AS_TOLD
    customer_lookup = "customer"
    site_page = "customers:order"
    list_display = (
        "number",
        "customer",
        "customer_reference",
        day_of("ordered_on", _("ordered on")),
    )
    list_select_related = ("customer",)
    search_fields = ("number", "customer_reference", "customer__name", "customer__number")
    search_help_text = _("Number, the customer’s order number, or customer")
    date_hierarchy = "ordered_on"
    ordering = ("-ordered_on", "-pk")
    fields = ("number", "customer", "site", "customer_reference", "ordered_on")
    inlines = (OrderLineInline, DeliveryInline)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    """What left the yard."""

    about = _("What left the yard, and what the slip says about it.")
    why_read_only = _AS_TOLD
    company_lookup = "order__company_id"
    customer_lookup = "order__customer"
    list_display = ("number", "order", day_of("delivered_on", _("delivered on")), "remark")
    list_select_related = ("order",)
    list_filter = (("remark", admin.EmptyFieldListFilter),)
    search_fields = ("number", "order__number")
    search_help_text = _("Number of the delivery or of its order")
    date_hierarchy = "delivered_on"
    ordering = ("-delivered_on", "-pk")
    inlines = (DeliveryLineInline,)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin[Invoice]):
    """Invoices as posted."""

    about = _("What customers were charged, with the tax rates and the rounding of that day.")
    customer_lookup = "customer"
    site_page = "customers:invoice"
    list_display = (
        "number",
        "customer",
        day_of("issued_on", _("date")),
        day_of("due_on", _("due")),
        money_of("net", _("net")),
        money_of("tax_total", _("tax")),
        money_of("total", _("total"), "currency"),
    )
    list_select_related = ("customer",)
    list_filter = ("province", "tax_rounding", "currency")
    search_fields = ("number", "customer_reference", "customer__name", "customer__number")
    search_help_text = _("Number, the customer’s reference, or customer")
    date_hierarchy = "issued_on"
    ordering = ("-issued_on", "-pk")
    readonly_fields = ("amount_net", "amount_tax", "amount_total")
    amount_net = money_of("net", _("net"), "currency")
    amount_tax = money_of("tax_total", _("tax"), "currency")
    amount_total = money_of("total", _("total"), "currency")
    fieldsets = (
        (None, {"fields": ("number", "customer", "site", "order", "customer_reference")}),
        (_("When"), {"fields": ("issued_on", "issued_at", "due_on")}),
        (
            _("Amounts"),
            {"fields": (*readonly_fields, "province", "tax_rounding", "entry")},
        ),
    )
    inlines = (InvoiceLineInline, InvoiceTaxInline)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin[Payment]):
    """Money received."""

    about = _("Money received. What of it is applied to invoices stands among the applications.")
    customer_lookup = "customer"
    list_display = (
        "number",
        "customer",
        day_of("received_on", _("received on")),
        money_of("amount", _("amount"), "currency"),
        "method",
    )
    list_select_related = ("customer",)
    list_filter = ("method", "currency")
    search_fields = ("number", "customer__name", "customer__number")
    search_help_text = _("Number, or customer")
    date_hierarchy = "received_on"
    ordering = ("-received_on", "-pk")
