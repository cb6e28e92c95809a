"""What the rows of ``stories.csv`` say in short: the goods of a story, and the credit wanted.

``goods`` names invoices separated by ``|``, each as items and the days ago on which it
was issued: ``LUM-2408×400+LUM-2610×160@20``. ``*43`` at the end adds that many other
lines; ``=`` alone means the invoices of the row above. ``credit`` is empty where the
trouble says it all; else ``10%``, ``$125.40``, ``4`` pieces, ``4 at 12.50``, ``all``, ``whole``
for what is left, ``freight`` in full, ``tax:pst`` for a tax of the whole invoice, or
``goodwill:75.00`` on no invoice. ``10%, price only`` gives no tax back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from config.demo.goods import Item
from creditnotes.creditable import Claim
from creditnotes.models import Basis
from customers.models import OrderLine

SAME_AS_ABOVE = "="
PRICE_ONLY = ", price only"


@dataclass(frozen=True)
class Wanted:
    """An invoice that a story needs: the items it is about, when, and how many other lines."""

    items: list[Item]
    days_ago: int
    more: int = 0


def wanted_invoices(goods: str, trouble: str) -> list[Wanted]:
    """The invoices that the cell names, in its order."""
    return [_wanted(part.strip(), trouble) for part in goods.split("|")]


def _wanted(part: str, trouble: str) -> Wanted:
    items, _, when = part.partition("@")
    days_ago, _, more = when.partition("*")
    return Wanted(list(_items(items.split("+"), trouble)), int(days_ago), int(more or 0))


def _items(parts: Iterable[str], trouble: str) -> Iterable[Item]:
    for part in parts:
        sku, quantity = part.split("×")
        yield Item(sku, Decimal(quantity), trouble)


def tax_wanted(credit: str) -> str:
    """The kind of tax that is to be given back without any net; empty where none is."""
    return credit.removeprefix("tax:") if credit.startswith("tax:") else ""


def goodwill_wanted(credit: str) -> Decimal | None:
    """What is to be given on no invoice; None where nothing is."""
    return Decimal(credit.removeprefix("goodwill:")) if credit.startswith("goodwill:") else None


def claim(line_id: int, item: Item, credit: str, ordered: OrderLine) -> Claim:
    """What is claimed of an invoice line."""
    if credit.endswith(PRICE_ONLY):
        taxed = claim(line_id, item, credit.removesuffix(PRICE_ONLY), ordered)
        return replace(taxed, price_only=True)
    if credit in (Basis.WHOLE, Basis.FREIGHT):
        return Claim(line_id, credit)
    if credit.endswith("%"):
        return Claim(line_id, Basis.PERCENT, percent=Decimal(credit[:-1]))
    if credit.startswith("$"):
        return Claim(line_id, Basis.AMOUNT, amount=Decimal(credit[1:]))
    if credit == "all":
        return Claim(line_id, quantity=item.quantity)
    if credit:
        pieces, _, price = credit.partition(" at ")
        agreed = Decimal(price) if price else None
        return Claim(line_id, quantity=Decimal(pieces), unit_price=agreed)
    if item.trouble == "overpriced":
        return Claim(line_id, Basis.UNIT_PRICE, unit_price=ordered.unit_price)
    return Claim(line_id, quantity=item.affected)
