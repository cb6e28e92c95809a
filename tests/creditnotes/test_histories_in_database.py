"""The histories of ``test_histories``, fewer, through the services on the real database.

Every history runs in a transaction of its own that is rolled back. After each step the
database's deferred checks are made; at the end the whole database is audited, what is
left of the invoices is credited, and each adds up, tax by tax.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from approvals import services as approvals
from approvals.models import Step
from creditnotes import creditable
from creditnotes import services as creditnotes
from creditnotes.auditing import audit
from creditnotes.content import Content
from creditnotes.creditable import Claim, Counters
from creditnotes.models import Basis, CreditableLine, CreditableTax, CreditNote, Reason
from customers import ledger
from customers.models import Customer, TaxRounding, User
from tests import factories
from tests.creditnotes.test_histories import LONG, shares, wish
from tests.factories import GST, MOMENT, QST

LINES = [
    ("Trim", "7", "33.33", "goods"),
    ("Nails", "3.5", "9.99", "goods"),
    ("Freight", "1", "45.05", "freight"),
]
wishes = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(Basis.values), shares, st.booleans()),
    min_size=1,
    max_size=3,
)


class Histories(RuleBasedStateMachine):
    """Credit notes on one invoice with two taxes, in either rounding mode.

    What the preview says can be had is submitted, and comes to just what it said.
    """

    people: ClassVar[dict[str, User]]
    customer: ClassVar[Customer]

    @initialize(rounding=st.sampled_from(TaxRounding.values), fee=st.sampled_from([0, 15]))
    def charge(self, rounding: str, fee: int) -> None:
        self.history = transaction.atomic()
        self.history.__enter__()
        self.invoice = factories.invoice(
            self.customer, "INV-H", LINES, [GST, QST], tax_rounding=rounding
        )
        self.reason = factories.reason(
            self.customer.company,
            "any",
            bases=list(Basis.values),
            restocking_fee=fee,
            goodwill_cap=50,
            goodwill_account=ledger.account(self.customer.company, "4140"),
        )
        self.moment = MOMENT
        self.reserved: list[CreditNote] = []
        self.issued: list[CreditNote] = []

    def counters(self) -> Counters:
        return creditable.look(self.invoice.lines.values_list("pk", flat=True), [self.invoice.pk])

    @rule(wishes=wishes)
    def submit(self, wishes: Sequence[tuple[int, str, Decimal, bool]]) -> None:
        self.moment += timedelta(hours=5)
        counters = self.counters()
        positions = dict(enumerate(sorted(counters.lines)))
        in_order = Counters(
            {at: counters.lines[pk] for at, pk in positions.items()},
            counters.taxes,
            counters.taxes_of_line,
        )
        claims = [wish(in_order, *each, of=self.invoice.pk) for each in wishes]
        preview = creditable.quote(claims, counters, self.reason)
        if possible := [line.claim for line in preview.lines]:
            note = self._submitted(possible)
            assert (note.net, note.tax_total) == (preview.net, preview.tax_total)
            self.reserved.append(note)
            connection.check_constraints()

    def _submitted(self, claims: Sequence[Claim], reason: Reason | None = None) -> CreditNote:
        rep, content = self.people["rep"], Content(reason or self.reason, claims)
        note = creditnotes.start(self.customer, content, actor=rep, moment=self.moment)
        return approvals.submit(note, actor=rep, moment=self.moment)

    def pop(self, notes: list[CreditNote], index: int) -> CreditNote:
        self.moment += timedelta(hours=1)
        return notes.pop(index % len(notes))

    @precondition(lambda self: self.reserved)
    @rule(index=st.integers(0, 9))
    def withdraw(self, index: int) -> None:
        note = self.pop(self.reserved, index)
        approvals.withdraw(note, actor=self.people["rep"], moment=self.moment)
        connection.check_constraints()

    @precondition(lambda self: self.reserved)
    @rule(index=st.integers(0, 9))
    def issue(self, index: int) -> None:
        self.issued.append(self._issued(self.pop(self.reserved, index)))
        connection.check_constraints()

    def _issued(self, note: CreditNote) -> CreditNote:
        while step := note.steps.filter(status=Step.Status.OPEN).first():
            decide: Callable[..., Any] = approvals.approve if step.is_final else approvals.endorse
            approver = User.objects.filter(assignments__step=step).order_by("pk")[0]
            note = decide(note, actor=approver, moment=self.moment)
        return creditnotes.issue(note, actor=None, moment=self.moment)

    @precondition(lambda self: self.issued)
    @rule(index=st.integers(0, 9))
    def reverse(self, index: int) -> None:
        note = factories.unapply(self.pop(self.issued, index))
        propose, confirm = self.people["finance"], self.people["second_finance"]
        creditnotes.propose_reversal(note, actor=propose, moment=self.moment, comment="No.")
        creditnotes.confirm_reversal(note, actor=confirm, moment=self.moment)
        connection.check_constraints()

    def teardown(self) -> None:
        if not hasattr(self, "history"):
            return
        try:
            self._take_the_rest()
        finally:
            transaction.set_rollback(True)
            self.history.__exit__(None, None, None)

    def _take_the_rest(self) -> None:
        assert audit() == []
        for note in self.reserved:
            self._issued(note)
        if claims := creditable.whole_invoice(self.invoice.pk, self.counters()):
            self._issued(self._submitted(claims, factories.reason(self.customer.company)))
        connection.check_constraints()
        assert not any(line.quantity_left or line.net_left for line in CreditableLine.objects.all())
        assert all(tax.issued_amount == tax.charged_amount for tax in CreditableTax.objects.all())
        assert audit() == []


@pytest.mark.usefixtures("policy")
def test_whatever_is_credited_in_the_database_adds_up(
    customer: Customer, rep: User, finance: User, second_finance: User
) -> None:
    Histories.customer = customer
    Histories.people = {"rep": rep, "finance": finance, "second_finance": second_finance}
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=300 if LONG else 4,
            stateful_step_count=40 if LONG else 12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
