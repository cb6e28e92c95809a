"""Paying back what is on account: proposed, confirmed by a second person, or cancelled.

Locked in this order: batch, refunds in id order, open items in id order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers import ledger
from customers.access import FINANCE, is_in
from customers.currencies import converted, rate_for
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.ledger import Posting
from customers.models import (
    Company,
    Customer,
    JournalEntry,
    OpenItem,
    Refund,
    RefundBatch,
    User,
)
from customers.money import ZERO
from customers.settling import (
    Settlement,
    locked,
    overdue_items,
    require_may_settle,
    tell_of,
    write,
)

#: What is left of these can be paid back.
REFUNDABLE = (
    JournalEntry.Kind.PAYMENT,
    JournalEntry.Kind.CREDIT_NOTE,
    JournalEntry.Kind.DEPOSIT,
)


def refundable(item: OpenItem) -> Decimal:
    """How much of what is left on account is in no other refund under way."""
    if item.side != OpenItem.Side.PAYS or item.entry.kind not in REFUNDABLE:
        return ZERO
    return max(item.open - in_refunds(item), ZERO)


def in_refunds(item: OpenItem) -> Decimal:
    """How much of a payment or credit is in refunds that nobody has confirmed yet."""
    proposed: Decimal = item.refunds.filter(state=Refund.State.PROPOSED).aggregate(
        sum=Sum("amount", default=ZERO)
    )["sum"]
    return proposed


@transaction.atomic
def propose(
    payer: OpenItem,
    amount: Decimal,
    *,
    method: str,
    bank_reference: str,
    by: User,
    moment: datetime,
    override_reason: str = "",
) -> Refund:
    """Ask a second person to pay back ``amount`` of what the payment or credit left.

    Raises :class:`~customers.errors.Refusal` for more than is left, and while anything is
    overdue unless ``override_reason`` says why all the same.
    """
    payer = locked([payer.pk])[payer.pk]
    customer = payer.customer
    require_may_settle(by, customer)
    left = refundable(payer)
    if not ZERO < amount <= left:
        raise Refusal(_("Only %(left)s can be refunded.") % {"left": left}, field="amount")
    if not bank_reference.strip():
        raise Incomplete(_("Say to which account, or which cheque it is."), field="bank_reference")
    _require_nothing_overdue(customer, override_reason, customer.company.day_of(moment))
    return Refund.objects.create(
        company=customer.company,
        customer=customer,
        payer=payer,
        currency=payer.currency,
        amount=amount,
        method=method,
        bank_reference=bank_reference.strip(),
        override_reason=override_reason.strip(),
        proposed_by=by,
        proposed_at=moment,
    )


def _require_nothing_overdue(customer: Customer, override_reason: str, day: date) -> None:
    overdue = overdue_items(customer, day).count()
    if overdue and not override_reason.strip():
        raise Refusal(
            ngettext(
                "%(count)s document of this customer is overdue. Say why to refund all the same.",
                "%(count)s documents of this customer are overdue. Say why to refund all the same.",
                overdue,
            )
            % {"count": overdue},
            field="override_reason",
        )


@transaction.atomic
def confirm(refund: Refund, *, by: User, moment: datetime) -> Refund:
    """Pay it back: the second person's yes, the posting, and the use of what was on account.

    Raises :class:`~customers.errors.NotAllowed` for the one who proposed it, and
    :class:`~customers.errors.WrongState` where it is decided, in a batch, or no longer covered.
    """
    refund = _locked([refund.pk])[0]
    if refund.batch_id:
        raise WrongState(_("It is approved with its batch, %(batch)s.") % {"batch": refund.batch})
    _confirm([refund], by, moment)
    return refund


def _confirm(refunds: Sequence[Refund], by: User, moment: datetime) -> None:
    items = locked([refund.payer_id for refund in refunds])
    for refund in refunds:
        refund.payer = items[refund.payer_id]
        _require_confirmable(refund, by, refund.company.day_of(moment))
        _pay(refund, by, moment)
    tell_of(list(items))


def _require_confirmable(refund: Refund, by: User, day: date) -> None:
    require_may_settle(by, refund.customer)
    _require_proposed(refund)
    if refund.proposed_by_id == by.pk:
        raise NotAllowed(
            _("%(refund)s: a second person confirms what you proposed.") % {"refund": refund}
        )
    if refund.amount > refund.payer.open:
        raise WrongState(
            _("%(refund)s: only %(left)s is left on account. Cancel it and propose it anew.")
            % {"refund": refund, "left": refund.payer.open}
        )
    if not refund.override_reason and overdue_items(refund.customer, day).exists():
        raise WrongState(
            _(
                "%(refund)s: something of the customer is overdue by now."
                " Cancel it, and say why when you propose it anew."
            )
            % {"refund": refund}
        )


def _require_proposed(refund: Refund) -> None:
    if refund.state != Refund.State.PROPOSED:
        raise WrongState(
            _("%(refund)s is %(state)s already.")
            % {"refund": refund, "state": refund.get_state_display().lower()}
        )


def _pay(refund: Refund, by: User, moment: datetime) -> None:
    """Dr receivable, Cr bank clearing at today's rate; then what was on account settles it."""
    company, day = refund.company, refund.company.day_of(moment)
    refund.rate = rate_for(company, refund.currency, day)
    chart = ledger.Chart(company)
    postings = [
        Posting(chart.account(ledger.RECEIVABLE), debit=refund.amount, customer=refund.customer),
        Posting(chart.account(ledger.BANK), credit=refund.amount),
    ]
    kind = JournalEntry.Kind.REFUND
    refund.entry = ledger.post(
        company, kind, refund.reference, day, converted(postings, refund.rate)
    )
    item = ledger.open_item(
        refund.entry, refund.customer, OpenItem.Side.OWES, refund.amount, refund.currency
    )
    write(company, [Settlement(refund.payer, item, refund.amount, day)], by)
    _decide(refund, Refund.State.CONFIRMED, by, moment)


