"""Many people at once doing whatever comes to mind: the rules hold at every stop.

Each walk draws verbs, notes and people by chance, allowed or not. What is refused must
be a refusal with a sentence, never an error of the database; after the walk the whole
database is audited, and what is left is credited to the last cent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection

from approvals import services as approvals
from creditnotes import services as creditnotes
from creditnotes.auditing import audit
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import MEASURED, Basis, CreditableLine, CreditableTax, CreditNote, State
from customers.errors import Refusal
from customers.models import Customer, Invoice, OpenItem, TaxRounding, User
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.factories import HST_ON, MOMENT

STEPS = 180
Verb = Callable[..., Any]


class Walker:
    """Draws what happens next; the clock goes on by some hours each time."""

    def __init__(self, seed: int, invoices: list[Invoice], people: list[User]) -> None:
        self.chance = Random(seed)
        self.invoices, self.people = invoices, people
        self.moment = MOMENT
        self.done, self.refusals = 0, list[str]()

    def step(self) -> None:
        self.moment += timedelta(hours=self.chance.randint(1, 30))
        verb = self.chance.choice([self.start, self.edit, self.pay, *[self.move] * 5])
        try:
            verb(self.chance.choice(self.people))
            connection.check_constraints()
            self.done += 1
        except Refusal as refusal:
            self.refusals.append(str(refusal))

    def note(self) -> CreditNote:
        notes = list(CreditNote.objects.order_by("-pk")[:8])
        if not notes:
            raise Refusal("Nothing to work on.")
        note: CreditNote = self.chance.choice(notes)
        return note

    def content(self) -> Content:
        invoices = self.chance.sample(self.invoices, self.chance.choice([1, 1, 2]))
        lines = [line for invoice in invoices for line in invoice.lines.all()]
        chosen = self.chance.sample(lines, self.chance.randint(1, min(3, len(lines))))
        return Content(
            reason=factories.reason(invoices[0].company),
            claims=[self.claim(line.pk, line.quantity) for line in chosen],
        )

    def claim(self, line: int, quantity: Decimal) -> Claim:
        share = Decimal(self.chance.randint(1, 110)) / 100
        basis = self.chance.choice(MEASURED)
        values: dict[str, dict[str, Any]] = {
            Basis.QUANTITY: {"quantity": (quantity * share / 2).quantize(Decimal("0.01"))},
            Basis.PERCENT: {"percent": 100 * share},
            Basis.AMOUNT: {"amount": (60 * share).quantize(Decimal("0.01"))},
            Basis.UNIT_PRICE: {"unit_price": (20 * share).quantize(Decimal("0.01"))},
        }
        return Claim(line, basis, **values[basis])

    def start(self, actor: User) -> None:
        customer = self.invoices[0].customer
        creditnotes.start(customer, self.content(), actor=actor, moment=self.moment)

    def edit(self, actor: User) -> None:
        creditnotes.edit(self.note(), self.content(), actor=actor, moment=self.moment)

    def pay(self, _actor: User) -> None:
        invoice = self.chance.choice(self.invoices)
        owed = OpenItem.objects.get(entry__invoice=invoice)
        day = invoice.company.day_of(self.moment)
        number = f"P-{self.moment:%j-%H}"
        payment = receive_payment(invoice.customer, number, day, Decimal("25.00"))
        apply(payment.entry.open_item, owed, Decimal("25.00"), day)

    def move(self, actor: User) -> None:
        if self.chance.random() < 0.2:
            verb = self.chance.choice(WITH_WORDS)
            verb(self.note(), actor=actor, moment=self.moment, comment="By chance.")
        else:
            verb = self.chance.choice(PLAIN)
            verb(self.note(), actor=actor, moment=self.moment)


WITH_WORDS: list[Verb] = [
    approvals.reject,
    approvals.return_for_changes,
    creditnotes.decline,
    creditnotes.cancel,
]
PLAIN: list[Verb] = [
    approvals.submit,
    approvals.submit,
    approvals.approve,
    approvals.approve,
    approvals.endorse,
    approvals.recall,
    approvals.withdraw,
    creditnotes.request,
    creditnotes.pick_up,
    creditnotes.issue,
    creditnotes.issue,
]


def credit_the_rest(invoice: Invoice, rep: User) -> None:
    """Every line to its end, in one note."""
    left = CreditableLine.objects.filter(invoice=invoice)
    claims = [
        Claim(line.pk, Basis.QUANTITY, quantity=line.quantity_left)
        if line.quantity_left
        else Claim(line.pk, Basis.AMOUNT, amount=line.net_left)
        for line in left
        if line.quantity_left or line.net_left
    ]
    if claims:
        factories.issued_note(invoice, rep, *claims, moment=MOMENT + timedelta(days=400))


def close_what_is_open(rep: User) -> None:
    for note in CreditNote.objects.filter(state__in=[State.SUBMITTED, State.RETURNED]):
        approvals.withdraw(note, actor=note.owner or rep, moment=MOMENT + timedelta(days=399))


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_people_do_the_rules_hold(
    seed: int, customer: Customer, request: pytest.FixtureRequest
) -> None:
    one = request.getfixturevalue
    one("policy")
    lines = [("Trim", "7", "33.33", "goods"), ("Nails", "3.5", "9.99", "goods")]
    invoices = [
        factories.invoice(customer, f"INV-{mode}", lines, [levy], tax_rounding=mode)
        for mode, levy in ((TaxRounding.TOTAL, HST_ON), (TaxRounding.LINE, HST_ON))
    ]
    people = [one(name) for name in ("rep", "colleague", "manager", "finance", "contact", "rep")]
    walker = Walker(seed, invoices, people)
    for _ in range(STEPS):
        walker.step()
    assert walker.done > STEPS / 10
    assert CreditNote.objects.exclude(state=State.DRAFT).exists()
    assert walker.refusals
    assert all(walker.refusals)
    assert audit() == []
    close_what_is_open(one("rep"))
    for note in CreditNote.objects.filter(state=State.APPROVED):
        creditnotes.issue(note, actor=None, moment=MOMENT + timedelta(days=399))
    for invoice in invoices:
        credit_the_rest(invoice, one("rep"))
    assert audit() == []
    assert not any(line.net_left or line.quantity_left for line in CreditableLine.objects.all())
    assert all(tax.issued_amount == tax.charged_amount for tax in CreditableTax.objects.all())
