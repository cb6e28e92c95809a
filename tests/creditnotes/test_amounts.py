"""How much a credit takes: never more than is left, and in the end exactly all (rule 2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditnotes import amounts, creditable
from creditnotes.amounts import (
    LineLeft,
    Nets,
    NotLower,
    Taken,
    TaxSoFar,
    TaxTaken,
    TooMuch,
    TooMuchQuantity,
)
from creditnotes.creditable import Claim, Counters, Quote
from creditnotes.models import MEASURED, Basis, CreditableLine, Reason
from customers.errors import Refusal
from customers.models import TaxRounding
from customers.money import CENT, ZERO, percent_of
from tests.creditnotes.imagined import (
    HST,
    D,
    assert_within,
    counters_of,
    hold,
    invoices,
    roundings,
)

#: Which line, by which basis, and what share of what is left; up to half more than all.
wishes = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(MEASURED), st.decimals(0, "1.5", places=3)),
    max_size=12,
)


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
        hold(counters, quote)
        assert_within(counters)
    last = credit_the_rest(counters)
    assert not last.refusals
    hold(counters, last)
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
    hold(one, together)
    for claim in claims:
        hold(many, creditable.quote([claim], many))
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
    assert amounts.by_percent(TEN, D(100)) == Taken(D(0), D("100.00"))
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
    assert amounts.by_unit_price(TEN, D("9.999")).net == D("0.01")
    for price in (D(10), D(11)):
        with pytest.raises(NotLower):
            amounts.by_unit_price(TEN, price)


def test_freight_goes_by_amount_or_in_full() -> None:
    freight = LineLeft(D(1), D("45.00"))
    assert amounts.by_freight(freight, D("12.505")) == Taken(D(0), D("12.51"))
    assert amounts.by_freight(freight, None) == Taken(D(1), D("45.00"))
    with pytest.raises(TooMuch):
        amounts.by_freight(freight, D("45.01"))


def test_a_fee_is_kept_back_of_the_net() -> None:
    taken = amounts.with_fee(Taken(D(3), D("33.33")), D(15))
    assert (taken.net, taken.fee, taken.credited) == (D("33.33"), D("5.00"), D("28.33"))
    assert TEN.less(taken) == LineLeft(D(7), D("66.67")), "the fee uses up net as if credited"


# Taxes ------------------------------------------------------------------------

#: 100.00 at 13 %.
UNUSED = TaxSoFar(D(13), D(100), D(13), ZERO, ZERO)


def test_tax_is_the_rate_on_all_net_so_far_less_the_tax_so_far() -> None:
    assert amounts.tax_on(UNUSED, D("33.33")) == D("4.33")
    assert amounts.tax_on(
        replace(UNUSED, used_base=D("33.33"), used_amount=D("4.33")), D("33.33")
    ) == D("4.34")


def test_the_last_net_takes_the_last_tax_though_it_was_charged_a_cent_off_the_rate() -> None:
    """An invoice from another system may have rounded in its own way."""
    odd = replace(UNUSED, charged_amount=D("13.01"))
    assert amounts.tax_on(odd, D(100)) == D("13.01")
    assert amounts.tax_on(replace(odd, used_base=D(60), used_amount=D("7.80")), D(40)) == D("5.21")


def test_no_net_brings_no_tax() -> None:
    """Not even where what was given back lags behind the rate."""
    assert amounts.tax_on(replace(UNUSED, used_base=D(50)), ZERO) == 0
    assert amounts.tax_on(replace(UNUSED, used_base=D(100), used_amount=D(12)), ZERO) == 0


def test_tax_catches_up_and_never_runs_ahead() -> None:
    lagging = replace(UNUSED, used_base=D(50), used_amount=D(2))
    assert amounts.tax_on(lagging, D(10)) == D("5.80")
    ahead = replace(UNUSED, used_base=D(50), used_amount=D(9))
    assert amounts.tax_on(ahead, D(10)) == 0
    assert amounts.tax_on(ahead, D(50)) == D(4)


def test_after_a_tax_adjustment_the_rate_is_tax_left_over_net_left() -> None:
    (adjusted,) = amounts.adjust([UNUSED], D(3))
    assert adjusted == TaxTaken(amount=D(3), adjusted=D(3))
    after = UNUSED.after(adjusted)
    assert amounts.tax_on(after, D(50)) == D(5)
    assert amounts.tax_on(after, D(100)) == D(10)
    half = after.after(TaxTaken(base=D(50), amount=D(5)))
    assert amounts.tax_on(half, D("12.35")) == D("1.24")
    assert amounts.tax_on(half, D(50)) == D(5)


def test_all_of_a_tax_given_back_leaves_none_for_the_net() -> None:
    (adjusted,) = amounts.adjust([UNUSED], None)
    assert adjusted.amount == D(13)
    assert amounts.tax_on(UNUSED.after(adjusted), D(60)) == 0


def test_price_only_uses_tax_up_and_the_last_credit_does_not_hand_it_out() -> None:
    kept = amounts.tax_with(UNUSED, Nets(price_only=D(40)))
    assert kept == TaxTaken(untaxed_base=D(40), kept=D("5.20"))
    after = UNUSED.after(kept)
    assert (after.left, after.left_with_net, after.recoverable) == (D(13), D("7.80"), D("5.20"))
    last = amounts.tax_with(after, Nets(credited=D(60)))
    assert last == TaxTaken(base=D(60), amount=D("7.80"))
    assert after.after(last).left == after.after(last).left_without_net == D("5.20")


def test_a_tax_adjustment_first_recovers_what_price_only_kept() -> None:
    after = UNUSED.after(amounts.tax_with(UNUSED, Nets(price_only=D(40))))
    (some,) = amounts.adjust([after], D(5))
    assert some == TaxTaken(amount=D(5), recovered=D(5))
    assert not after.after(some).is_lowered
    assert amounts.tax_on(after.after(some), D(30)) == D("3.90"), "the rate is as it was"
    (more,) = amounts.adjust([after], D(6))
    assert more == TaxTaken(amount=D(6), adjusted=D("0.80"), recovered=D("5.20"))
    assert amounts.tax_on(after.after(more), D(30)) == D("3.50"), "7.00 on 60.00"


def test_a_price_only_credit_withdrawn_after_its_tax_was_recovered_lowers_the_rate() -> None:
    """What was recovered is then tax given back of net that is there again."""
    orphan = replace(UNUSED, used_amount=D("5.20"), recovered=D("5.20"))
    assert orphan.is_lowered
    assert amounts.tax_on(orphan, D(50)) == D("3.90")
    assert amounts.tax_on(orphan, D(100)) == D("7.80")


def test_an_adjustment_withdrawn_after_the_last_credit_leaves_its_tax_to_another() -> None:
    late = replace(UNUSED, used_base=D(100), used_amount=D(10))
    assert late.left_without_net == D(3)
    assert replace(late, used_base=D(90)).left_without_net == 0


def test_a_fee_uses_tax_up_as_if_credited() -> None:
    taken = amounts.tax_with(UNUSED, Nets(credited=D(90), fee=D(10)))
    assert taken == TaxTaken(base=D(90), amount=D("11.70"), untaxed_base=D(10), withheld=D("1.30"))
    assert UNUSED.after(taken).left == 0


def test_credited_price_only_and_fee_together_use_the_whole_tax() -> None:
    nets = Nets(credited=D("33.33"), price_only=D("33.33"), fee=D("33.34"))
    taken = amounts.tax_with(UNUSED, nets)
    assert (taken.amount, taken.kept, taken.withheld) == (D("4.33"), D("4.34"), D("4.33"))
    assert (taken.base, taken.untaxed_base) == (D("33.33"), D("66.67"))


def test_an_adjustment_is_split_over_lines_by_what_they_have_left() -> None:
    """An invoice rounded by line counts each line's tax apart; the parts are whole cents."""
    lines = [replace(UNUSED, charged_amount=D(amount)) for amount in ("1.00", "1.00", "4.00")]
    parts = amounts.adjust(lines, D("1.00"))
    assert [part.amount for part in parts] == [D("0.17"), D("0.17"), D("0.66")]
    assert [part.adjusted for part in parts] == [part.amount for part in parts]


