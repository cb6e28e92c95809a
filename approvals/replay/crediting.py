"""One credit document on its way through the services that the browser uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from approvals import services as approval_services
from approvals.models import Assignment, Step
from approvals.replay.documents import Document
from approvals.replay.placement import Charged, Shortfall, less, place, shortfall
from approvals.replay.setting import Setting
from creditnotes import services as creditnote_services
from creditnotes.amounts import LineLeft
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import CreditLine, CreditNote, State
from customers.errors import Refusal
from customers.importing import Sale
from customers.models import Company, Customer, InvoiceLine
from customers.money import ZERO, extend


@dataclass(frozen=True)
class Share:
    """What a credit note took of one invoice for a credit line, as it stands in the books."""

    invoice: str
    quantity: Decimal
    net: Decimal


@dataclass(frozen=True)
class Placed:
    """A credit line, and where it went."""

    sale: Sale
    shares: Sequence[Share]
    shortfall: Shortfall | None
    detail: str = ""

    @property
    def quantity(self) -> Decimal:
        """How much of it was placed."""
        return sum((share.quantity for share in self.shares), Decimal(0))

    @property
    def net(self) -> Decimal:
        """What was credited for it."""
        return sum((share.net for share in self.shares), ZERO)

    def capped(self) -> Iterator[tuple[Share, Decimal]]:
        """The shares that the credit's own price would exceed, and by how much."""
        for share in self.shares:
            excess = extend(share.quantity, self.sale.unit_price) - share.net
            if excess > 0:
                yield share, excess


#: What the customer was charged by product, as far as a document asks.
Shelves = dict[str, list[Charged]]


def replay_document(document: Document, setting: Setting) -> list[Placed]:
    """Credit the document at its own date, unless that was done before; where each line went.

    One transaction: the document is issued when it ends, or nothing happened.
    """
    try:
        with transaction.atomic():
            # Two replays at once take turns.
            Company.objects.select_for_update(no_key=True).get(pk=setting.company.pk)
            shelves = _shelves(document, setting.company)
            note = _known(document, setting) or _credit(document, setting, shelves)
            return _where(document, note, shelves)
    except Refusal as refusal:
        refused = Shortfall.REFUSED
        return [Placed(line, (), refused, str(refusal)) for line in document.lines]


def _token(document: Document, company: Company) -> UUID:
    """By which the document's note is known for ever, as a composer's page is by its own."""
    return uuid5(NAMESPACE_URL, f"creditdesk:replay:{company.code}:{document.number}")


def _known(document: Document, setting: Setting) -> CreditNote | None:
    token = _token(document, setting.company)
    started = CreditNote.objects.filter(created_by=setting.rep, start_token=token)
    known: CreditNote | None = started.first()
    return known


def _shelves(document: Document, company: Company) -> Shelves:
    lines = (
        InvoiceLine.objects.filter(
            invoice__company=company,
            invoice__customer__number=document.customer,
            product__sku__in={line.product for line in document.lines},
        )
        .order_by("pk")
        .values_list(
            "product__sku",
            "pk",
            "invoice__issued_at",
            "unit_price",
            _left("quantity"),
            _left("net"),
        )
    )
    shelves: Shelves = defaultdict(list)
    for sku, pk, issued_at, unit_price, quantity, net in lines:
        shelves[sku].append(Charged(pk, issued_at, unit_price, LineLeft(quantity, net)))
    return shelves


def _left(what: str) -> Coalesce:
    """What is left of an invoice line; all of it where nothing was ever credited of it."""
    used = F(f"creditable__reserved_{what}") + F(f"creditable__issued_{what}")
    return Coalesce(F(what) - used, F(what))


def _credit(document: Document, setting: Setting, shelves: Shelves) -> CreditNote | None:
    """Start, submit, decide and issue, all at the document's date; None for want of any line."""
    claims = _claims(document, shelves)
    if not claims:
        return None
    customer = Customer.objects.select_related("company").get(
        company=setting.company, number=document.customer
    )
    content = Content(
        reason=setting.reason,
        claims=claims,
        customer_reference=document.number,
        internal_note=f"Replayed from {document.number}.",
    )
    token, moment = _token(document, setting.company), document.moment
    note = creditnote_services.start(
        customer, content, actor=setting.rep, moment=moment, token=token, quiet=True
    )
    note = approval_services.submit(note, actor=setting.rep, moment=moment, quiet=True)
    while note.state == State.SUBMITTED:
        note = _decide(note, document)
    return creditnote_services.issue(note, actor=None, moment=moment, quiet=True)


def _claims(document: Document, shelves: Shelves) -> list[Claim]:
    left = dict(shelves)
    claims: list[Claim] = []
    for line in document.lines:
        lines = left.get(line.product, [])
        pieces = place(-line.quantity, line.unit_price, document.moment, lines)
        left[line.product] = less(lines, pieces)
        claims += [claim for piece in pieces for claim in piece.claims()]
    return claims


def _decide(note: CreditNote, document: Document) -> CreditNote:
    """Whoever is asked says yes: an approver on the last step, an endorser before it."""
    asked = Assignment.objects.filter(step__note=note, step__status=Step.Status.OPEN)
    first = asked.select_related("step", "user").order_by("user")[0]
    verb = approval_services.approve if first.step.is_final else approval_services.endorse
    return verb(note, actor=first.user, moment=document.moment, seen=note.content_hash, quiet=True)


def _where(document: Document, note: CreditNote | None, shelves: Shelves) -> list[Placed]:
    """Where each line went, by what the note says: its lines follow the document's."""
    rows = list(_rows(note)) if note else []
    placed = []
    for line in document.lines:
        shares, wanted = _shares(rows, line), -line.quantity
        quantity = sum((share.quantity for share in shares), Decimal(0))
        lines = shelves.get(line.product, [])
        short = shortfall(wanted, quantity, document.moment, lines)
        placed.append(Placed(line, shares, short))
    return placed


def _rows(note: CreditNote) -> Iterator[CreditLine]:
    return iter(
        note.lines.select_related(
            "creditable__invoice", "creditable__invoice_line__product"
        ).order_by("position")
    )


def _shares(rows: list[CreditLine], line: Sale) -> list[Share]:
    """Take from the front of ``rows`` what belongs to the line."""
    shares: list[Share] = []
    wanted = -line.quantity
    while rows and _belongs(rows[0], line, wanted):
        row = rows.pop(0)
        wanted -= row.quantity
        if row.quantity:
            shares.append(Share(row.counter.invoice.number, row.quantity, row.net))
        else:  # cents that no price came to
            shares[-1] = replace(shares[-1], net=shares[-1].net + row.net)
    return shares


def _belongs(row: CreditLine, line: Sale, wanted: Decimal) -> bool:
    product = row.counter.invoice_line.product
    if product is None or product.sku != line.product:
        return False
    return row.quantity <= wanted and (wanted > 0 or not row.quantity)
