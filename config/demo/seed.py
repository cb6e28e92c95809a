"""A small believable distributor to try the product on, made through its own services.

The same seed and anchor day give the same company. What the data files under
``data/`` hold is made as it stands there; ``chance`` fills in the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from config.demo import company as people_of
from config.demo import market
from config.demo.credits import Story
from config.demo.days import Calendar
from config.demo.tables import Row, table
from config.demo.trade import Item, Yard, pay
from customers.models import Company, Customer, Invoice, Product, User
from customers.taxdata import load_tax_rates

#: How far back trade goes, how many invoices it makes beside the stories', orders on top.
DAYS, INVOICES, OPEN_ORDERS = 170, 42, 5

Happening = tuple[datetime, Callable[[], None]]


@transaction.atomic
def seed(anchor: date, number: int = 1) -> bool:
    """Make the demo company as of ``anchor``; answers False where it exists already."""
    if Company.objects.filter(code=people_of.CODE).exists():
        return False
    load_tax_rates()
    company = people_of.make_company()
    days, chance = Calendar(anchor, ZoneInfo(company.time_zone)), Random(number)  # noqa: S311
    staff = people_of.make_people(company)
    market.make_products(company)
    customers = market.make_customers(company)
    everybody = staff | market.make_contacts(customers)
    market.make_notes(customers, staff, days)
    products = {product.sku: product for product in Product.objects.filter(company=company)}
    yard = Yard(days, chance, products)
    stories = _sell(yard, customers, everybody)
    happenings = _payments(yard, company) + [(story.begins, story.tell) for story in stories]
    for _, happen in sorted(happenings, key=lambda happening: happening[0]):
        happen()
    _open_orders(yard, list(customers.values()))
    return True


def _sell(yard: Yard, customers: dict[str, Customer], people: dict[str, User]) -> list[Story]:
    """All invoices, oldest first: the stories' and everyday ones between them."""
    everyday = [(yard.chance.randint(4, DAYS), None) for _ in range(INVOICES)]
    telling = [(int(row["invoiced"]), row) for row in table("stories")]
    stories = []
    for days_ago, row in sorted([*everyday, *telling], key=lambda sale: -sale[0]):
        if row is None:
            customer = yard.chance.choice(list(customers.values()))
            yard.sell(customer, days_ago, yard.basket())
        else:
            stories.append(_story(yard, customers[row["customer"]], row, people))
    return stories


def _story(yard: Yard, customer: Customer, row: Row, people: dict[str, User]) -> Story:
    sku, quantity = row["goods"].split("×")
    item = Item(sku, Decimal(quantity), row["trouble"])
    invoice = yard.sell(customer, int(row["invoiced"]), yard.basket(item))
    return Story(row, item, invoice, people, yard.days, yard.chance)


def _payments(yard: Yard, company: Company) -> list[Happening]:
    """Most customers pay around the due date; some late, some a little short, some not yet."""
    numbers = count(7301)
    payments: list[Happening] = []
    for invoice in Invoice.objects.filter(company=company).order_by("due_on", "pk"):
        days_ago = (yard.days.anchor - invoice.due_on).days + yard.chance.randint(-6, 5)
        share = Decimal("0.97") if yard.chance.random() < 0.06 else Decimal(1)
        if days_ago > 0 and yard.chance.random() < 0.9:
            payments.append(
                _payment(invoice, f"EFT-{next(numbers)}", yard.days.at(days_ago, "09:00"), share)
            )
    return payments


def _payment(invoice: Invoice, number: str, moment: datetime, share: Decimal) -> Happening:
    return moment, lambda: pay(invoice, number, moment, share)


def _open_orders(yard: Yard, customers: list[Customer]) -> None:
    """Orders that are not invoiced yet; every second one was delivered."""
    for number in range(OPEN_ORDERS):
        items = yard.basket()
        order = yard.order(yard.chance.choice(customers), 1, items)
        if number % 2:
            yard.deliver(order, 2, items)
