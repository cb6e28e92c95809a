"""What goes on an order: products that are bought together, in plausible quantities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from random import Random

from config.demo.market import Account
from config.demo.tables import Row, table
from customers.models import Customer, Tier
from customers.money import to_cent

#: What each tier pays of the list price, and what a line of theirs comes to at list.
SHARE_OF_LIST = {
    Tier.STANDARD: Decimal(1),
    Tier.PREFERRED: Decimal("0.96"),
    Tier.KEY: Decimal("0.92"),
}
LINE_AT_LIST = {Tier.STANDARD: 520, Tier.PREFERRED: 900, Tier.KEY: 1500}
#: How much of the pieces a short or damaged delivery is about.
AFFECTED = {"short": Decimal("0.08"), "damaged": Decimal("0.06")}
#: How many of a hundred everyday deliveries are short, and damaged.
SHORT, DAMAGED = 4, 3
#: Below this, prices have four decimals: bricks, nails, things sold by the foot.
CHEAP = Decimal(4)


@dataclass(frozen=True)
class Item:
    """A product to sell, how many, and what goes wrong with it: ``none`` or a trouble's name."""

    sku: str
    quantity: Decimal
    trouble: str = "none"

    @cached_property
    def affected(self) -> Decimal:
        """How many pieces are missing or broken, at least one."""
        share = AFFECTED.get(self.trouble)
        if share is None:
            return Decimal(0)
        return max(Decimal(1), (self.quantity * share).quantize(Decimal(1), ROUND_HALF_UP))


class Catalogue:
    """The price list, and what is bought together; ``chance`` decides what is left open."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.rows: dict[str, Row] = {row["sku"]: row for row in table("products")}
        self.baskets = {row["trade"]: row["categories"].split("|") for row in table("baskets")}
        self._by_category: dict[str, list[str]] = defaultdict(list)
        for sku, row in self.rows.items():
            self._by_category[row["category"]].append(sku)

    def basket(self, account: Account, first: Sequence[Item] = (), more: int = 0) -> list[Item]:
        """Goods for one of the customer's trades, ``first`` in front; often with freight."""
        size = more or self.chance.choice([2, 3, 4, 4, 5, 6, 8])
        taken = {item.sku for item in first}
        chosen = [sku for sku in self._candidates(account, size) if sku not in taken][:size]
        rest = [Item(sku, self._quantity(sku, account.customer)) for sku in chosen]
        return [*first, *rest, *self._freight(account, must=bool(first))]

    def everyday(self, account: Account) -> list[Item]:
        """A basket of which nobody has complained; a few in a hundred were not as ordered."""
        basket = self.basket(account)
        odd = self.chance.randrange(100)
        trouble = "short" if odd < SHORT else "damaged" if odd < SHORT + DAMAGED else "none"
        return [replace(basket[0], trouble=trouble), *basket[1:]]

    def _candidates(self, account: Account, size: int) -> list[str]:
        """Stock codes of one trade, mixed; of everything where the order is a large one."""
        if size > 12:
            goods = [sku for sku, row in self.rows.items() if row["kind"] == "goods"]
            return self.chance.sample(goods, min(size + 4, len(goods)))
        categories = self.baskets[self.chance.choice(account.trades)]
        skus = [self.chance.choice(self._by_category[category]) for category in categories * 4]
        return list(dict.fromkeys(skus))

    def _freight(self, account: Account, *, must: bool) -> list[Item]:
        if account.row["supply"] == "collects" or not (must or self.chance.random() < 0.6):
            return []
        north = account.customer.province in ("NT", "NU", "YT")
        codes = ["FRT-SEA", "FRT-LTL"] if north else ["FRT", "FRT", "FRT-BOOM"]
        return [Item(self.chance.choice(codes), Decimal(1))]

    def _quantity(self, sku: str, customer: Customer) -> Decimal:
        typical = max(2, int(LINE_AT_LIST[Tier(customer.tier)] / Decimal(self.rows[sku]["price"])))
        quantity = self.chance.randint(max(1, typical // 3), typical)
        return Decimal(quantity if quantity < 20 else quantity // 5 * 5)

    def price(self, sku: str, customer: Customer) -> Decimal:
        """What the customer pays for one."""
        listed = Decimal(self.rows[sku]["price"])
        price = listed * SHARE_OF_LIST[Tier(customer.tier)]
        return price if listed < CHEAP else to_cent(price)

    def kind(self, sku: str) -> str:
        """Goods, a charge or freight."""
        return self.rows[sku]["kind"]
