"""However an invoice is credited in pieces: never too much, and in the end exactly all of it.

A state machine writes credit notes of any mix of bases on one invoice, in either
rounding mode, with restocking fees, price-only lines and tax adjustments; withdraws
them, issues them, reverses them. After every step nothing exceeds what was charged;
at the end all that is left is taken, and the pieces add up to the invoice: net by line,
tax by tax, to the cent. ``HISTORIES=long`` tries a hundred times as many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from creditnotes.creditable import Claim, Counters, Quote, QuotedTax, quote, so_far, whole_invoice
from creditnotes.models import Basis, CreditableLine, Reason
from customers.money import CENT, ZERO
from tests.creditnotes import imagined
from tests.creditnotes.imagined import Charge, D

LONG = os.environ.get("HISTORIES") == "long"

shares = st.one_of(st.decimals(0, "1.1", places=3), st.just(D(1)), st.just(D("0.333")))
wishes = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(Basis.values), shares, st.booleans()),
    min_size=1,
    max_size=4,
)


def wish(
    counters: Counters, index: int, basis: str, share: Decimal, plain: bool, of: int = 1
) -> Claim:
    """A claim on invoice ``of`` for about that share of what is left.

    Half of them are price only, with a lowered fee where one is due.
    """
    line = counters.lines[index % len(counters.lines)]
    if basis == Basis.GOODWILL:
        return Claim(basis=basis, amount=(40 * share).quantize(CENT), description="For the delay.")
    if basis == Basis.TAX:
        taxes = sorted({tax.kind for tax in counters.taxes.values()}) or ["hst"]
        kind = taxes[index % len(taxes)]
        left = sum((tax.amount_left for tax in counters.taxes_on(of, kind)), ZERO)
        amount = None if share == 1 else (left * share).quantize(CENT)
        return Claim(basis=basis, invoice_id=of, tax_kind=kind, amount=amount)
    fee = {} if plain else {"fee_percent": 10 * min(share, D(1)), "fee_words": "A regular."}
    return Claim(line.pk, basis, price_only=not plain, **_figure(line, basis, share), **fee)  # type: ignore[arg-type]


def _figure(line: CreditableLine, basis: str, share: Decimal) -> dict[str, Decimal]:
    four = D("0.0001")
    each = line.net_left / line.quantity_left if line.quantity_left else ZERO
    return {
        Basis.QUANTITY: {"quantity": (line.quantity_left * share).quantize(four)},
        Basis.PERCENT: {"percent": (100 * share).quantize(four)},
        Basis.AMOUNT: {"amount": (line.net_left * share).quantize(CENT)},
        Basis.UNIT_PRICE: {"unit_price": (each * share).quantize(four)},
        Basis.FREIGHT: {} if share == 1 else {"amount": (line.net_left * share).quantize(CENT)},
        Basis.WHOLE: {},
    }[Basis(basis)]


class History(RuleBasedStateMachine):
    """Credit notes on one invoice, as they come and go."""

    @initialize(
        invoice=imagined.invoices,
        rounding=imagined.roundings,
        fee=st.sampled_from([D(0), D(15), D("12.5"), D("99.99")]),
        gives_all_tax_back=st.booleans(),
    )
    def charge(
        self, invoice: Sequence[Charge], rounding: str, fee: Decimal, gives_all_tax_back: bool
    ) -> None:
        self.counters = imagined.counters_of(invoice, rounding)
        self.reason = Reason(restocking_fee=fee, goodwill_cap=D(50))
        self.gives_all_tax_back = gives_all_tax_back
        self.reserved: list[Quote] = []
        self.issued: list[Quote] = []

    @rule(wishes=wishes)
    def submit(self, wishes: Sequence[tuple[int, str, Decimal, bool]]) -> None:
        claims = [wish(self.counters, *each) for each in wishes]
        note = quote(claims, self.counters, self.reason)
        assert len(note.lines) + len(note.refusals) == len(claims)
        assert all(str(refusal) for refusal in note.refusals)
        event(f"lines: {len(note.lines)}")
        self.take(note)

    def take(self, note: Quote) -> None:
        imagined.hold(self.counters, note)
        self.reserved.append(note)
        assert note.total == note.net + note.tax_total
        assert all(line.net >= 0 and line.taken.fee >= 0 for line in note.lines)

    @precondition(lambda self: self.reserved)
    @rule(index=st.integers(0, 50))
    def withdraw(self, index: int) -> None:
        note = self.reserved.pop(index % len(self.reserved))
        imagined.hold(self.counters, note, "reserved", -1)

    @precondition(lambda self: self.reserved)
    @rule(index=st.integers(0, 50))
    def issue(self, index: int) -> None:
        note = self.reserved.pop(index % len(self.reserved))
        imagined.hold(self.counters, note, "reserved", -1)
        imagined.hold(self.counters, note, "issued")
        self.issued.append(note)

    @precondition(lambda self: self.issued)
    @rule(index=st.integers(0, 50))
    def reverse(self, index: int) -> None:
        note = self.issued.pop(index % len(self.issued))
        imagined.hold(self.counters, note, "issued", -1)

    @invariant()
    def never_too_much(self) -> None:
        if hasattr(self, "counters"):
            imagined.assert_within(self.counters)
            self.pieces_are_what_the_counters_say()

    def pieces_are_what_the_counters_say(self) -> None:
        for pk, tax in self.counters.taxes.items():
            taken = [each.taken for each in self.taxes_of(pk)]
            given = sum((each.amount for each in taken), ZERO)
            assert given <= tax.charged_amount
            assert given + sum((each.withheld for each in taken), ZERO) == so_far(tax).used_amount

    def taxes_of(self, pk: int) -> list[QuotedTax]:
        notes = [*self.reserved, *self.issued]
        return [tax for note in notes for tax in note.taxes if tax.creditable.pk == pk]

    def teardown(self) -> None:
        if not hasattr(self, "counters"):
            return
        left_without_net = self.left_without_net()
        claims = whole_invoice(1, self.counters)
        if not self.gives_all_tax_back:
            claims = [claim for claim in claims if claim.basis != Basis.TAX]
        last = quote(claims, self.counters)
        assert not last.refusals
        self.take(last)
        self.never_too_much()
        for line in self.counters.lines.values():
            assert line.quantity_left == line.net_left == 0
        for pk, tax in self.counters.taxes.items():
            assert so_far(tax).used_base == tax.charged_base
            left = ZERO if self.gives_all_tax_back else left_without_net[pk]
            assert so_far(tax).left == left
        self.all_adds_up_to_the_invoice()

    def left_without_net(self) -> dict[int, Decimal]:
        """The tax that price-only credits kept and no adjustment gave back; or that is late.

        An adjustment that lowered the last credit's tax and was withdrawn since leaves
        tax that no net goes with any more.
        """
        left = {}
        for pk, tax in self.counters.taxes.items():
            taken = [each.taken for each in self.taxes_of(pk)]
            sums = [sum(getattr(t, name) for t in taken) for name in ("kept", "recovered")]
            all_used = sum(t.base + t.untaxed_base for t in taken) == tax.charged_base
            left[pk] = so_far(tax).left if all_used else max(sums[0] - sums[1], ZERO)
        return left

    def all_adds_up_to_the_invoice(self) -> None:
        notes = [*self.reserved, *self.issued]
        on_lines = [
            line for note in notes for line in note.lines if line.claim.basis != Basis.GOODWILL
        ]
        used = sum((line.net + line.taken.fee for line in on_lines), ZERO)
        assert used == sum((line.charged_net for line in self.counters.lines.values()), ZERO)
        if self.gives_all_tax_back:
            taxes = [tax.taken for note in notes for tax in note.taxes]
            given = sum((each.amount + each.withheld for each in taxes), ZERO)
            assert given == sum((tax.charged_amount for tax in self.counters.taxes.values()), ZERO)


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=8_000 if LONG else 150,
    stateful_step_count=60 if LONG else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
