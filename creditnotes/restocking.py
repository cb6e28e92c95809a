"""Goods that come back: which are expected, what is still missing, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Exists, OuterRef, Subquery, Sum, When
from django.db.models.functions import Coalesce

from creditnotes.models import CreditLine, CreditNote, GoodsReceiptLine
from customers import ledger
from customers.ledger import Posting
from customers.models import InvoiceLine, Product
from customers.money import ZERO, extend


@dataclass(frozen=True)
class Expected:
    """A credited line whose goods come back, and how many have; in the line's unit."""

    line: CreditLine
    received: Decimal

    @property
    def charged(self) -> InvoiceLine:
        """The invoice line that the goods were sold on."""
        return self.line.counter.invoice_line

    @property
    def missing(self) -> Decimal:
        """How many have not come back yet."""
        return self.line.quantity - self.received

    @property
    def product(self) -> Product | None:
        """What is put back on the shelf, where the catalogue knows it."""
        return self.charged.product

    @property
    def cost_is_known(self) -> bool:
        """Whether what goes back on the shelf can be posted at its cost."""
        return self.product is not None and self.product.unit_cost is not None


def expected_of(note: CreditNote) -> list[Expected]:
    """The note's lines whose goods come back, by its reason: goods, credited by pieces."""
    if note.reason is None or not note.reason.needs_return:
        return []
    lines = note.lines.filter(
        quantity__gt=0, creditable__invoice_line__kind=InvoiceLine.Kind.GOODS
    ).select_related("creditable__invoice_line__product")
    came = dict(
        GoodsReceiptLine.objects.filter(receipt__note=note)
        .values_list("credit_line")
        .annotate(sum=Sum("quantity"))
        .order_by()
    )
    return [Expected(line, came.get(line.pk, ZERO)) for line in lines.order_by("position")]


def awaited(note: CreditNote) -> list[Expected]:
    """What must still come back before the note is issued."""
    return [each for each in expected_of(note) if each.missing]


def awaits_goods() -> Case:
    """The same of many notes at once, as a value to annotate them with: whether some must."""
    came = (
        GoodsReceiptLine.objects.filter(credit_line=OuterRef("pk"))
        .order_by()
        .values("credit_line")
        .annotate(sum=Sum("quantity"))
        .values("sum")
    )
    missing = CreditLine.objects.filter(
        note=OuterRef("pk"), quantity__gt=0, creditable__invoice_line__kind=InvoiceLine.Kind.GOODS
    ).filter(quantity__gt=Coalesce(Subquery(came), ZERO))
    return Case(When(Exists(missing), reason__needs_return=True, then=True), default=False)


def cost_of(product: Product | None, quantity: Decimal) -> Decimal:
    """What so many of the goods had cost, to the cent; nothing where no cost is known."""
    if product is None or product.unit_cost is None:
        return ZERO
    return extend(quantity, product.unit_cost)


def restock_postings(note: CreditNote, cost: Decimal) -> Sequence[Posting]:
    """Dr inventory, Cr cost of goods sold."""
    return [
        Posting(ledger.account(note.company, ledger.INVENTORY), debit=cost),
        Posting(ledger.account(note.company, ledger.COST_OF_GOODS), credit=cost),
    ]
