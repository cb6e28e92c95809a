"""What a corrected invoice comes to: its lines as they were charged, with what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q

from creditnotes.creditable import plain
from creditnotes.models import CreditNote, Rebill, State
from customers import exposure
from customers.models import Invoice, InvoiceLine, OrderLine, Product, Site
from customers.money import ZERO, extend, to_cent
from customers.services import NewLine
from customers.taxes import Law, Levy, Taxed, place_of_supply, tax_lines


@dataclass(frozen=True)
class Corrected:
    """One line as it should have been: quantity 0 leaves it out."""

    line: InvoiceLine
    quantity: Decimal
    unit_price: Decimal

    @property
    def net(self) -> Decimal:
        """Quantity × price, less the same share of discount as the line had."""
        charged = extend(self.line.quantity, self.line.unit_price)
        full = extend(self.quantity, self.unit_price)
        return to_cent(full * self.line.net / charged) if charged else ZERO

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what was charged."""
        return (self.quantity, self.unit_price) != (self.line.quantity, self.line.unit_price)


@dataclass(frozen=True)
class Added:
    """A line that the invoice should have had and has not."""

    product: Product
    quantity: Decimal
    unit_price: Decimal
    description: str
    #: What kind of line it is; that of the product's last one, unless the note says it already.
    kind: str = ""
    #: What had been ordered so; known once it is billed.
    order_line: OrderLine | None = None

    @property
    def net(self) -> Decimal:
        """Quantity × price."""
        return extend(self.quantity, self.unit_price)

    @cached_property
    def billed_as(self) -> str:
        """Goods, a charge, freight or a deposit: its account and its taxes follow from that."""
        return self.kind or _kind_of(self.product)


def _kind_of(product: Product) -> str:
    """As it was invoiced last; of a product never invoiced, what the catalogue tells."""
    last = InvoiceLine.objects.filter(product=product).order_by("-pk")
    known: str | None = last.values_list("kind", flat=True).first()
    return known or (InvoiceLine.Kind.CHARGE if product.is_charge else InvoiceLine.Kind.GOODS)


@dataclass(frozen=True)
class Correction:
    """An invoice as it should have been; ``added`` are lines that it lacks."""

    invoice: Invoice
    lines: Sequence[Corrected]
    site: Site | None = None
    customer_reference: str = ""
    added: Sequence[Added] = ()

    @property
    def province(self) -> str:
        """The place of supply: that of the invoice, unless it went to another site."""
        if self.site is None or self.site.pk == self.invoice.site_id:
            return self.invoice.province
        company, site = self.invoice.company, self.site
        return place_of_supply(self.invoice.handover, site.province, site.country, company.province)

    def new_lines(self) -> list[NewLine]:
        """The lines to bill, each with its taxes; those left out are not among them."""
        law = Law()
        kept = [self._new_line(each, law) for each in self.lines if each.quantity]
        return kept + [self._added_line(each, law) for each in self.added]

    def _added_line(self, each: Added, law: Law) -> NewLine:
        """Taxed by the law of the day on which the invoice was issued."""
        invoice, exempt = self.invoice, each.product.exempt_taxes
        return NewLine(
            each.quantity,
            each.unit_price,
            each.description,
            product=each.product,
            order_line=each.order_line,
            unit=each.product.unit,
            kind=each.billed_as,
            net=each.net,
            levies=law.levies(invoice.customer, invoice.issued_on, self.province, exempt),
        )

    def _new_line(self, each: Corrected, law: Law) -> NewLine:
        line = each.line
        return NewLine(
            each.quantity,
            each.unit_price,
            line.description,
            product=line.product,
            order_line=line.order_line,
            unit=line.unit,
            kind=line.kind,
            net=each.net,
            levies=self._levies(line, law),
            regular_price=line.regular_price,
            promotion=line.promotion,
        )

    def _levies(self, line: InvoiceLine, law: Law) -> list[Levy]:
        """The rates that were charged; in another province, those of the same day there."""
        if self.province == self.invoice.province:
            return [Levy(tax.kind, tax.province, tax.rate) for tax in line.taxes.all()]
        exempt = line.product.exempt_taxes if line.product else ()
        day = self.invoice.issued_on
        return law.levies(self.invoice.customer, day, self.province, exempt)

    def taxes(self) -> list[Taxed]:
        """What each tax comes to on the new invoice, rounded as on the one it corrects."""
        taxed = [line for line in self.new_lines() if not line.is_deposit]
        lines = [(line.net_charged(), line.levies or ()) for line in taxed]
        return tax_lines(lines, self.invoice.tax_rounding)

    def amounts(self) -> dict[str, Decimal]:
        """Net, tax and total of the new invoice."""
        net = sum((each.net for each in self.lines if each.quantity), ZERO)
        net += sum((each.net for each in self.added), ZERO)
        tax = sum((tax.amount for tax in self.taxes()), ZERO)
        return {"net": net, "tax_total": tax, "total": net + tax}

    def written(self) -> list[dict[str, Any]]:
        """The lines as they are kept with the note."""
        own = [{"line": each.line.pk, **_figures(each)} for each in self.lines]
        return own + [
            {
                "product": each.product.pk,
                "description": each.description,
                "kind": each.billed_as,
                **_figures(each),
            }
            for each in self.added
        ]


