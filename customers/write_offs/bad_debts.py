"""Bad debts: proposed with evidence by one person, confirmed by another, perhaps recovered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import (
    BadDebtProposal,
    BadDebtRefusal,
    Invoice,
    OpenItem,
    User,
    WriteOff,
)
from customers.money import ZERO
from customers.relief import Taxes, relief, repaid
from customers.write_offs.booking import (
    Kind,
    New,
    apply,
    book,
    locked,
    locked_item,
    of_entries,
    require_finance,
    require_open,
    settle,
)
from customers.write_offs.standing import bad_debts_of, charged, taxes_of, undone_of


@dataclass(frozen=True)
class Evidence:
    """What shows that a debt is bad: words, and perhaps a file."""

    text: str
    file_name: str = ""
    file_type: str = ""
    content: bytes | None = None


@transaction.atomic
def propose_bad_debt(
    invoice: Invoice, amount: Decimal, evidence: Evidence, *, by: User, moment: datetime
) -> BadDebtProposal:
    """Ask a second person to write off ``amount`` of the invoice as a bad debt."""
    require_finance(by, invoice)
    require_open(locked_item(invoice), amount)
    if not evidence.text.strip():
        raise Incomplete(_("Say what shows that the debt is bad."), field="evidence")
    if open_proposal(invoice):
        raise WrongState(_("A bad debt of this invoice waits for an answer already."))
    return BadDebtProposal.objects.create(
        invoice=invoice,
        amount=amount,
        evidence=evidence.text.strip(),
        file_name=evidence.file_name,
        file_type=evidence.file_type,
        file_content=evidence.content,
        proposed_by=by,
        proposed_at=moment,
    )


def waiting() -> QuerySet[BadDebtProposal]:
    """Bad debts proposed and not answered; the evidence's file is left where it is."""
    proposals = BadDebtProposal.objects.filter(write_off__isnull=True, refusal__isnull=True)
    return proposals.defer("file_content")


def open_proposal(invoice: Invoice) -> BadDebtProposal | None:
    """The bad debt of the invoice that waits for a second person."""
    return waiting().filter(invoice=invoice).select_related("proposed_by").first()


def relief_of(invoice: Invoice, amount: Decimal) -> Taxes:
    """Each tax that writing off ``amount`` of the invoice would give back now."""
    before, given = bad_debts_of(invoice)
    return relief(charged(invoice), before, given, amount)


@transaction.atomic
def confirm_bad_debt(proposal: BadDebtProposal, *, by: User, moment: datetime) -> WriteOff:
    """Write the proposed bad debt off, with the tax that the law gives back."""
    invoice = proposal.invoice
    require_finance(by, invoice)
    if proposal.proposed_by_id == by.pk:
        raise NotAllowed(_("A bad debt takes two people: somebody else in finance confirms it."))
    owed = locked_item(invoice)
    _require_unanswered(proposal)
    require_open(owed, proposal.amount)
    taxes = relief_of(invoice, proposal.amount)
    new = New(Kind.BAD_DEBT, invoice, proposal.amount, taxes, proposal=proposal)
    return settle(new, owed, by, moment)


@transaction.atomic
def refuse_bad_debt(
    proposal: BadDebtProposal, *, by: User, moment: datetime, why: str = ""
) -> BadDebtRefusal:
    """Leave the invoice open; who proposed it may take it back so."""
    require_finance(by, proposal.invoice)
    locked_item(proposal.invoice)
    _require_unanswered(proposal)
    return BadDebtRefusal.objects.create(
        proposal=proposal, refused_by=by, refused_at=moment, why=why.strip()
    )


@transaction.atomic
def recover(
    write_off: WriteOff,
    amount: Decimal,
    *,
    by: User,
    moment: datetime,
    paid_by: OpenItem | None = None,
) -> WriteOff:
    """Owe ``amount`` of a bad debt again because it is paid after all, and repay its tax.

    ``paid_by`` is what the customer paid and is on account: it settles that at once.
    """
    require_finance(by, write_off.invoice)
    if write_off.kind != Kind.BAD_DEBT:
        raise WrongState(_("Only a bad debt is recovered."))
    locked(of_entries([write_off.entry_id, paid_by.entry_id if paid_by else None]))
    before, taken = undone_of(write_off)
    if not ZERO < amount <= write_off.amount - before:
        left = {"left": write_off.amount - before}
        raise Refusal(_("Only %(left)s can be recovered.") % left, field="amount")
    taxes = repaid(write_off.amount, taxes_of([write_off]), before, taken, amount)
    made, item = book(New(Kind.RECOVERY, write_off.invoice, amount, taxes, write_off), by, moment)
    if paid_by:
        paid_by.refresh_from_db()
        require_open(paid_by, amount)
        apply(paid_by, item, amount, made, by)
    return made


def _require_unanswered(proposal: BadDebtProposal) -> None:
    if not waiting().filter(pk=proposal.pk).exists():
        raise WrongState(_("The proposal is answered already."))