def test_an_adjustment_rounds_and_is_within_what_is_left() -> None:
    assert amounts.adjust([UNUSED], D("1.005"))[0].amount == D("1.01")
    with pytest.raises(TooMuch) as error:
        amounts.adjust([UNUSED, replace(UNUSED, used_amount=D(12))], D("14.01"))
    assert error.value.left == D(14)
    assert amounts.adjust([], None) == []
    with pytest.raises(TooMuch, match=r"^only 0\.00 left$"):
        amounts.adjust([], D(1))


def test_what_is_taken_twice_is_counted_twice() -> None:
    every = TaxTaken(*[D(n) for n in range(1, 8)])
    assert every.plus(every) == TaxTaken(*[D(2 * n) for n in range(1, 8)])
    after = TaxSoFar(D(13), D(100), D(50), D(1), D(2), D(3), D(4), D(5)).after(every)
    assert after == TaxSoFar(D(13), D(100), D(50), D(5), D(8), D(8), D(10), D(12))


# Notes of several bases -------------------------------------------------------

ALL_HST = Claim(basis=Basis.TAX, invoice_id=1, tax_kind="hst")
GOODS = (D(10), D("10.00"), [HST], "goods")
FREIGHT = (D(1), D("45.00"), [HST], "freight")


def quoted(*claims: Claim, reason: Reason | None = None, counters: Counters | None = None) -> Quote:
    quote = creditable.quote(
        claims, counters or counters_of([GOODS, FREIGHT], TaxRounding.TOTAL), reason
    )
    assert not quote.refusals
    return quote


def test_freight_in_full_beside_goods() -> None:
    quote = quoted(Claim(0, quantity=D(2)), Claim(1, Basis.FREIGHT))
    assert [line.net for line in quote.lines] == [D(20), D(45)]
    assert quote.tax_total == D("8.45")


