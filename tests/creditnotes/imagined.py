"""Invoices that exist only in memory, with counters exactly as the database keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import strategies as st

from creditnotes.creditable import Counters, Quote, so_far
from creditnotes.models import CreditableLine, CreditableTax
from customers.models import InvoiceLine, TaxRounding
from customers.money import ZERO, extend
from customers.taxes import Levy, tax_lines

D = Decimal

#: Quantity, price, taxes, kind.
Charge = tuple[Decimal, Decimal, Sequence[Levy], str]

HST, GST, PST, QST = (
    Levy("hst", "ON", D(13)),
    Levy("gst", "QC", D(5)),
    Levy("pst", "BC", D(7)),
    Levy("qst", "QC", D("9.975")),
)
LEVIES = [[HST], [GST, QST], [GST, PST], [GST], [Levy("hst", "NS", D(15))], []]

quantities = st.decimals("0.25", 400, places=2)
prices = st.decimals(0, 500, places=2)
roundings = st.sampled_from(TaxRounding.values)
kinds = st.sampled_from([*[InvoiceLine.Kind.GOODS] * 3, *InvoiceLine.Kind])
invoices = st.lists(
    st.tuples(quantities, prices, st.sampled_from(LEVIES), kinds), min_size=1, max_size=5
)

_TAX_COUNTS = ("base", "amount", "kept", "adjusted", "recovered")


def counters_of(invoice: Sequence[Charge], rounding: str) -> Counters:
    """The counters of invoice 1, of which nothing was credited yet."""
    nets = [extend(quantity, price) for quantity, price, *_ in invoice]
    lines = {pk: _line(pk, charge, nets[pk]) for pk, charge in enumerate(invoice)}
    taxes: dict[int, CreditableTax] = {}
    bearers: dict[int, list[int]] = {pk: [] for pk in lines}

    def count(levy: Levy, base: Decimal, amount: Decimal, borne_by: list[int]) -> None:
        pk = len(taxes)
        taxes[pk] = _tax(pk, levy, base, amount)
        for line in borne_by:
            bearers[line].append(pk)

    charged = [(net, levies) for net, (_, _, levies, _) in zip(nets, invoice, strict=True)]
    for tax in tax_lines(charged, rounding):
        if rounding == TaxRounding.TOTAL:
            count(tax.levy, tax.base, tax.amount, list(tax.by_line))
        else:
            for line, amount in tax.by_line.items():
                count(tax.levy, nets[line], amount, [line])
    return Counters(lines, taxes, bearers)


def _line(pk: int, charge: Charge, net: Decimal) -> CreditableLine:
    return CreditableLine(
        invoice_line=InvoiceLine(id=pk, kind=charge[3]),
        invoice_id=1,
        charged_quantity=charge[0],
        charged_net=net,
        reserved_quantity=D(0),
        issued_quantity=D(0),
        reserved_net=ZERO,
        issued_net=ZERO,
    )


def _tax(pk: int, levy: Levy, base: Decimal, amount: Decimal) -> CreditableTax:
    return CreditableTax(
        id=pk,
        invoice_id=1,
        kind=levy.kind,
        province=levy.province,
        rate=levy.rate,
        charged_base=base,
        charged_amount=amount,
        **{f"{hold}_{what}": ZERO for hold in ("reserved", "issued") for what in _TAX_COUNTS},
    )


def hold(counters: Counters, quote: Quote, name: str = "reserved", times: int = 1) -> None:
    """Move the counters as the database does when a note's hold becomes ``name``.

    ``times`` is -1 when it is that no longer.
    """

    def move(counter: CreditableLine | CreditableTax, what: str, amount: Decimal) -> None:
        field = f"{name}_{what}"
        setattr(counter, field, getattr(counter, field) + times * amount)

    for line in quote.lines:
        if line.claim.invoice_line_id is not None:
            counter = counters.lines[line.claim.invoice_line_id]
            move(counter, "quantity", line.taken.quantity)
            move(counter, "net", line.taken.net)
    for tax in quote.taxes:
        taken = tax.taken
        move(tax.creditable, "base", taken.base + taken.untaxed_base)
        move(tax.creditable, "amount", taken.amount + taken.withheld)
        for what in ("kept", "adjusted", "recovered"):
            move(tax.creditable, what, getattr(taken, what))


def assert_within(counters: Counters) -> None:
    """What the database's own checks say, and that some tax stays for the net still to come."""
    for line in counters.lines.values():
        for what in ("quantity", "net"):
            used = [getattr(line, f"{name}_{what}") for name in ("reserved", "issued")]
            assert min(used) >= 0
            assert sum(used) <= getattr(line, f"charged_{what}")
    for tax in counters.taxes.values():
        parts = [getattr(tax, f"{n}_{w}") for n in ("reserved", "issued") for w in _TAX_COUNTS]
        assert min(parts) >= 0
        assert tax.reserved_base + tax.issued_base <= tax.charged_base
        assert ZERO <= so_far(tax).left_with_net <= so_far(tax).left <= tax.charged_amount
