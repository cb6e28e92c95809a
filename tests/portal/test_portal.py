"""The customer's overview: theirs alone, in their words."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services as approval_services
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote
from customers.access import let_represent
from customers.models import Customer, Department, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


def requested(invoice: Invoice, contact: User, pieces: str = "2") -> CreditNote:
    """A request for some pieces of the first line."""
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, pieces))
    return services.request(note, actor=contact, moment=factories.MOMENT)


def test_anonymous_people_sign_in_first(client: Client) -> None:
    response = client.get("/portal/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/portal/"


def test_staff_have_no_portal(client_of: SignIn, rep: User, admin: User, finance: User) -> None:
    for person in (rep, admin, finance):
        assert client_of(person).get("/portal/").status_code == 404


def test_staff_who_represent_a_customer_have_one(
    client_of: SignIn, rep: User, customer: Customer
) -> None:
    let_represent(rep, customer)
    assert client_of(rep).get("/portal/").status_code == 200


def test_who_represents_nobody_is_told_so(client_of: SignIn, db: None) -> None:
    lost = User.objects.create_user("lost@nowhere.test", None, full_name="Lou Lost")
    for address in ("/portal/", "/portal/requests/new/"):
        response = client_of(lost).get(address)
        assert response.status_code == 200
        assert "No company is linked to your account" in response.content.decode()


def test_nothing_yet(client_of: SignIn, contact: User) -> None:
    page = client_of(contact).get("/portal/").content.decode()
    assert "Érable Builders" in page
    assert "Nothing here yet" in page
    assert "Nothing to pay" in page


def test_requests_and_credits_newest_first_with_what_is_open(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    issued = factories.issued_note(invoice, rep)
    asked = requested(invoice, contact)
    page = client_of(contact).get("/portal/").content.decode()
    assert page.index(str(asked)) < page.index(issued.document.number)
    assert "Received" in page
    assert "Credited" in page
    assert "INV-1" in page
    assert "$423.72" in page  # 461.38 less the credit of 37.66


def test_what_colleagues_prepare_is_not_shown(
    client_of: SignIn, contact: User, rep: User, manager: User, invoice: Invoice
) -> None:
    draft = factories.draft_note(invoice, rep)
    submitted = factories.submitted_note(invoice, rep)
    rejected = factories.submitted_note(invoice, rep)
    approval_services.reject(rejected, actor=manager, moment=factories.MOMENT)
    page = client_of(contact).get("/portal/").content.decode()
    for note in (draft, submitted, rejected):
        assert str(note) not in page


def test_what_a_rep_makes_of_a_request_is_not_shown_before_it_is_decided(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    note = services.pick_up(requested(invoice, contact), actor=rep, moment=factories.MOMENT)
    services.edit(
        note,
        Content(
            reason=factories.reason(invoice.company, "goodwill", customer_visible=False),
            claims=[factories.claim(invoice, 1, "1")],
        ),
        actor=rep,
        moment=factories.MOMENT,
    )
    page = client_of(contact).get("/portal/").content.decode()
    assert "In review" in page
    assert "$75.33" in page  # two pieces asked for, with tax
    assert "$37.66" not in page
    assert "Goodwill" not in page


def test_own_drafts_that_were_not_sent_are_left_out(
    client_of: SignIn, contact: User, invoice: Invoice
) -> None:
    draft = factories.draft_note(invoice, contact)
    assert str(draft) not in client_of(contact).get("/portal/").content.decode()


def test_another_customer_is_never_shown(
    client_of: SignIn,
    contact: User,
    other_rep: User,
    other_customer: Customer,
    quebec_invoice: Invoice,
) -> None:
    note = factories.issued_note(quebec_invoice, other_rep)
    client = client_of(contact)
    page = client.get("/portal/").content.decode()
    assert note.document.number not in page
    assert "INV-3" not in page
    assert client.get(f"/portal/?customer={other_customer.pk}").status_code == 404
    assert client.get("/portal/?customer=x").status_code == 404


def test_who_represents_several_switches_between_them(
    client_of: SignIn, contact: User, customer: Customer, department: Department
) -> None:
    second = factories.customer(department, "C-101", "Bouleau Homes")
    let_represent(contact, second)
    client = client_of(contact)
    assert "<h1>Bouleau Homes</h1>" in squeezed(client.get("/portal/").content)
    chosen = client.get(f"/portal/?customer={customer.pk}").content
    assert "<h1>Érable Builders</h1>" in squeezed(chosen)


def squeezed(page: bytes) -> str:
    """The page with no space inside of its tags' edges."""
    return re.sub(r"\s*([<>])\s*", r"\1", page.decode())


def test_twice_the_rows_take_no_more_queries(
    client_of: SignIn, contact: User, customer: Customer
) -> None:
    invoice = factories.invoice(customer, "INV-50", [("Nails", "100", "1.00", "goods")])
    client = client_of(contact)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/portal/")
        return len(captured)

    for _ in range(3):
        requested(invoice, contact, "1")
    few = queries()
    for number in range(6):
        requested(invoice, contact, "1")
        factories.invoice(customer, f"INV-6{number}")
    assert queries() == few


def test_what_we_asked_them_comes_first_until_they_answer(
    client_of: SignIn, contact: User, rep: User, manager: User, customer: Customer, invoice: Invoice
) -> None:
    factories.issued_note(factories.invoice(customer, "INV-9"), rep)
    note = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))
    question = approval_services.ask(
        note, actor=manager, moment=factories.MOMENT, text="Which truck?", to=None
    )
    client = client_of(contact)
    page = client.get("/portal/").content.decode()
    attention = page[page.index('id="attention"') : page.index("</section>")]
    assert attention.index("We need an answer from you") < attention.index('class="money"')
    assert note.reference in attention
    assert f'href="/portal/credit-notes/{note.pk}/#request-questions"' in attention
    assert "Waits for your answer" in page
    assert "In review" not in page.split('class="rows"')[1].split("state-returned")[0]
    approval_services.answer(question, actor=contact, moment=factories.MOMENT, text="Blue.")
    page = client.get("/portal/").content.decode()
    for words in ("We need an answer from you", "Waits for your answer"):
        assert words not in page


def test_it_speaks_the_contacts_language(
    client_of: SignIn, stranger_contact: User, quebec_invoice: Invoice
) -> None:
    page = client_of(stranger_contact).get("/portal/").content.decode()
    assert '<html lang="fr-ca">' in page
    assert "Demander un crédit" in page
    assert "469,45\xa0$" in page
