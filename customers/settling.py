"""Applying payments and credits to invoices, and taking that back.

Whoever applies locks the open items in id order. Where two items were written at
different exchange rates, what settling them gains or loses is posted at once, so that
the receivable in base currency is what is open, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from customers import ledger
from customers.access import may_settle
from customers.currencies import part_of
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.ledger import NewEntry, Posting
from customers.models import (
    Application,
    Company,
    Customer,
    FiscalPeriod,
    JournalEntry,
    OpenItem,
    User,
)
from customers.models.company import AppliesCredits
from customers.money import ZERO
from customers.querysets import BelongsToCustomerQuerySet

#: An application between these is an act of its own, which can be taken back. Refunds,
#: write-offs and reversals settle what they settle for good: each has an undoing of its own.
APPLIED_BY_HAND = (
    JournalEntry.Kind.PAYMENT,
    JournalEntry.Kind.CREDIT_NOTE,
    JournalEntry.Kind.DEPOSIT,
)
OWED_BY_THE_CUSTOMER = (JournalEntry.Kind.INVOICE, JournalEntry.Kind.RECOVERY)


@dataclass(frozen=True)
class Settlement:
    """``amount`` of the payer to apply to the invoice on a day.

    ``base`` is what it takes of the payer in base currency, where that is known; else it
    is in proportion to what is open.
    """

    payer: OpenItem
    invoice: OpenItem
    amount: Decimal
    day: date
    base: Decimal | None = None


class Share(Protocol):
    """What a credit gives one invoice: in its currency, and in base at its own rate."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def base(self) -> Decimal: ...


def write(
    company: Company, settlements: Iterable[Settlement], by: User | None = None
) -> list[Application]:
    """Write applications and the exchange differences that they realise.

    The items are locked by the caller, or nobody else's; they are brought up to date. The
    database refuses more than is open.
    """
    rows = [_row(company, each, by) for each in settlements]
    _post_differences(company, [row for row in rows if row.difference])
    return Application.objects.bulk_create(rows)


def _row(company: Company, new: Settlement, by: User | None) -> Application:
    payer, invoice = new.payer, new.invoice
    of_payer = of_invoice = new.amount
    if payer.currency != company.base_currency:
        of_payer = _base_of(payer, new.amount, new.base)
        of_invoice = _base_of(invoice, new.amount, new.base)
    payer.base_applied += of_payer
    invoice.base_applied += of_invoice
    payer.applied += new.amount
    invoice.applied += new.amount
    return Application(
        payer=payer,
        invoice=invoice,
        amount=new.amount,
        payer_base=of_payer,
        invoice_base=of_invoice,
        applied_on=new.day,
        applied_by=by,
    )


def _base_of(item: OpenItem, amount: Decimal, wanted: Decimal | None) -> Decimal:
    """What ``amount`` takes of the item in base currency: the last of it all that is left."""
    if amount < item.open and wanted is not None and wanted <= item.base_open:
        return wanted
    return part_of(item.base_open, amount, item.open)


