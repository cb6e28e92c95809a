"""The demo's trade: orders, what arrived of them, and the invoices with their taxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from config.demo.days import Calendar
from config.demo.goods import Catalogue, Item
from config.demo.market import Account
from customers.models import (
    Company,
    Delivery,
    DeliveryLine,
    Handover,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Product,
    Site,
)
from customers.money import ZERO, to_cent
from customers.services import NewInvoice, NewLine, post_invoices

#: What a wrong price is above the agreed one.
TOO_DEAR = Decimal("1.09")
FIRST_NUMBER = 20411
#: What stands on pallets, how many pieces on one, and the deposit's stock code.
ON_PALLETS, PER_PALLET, PALLET = "Masonry", 400, "PAL"
#: One in so many invoices bears a discount on the whole of it.
DISCOUNTED, VOLUME_DISCOUNT = 41, Decimal("75.00")
#: One in so many invoices sells these at a promotion's price; regularly they cost this more.
ON_SALE, PROMOTED, PROMOTION, REGULARLY = 3, "Decking", "Deck days", Decimal("1.15")
COLLECTED = "Picked up at the Ottawa yard."
REMARKS = {
    "short": "Count short at unloading, signed by the driver.",
    "damaged": "Some pieces broken at unloading.",
}


@dataclass(eq=False)
class Sale:
    """One order on its way: delivered unless ``released``, invoiced unless ``open``."""

    account: Account
    days_ago: int
    items: Sequence[Item]
    site: Site | None = None
    reference: str = ""
    is_delivered: bool = True
    is_invoiced: bool = True
    in_two: bool = False
    order: Order = field(init=False)
    lines: list[OrderLine] = field(init=False)
    invoice: Invoice = field(init=False)

    @property
    def is_collected(self) -> bool:
        """Whether the customer picks up at the yard."""
        return self.account.row["supply"] == "collects"


class Yard:
    """Books sales, all at once."""

    def __init__(self, company: Company, days: Calendar, catalogue: Catalogue) -> None:
        self.company, self.days, self.catalogue = company, days, catalogue
        self._products = {
            product.sku: product for product in Product.objects.filter(company=company)
        }

    def sale(self, account: Account, days_ago: int, items: Sequence[Item], **more: bool) -> Sale:
        """A sale of today's wishes, to one of the customer's sites or their own address."""
        chance = self.catalogue.chance
        collects = account.row["supply"] == "collects"
        site = None if collects else chance.choice([None, *account.sites])
        reference = f"PO {chance.randint(1200, 9800)}"
        in_two = len(items) > 5 and chance.random() < 0.2
        return Sale(account, days_ago, items, site, reference, in_two=in_two, **more)

    def book(self, sales: Iterable[Sale]) -> None:
        """Write orders, deliveries and invoices of all sales, numbered by their days."""
        ordered = sorted(sales, key=lambda sale: -sale.days_ago)
        self._order(ordered)
        self._deliver([sale for sale in ordered if sale.is_delivered])
        self._invoice([sale for sale in ordered if sale.is_invoiced])

    # Orders -------------------------------------------------------------------

    def _order(self, sales: Sequence[Sale]) -> None:
        for number, sale in enumerate(sales, start=FIRST_NUMBER):
            sale.order = Order(
                company=self.company,
                customer=sale.account.customer,
                site=sale.site,
                number=f"SO-{number}",
                customer_reference=sale.reference,
                ordered_on=self.days.day(sale.days_ago + 4),
            )
        Order.objects.bulk_create(sale.order for sale in sales)
        for sale in sales:
            sale.lines = [
                OrderLine(
                    order=sale.order,
                    product=self._products[item.sku],
                    position=position,
                    quantity=item.quantity,
                    unit_price=self.catalogue.price(item.sku, sale.account.customer),
                )
                for position, item in enumerate(sale.items, start=1)
            ]
        OrderLine.objects.bulk_create(line for sale in sales for line in sale.lines)

    # Deliveries ---------------------------------------------------------------

    def _deliver(self, sales: Sequence[Sale]) -> None:
        parts = [part for sale in sales for part in self._drops(sale)]
        Delivery.objects.bulk_create(delivery for delivery, _ in parts)
        DeliveryLine.objects.bulk_create(line for _, lines in parts for line in lines)

    def _drops(self, sale: Sale) -> list[tuple[Delivery, list[DeliveryLine]]]:
        """What arrived: all of it but for what was short or broken, in one drop or two."""
        goods = [
            (line, item)
            for line, item in zip(sale.lines, sale.items, strict=True)
            if self.catalogue.kind(item.sku) == "goods"
        ]
        half = len(goods) // 2 if sale.in_two else 0
        drops = [goods[half:], goods[:half]] if half else [goods]
        return [self._drop(sale, position, drop) for position, drop in enumerate(drops)]

    def _drop(
        self, sale: Sale, position: int, goods: Sequence[tuple[OrderLine, Item]]
    ) -> tuple[Delivery, list[DeliveryLine]]:
        delivery = Delivery(
            order=sale.order,
            number=f"DS-{sale.order.number[3:]}{'-B' * position}",
            delivered_on=self.days.day(sale.days_ago + 2 - position),
            remark=_remark(sale, goods),
        )
        return delivery, [part for line, item in goods for part in _arrived(delivery, line, item)]

    # Invoices -----------------------------------------------------------------

    def _invoice(self, sales: Sequence[Sale]) -> None:
        posted = post_invoices(self.company, [self._new_invoice(sale) for sale in sales])
        for sale, invoice in zip(sales, posted, strict=True):
            sale.invoice = invoice

    def _new_invoice(self, sale: Sale) -> NewInvoice:
        lines = [
            self._new_line(sale, line, item)
            for line, item in zip(sale.lines, sale.items, strict=True)
        ]
        return NewInvoice(
            sale.account.customer,
            f"INV-{sale.order.number[3:]}",
            self.days.at(sale.days_ago, "07:40"),
            [*lines, *self._pallets(sale)],
            details={
                "order": sale.order,
                "site": sale.site,
                "handover": Handover.COLLECTED if sale.is_collected else Handover.DELIVERED,
                "customer_reference": sale.reference,
            },
            discount=VOLUME_DISCOUNT if _is_one_of(DISCOUNTED, sale) else ZERO,
        )

    def _pallets(self, sale: Sale) -> Iterator[NewLine]:
        """The deposit on the pallets under bricks and blocks, which comes back with them."""
        pieces = sum(
            item.quantity
            for line, item in zip(sale.lines, sale.items, strict=True)
            if line.product.category == ON_PALLETS
        )
        if pieces:
            product = self._products[PALLET]
            count, price = pieces // PER_PALLET + 1, Decimal(self.catalogue.rows[PALLET]["price"])
            yield NewLine(
                count,
                price,
                self._named(product, sale),
                product=product,
                kind=InvoiceLine.Kind.CONTAINER,
            )

    def _new_line(self, sale: Sale, line: OrderLine, item: Item) -> NewLine:
        product = line.product
        dear = item.trouble == "overpriced"
        promoted = product.category == PROMOTED and _is_one_of(ON_SALE, sale)
        return NewLine(
            item.quantity,
            to_cent(line.unit_price * TOO_DEAR) if dear else line.unit_price,
            self._named(product, sale),
            product=product,
            order_line=line,
            unit=product.unit,
            kind=InvoiceLine.Kind(self.catalogue.kind(item.sku)),
            regular_price=to_cent(line.unit_price * REGULARLY) if promoted else None,
            promotion=PROMOTION if promoted else "",
        )

    @staticmethod
    def _named(product: Product, sale: Sale) -> str:
        french = sale.account.customer.language == "fr-ca"
        return product.name_fr if french else product.name


def _is_one_of(every: int, sale: Sale) -> bool:
    """Whether the sale is one of so many, by its number."""
    return int(sale.order.number[3:]) % every == 0


def _remark(sale: Sale, goods: Iterable[tuple[OrderLine, Item]]) -> str:
    troubles = {item.trouble for _, item in goods} & set(REMARKS)
    collected = [COLLECTED] if sale.is_collected else []
    return " ".join(collected + [REMARKS[trouble] for trouble in sorted(troubles)])


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