def test_the_whole_invoice_takes_exactly_what_is_left() -> None:
    counters = counters_of([GOODS, FREIGHT], TaxRounding.TOTAL)
    hold(counters, quoted(Claim(0, quantity=D(3), price_only=True), counters=counters))
    hold(counters, quoted(Claim(1, Basis.AMOUNT, amount=D("0.03")), counters=counters))
    claims = creditable.whole_invoice(1, counters)
    assert [claim.basis for claim in claims] == [Basis.WHOLE, Basis.WHOLE, Basis.TAX]
    quote = quoted(*claims, counters=counters)
    assert (quote.net, quote.tax_total) == (D("114.97"), D("18.85"))
    hold(counters, quote)
    assert creditable.whole_invoice(1, counters) == []
    assert creditable.tax_left(counters, 1) == {"hst": ZERO}


def test_a_tax_adjustment_comes_after_what_is_credited_with_net() -> None:
    quote = quoted(ALL_HST, Claim(0, quantity=D(5)))
    assert [line.tax for line in quote.lines] == [D("12.35"), D(0)]
    assert quote.taxes[0].taken == TaxTaken(base=D(50), amount=D("18.85"), adjusted=D("12.35"))


def test_goodwill_is_untaxed_and_counts_against_no_invoice() -> None:
    reason = Reason(restocking_fee=D(0), goodwill_cap=D(50))
    quote = quoted(
        Claim(basis=Basis.GOODWILL, amount=D("30.00"), description="For the wait."), reason=reason
    )
    assert (quote.net, quote.tax_total, quote.taxes) == (D(30), ZERO, [])


def test_a_restocking_fee_is_the_reasons_unless_lowered_with_a_word() -> None:
    reason = Reason(restocking_fee=D(20))
    due = quoted(Claim(0, quantity=D(5)), reason=reason)
    assert (due.net, due.fees, due.tax_total) == (D(40), D(10), D("5.20"))
    lowered = Claim(0, quantity=D(5), fee_percent=D(10), fee_words="A good customer.")
    assert quoted(lowered, reason=reason).fees == D(5)
    waived = replace(lowered, fee_percent=D(0))
    assert quoted(waived, reason=reason).lines[0].fee_percent == 0
    for claim in (Claim(1, Basis.FREIGHT), Claim(0, Basis.PERCENT, percent=D(5))):
        assert quoted(claim, reason=reason).lines[0].fee_percent is None


# Refusals say where and why ---------------------------------------------------


def refusal(claim: Claim, reason: Reason | None = None) -> Refusal:
    counters = counters_of([GOODS], TaxRounding.TOTAL)
    fine = Claim(0, Basis.AMOUNT, amount=D(1))
    quote = creditable.quote([fine, claim], counters, reason)
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
        (Claim(0, Basis.FREIGHT), "basis", "Only freight"),
        (
            Claim(basis=Basis.TAX, invoice_id=1, tax_kind="hst", amount=D("12.88")),
            "amount",
            "12.87",
        ),
        (Claim(basis=Basis.TAX, invoice_id=1, tax_kind="qst"), "amount", "nothing"),
        (Claim(basis=Basis.TAX, invoice_id=2, tax_kind="hst"), "amount", "nothing"),
        (Claim(basis=Basis.GOODWILL, amount=D(1), description="x"), "amount", "at most 0"),
        (Claim(basis=Basis.GOODWILL, amount=D(1)), "description", "Say what"),
        (Claim(basis=Basis.GOODWILL, amount=ZERO, description="x"), "amount", "nothing"),
        (Claim(basis=Basis.GOODWILL, description="x"), "amount", "number"),
    ],
)
def test_a_refusal_names_line_field_and_what_is_left(claim: Claim, field: str, words: str) -> None:
    error = refusal(claim)
    assert (error.line, error.field) == (1, field)
    assert words in str(error)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"fee_percent": D(21), "fee_words": "x"}, "fee_percent", "lowered from 20"),
        ({"fee_percent": D(-1), "fee_words": "x"}, "fee_percent", "lowered from 20"),
        ({"fee_percent": D(10)}, "fee_words", "Say why"),
        ({"fee_percent": D(10), "fee_words": "  "}, "fee_words", "Say why"),
    ],
)
def test_a_fee_is_not_raised_nor_lowered_without_a_word(
    fields: dict[str, Any], field: str, words: str
) -> None:
    error = refusal(Claim(0, quantity=D(1), **fields), Reason(restocking_fee=D(20)))
    assert (error.line, error.field) == (1, field)
    assert words in str(error)


def test_goodwill_is_capped_over_the_lines_of_a_note() -> None:
    reason = Reason(restocking_fee=D(0), goodwill_cap=D(50))
    claims = [
        Claim(basis=Basis.GOODWILL, amount=amount, description="x") for amount in (D(30), D(21))
    ]
    quote = creditable.quote(claims, counters_of([GOODS], TaxRounding.TOTAL), reason)
    assert "at most 20" in str(quote.refusals[0])
    assert quote.refusals[0].line == 1
