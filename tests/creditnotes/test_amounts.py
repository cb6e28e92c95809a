"""How much a credit takes: never more than is left, and in the end exactly all (rule 2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditnotes import amounts, creditable
from creditnotes.amounts import LineLeft, NotLower, Taken, TaxSoFar, TooMuch, TooMuchQuantity
from creditnotes.creditable import Claim, Counters, Quote
from creditnotes.models import MEASURED, Basis, CreditableLine, CreditableTax
from customers.errors import Refusal
from customers.models import InvoiceLine, TaxRounding
from customers.money import CENT, ZERO, extend, percent_of
from customers.taxes import Levy, tax_lines

D = Decimal

LEVIES = [
    [Levy("hst", "ON", D(13))],
    [Levy("gst", "QC", D(5)), Levy("qst", "QC", D("9.975"))],
    [Levy("gst", "BC", D(5)), Levy("pst", "BC", D(7))],
    [Levy("gst", "BC", D(5))],
    [],
]

quantities = st.decimals("0.25", 400, places=2)
prices = st.decimals(0, 500, places=2)
invoices = st.lists(st.tuples(quantities, prices, st.sampled_from(LEVIES)), min_size=1, max_size=5)
#: Which line, by which basis, and what share of what is left; up to half more than all.
wishes = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(MEASURED), st.decimals(0, "1.5", places=3)),
    max_size=12,
)
UNUSED = [
    f"{hold}_{what}"
    for hold in ("reserved", "issued")
    for what in ("base", "amount", "kept", "adjusted", "recovered")
]
roundings = st.sampled_from(TaxRounding.values)


def counters_of(invoice: list[tuple[Decimal, Decimal, list[Levy]]], rounding: str) -> Counters:
    """The counters of an invoice that exists only here, exactly as the database keeps them."""
    nets = [extend(quantity, price) for quantity, price, _ in invoice]
    lines = {
        pk: CreditableLine(
            invoice_line=InvoiceLine(id=pk, kind=InvoiceLine.Kind.GOODS),
            invoice_id=1,
            charged_quantity=invoice[pk][0],
            charged_net=nets[pk],
            reserved_quantity=D(0),
            issued_quantity=D(0),
            reserved_net=ZERO,
            issued_net=ZERO,
        )
        for pk in range(len(invoice))
    }
    taxes: dict[int, CreditableTax] = {}
    bearers: dict[int, list[int]] = {pk: [] for pk in lines}

    def count(levy: Levy, base: Decimal, amount: Decimal, borne_by: list[int]) -> None:
        pk = len(taxes)
        taxes[pk] = CreditableTax(
            id=pk,
            invoice_id=1,
            kind=levy.kind,
            rate=levy.rate,
            charged_base=base,
            charged_amount=amount,
            **dict.fromkeys(UNUSED, ZERO),
        )
        for line in borne_by:
            bearers[line].append(pk)

    charged = [(net, levies) for net, (_, _, levies) in zip(nets, invoice, strict=True)]
    for tax in tax_lines(charged, rounding):
        if rounding == TaxRounding.TOTAL:
            count(tax.levy, tax.base, tax.amount, list(tax.by_line))
        else:
            for line, amount in tax.by_line.items():
                count(tax.levy, nets[line], amount, [line])
    return Counters(lines, taxes, bearers)


def claim_for(line: CreditableLine, basis: str, share: Decimal) -> Claim:
    """A wish for about that share of what the line has left."""
    if basis == Basis.QUANTITY:
        return Claim(line.pk, basis, quantity=(line.quantity_left * share).quantize(D("0.0001")))
    if basis == Basis.PERCENT:
        return Claim(line.pk, basis, percent=(100 * share).quantize(D("0.0001")))
    if basis == Basis.AMOUNT:
        return Claim(line.pk, basis, amount=(line.net_left * share).quantize(CENT))
    each = line.net_left / line.quantity_left if line.quantity_left else ZERO
    return Claim(line.pk, basis, unit_price=(each * share).quantize(D("0.0001")))


def reserve(counters: Counters, quote: Quote) -> None:
    for line in quote.lines:
        counter = counters.lines[line.claim.line_id]
        counter.reserved_quantity += line.taken.quantity
        counter.reserved_net += line.taken.net
    for tax in quote.taxes:
        tax.creditable.reserved_base += tax.base
        tax.creditable.reserved_amount += tax.amount


def assert_within(counters: Counters) -> None:
    for line in counters.lines.values():
        assert 0 <= line.reserved_quantity <= line.charged_quantity
        assert 0 <= line.reserved_net <= line.charged_net
    for tax in counters.taxes.values():
        assert 0 <= tax.reserved_base <= tax.charged_base
        assert 0 <= tax.reserved_amount <= tax.charged_amount


def credit_the_rest(counters: Counters) -> Quote:
    claims = [
        Claim(pk, Basis.QUANTITY, quantity=line.quantity_left)
        if line.quantity_left
        else Claim(pk, Basis.AMOUNT, amount=line.net_left)
        for pk, line in counters.lines.items()
        if line.quantity_left or line.net_left
    ]
    return creditable.quote(claims, counters)


@given(invoices, roundings, wishes)
def test_whatever_is_credited_it_stays_within_and_the_last_takes_exactly_the_rest(
    invoice: Any, rounding: str, wishes: list[tuple[int, str, Decimal]]
) -> None:
    counters = counters_of(invoice, rounding)
    for index, basis, share in wishes:
        claim = claim_for(counters.lines[index % len(invoice)], basis, share)
        quote = creditable.quote([claim], counters)
        for refusal in quote.refusals:
            assert str(refusal)
        reserve(counters, quote)
        assert_within(counters)
    last = credit_the_rest(counters)
    assert not last.refusals
    reserve(counters, last)
    for line in counters.lines.values():
        assert line.quantity_left == line.net_left == 0
    for tax in counters.taxes.values():
        assert tax.reserved_base == tax.charged_base
        assert tax.reserved_amount == tax.charged_amount


@given(invoices, roundings, wishes)
def test_several_claims_in_one_note_take_what_they_would_take_in_several(
    invoice: Any, rounding: str, wishes: list[tuple[int, str, Decimal]]
) -> None:
    """Nets are the same line by line; the tax of one note is that of its notes together."""
    one, many = counters_of(invoice, rounding), counters_of(invoice, rounding)
    claims = [
        claim_for(one.lines[index % len(invoice)], basis, min(share, D(1)) / 4)
        for index, basis, share in wishes
    ]
    together = creditable.quote(claims, one)
    reserve(one, together)
    for claim in claims:
        reserve(many, creditable.quote([claim], many))
    for pk, line in many.lines.items():
        assert line.reserved_net == one.lines[pk].reserved_net
    for pk, tax in many.taxes.items():
        assert tax.reserved_base == one.taxes[pk].reserved_base
        assert tax.reserved_amount == one.taxes[pk].reserved_amount


@given(invoices, roundings)
def test_a_full_credit_is_the_invoice(invoice: Any, rounding: str) -> None:
    counters = counters_of(invoice, rounding)
    whole = credit_the_rest(counters)
    assert whole.net == sum((line.charged_net for line in counters.lines.values()), ZERO)
    assert whole.tax_total == sum((tax.charged_amount for tax in counters.taxes.values()), ZERO)
    assert whole.total == whole.net + whole.tax_total


@given(st.decimals(0, 30, places=4), st.decimals(0, 10**6, places=2), st.data())
def test_tax_never_goes_down_as_more_is_credited(
    rate: Decimal, base: Decimal, data: st.DataObject
) -> None:
    smaller, larger = sorted(data.draw(st.decimals(0, base, places=2)) for _ in range(2))
    so_far = TaxSoFar(rate, base, percent_of(rate, base), ZERO, ZERO)
    assert ZERO <= amounts.tax_on(so_far, smaller) <= amounts.tax_on(so_far, larger)
    assert amounts.tax_on(so_far, base) == so_far.charged_amount


# Basis by basis ---------------------------------------------------------------

TEN = LineLeft(D(10), D("100.00"))


def test_quantity_takes_its_share_and_the_last_pieces_the_rest() -> None:
    assert amounts.by_quantity(LineLeft(D(3), D("10.00")), D(1)).net == D("3.33")
    assert amounts.by_quantity(LineLeft(D(1), D("3.34")), D(1)).net == D("3.34")


def test_quantity_counts_an_earlier_allowance() -> None:
    """Ten at 10.00, of which 20.00 were let off: a piece is worth 8.00 now."""
    left = TEN.less(amounts.by_amount(TEN, D("20.00")))
    assert amounts.by_quantity(left, D(5)) == Taken(D(5), D("40.00"))


def test_quantity_beyond_what_is_left_is_refused() -> None:
    with pytest.raises(TooMuchQuantity) as error:
        amounts.by_quantity(TEN, D("10.0001"))
    assert error.value.left == 10


def test_no_pieces_take_nothing_even_where_no_piece_is_left() -> None:
    """All pieces came back at a lower price: what is left of the net has no pieces."""
    assert amounts.by_quantity(LineLeft(D(0), D("20.00")), D(0)) == Taken(D(0), ZERO)


def test_an_agreed_price_takes_that_price_and_no_more_than_is_left() -> None:
    assert amounts.by_quantity_at(TEN, D(4), D("2.505")) == Taken(D(4), D("10.02"))
    with pytest.raises(TooMuch):
        amounts.by_quantity_at(TEN, D(10), D("10.01"))
    with pytest.raises(TooMuchQuantity):
        amounts.by_quantity_at(TEN, D(11), D(1))


def test_percent_is_of_what_is_left() -> None:
    assert amounts.by_percent(TEN, D(10)) == Taken(D(0), D("10.00"))
    assert amounts.by_percent(replace(TEN, net=D("33.33")), D("12.5")).net == D("4.17")
    with pytest.raises(TooMuch) as error:
        amounts.by_percent(TEN, D("100.0001"))
    assert error.value.left == 100


def test_amount_is_before_tax_and_within_what_is_left() -> None:
    assert amounts.by_amount(TEN, D("100.00")) == Taken(D(0), D("100.00"))
    with pytest.raises(TooMuch):
        amounts.by_amount(TEN, D("100.01"))


def test_a_corrected_price_credits_what_was_charged_above_it() -> None:
    assert amounts.by_unit_price(TEN, D("9.40")) == Taken(D(0), D("6.00"))
    for price in (D(10), D(11)):
        with pytest.raises(NotLower):
            amounts.by_unit_price(TEN, price)


def test_tax_after_a_tax_only_credit_is_what_is_left_of_it() -> None:
    """No more tax is given back than is left, though the rate would give more."""
    so_far = TaxSoFar(D(13), D(100), D(13), D(0), D(12))
    assert amounts.tax_on(so_far, D(50)) <= 1
    assert amounts.tax_on(so_far, D(100)) == 1


# Refusals say where and why ---------------------------------------------------


def refusal(claim: Claim) -> Refusal:
    counters = counters_of([(D(10), D("10.00"), [])], TaxRounding.TOTAL)
    fine = Claim(0, Basis.AMOUNT, amount=D(1))
    quote = creditable.quote([fine, claim], counters)
    assert len(quote.lines) == 1
    return quote.refusals[0]


@pytest.mark.parametrize(
    ("claim", "field", "words"),
    [
        (Claim(0, Basis.QUANTITY, quantity=D(11)), "quantity", "Only 10"),
        (Claim(0, Basis.QUANTITY), "quantity", "number"),
        (Claim(0, Basis.QUANTITY, quantity=D(0)), "quantity", "nothing"),
        (Claim(0, Basis.QUANTITY, quantity=D(-1)), "quantity", "number"),
        (Claim(0, Basis.PERCENT, percent=D(101)), "percent", "100"),
        (Claim(0, Basis.PERCENT), "percent", "number"),
        (Claim(0, Basis.PERCENT, percent=D("0.001")), "percent", "nothing"),
        (Claim(0, Basis.AMOUNT, amount=D("99.01")), "amount", "99"),
        (Claim(0, Basis.AMOUNT, amount=D("0.004")), "amount", "nothing"),
        (Claim(0, Basis.UNIT_PRICE, unit_price=D(10)), "unit_price", "lower"),
        (Claim(0, Basis.UNIT_PRICE), "unit_price", "number"),
    ],
)
def test_a_refusal_names_line_field_and_what_is_left(claim: Claim, field: str, words: str) -> None:
    error = refusal(claim)
    assert (error.line, error.field) == (1, field)
    assert words in str(error)
