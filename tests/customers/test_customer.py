"""One customer: what a rep needs while on the phone, and notes for colleagues."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Contact, Customer, CustomerNote, Invoice, Order, Site, User
from customers.services import receive_payment
from tests import factories

SignIn = Callable[[User], Client]


def test_everything_that_matters_is_there(
    rep: User, manager: User, contact: User, customer: Customer, invoice: Invoice, client_of: SignIn
) -> None:
    Customer.objects.filter(pk=customer.pk).update(credit_limit=Decimal(400))
    Site.objects.create(customer=customer, name="Lot 7", address="7 Elm", province="ON")
    Order.objects.create(
        company=customer.company, customer=customer, number="SO-1", ordered_on="2026-03-01"
    )
    note = factories.issued_note(invoice, rep)
    answer = client_of(rep).get(f"/customers/{customer.pk}/")
    page = answer.content.decode()
    for words in (
        customer.name,
        customer.number,
        str(manager),
        "connie.contact@customer.test",
        "Lot 7",
        "SO-1",
        invoice.number,
        note.reference,
        note.document.number,
        f"/credit-notes/new/?customer={customer.pk}",
    ):
        assert words in page, words
    exposure = answer.context["exposure"]
    assert exposure.balance == invoice.total - note.total
    assert exposure.over_limit
    assert "of $400.00" in page


@pytest.mark.parametrize("name", ["other_rep", "other_manager", "foreign_rep", "contact"])
def test_others_get_404(
    name: str, customer: Customer, request: pytest.FixtureRequest, client_of: SignIn
) -> None:
    browser = client_of(request.getfixturevalue(name))
    assert browser.get(f"/customers/{customer.pk}/").status_code == 404
    assert browser.post(f"/customers/{customer.pk}/notes/", {"text": "x"}).status_code == 404
    assert not CustomerNote.objects.exists()


def test_finance_looks_but_composes_nothing(
    finance: User, customer: Customer, client_of: SignIn
) -> None:
    page = client_of(finance).get(f"/customers/{customer.pk}/").content.decode()
    assert "/credit-notes/new/" not in page


def test_a_contacts_private_draft_is_not_shown(
    rep: User, contact: User, customer: Customer, invoice: Invoice, client_of: SignIn
) -> None:
    draft = factories.draft_note(invoice, contact)
    assert draft.reference not in client_of(rep).get(f"/customers/{customer.pk}/").content.decode()


def test_a_note_is_written_and_read_by_colleagues(
    rep: User, colleague: User, customer: Customer, client_of: SignIn
) -> None:
    url = f"/customers/{customer.pk}/notes/"
    answer = client_of(rep).post(url, {"text": "Gate code <b>4711</b>"}, follow=True)
    assert answer.redirect_chain == [(f"/customers/{customer.pk}/", 302)]
    assert "The note is saved." in answer.content.decode()
    note = CustomerNote.objects.get()
    assert (note.author, note.customer) == (rep, customer)
    page = client_of(colleague).get(f"/customers/{customer.pk}/").content.decode()
    assert "Gate code &lt;b&gt;4711&lt;/b&gt;" in page


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_note_is_refused_beside_its_field(
    text: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    answer = client_of(rep).post(f"/customers/{customer.pk}/notes/", {"text": text})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_text_error"' in page
    assert 'aria-invalid="true"' in page
    assert not CustomerNote.objects.exists()


def test_notes_are_only_posted(rep: User, customer: Customer, client_of: SignIn) -> None:
    assert client_of(rep).get(f"/customers/{customer.pk}/notes/").status_code == 405


def test_job_accounts_of_others_are_not_named(
    rep: User, customer: Customer, other_customer: Customer, client_of: SignIn
) -> None:
    own = factories.customer(customer.department, "C-101", "Own job", parent=customer)
    Customer.objects.filter(pk=other_customer.pk).update(parent=customer)
    page = client_of(rep).get(f"/customers/{customer.pk}/").content.decode()
    assert own.name in page
    assert other_customer.name not in page


def test_the_page_costs_the_same_however_much_there_is(
    rep: User, manager: User, customer: Customer, invoice: Invoice, client_of: SignIn
) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"/customers/{customer.pk}/").status_code == 200
        return len(captured)

    def add(number: int) -> None:
        Contact.objects.create(customer=customer, name="C", email=f"{number}@site.test")
        Site.objects.create(customer=customer, name="Lot", address="1 Elm")
        CustomerNote.objects.create(customer=customer, author=rep, text="x")
        factories.issued_note(factories.invoice(customer, f"INV-5{number}"), rep)

    add(1)
    before = queries()
    add(2)
    add(3)
    assert queries() == before


def test_how_they_stand_at_a_glance(
    rep: User, manager: User, customer: Customer, client_of: SignIn
) -> None:
    now = timezone.now()
    invoice = factories.invoice(customer, moment=now)
    note = factories.issued_note(invoice, rep, moment=now)
    receive_payment(customer, "PAY-9", now.date(), Decimal("12.34"))
    context = client_of(rep).get(f"/customers/{customer.pk}/").context
    rate = context["credit_rate"]
    assert (rate.credited, rate.invoiced) == (note.total, invoice.total)
    assert rate.percent == (note.total / invoice.total * 100).quantize(Decimal("0.1"))
    assert context["last_payment"].number == "PAY-9"
    [unpaid] = context["unpaid"]
    assert unpaid.title == invoice.number


def test_an_account_above_that_one_does_not_serve_is_not_named(
    rep: User, customer: Customer, other_customer: Customer, client_of: SignIn
) -> None:
    Customer.objects.filter(pk=customer.pk).update(parent=other_customer)
    page = client_of(rep).get(f"/customers/{customer.pk}/").content.decode()
    assert other_customer.name not in page


def test_what_was_typed_is_kept(rep: User, customer: Customer, client_of: SignIn) -> None:
    answer = client_of(rep).post(f"/customers/{customer.pk}/notes/", {"text": "x" * 2001 + "\0"})
    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()