def _figures(each: Corrected | Added) -> dict[str, str]:
    return {"quantity": plain(each.quantity), "unit_price": plain(each.unit_price)}


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    """The invoice's lines with all that billing them anew asks for."""
    lines = invoice.lines.select_related("product", "order_line").prefetch_related("taxes")
    return list(lines.order_by("position"))


def correction_of(rebill: Rebill) -> Correction:
    """What the rebill says, on the invoice that it corrects."""
    own = [row for row in rebill.lines if "line" in row]
    others = [row for row in rebill.lines if "product" in row]
    return Correction(
        rebill.invoice,
        list(_corrected(own, rebill.invoice)),
        rebill.site,
        rebill.customer_reference,
        list(_added(others)) if others else (),
    )


def _corrected(written: Iterable[Mapping[str, Any]], invoice: Invoice) -> Iterable[Corrected]:
    lines = {line.pk: line for line in lines_of(invoice)}
    for row in written:
        quantity, price = Decimal(row["quantity"]), Decimal(row["unit_price"])
        yield Corrected(lines[row["line"]], quantity, price)


def _added(written: Sequence[Mapping[str, Any]]) -> Iterable[Added]:
    products = Product.objects.in_bulk([row["product"] for row in written])
    for row in written:
        quantity, price = Decimal(row["quantity"]), Decimal(row["unit_price"])
        product, kind = products[row["product"]], row.get("kind", "")
        yield Added(product, quantity, price, row["description"], kind)


def notes_billing(products: Iterable[Product]) -> list[CreditNote]:
    """The credit notes that bill one of the products anew, as a line that was forgotten."""
    named = Q(pk__in=())
    for product in products:
        named |= Q(lines__contains=[{"product": product.pk}])
    return [rebill.note for rebill in Rebill.objects.filter(named).select_related("note")]


def is_billed_anew() -> Exists:
    """Of an invoice line: whether its invoice was credited whole for a corrected one."""
    issued = Rebill.objects.filter(invoice=OuterRef("invoice"), note__state=State.ISSUED)
    return Exists(issued)


exposure.BILLED_ANEW.append(is_billed_anew)


def rebill_of(note: CreditNote) -> Rebill | None:
    """What is billed anew with the note, if anything is."""
    rebill: Rebill | None = getattr(note, "rebill", None)
    return rebill


def shown_of(note: CreditNote) -> dict[str, Any] | None:
    """What a page shows of it: the lines as corrected, and the new invoice once there is one."""
    rebill = rebill_of(note)
    if rebill is None:
        return None
    return {
        "rebill": rebill,
        "correction": correction_of(rebill),
        "rebilled": getattr(note, "rebilled", None),
    }


def hashed(note: CreditNote) -> dict[str, Any] | None:
    """What of it counts for the note's content hash; None where nothing is billed anew."""
    rebill = rebill_of(note)
    if rebill is None:
        return None
    return {
        "invoice": rebill.invoice_id,
        "site": rebill.site_id,
        "customer_reference": rebill.customer_reference,
        "lines": rebill.lines,
        "amounts": [plain(each) for each in (rebill.net, rebill.tax_total, rebill.total)],
    }