def _post_differences(company: Company, rows: Sequence[Application]) -> None:
    if not rows:
        return
    chart = ledger.Chart(company)
    with connection.cursor() as cursor:  # an entry is named after its application
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('customers_application', 'id'))"
            " FROM generate_series(1, %s)",
            [len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
    entries = ledger.post_all(company, [_difference_entry(row, chart) for row in rows])
    for row, entry in zip(rows, entries, strict=True):
        row.entry = entry


def _difference_entry(row: Application, chart: ledger.Chart) -> NewEntry:
    """Gained: Dr receivable, Cr exchange differences. Lost: the other way round."""
    gain, loss = max(row.difference, ZERO), max(-row.difference, ZERO)
    postings = [
        Posting(
            chart.account(ledger.RECEIVABLE), debit=gain, credit=loss, customer=row.payer.customer
        ),
        Posting(chart.account(ledger.EXCHANGE), debit=loss, credit=gain),
    ]
    return NewEntry(JournalEntry.Kind.EXCHANGE, f"FX-{row.pk:06d}", row.applied_on, postings)


def locked(items: Iterable[int]) -> dict[int, OpenItem]:
    """The open items as they stand now, by id, locked in id order."""
    rows = OpenItem.objects.select_for_update(of=("self",)).filter(pk__in=set(items))
    return {
        item.pk: item for item in rows.select_related("customer__company", "entry").order_by("pk")
    }


def apply(
    payer: OpenItem, invoice: OpenItem, amount: Decimal, day: date, by: User | None = None
) -> Application:
    """Settle ``amount`` of the invoice's item from the payer's; both are locked in id order.

    Raises :class:`~customers.errors.Refusal` when either has less than that left, or when
    they can't settle each other.
    """
    return apply_many(payer, {invoice.pk: amount}, day, by)[0]


@transaction.atomic
def apply_many(
    payer: OpenItem, amounts: Mapping[int, Decimal], day: date, by: User | None = None
) -> list[Application]:
    """Apply so much of the payer to each of the open items, by id: all of it or none.

    ``by`` is None where the books are told what somebody else decided. Raises as
    :func:`apply` does, with the item's id as the refusal's ``line``.
    """
    items = locked({payer.pk, *amounts})
    payer = items[payer.pk]
    if by is not None:
        require_may_settle(by, payer.customer)
        _require_day(payer, [items[pk] for pk in amounts], day)
    for pk, amount in amounts.items():
        _require_settles(payer, items[pk], amount)
    if sum(amounts.values(), ZERO) > payer.open:
        raise _only(payer.open)
    settlements = [Settlement(payer, items[pk], amounts[pk], day) for pk in sorted(amounts)]
    return write(payer.customer.company, settlements, by)


def _require_settles(payer: OpenItem, invoice: OpenItem, amount: Decimal) -> None:
    if payer.customer_id != invoice.customer_id:
        raise Refusal(_("That is another customer's invoice."), field="amount", line=invoice.pk)
    if payer.currency != invoice.currency:
        raise Refusal(
            _("%(document)s is in %(currency)s; it settles only what is in %(currency)s.")
            % {"document": payer.entry.reference, "currency": payer.currency},
            field="amount",
            line=invoice.pk,
        )
    if not ZERO < amount <= min(payer.open, invoice.open):
        raise _only(min(payer.open, invoice.open), invoice.pk)


def _only(left: Decimal, line: int | None = None) -> Refusal:
    return Refusal(_("Only %(left)s can be applied.") % {"left": left}, field="amount", line=line)


def _require_day(payer: OpenItem, invoices: Sequence[OpenItem], day: date) -> None:
    """A day on which both were in the books, in a period that is not closed."""
    first = max(item.entry.posted_on for item in (payer, *invoices))
    if day < first:
        raise Refusal(
            _("Not before %(day)s, when the later document was posted.") % {"day": first},
            field="day",
        )
    periods = FiscalPeriod.objects.filter(company=payer.customer.company_id)
    closed = periods.filter(starts_on__lte=day, ends_on__gte=day, state=FiscalPeriod.State.CLOSED)
    if closed.exists():
        raise Refusal(_("The books of that day are closed."), field="day")


def require_may_settle(user: User, customer: Customer) -> None:
    """Raise :class:`~customers.errors.NotAllowed` unless the person settles for the customer."""
    if not may_settle(user, customer):
        raise NotAllowed(_("Only finance applies and refunds."))


@transaction.atomic
def unapply(application: Application, *, by: User | None, day: date, reason: str) -> Application:
    """Take an application back, whole: both items are open again, as they were before.

    Raises :class:`~customers.errors.WrongState` for one that is taken back already or that
    another document made, :class:`~customers.errors.Incomplete` without a reason.
    """
    items = locked([application.payer_id, application.invoice_id])
    payer, invoice = items[application.payer_id], items[application.invoice_id]
    if by is not None:
        require_may_settle(by, payer.customer)
    if not reason.strip():
        raise Incomplete(_("Say why, please."), field="reason")
    if application.undoes_id or Application.objects.filter(undoes=application).exists():
        raise WrongState(_("That was taken back already."))
    if not may_be_taken_back(payer, invoice):
        raise WrongState(_("That stands with its document and can't be taken back by itself."))
    application.payer, application.invoice = payer, invoice
    return take_back(application, max(day, application.applied_on), by, reason.strip())


def take_back(
    application: Application, day: date, by: User | None, reason: str = ""
) -> Application:
    """Write what undoes the application, and its exchange difference; the items are locked."""
    payer, invoice = application.payer, application.invoice
    back = Application(
        payer=payer,
        invoice=invoice,
        amount=application.amount,
        payer_base=application.payer_base,
        invoice_base=application.invoice_base,
        applied_on=day,
        applied_by=by,
        undoes=application,
        reason=reason,
    )
    if back.difference:
        _post_differences(payer.customer.company, [back])
    back.save(force_insert=True)
    return back


def may_be_taken_back(payer: OpenItem, invoice: OpenItem) -> bool:
    """Whether an application between these is somebody's own act, and not a document's."""
    return payer.entry.kind in APPLIED_BY_HAND and invoice.entry.kind in OWED_BY_THE_CUSTOMER


def apply_credit(credit: OpenItem, shares: Mapping[int, Share], day: date) -> list[Application]:
    """Apply a credit just issued, as far as the company's settings go.

    First to the invoices (by id) that it credits, by each one's share; then what is left
    to the customer's overdue ones, oldest first. The rest stays on account.
    """
    company = credit.customer.company
    if company.applies_credits == AppliesCredits.NOWHERE:
        return []
    own = {
        item.pk: shares[item.invoice_id]
        for item in OpenItem.objects.filter(entry__invoice__in=shares).annotate(
            invoice_id=F("entry__invoice")
        )
    }
    overdue = []
    if company.applies_credits == AppliesCredits.OVERDUE:
        overdue = _overdue_that_take(credit, own, day)
    items = locked([*own, *overdue])
    settlements = []
    left = credit.amount
    for pk, share in own.items():
        if (amount := min(share.amount, items[pk].open, left)) > ZERO:
            base = part_of(share.base, amount, share.amount)
            settlements.append(Settlement(credit, items[pk], amount, day, base))
            left -= amount
    applied = write(company, settlements)
    for pk in overdue:
        if (amount := min(items[pk].open, left)) > ZERO:
            applied += write(company, [Settlement(credit, items[pk], amount, day)])
            left -= amount
    return applied


def _overdue_that_take(credit: OpenItem, own: Mapping[int, Share], day: date) -> list[int]:
    """The overdue items that may be needed for what its own invoices do not take."""
    taken = [
        min(own[pk].amount, amount - applied)
        for pk, amount, applied in OpenItem.objects.filter(pk__in=own).values_list(
            "pk", "amount", "applied"
        )
    ]
    left = credit.amount - sum(taken, ZERO)
    if left <= ZERO:
        return []
    needed = []
    rows = overdue_items(credit.customer, day).filter(currency=credit.currency)
    for pk, amount, applied in rows.values_list("pk", "amount", "applied"):
        needed.append(pk)
        if pk not in own:
            left -= amount - applied
        if left <= ZERO:
            break
    return needed


def overdue_items(customer: Customer, day: date) -> BelongsToCustomerQuerySet:
    """What the customer should have paid before ``day``, the oldest first."""
    return OpenItem.objects.filter(
        customer=customer,
        side=OpenItem.Side.OWES,
        applied__lt=F("amount"),
        due_on__lt=day,
    ).order_by("due_on", "pk")
