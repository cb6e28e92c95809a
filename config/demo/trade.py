"""The demo's trade: orders, what arrived of them, invoices, payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import count
from random import Random

from config.demo.days import Calendar
from config.demo.tables import Row, table
from customers import services
from customers.models import (
    Customer,
    Delivery,
    DeliveryLine,
    Invoice,
    InvoiceLine,
    OpenItem,
    Order,
    OrderLine,
    Product,
    Site,
    Tier,
)
from customers.money import to_cent
from customers.services import NewLine
from customers.taxes import rates_on

#: What each tier pays of the list price.
SHARE_OF_LIST = {
    Tier.STANDARD: Decimal(1),
    Tier.PREFERRED: Decimal("0.96"),
    Tier.KEY: Decimal("0.92"),
}
FREIGHT = "FRT"
#: How many of a hundred pieces a short or damaged delivery is about, and a wrong price is above.
MISSING, BROKEN, TOO_DEAR = Decimal("0.08"), Decimal("0.06"), Decimal("1.09")


@dataclass(frozen=True)
class Item:
    """A product to sell, how many, and what goes wrong with it: ``none`` or a trouble's name."""

    sku: str
    quantity: Decimal
    trouble: str = "none"

    @cached_property
    def affected(self) -> Decimal:
        """How many pieces are missing or broken, at least one."""
        share = {"short": MISSING, "damaged": BROKEN}.get(self.trouble)
        return (
            max(Decimal(1), (self.quantity * share).quantize(Decimal(1))) if share else Decimal(0)
        )


@dataclass
class Yard:
    """Sells and delivers; ``chance`` alone decides what the data files leave open."""

    days: Calendar
    chance: Random
    products: dict[str, Product]
    numbers: count[int] = field(default_factory=lambda: count(20411))
    catalogue: dict[str, Row] = field(
        default_factory=lambda: {row["sku"]: row for row in table("products")}
    )

    def basket(self, first: Item | None = None) -> list[Item]:
        """Goods that one would order together, ``first`` in front; often with freight."""
        goods = [row for row in self.catalogue.values() if row["kind"] == "goods"]
        theme = self.catalogue[first.sku] if first else self.chance.choice(goods)
        category = theme["category"]
        alike = [row["sku"] for row in goods if row["category"] == category]
        others = [row["sku"] for row in goods if row["category"] != category]
        chosen = self.chance.sample(alike, min(3, len(alike))) + self.chance.sample(others, 2)
        items = [Item(sku, self._quantity(sku)) for sku in chosen if not first or sku != first.sku]
        freight = [Item(FREIGHT, Decimal(1))] if first or self.chance.random() < 0.6 else []
        return ([first] if first else []) + items + freight

    def _quantity(self, sku: str) -> Decimal:
        price = Decimal(self.catalogue[sku]["price"])
        typical = max(2, int(Decimal(900) / price))
        return Decimal(self.chance.randint(max(1, typical // 3), typical))

    def order(self, customer: Customer, days_ago: int, items: Sequence[Item]) -> Order:
        """The customer's order, at the price of their tier."""
        site = self.chance.choice([None, *Site.objects.filter(customer=customer).order_by("pk")])
        order = Order.objects.create(
            company=customer.company,
            customer=customer,
            site=site,
            number=f"SO-{next(self.numbers)}",
            customer_reference=f"PO {self.chance.randint(1200, 9800)}",
            ordered_on=self.days.day(days_ago + 4),
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                product=self.products[item.sku],
                position=position,
                quantity=item.quantity,
                unit_price=self._price(item, customer),
            )
            for position, item in enumerate(items, start=1)
        )
        return order

    def _price(self, item: Item, customer: Customer) -> Decimal:
        return to_cent(
            Decimal(self.catalogue[item.sku]["price"]) * SHARE_OF_LIST[Tier(customer.tier)]
        )

    def deliver(self, order: Order, days_ago: int, items: Sequence[Item]) -> None:
        """What arrived: all of it, but for what was short or broken."""
        troubles = {item.trouble for item in items} & set(REMARKS)
        delivery = Delivery.objects.create(
            order=order,
            number=f"DS-{order.number[3:]}",
            delivered_on=self.days.day(days_ago + 1),
            remark=" ".join(REMARKS[trouble] for trouble in sorted(troubles)),
        )
        lines = zip(order.lines.order_by("position"), items, strict=True)
        DeliveryLine.objects.bulk_create(
            part
            for line, item in lines
            if item.sku != FREIGHT
            for part in _arrived(delivery, line, item)
        )

    def invoice(self, order: Order, days_ago: int, items: Sequence[Item]) -> Invoice:
        """The invoice of the whole order, with the taxes of where it was delivered."""
        moment = self.days.at(days_ago, "07:40")
        province = order.site.province if order.site else order.customer.province
        levies = rates_on(self.days.day(days_ago), province)
        lines = [
            NewLine(
                item.quantity,
                to_cent(line.unit_price * (TOO_DEAR if item.trouble == "overpriced" else 1)),
                line.product.name_fr if order.customer.language == "fr-ca" else line.product.name,
                product=line.product,
                order_line=line,
                unit=line.product.unit,
                kind=InvoiceLine.Kind(self.catalogue[item.sku]["kind"]),
                levies=levies,
            )
            for line, item in zip(_lines(order), items, strict=True)
        ]
        return services.post_invoice(
            order.customer,
            f"INV-{order.number[3:]}",
            moment,
            lines,
            order=order,
            site=order.site,
            province=province,
            customer_reference=order.customer_reference,
        )

    def sell(self, customer: Customer, days_ago: int, items: Sequence[Item]) -> Invoice:
        """Order, delivery and invoice."""
        order = self.order(customer, days_ago, items)
        self.deliver(order, days_ago, items)
        return self.invoice(order, days_ago, items)


REMARKS = {
    "short": "Count short at unloading, signed by the driver.",
    "damaged": "Some pieces broken at unloading.",
}


def _lines(order: Order) -> Sequence[OrderLine]:
    return list(order.lines.select_related("product").order_by("position"))


def _arrived(delivery: Delivery, line: OrderLine, item: Item) -> list[DeliveryLine]:
    good = DeliveryLine(delivery=delivery, order_line=line, quantity=item.quantity - item.affected)
    if item.trouble != "damaged":
        return [good]
    broken = DeliveryLine(
        delivery=delivery,
        order_line=line,
        quantity=item.affected,
        condition=DeliveryLine.Condition.DAMAGED,
    )
    return [good, broken]


def pay(invoice: Invoice, number: str, moment: datetime, share: Decimal) -> None:
    """The customer pays a share of what is open on the invoice, if anything is."""
    item = OpenItem.objects.get(entry__invoice=invoice)
    amount = to_cent((item.amount - item.applied) * share)
    if amount <= 0:
        return
    day = invoice.company.day_of(moment)
    payment = services.receive_payment(invoice.customer, number, day, amount, "EFT")
    services.apply(payment.entry.open_item, item, amount, day)