@transaction.atomic
def cancel(refund: Refund, *, by: User, moment: datetime, reason: str) -> Refund:
    """Let it be, before it is confirmed; a batch goes on without it."""
    refund = _locked([refund.pk])[0]
    require_may_settle(by, refund.customer)
    _require_proposed(refund)
    if not reason.strip():
        raise Incomplete(_("Say why, please."), field="reason")
    refund.cancel_reason = reason.strip()
    refund.batch = None
    _decide(refund, Refund.State.CANCELLED, by, moment)
    return refund


def _decide(refund: Refund, state: str, by: User, moment: datetime) -> None:
    refund.state, refund.decided_by, refund.decided_at = state, by, moment
    refund.save()


def _locked(refunds: Iterable[int]) -> list[Refund]:
    rows = Refund.objects.select_for_update(of=("self",)).filter(pk__in=refunds)
    return list(rows.select_related("company", "customer__company", "batch").order_by("pk"))


# Batches ------------------------------------------------------------------------


@transaction.atomic
def make_batch(
    company: Company, refunds: Iterable[int], *, by: User, moment: datetime
) -> RefundBatch:
    """Collect proposed refunds, by id, for one approval.

    Raises :class:`~customers.errors.Refusal` where there is none, or one can't be collected.
    """
    rows = [refund for refund in _locked(refunds) if refund.company_id == company.pk]
    if not rows:
        raise Incomplete(_("Choose at least one refund."), field="refunds")
    for refund in rows:
        require_may_settle(by, refund.customer)
        _require_proposed(refund)
        if refund.batch_id:
            raise WrongState(
                _("%(refund)s is in %(batch)s already.") % {"refund": refund, "batch": refund.batch}
            )
    batch = RefundBatch.objects.create(company=company, made_by=by, made_at=moment)
    Refund.objects.filter(pk__in=[refund.pk for refund in rows]).update(batch=batch)
    return batch


@transaction.atomic
def approve_batch(batch: RefundBatch, *, by: User, moment: datetime) -> RefundBatch:
    """Confirm every refund of the batch: all of them, or none and a sentence that says why.

    Raises as :func:`confirm` does; also for the one who made the batch.
    """
    batch = _locked_batch(batch, by)
    if batch.made_by_id == by.pk:
        raise NotAllowed(_("A second person approves the batch that you made."))
    refunds = _locked(batch.refunds.values_list("pk", flat=True))
    if not refunds:
        raise WrongState(_("There is nothing left in this batch."))
    _confirm(refunds, by, moment)
    _decide_batch(batch, RefundBatch.State.APPROVED, by, moment)
    return batch


@transaction.atomic
def cancel_batch(batch: RefundBatch, *, by: User, moment: datetime) -> RefundBatch:
    """Dissolve the batch; its refunds wait for confirmation again, each by itself."""
    batch = _locked_batch(batch, by)
    batch.refunds.update(batch=None)
    _decide_batch(batch, RefundBatch.State.CANCELLED, by, moment)
    return batch


def _locked_batch(batch: RefundBatch, by: User) -> RefundBatch:
    batch = RefundBatch.objects.select_for_update().get(pk=batch.pk)
    if not (is_in(by, FINANCE) and by.company_id == batch.company_id):
        raise NotAllowed(_("Only finance applies and refunds."))
    if batch.state != RefundBatch.State.OPEN:
        raise WrongState(
            _("%(batch)s is %(state)s already.")
            % {"batch": batch, "state": batch.get_state_display().lower()}
        )
    return batch


def _decide_batch(batch: RefundBatch, state: str, by: User, moment: datetime) -> None:
    batch.state, batch.decided_by, batch.decided_at = state, by, moment
    batch.save()
