"""What finance applies, and takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from customers.access import may_settle
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import Application, Customer, FiscalPeriod, JournalEntry, OpenItem, User
from customers.money import ZERO
from customers.settling.writing import Settlement, locked, take_back, write

#: An application between these is an act of its own, which can be taken back. Refunds,
#: write-offs and reversals settle what they settle for good: each has an undoing of its own.
APPLIED_BY_HAND = (
    JournalEntry.Kind.PAYMENT,
    JournalEntry.Kind.CREDIT_NOTE,
    JournalEntry.Kind.DEPOSIT,
)
OWED_BY_THE_CUSTOMER = (JournalEntry.Kind.INVOICE, JournalEntry.Kind.RECOVERY)


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


def may_be_taken_back(payer: OpenItem, invoice: OpenItem) -> bool:
    """Whether an application between these is somebody's own act, and not a document's."""
    return payer.entry.kind in APPLIED_BY_HAND and invoice.entry.kind in OWED_BY_THE_CUSTOMER
