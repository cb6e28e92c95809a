"""Recording goods that came back; what goes on the shelf is posted at its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.creditable import plain
from creditnotes.models import (
    CreditNote,
    Event,
    GoodsReceipt,
    GoodsReceiptLine,
    State,
)
from creditnotes.restocking import Expected, cost_of, expected_of, restock_postings
from creditnotes.services.guards import locked, require
from customers import ledger
from customers.errors import Incomplete, OverCredit, WrongState
from customers.models import JournalEntry, User
from customers.money import ZERO


@dataclass(frozen=True)
class Came:
    """How many of a credit line's goods came back, and in which condition."""

    credit_line_id: int
    quantity: Decimal
    condition: str = GoodsReceiptLine.Condition.RESTOCK


@transaction.atomic
def receive_goods(
    note: CreditNote,
    came: Sequence[Came],
    *,
    actor: User,
    moment: datetime,
    token: UUID,
    comment: str = "",
) -> GoodsReceipt:
    """Record what came back for an approved or issued note; never more than it credits.

    With a ``token`` seen before, answers what it recorded then: a double click records once.
    """
    note = locked(note)
    require(access.may_receive_goods(actor, note))
    known: GoodsReceipt | None = GoodsReceipt.objects.filter(note=note, token=token).first()
    if known is not None:
        return known
    expected = {each.line.pk: each for each in expected_of(note)}
    _require_expected(note, expected)
    lines = [_line(expected, each) for each in _checked(came, expected)]
    receipt = _write(note, lines, actor, moment, token, comment)
    events.record(
        note,
        Event.Kind.GOODS_RECEIVED,
        actor=actor,
        moment=moment,
        old_state=note.state,
        comment=comment,
        payload={"receipt": receipt.pk},
    )
    return receipt


def _require_expected(note: CreditNote, expected: Mapping[int, Expected]) -> None:
    if note.state not in (State.APPROVED, State.ISSUED):
        raise WrongState(
            _("%(note)s is %(state)s now; this is no longer possible.")
            % {"note": note.reference, "state": note.get_state_display().lower()}
        )
    if not any(each.missing for each in expected.values()):
        raise WrongState(_("All goods that %(note)s waits for came back.") % {"note": note})


def _checked(came: Sequence[Came], expected: Mapping[int, Expected]) -> list[Came]:
    """What came, without empty rows; refused beside its row where it is more than credited."""
    some = [(row, each) for row, each in enumerate(came) if each.quantity]
    if not some:
        raise Incomplete(_("Say how many came back of at least one line."), field="quantity")
    left = {pk: each.missing for pk, each in expected.items()}
    for row, each in some:
        left[each.credit_line_id] = left.get(each.credit_line_id, ZERO) - each.quantity
        if each.quantity < 0 or left[each.credit_line_id] < 0:
            known = expected.get(each.credit_line_id)
            most = known.missing if known else ZERO
            message = _("At most %(left)s can still come back.") % {"left": plain(most)}
            raise OverCredit(message, field="quantity", line=row)
    return [each for _row, each in some]


def _line(expected: Mapping[int, Expected], came: Came) -> GoodsReceiptLine:
    product = expected[came.credit_line_id].product
    return GoodsReceiptLine(
        credit_line_id=came.credit_line_id,
        quantity=came.quantity,
        condition=came.condition,
        unit_cost=product.unit_cost if product else None,
        cost=cost_of(product, came.quantity),
    )


def _write(
    note: CreditNote,
    lines: Sequence[GoodsReceiptLine],
    actor: User,
    moment: datetime,
    token: UUID,
    comment: str,
) -> GoodsReceipt:
    receipt = GoodsReceipt(
        note=note,
        reference=f"{note.reference}/{note.receipts.count() + 1}",
        received_on=note.company.day_of(moment),
        recorded_by=actor,
        recorded_at=moment,
        comment=comment,
        token=token,
    )
    receipt.entry = _post(receipt, lines, actor)
    receipt.save()
    for line in lines:
        line.receipt = receipt
    GoodsReceiptLine.objects.bulk_create(lines)
    return receipt


def _post(
    receipt: GoodsReceipt, lines: Sequence[GoodsReceiptLine], actor: User
) -> JournalEntry | None:
    restocked = [each for each in lines if each.condition == GoodsReceiptLine.Condition.RESTOCK]
    cost = sum((each.cost for each in restocked), ZERO)
    if not cost:
        return None
    note, kind = receipt.note, JournalEntry.Kind.RESTOCK
    postings = restock_postings(note, cost)
    return ledger.post(
        note.company, kind, receipt.reference, receipt.received_on, postings, by=actor
    )
