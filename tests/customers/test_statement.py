"""The statement of account: equal to the ledger on any date, whatever happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditnotes import creditable, statement_pages, statements, tasks
from creditnotes.auditing import audit
from creditnotes.creditable import Claim
from creditnotes.models import Basis, StatementFile
from customers.applied import oldest_first, owed_in
from customers.ledger import receivable_of
from customers.models import Application, Customer, Invoice, InvoiceLine, OpenItem, Site, User
from customers.money import CENT, ZERO
from customers.services import receive_payment
from customers.settling import apply, apply_many, may_be_taken_back, unapply
from customers.statement import Statement, statement_of
from tests import factories

FIRST = date(2026, 1, 5)
DAYS = 120


def at(day: int) -> datetime:
    return datetime(2026, 1, 5, 17, tzinfo=factories.MOMENT.tzinfo) + timedelta(days=day)


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def whole(customer: Customer, until: date) -> Statement:
    return statement_of(customer, date(2025, 1, 1), until)


# Histories ----------------------------------------------------------------------

events = st.lists(
    st.tuples(
        st.sampled_from(["invoice", "invoice", "pay", "pay", "credit", "apply", "back", "refund"]),
        st.integers(1, 50_000),
        st.sampled_from(["CAD", "USD"]),
        st.integers(0, 4),
    ),
    min_size=4,
    max_size=12,
)


class History:
    """A customer to whom things happen, some days apart."""

    def __init__(self, customer: Customer, rep: User) -> None:
        self.customer, self.rep = customer, rep
        self.sites = [
            Site.objects.create(customer=customer, name=name, address="") for name in "AB"
        ]
        self.day = self.count = 0

    def happen(self, kind: str, cents: int, currency: str, wait: int) -> None:
        self.day += wait
        self.count += 1
        getattr(self, kind)(cents * CENT, currency)

    def invoice(self, amount: Decimal, currency: str) -> None:
        site = (*self.sites, None)[self.count % 3]
        factories.invoice(
            self.customer,
            f"INV-{self.count}",
            [("Lumber", "1", str(amount), "goods")],
            moment=at(self.day),
            currency=currency,
            site=site,
        )

    def pay(self, amount: Decimal, currency: str) -> None:
        receive_payment(
            self.customer, f"P-{self.count}", day_of(self.day), amount, currency=currency
        )

    def credit(self, amount: Decimal, currency: str) -> None:
        of_currency = {"invoice__customer": self.customer, "invoice__currency": currency}
        for line in InvoiceLine.objects.filter(**of_currency).select_related("invoice"):
            left = creditable.look([line.pk]).lines[line.pk].net_left
            if left:
                claim = Claim(line.pk, basis=Basis.AMOUNT, amount=min(amount, left))
                factories.issued_note(line.invoice, self.rep, claim, moment=at(self.day))
                return

    def apply(self, amount: Decimal, currency: str) -> None:
        payer = self._payer(currency)
        if payer is not None:
            amounts = oldest_first(min(amount, payer.open), owed_in(payer))
            if amounts:
                apply_many(payer, amounts, day_of(self.day))

    def _payer(self, currency: str) -> OpenItem | None:
        items = OpenItem.objects.filter(customer=self.customer, side="pays", currency=currency)
        return next((item for item in items.order_by("-pk") if item.open), None)

    def back(self, _amount: Decimal, _currency: str) -> None:
        rows = Application.objects.filter(undoes=None, undone_by=None)
        for row in rows.select_related("payer__entry", "invoice__entry").order_by("-pk"):
            if may_be_taken_back(row.payer, row.invoice):
                unapply(row, by=None, day=day_of(self.day), reason="Wrong one.")
                return

    def refund(self, amount: Decimal, currency: str) -> None:
        payer = self._payer(currency)
        if payer is not None:
            factories.refund(payer, str(min(amount, payer.open)), moment=at(self.day))


@given(events)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_on_any_date_it_is_what_the_ledger_says(
    customer: Customer,
    rep: User,
    happened: list[tuple[str, int, str, int]],
) -> None:
    with transaction.atomic():
        for number in range(0, DAYS, 9):
            worth = f"1.{30 + number % 17}{number % 7}"
            factories.rate(customer.company, worth, day=day_of(number))
        history = History(customer, rep)
        for event in happened:
            history.happen(*event)
        for number in range(0, history.day + 40, 17):
            _agrees(history, day_of(number))
        assert audit() == []
        transaction.set_rollback(True)


def _owed(statement: Statement) -> dict[str, Decimal]:
    """What is owed by currency; one in which nothing is, and nothing happened, may be left out."""
    return {each.currency: each.closing for each in statement.sections if each.closing}


def _agrees(history: History, until: date) -> None:
    customer = history.customer
    statement = whole(customer, until)
    assert statement.base_closing == receivable_of(customer, until)
    for section in statement.sections:
        assert section.aged.total == section.closing
        assert not section.entries or section.entries[-1].balance == section.closing
    halves = statement_of(customer, FIRST + (until - FIRST) / 2, until)
    assert _owed(halves) == _owed(statement)
    for site in history.sites:
        for section in statement_of(customer, date(2025, 1, 1), until, site).sections:
            assert section.aged.total == section.closing >= ZERO


# What it says -------------------------------------------------------------------


@pytest.fixture
def told(customer: Customer, invoice: Invoice, rep: User) -> Customer:
    """An invoice of 461.38 on March 10th, a credit of 37.66 the same day, 300.00 paid in April."""
    factories.issued_note(invoice, rep)
    paid = receive_payment(customer, "P-1", date(2026, 4, 2), Decimal(300)).entry.open_item
    owed = OpenItem.objects.get(entry__invoice=invoice)
    apply(paid, owed, Decimal(300), date(2026, 4, 5))
    return customer


def test_a_period_begins_where_the_one_before_ended(told: Customer) -> None:
    march = statement_of(told, date(2026, 3, 1), date(2026, 3, 31)).sections[0]
    april = statement_of(told, date(2026, 4, 1), date(2026, 4, 30)).sections[0]
    assert (march.opening, march.closing) == (ZERO, Decimal("423.72"))
    assert (april.opening, april.closing) == (march.closing, Decimal("123.72"))
    assert [entry.row.kind for entry in march.entries] == ["invoice", "credit_note"]
    assert [each.amount for each in april.applications] == [Decimal("300.00")]


def test_what_is_open_ages(told: Customer) -> None:
    due = told.invoices.get().due_on
    for days, place in [(0, None), (1, 0), (30, 0), (31, 1), (60, 1), (61, 2), (91, 3)]:
        aged = whole(told, due + timedelta(days=days)).sections[0].aged
        buckets = list(aged.past_due)
        expected = [ZERO] * 4
        if place is not None:
            expected[place] = Decimal("123.72")
        assert buckets == expected, days


def test_money_that_waits_is_on_account(told: Customer) -> None:
    aged = whole(told, date(2026, 4, 3)).sections[0].aged
    assert aged.on_account == Decimal(300)


def test_a_customer_without_history_has_an_empty_statement(other_customer: Customer) -> None:
    statement = whole(other_customer, date(2026, 4, 3))
    assert [section.says_nothing for section in statement.sections] == [True]


# Pages --------------------------------------------------------------------------

Sign = Callable[[User], Client]


def test_the_page_shows_the_period_asked_for(told: Customer, rep: User, client_of: Sign) -> None:
    url = f"/customers/{told.pk}/statement/?since=2026-04-01&until=2026-04-30"
    page = client_of(rep).get(url).content.decode()
    assert "$423.72" in page
    assert "$123.72" in page
    assert "P-1" in page


def test_what_is_wrong_in_the_address_is_left_out(
    told: Customer, rep: User, client_of: Sign
) -> None:
    url = f"/customers/{told.pk}/statement/?since=soon&until=2026-13-77&site=999999999999999999999"
    assert client_of(rep).get(url).status_code == 200


def test_the_page_costs_the_same_however_much_there_is(
    told: Customer, rep: User, client_of: Sign, django_assert_num_queries: Any
) -> None:
    browser = client_of(rep)
    url = f"/customers/{told.pk}/statement/?since=2026-01-01&until=2026-12-31"
    browser.get(url)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for number in range(8):
        factories.invoice(told, f"INV-M{number}")
        receive_payment(told, f"P-M{number}", date(2026, 4, 2), Decimal(5))
    with django_assert_num_queries(len(few)):
        browser.get(url)


def test_a_long_statement_is_read_page_by_page_with_its_balance_carried(
    told: Customer, rep: User, client_of: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_pages, "LINES", 4)
    for number in range(9):
        factories.invoice(told, f"INV-M{number}", moment=factories.MOMENT.replace(month=4))
    browser = client_of(rep)
    url = f"/customers/{told.pk}/statement/?since=2026-01-01&until=2026-12-31"
    lines: list[Any] = []
    answer = browser.get(url)
    while True:
        own = answer.context["sections"][0]
        assert own.carried == (lines[-1].balance if lines else own.section.opening)
        lines += own.lines
        page = answer.context["page"]
        if not page.after:
            break
        answer = browser.get(f"{url}&after={page.after}")
        assert "Carried forward" in answer.content.decode()
    whole_one = own.section
    assert [(line.on, line.balance) for line in lines] == [
        (entry.row.on, entry.balance) for entry in whole_one.entries
    ]
    assert lines[-1].balance == whole_one.closing
    beyond = browser.get(f"{url}&after=99999").context["sections"][0]
    assert beyond.lines == own.lines
    assert browser.get(f"{url}&before=0").context["page"].start == 1


def test_the_spreadsheet_adds_up(told: Customer, rep: User, client_of: Sign) -> None:
    url = f"/customers/{told.pk}/statement/?since=2026-03-01&until=2026-04-30&as=csv"
    response = client_of(rep).get(url)
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "CAD,2026-03-01,,opening,,,,0.00" in text
    assert "CAD,2026-04-30,,closing,,,,123.72" in text


def test_a_worker_makes_the_pdf_once_and_the_page_waits_for_it(
    told: Customer, rep: User, client_of: Sign
) -> None:
    browser = client_of(rep)
    url = f"/customers/{told.pk}/statement/pdf/?since=2026-03-01&until=2026-04-30"
    waiting = browser.get(url)
    assert (waiting.status_code, waiting["Refresh"]) == (200, "2")
    for _again in range(2):
        tasks.render_statement(told.pk, "2026-03-01", "2026-04-30", None)
    assert StatementFile.objects.count() == 1
    made = browser.get(url)
    assert made["Content-Type"] == "application/pdf"
    assert made.content.startswith(b"%PDF")


def test_new_postings_make_a_new_pdf(told: Customer) -> None:
    before = statements.digest_of(statements.snapshot_of(whole(told, date(2026, 5, 1))))
    receive_payment(told, "P-2", date(2026, 4, 20), Decimal(1))
    after = statements.digest_of(statements.snapshot_of(whole(told, date(2026, 5, 1))))
    assert before != after


def test_a_contact_sees_their_own_statement_and_nobody_elses(
    told: Customer, contact: User, stranger_contact: User, client_of: Sign
) -> None:
    url = f"/portal/account/statement/?customer={told.pk}&since=2026-04-01&until=2026-04-30"
    page = client_of(contact).get(url).content.decode()
    assert "$123.72" in page
    assert "/customers/" not in page
    assert client_of(stranger_contact).get(url).status_code == 404
