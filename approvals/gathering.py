"""The facts that policies depend on, read from the database: three queries a note."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Sum

from approvals.conditions import Against, Facts, OfferOf
from approvals.dossier.lines import facts_of as facts_of_lines
from approvals.dossier.lines import lines_of, sold
from approvals.margin import margin_of
from approvals.models import CustomerOffer
from creditnotes.models import CLOSED, CreditLine, CreditNote, Hold, Origin
from customers.currencies import in_base, known_rate
from customers.exposure import exposure_of
from customers.models import Invoice
from customers.models.currencies import PAR
from customers.money import HUNDRED, ZERO

#: How far back a customer's other credits count.
A_QUARTER = timedelta(days=90)


def facts_about(note: CreditNote, counted: Decimal, moment: datetime) -> Facts:
    """The facts about a note whose content is fixed and that holds nothing.

    ``counted`` is what counts against a limit.
    """
    day = note.company.day_of(moment)
    lines = _lines_of(note)
    invoices = list(dict.fromkeys(line.invoice for line in lines if line.invoice))
    margin = margin_of(sold(line, note) for line in facts_of_lines(note, lines))
    exposure = exposure_of(note.customer, day)
    credited, count = _other_credits(note, moment, day)
    settled_for = _settled_for(note)
    return Facts(
        amount=counted,
        percent=_percent(lines, invoices),
        age=_age(invoices, day),
        credits=credited,
        credit_count=Decimal(count),
        reason=frozenset({str(note.reason_id)}),
        tier=frozenset({note.customer.tier}),
        province=_provinces(note, invoices),
        department=frozenset({str(note.customer.department_id)}),
        category=_categories(lines),
        basis=frozenset(line.basis for line in lines),
        origin=frozenset({note.origin}),
        offer=frozenset({_against_the_offer(note)}),
        over_limit=exposure.over_limit,
        past_due=exposure.past_due > 0,
        loses=margin.after < 0 if margin else None,
        doubled=any(getattr(line, "is_doubled", False) for line in lines),
        settled=settled_for != OfferOf.NOBODY,
        settled_for=frozenset({settled_for.value}),
    )


def _settled_for(note: CreditNote) -> OfferOf:
    """Whose offer it is that the customer accepted just so, or accepts in this transaction.

    An offer that is still open would have been taken back by any other submission.
    """
    if note.origin != Origin.PORTAL:
        return OfferOf.NOBODY
    accepted = Q(status=CustomerOffer.Status.ACCEPTED, content_hash=note.content_hash)
    answered = Q(status=CustomerOffer.Status.MADE) | accepted
    offer = note.customer_offers.filter(answered).last()
    if offer is None:
        return OfferOf.NOBODY
    return OfferOf.POLICY if offer.made_by_id is None else OfferOf.REP


def _lines_of(note: CreditNote) -> list[CreditLine]:
    others = CreditLine.objects.filter(creditable=OuterRef("creditable")).exclude(note=note)
    doubled = Exists(others.exclude(note__state__in=CLOSED))
    return list(lines_of(note).annotate(is_doubled=doubled))


def _percent(lines: Sequence[CreditLine], invoices: Iterable[Invoice]) -> Decimal | None:
    """The largest share of an invoice's net that is credited, to two decimals."""
    shares = [
        sum((line.net for line in lines if line.invoice_id == invoice.pk), ZERO) / invoice.net
        for invoice in invoices
        if invoice.net
    ]
    return (max(shares) * HUNDRED).quantize(Decimal("0.01")) if shares else None


def _age(invoices: Iterable[Invoice], day: date) -> Decimal | None:
    oldest = min((invoice.issued_on for invoice in invoices), default=None)
    return Decimal((day - oldest).days) if oldest else None


def _provinces(note: CreditNote, invoices: Iterable[Invoice]) -> frozenset[str]:
    """Where the credited goods were supplied, else where the customer is."""
    provinces = {invoice.province for invoice in invoices} or {note.customer.province}
    return frozenset(provinces - {""})


def _categories(lines: Iterable[CreditLine]) -> frozenset[str]:
    charged = (line.creditable.invoice_line for line in lines if line.creditable)
    products = (line.product for line in charged if line.product)
    return frozenset(product.category for product in products if product.category)


def _against_the_offer(note: CreditNote) -> Against:
    if not note.offer_percent:
        return Against.NONE
    return Against.WITHIN if note.net <= (note.offer_net or ZERO) else Against.ABOVE


def _other_credits(note: CreditNote, moment: datetime, day: date) -> tuple[Decimal, int]:
    """The customer's other credits submitted within 90 days that are reserved or issued.

    In base currency at the rate of ``day``; the facts are a measure, not an amount to post.
    """
    rows = (
        CreditNote.objects.filter(
            customer=note.customer_id,
            submitted_at__gte=moment - A_QUARTER,
            hold__in=[Hold.RESERVED, Hold.ISSUED],
        )
        .exclude(pk=note.pk)
        .order_by()
        .values_list("currency")
        .annotate(sum=Sum("total"), count=Count("pk"))
    )
    found = list(rows)
    total = sum(
        (in_base(total, known_rate(note.company, code, day) or PAR) for code, total, _ in found),
        ZERO,
    )
    return total, sum(count for _, _, count in found)
