"""Goods that come back: recorded before the issue, never more than credited, posted at cost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from creditnotes import services
from creditnotes.auditing import audit
from creditnotes.models import CreditNote, Event, GoodsReceipt, GoodsReceiptLine, Reason, State
from creditnotes.restocking import awaited, awaits_goods
from creditnotes.services import Came
from customers.errors import Incomplete, NotAllowed, OverCredit, WrongState
from customers.models import Customer, Invoice, JournalEntry, Product, User
from customers.services import NewLine, post_invoice
from tests import factories
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")

RESTOCK, SCRAP = GoodsReceiptLine.Condition.RESTOCK, GoodsReceiptLine.Condition.SCRAP


@pytest.fixture
def windows(customer: Customer) -> Invoice:
    """Ten windows at 45.00 that had cost 20.005 each, five of a thing without a cost, freight."""
    product = Product.objects.create(
        company=customer.company, sku="WIN-1", name="Window", unit_cost=Decimal("20.005")
    )
    levies = [factories.HST_ON]
    lines = [
        NewLine(Decimal(10), Decimal(45), "Window", product, levies=levies),
        NewLine(Decimal(5), Decimal(8), "Odd lot", levies=levies),
        NewLine(Decimal(1), Decimal(30), "Freight", kind="freight", levies=levies),
    ]
    return post_invoice(customer, "INV-W", MOMENT, lines, province="ON")


@pytest.fixture
def approved(windows: Invoice, rep: User, returned_goods: Reason) -> CreditNote:
    """Four windows and two odd ones, whose goods must come back."""
    claims = claim(windows, 1, "4"), claim(windows, 2, "2")
    return factories.approved_note(windows, rep, *claims, reason=returned_goods)


def receive(
    note: CreditNote, actor: User, *came: tuple[int, str, str], **fields: object
) -> GoodsReceipt:
    """``came`` are position, quantity and condition."""
    rows = [Came(note.lines.get(position=p).pk, Decimal(q), c) for p, q, c in came]
    options = {"moment": MOMENT, "token": uuid4()} | fields
    return services.receive_goods(note, rows, actor=actor, **options)  # type: ignore[arg-type]


def missing(note: CreditNote) -> list[Decimal]:
    return [each.missing for each in awaited(note)]


def test_many_notes_know_at_once_whether_goods_must_come(
    approved: CreditNote, finance: User
) -> None:
    def waits() -> bool:
        noted = CreditNote.objects.annotate(waits=awaits_goods())
        return bool(noted.values_list("waits", flat=True).get(pk=approved.pk))

    assert waits()
    receive(approved, finance, (1, "4", RESTOCK), (2, "1", SCRAP))
    assert waits()
    receive(approved, finance, (2, "1", RESTOCK))
    assert not waits()


def test_it_is_not_issued_before_the_goods_are_back(approved: CreditNote, finance: User) -> None:
    with pytest.raises(WrongState, match="4 × Window, 2 × Odd lot"):
        services.issue(approved, actor=finance, moment=MOMENT)
    receive(approved, finance, (1, "4", RESTOCK))
    with pytest.raises(WrongState, match="2 × Odd lot"):
        services.issue(approved, actor=finance, moment=MOMENT)
    receive(approved, finance, (2, "1", RESTOCK), (2, "1", SCRAP))
    assert services.issue(approved, actor=finance, moment=MOMENT).state == State.ISSUED


def test_the_database_waits_for_the_goods_too(approved: CreditNote) -> None:
    with database_refuses("issued before the goods are back"):
        sql("UPDATE creditnotes_creditnote SET state = 'issued', hold = 'issued'")


def test_what_goes_on_the_shelf_is_posted_at_its_cost(approved: CreditNote, finance: User) -> None:
    receipt = receive(approved, finance, (1, "3", RESTOCK), (1, "1", SCRAP), (2, "2", RESTOCK))
    entry = receipt.entry
    assert entry is not None
    assert (entry.kind, entry.reference) == (JournalEntry.Kind.RESTOCK, receipt.reference)
    assert set(entry.lines.values_list("account__code", "debit", "credit")) == {
        ("1300", Decimal("60.02"), Decimal(0)),
        ("5000", Decimal(0), Decimal("60.02")),
    }
    assert audit() == []
    call_command("check_ledger")


def test_scrap_and_what_has_no_known_cost_are_not_posted(
    approved: CreditNote, finance: User
) -> None:
    assert receive(approved, finance, (1, "4", SCRAP), (2, "2", RESTOCK)).entry is None
    assert missing(approved) == []


def test_never_more_than_is_credited(approved: CreditNote, finance: User) -> None:
    receive(approved, finance, (1, "3", RESTOCK))
    with pytest.raises(OverCredit, match="At most 1") as refused:
        receive(approved, finance, (1, "1", RESTOCK), (1, "0.5", SCRAP))
    assert refused.value.line == 1
    assert missing(approved) == [Decimal(1), Decimal(2)]


def test_the_database_refuses_more_than_is_credited(approved: CreditNote, finance: User) -> None:
    receipt = receive(approved, finance, (1, "3", SCRAP))
    with database_refuses("more came back than is credited"):
        other = GoodsReceipt.objects.create(
            note=approved,
            reference="another",
            received_on=receipt.received_on,
            recorded_by=finance,
            recorded_at=MOMENT,
            token=uuid4(),
        )
        line = approved.lines.get(position=1)
        GoodsReceiptLine.objects.create(
            receipt=other, credit_line=line, quantity=2, condition=SCRAP
        )


def test_something_must_have_come(approved: CreditNote, finance: User) -> None:
    with pytest.raises(Incomplete):
        receive(approved, finance, (1, "0", RESTOCK))


@pytest.mark.parametrize("who", ["rep", "manager", "admin", "contact", "foreign_finance"])
def test_only_the_companys_finance_records_it(
    approved: CreditNote, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotAllowed):
        receive(approved, request.getfixturevalue(who), (1, "1", RESTOCK))


def test_where_nothing_comes_back_nothing_is_recorded(
    windows: Invoice, rep: User, finance: User
) -> None:
    note = factories.approved_note(windows, rep, claim(windows, 1, "1"))
    with pytest.raises(WrongState):
        receive(note, finance, (1, "1", RESTOCK))


def test_a_double_click_records_once(approved: CreditNote, finance: User) -> None:
    token = uuid4()
    first, second = (receive(approved, finance, (1, "2", RESTOCK), token=token) for _ in range(2))
    assert first == second
    assert approved.events.filter(kind=Event.Kind.GOODS_RECEIVED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_record_the_same_goods_at_once(
    approved: CreditNote, finance: User, second_finance: User
) -> None:
    outcomes = at_once(
        lambda: receive(approved, finance, (1, "3", RESTOCK)),
        lambda: receive(approved, second_finance, (1, "3", RESTOCK)),
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, OverCredit)


def test_a_reversal_takes_the_goods_off_the_shelf_again(
    approved: CreditNote, finance: User, second_finance: User
) -> None:
    factories.goods_back(approved, finance)
    note = factories.unapply(services.issue(approved, actor=finance, moment=MOMENT))
    services.propose_reversal(note, actor=finance, moment=MOMENT, comment="They went back.")
    services.confirm_reversal(note, actor=second_finance, moment=MOMENT)
    restocks = JournalEntry.objects.filter(kind=JournalEntry.Kind.RESTOCK)
    assert restocks.count() == 2
    assert sum(
        line.debit - line.credit
        for entry in restocks
        for line in entry.lines.filter(account__code="1300")
    ) == Decimal(0)
    call_command("check_ledger")


# Page -------------------------------------------------------------------------

SignIn = Callable[[User], Client]


def test_finance_records_it_on_the_notes_page(
    approved: CreditNote, finance: User, client_of: SignIn
) -> None:
    client = client_of(finance)
    address = reverse("creditnotes:credit_note", args=[approved.pk])
    page = client.get(address).content.decode()
    assert "Record goods received" in page
    assert reverse("creditnotes:issue", args=[approved.pk]) not in page
    one, two = approved.lines.order_by("position")
    sent = {"token": str(uuid4()), f"restock-{one.pk}": "9", f"restock-{two.pk}": "2"}
    url = reverse("creditnotes:receive_goods", args=[approved.pk])
    refused = client.post(url, sent)
    assert refused.status_code == 422
    assert "At most 4 can still come back." in refused.content.decode()
    assert 'value="9"' in refused.content.decode()
    sent[f"restock-{one.pk}"] = "4"
    for _click in range(2):
        assert client.post(url, sent).status_code in (302, 422)
    page = client.get(address).content.decode()
    assert f"{approved.reference}/1" in page
    assert "Record goods received" not in page
    assert reverse("creditnotes:issue", args=[approved.pk]) in page
    assert GoodsReceipt.objects.count() == 1


def test_the_rep_sees_what_is_awaited(approved: CreditNote, rep: User, client_of: SignIn) -> None:
    page = client_of(rep).get(reverse("creditnotes:credit_note", args=[approved.pk]))
    assert "4 of 4 still to come" in page.content.decode()
    assert "Record goods received" not in page.content.decode()
