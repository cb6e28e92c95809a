"""What no page of ours sends but anybody may type: nothing is found, and nothing fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client

from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]

#: Digits to Python but not to ``int``; more than ``int`` reads; more than a column holds.
NO_IDS = ["²", "9" * 5000, "9" * 19, "-1", "\0", "1\0"]


@pytest.fixture
def staff(client_of: SignIn, rep: User) -> Client:
    return client_of(rep)


@pytest.fixture
def customer_side(client_of: SignIn, contact: User) -> Client:
    return client_of(contact)


def test_a_search_leaves_out_what_is_no_letter(
    staff: Client, customer_side: Client, invoice: Invoice
) -> None:
    found = [
        staff.get("/credit-notes/new/", {"q": f"\0{invoice.number}"}),
        staff.get("/search/", {"q": f"\0{invoice.number}"}),
        customer_side.get("/portal/requests/new/", {"q": f"\0{invoice.number}"}),
    ]
    for page in found:
        assert page.status_code == 200
        assert f"invoice={invoice.pk}" in page.content.decode() or "INV-1" in page.content.decode()


def test_an_invoice_to_add_is_named_by_letters(staff: Client, invoice: Invoice) -> None:
    sent = {"invoice": invoice.pk, "do": "add", "add_number": "\0a"}
    page = staff.post("/credit-notes/new/", sent)
    assert page.status_code == 200
    assert "No invoice of this customer has that number." in page.content.decode()


@pytest.mark.parametrize("pk", NO_IDS)
def test_what_is_no_id_is_not_found(
    staff: Client, customer_side: Client, rep: User, invoice: Invoice, pk: str
) -> None:
    note = factories.draft_note(invoice, rep)
    assert staff.get("/credit-notes/new/", {"invoice": pk}).status_code == 404
    assert staff.post("/credit-notes/preview/", {"note": pk}).status_code == 404
    assert customer_side.get("/portal/requests/new/", {"invoice": pk}).status_code == 404
    sent = {"invoice": invoice.pk, "do": f"remove-{pk}"}
    assert staff.post(f"/credit-notes/{note.pk}/edit/", sent).status_code == 200


@pytest.mark.parametrize("version", NO_IDS)
def test_what_is_no_version_is_none(
    staff: Client, rep: User, invoice: Invoice, version: str
) -> None:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, rep)
    answer = staff.post(f"/credit-notes/{note.pk}/submit/", {"version": version})
    assert answer.headers["Location"] == f"/credit-notes/{note.pk}/"


@pytest.mark.parametrize("values", [["\0", 1], [None, None], [None], None, 7, {}, [[], {}], "ab"])
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_cursor_that_we_did_not_write_shows_the_first_page(
    staff: Client, customer_side: Client, invoice: Invoice, values: Any, side: str
) -> None:
    cursor = {side: Signer(salt="customers.paging").sign_object(values)}
    for address in ("/customers/", "/invoices/", "/credit-notes/", "/news/", "/approvals/"):
        assert staff.get(address, cursor).status_code == 200
        assert staff.get(address, cursor | {"sort": "number"}).status_code == 200
    assert "INV-1" in staff.get("/invoices/", cursor).content.decode()
    for address in ("/portal/", "/portal/requests/new/"):
        assert customer_side.get(address, cursor).status_code == 200
