"""Placing credits of the past on invoice lines: which, how much of each, at what worth."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.replay.documents import credits_of
from approvals.replay.placement import Charged, Piece, Shortfall, less, place, shortfall
from creditnotes.amounts import LineLeft, by_amount, by_quantity, by_quantity_at
from creditnotes.creditable import Claim
from creditnotes.models import Basis
from customers.importing import Sale, SalesFile, load
from customers.money import ZERO, extend

REAL_FILE = Path(__file__).parents[3] / "shared" / "data" / "online_retail_2010-12_2011-08.csv.xz"
DAY = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)


def charged(
    line_id: int, quantity: str, price: str, *, day: int = 0, net: str | None = None
) -> Charged:
    worth = Decimal(net) if net else extend(Decimal(quantity), Decimal(price))
    moment = DAY + timedelta(days=day)
    return Charged(line_id, moment, Decimal(price), LineLeft(Decimal(quantity), worth))


def placed(pieces: list[Piece]) -> list[tuple[int, str, str]]:
    return [
        (piece.charged.line_id, str(piece.taken.quantity), str(piece.taken.net)) for piece in pieces
    ]


def put(quantity: str, price: str, lines: list[Charged], day: int = 9) -> list[Piece]:
    return place(Decimal(quantity), Decimal(price), DAY + timedelta(days=day), lines)


def test_the_newest_line_comes_first() -> None:
    lines = [charged(1, "5", "2.00", day=1), charged(2, "5", "2.00", day=3)]
    assert placed(put("3", "2.00", lines)) == [(2, "3", "6.00")]


def test_a_line_at_the_same_price_comes_before_a_newer_one() -> None:
    lines = [charged(1, "5", "2.00", day=1), charged(2, "5", "2.50", day=3)]
    assert placed(put("3", "2.00", lines)) == [(1, "3", "6.00")]


def test_it_is_split_where_one_line_has_too_little() -> None:
    lines = [charged(1, "2", "2.00"), charged(2, "5", "2.50", day=1)]
    assert placed(put("4", "2.00", lines)) == [(1, "2", "4.00"), (2, "2", "4.00")]


def test_later_lines_are_left_alone_but_those_of_the_same_moment_count() -> None:
    lines = [charged(1, "5", "2.00", day=5), charged(2, "5", "2.00", day=6)]
    assert placed(put("9", "2.00", lines, day=5)) == [(1, "5", "10.00")]


def test_used_up_lines_give_nothing() -> None:
    assert put("1", "2.00", [charged(1, "0", "2.00")]) == []


def test_no_line_gives_more_than_it_has_left() -> None:
    (piece,) = put("2", "9.00", [charged(1, "5", "2.00")])
    assert (piece.taken.quantity, piece.taken.net) == (Decimal(2), Decimal("10.00"))


def test_what_was_taken_is_gone_for_the_next_line() -> None:
    lines = [charged(1, "5", "2.00"), charged(2, "5", "2.00", day=1)]
    left = less(lines, put("7", "2.00", lines))
    assert [line.left for line in left] == [
        LineLeft(Decimal(3), Decimal("6.00")),
        LineLeft(Decimal(0), Decimal("0.00")),
    ]


# How a piece is claimed ---------------------------------------------------------------


def test_at_the_price_charged_it_is_a_plain_quantity() -> None:
    (piece,) = put("2", "2.00", [charged(1, "5", "2.00")])
    assert piece.claims() == [Claim(1, quantity=Decimal(2))]


def test_a_lower_price_is_named() -> None:
    (piece,) = put("2", "1.50", [charged(1, "5", "2.00")])
    assert piece.claims() == [Claim(1, quantity=Decimal(2), unit_price=Decimal("1.50"))]


def test_a_capped_price_is_the_one_that_comes_to_what_is_left() -> None:
    (piece,) = put("4", "0.90", [charged(1, "7", "0.33")])
    assert piece.claims() == [Claim(1, quantity=Decimal(4), unit_price=Decimal("0.5775"))]


def test_cents_that_no_price_comes_to_follow_as_an_amount() -> None:
    (piece,) = put("2999", "0.02", [charged(1, "3000", "0.01")])
    assert piece.claims() == [
        Claim(1, quantity=Decimal(2999), unit_price=Decimal("0.0100")),
        Claim(1, basis=Basis.AMOUNT, amount=Decimal("0.01")),
    ]


def test_the_last_of_a_capped_line_takes_what_is_left_of_it() -> None:
    (piece,) = put("5", "9.00", [charged(1, "5", "2.00")])
    assert piece.claims() == [Claim(1, quantity=Decimal(5))]


def taken_by(claims: list[Claim], left: LineLeft) -> LineLeft:
    """What is left once the services' own arithmetic has met the claims, one after the other."""
    for claim in claims:
        if claim.basis == Basis.AMOUNT:
            left = left.less(by_amount(left, claim.amount or ZERO))
        elif claim.unit_price is None:
            left = left.less(by_quantity(left, claim.quantity or ZERO))
        else:
            left = left.less(by_quantity_at(left, claim.quantity or ZERO, claim.unit_price))
    return left


quantities = st.decimals("0.0001", 5000, places=4) | st.integers(1, 5000).map(Decimal)
prices = st.decimals(0, 50, places=2) | st.decimals(0, 2, places=4)


@given(quantities, prices, st.lists(st.tuples(quantities, prices, st.integers(0, 4)), max_size=6))
def test_claims_take_exactly_what_was_placed(
    quantity: Decimal, price: Decimal, charges: list[tuple[Decimal, Decimal, int]]
) -> None:
    lines = [
        charged(index, str(each), str(at), day=day) for index, (each, at, day) in enumerate(charges)
    ]
    pieces = place(quantity, price, DAY + timedelta(days=3), lines)
    assert sum((piece.taken.quantity for piece in pieces), ZERO) == min(
        quantity,
        sum(
            (line.left.quantity for line in lines if line.issued_at <= DAY + timedelta(days=3)),
            ZERO,
        ),
    )
    for piece in pieces:
        assert piece.taken.net == min(extend(piece.taken.quantity, price), piece.charged.left.net)
        assert taken_by(piece.claims(), piece.charged.left) == piece.charged.left.less(piece.taken)


# Why it falls short -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "got", "lines", "expected"),
    [
        ("2", "2", [charged(1, "0", "1")], None),
        ("2", "1", [charged(1, "0", "1")], Shortfall.TOO_LITTLE),
        ("2", "0", [], Shortfall.NEVER_INVOICED),
        ("2", "0", [charged(1, "5", "1", day=4)], Shortfall.ONLY_LATER),
        ("2", "0", [charged(1, "0", "1"), charged(2, "5", "1", day=4)], Shortfall.USED_UP),
    ],
)
def test_it_says_why_it_falls_short(
    wanted: str, got: str, lines: list[Charged], expected: Shortfall | None
) -> None:
    moment = DAY + timedelta(days=3)
    assert shortfall(Decimal(wanted), Decimal(got), moment, lines) == expected


# The real file --------------------------------------------------------------------------


@pytest.mark.skipif(not REAL_FILE.exists(), reason=f"the real sales file {REAL_FILE} is not here")
def test_the_real_file_agrees_with_an_independent_count() -> None:
    """The figures were counted by other hands; placed here in memory, without a database."""
    file = SalesFile(REAL_FILE, load())
    stock: dict[tuple[str, str], list[Charged]] = defaultdict(list)
    began: dict[str, datetime] = {}
    rows = list(file.rows())
    for row in rows:
        sale = file.read(row)
        if isinstance(sale, Sale) and sale.customer and sale.quantity > 0:
            moment = began.setdefault(sale.number, sale.moment)
            left = LineLeft(sale.quantity, sale.net)
            line = Charged(row.line, moment, sale.unit_price, left)
            stock[sale.customer, sale.product].append(line)
    credited = credits_of(file, rows)
    outcome: Counter[str] = Counter(no_customer=len(credited.refused))
    value = ZERO
    for document in credited.documents:
        shortfalls = set()
        for sale in document.lines:
            lines = stock[sale.customer, sale.product]
            pieces = place(-sale.quantity, sale.unit_price, document.moment, lines)
            got = sum((piece.taken.quantity for piece in pieces), ZERO)
            short = shortfall(-sale.quantity, got, document.moment, lines)
            stock[sale.customer, sale.product] = less(lines, pieces)
            outcome["partly" if got and short else "none" if short else "whole"] += 1
            value += ZERO if short else -sale.net
            shortfalls.add(short)
        outcome["documents"] += 1
        outcome["documents_whole"] += shortfalls == {None}
    assert outcome == {
        "documents": 2427,
        "documents_whole": 1837,
        "whole": 4469,
        "partly": 25,
        "none": 1071,
        "no_customer": 282,
    }
    assert value == Decimal("207782.51")
