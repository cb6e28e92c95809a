"""After it is settled: confirming the document by its digest, and saying once how it went."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from creditnotes import services
from creditnotes.documents.rendering import stored_pdf
from creditnotes.models import Acknowledgement, CreditNote, DocumentFile, Event, Rating
from creditnotes.ratings import rated_lately
from customers.errors import NotAllowed, StaleContent, WrongState
from customers.models import Customer, Invoice, User
from tests import factories
from tests.refusing import database_refuses, sql

SignIn = Callable[[User], Client]
NOW = factories.MOMENT


@pytest.fixture
def note(invoice: Invoice, contact: User, rep: User) -> CreditNote:
    """Issued, with its file made."""
    note = factories.issued_note(invoice, rep)
    stored_pdf(note.document)
    return note


def digest() -> str:
    return DocumentFile.objects.get().sha256


def test_a_contact_confirms_exactly_the_file_that_they_saw(
    client_of: SignIn, contact: User, rep: User, note: CreditNote
) -> None:
    client, address = client_of(contact), f"/portal/credit-notes/{note.pk}/"
    assert digest() in client.get(address).content.decode()
    assert client.post(f"{address}received/", {"sha256": "0" * 64}).status_code == 409
    for _again in range(2):
        assert client.post(f"{address}received/", {"sha256": digest()}).status_code == 302
    page = client.get(address).content.decode()
    assert "You confirmed on" in page
    assert "I received this" not in page
    event = note.events.get(kind=Event.Kind.ACKNOWLEDGED)
    assert event.payload["sha256"] == digest()
    staff = client_of(rep).get(f"/credit-notes/{note.pk}/").content.decode()
    assert digest() in staff
    assert "Connie Contact received it" in staff


def test_what_is_confirmed_is_no_news_any_more(
    client_of: SignIn, customer: Customer, contact: User, note: CreditNote
) -> None:
    colleague = factories.contact(customer, "Carol Colleague")
    news = "portal-news-good"
    with time_machine.travel(NOW, tick=False):
        clients = [client_of(contact), client_of(colleague)]
        assert all(news in each.get("/portal/").content.decode() for each in clients)
        services.acknowledge(note, actor=contact, moment=NOW, sha256=digest())
        still = [news in each.get("/portal/").content.decode() for each in clients]
    assert still == [False, True]


def test_each_contact_confirms_for_themselves(
    customer: Customer, contact: User, stranger_contact: User, rep: User, note: CreditNote
) -> None:
    for person in (contact, factories.contact(customer, "Carol Colleague")):
        services.acknowledge(note, actor=person, moment=NOW, sha256=digest())
    assert Acknowledgement.objects.count() == 2
    for person in (stranger_contact, rep):
        with pytest.raises(NotAllowed):
            services.acknowledge(note, actor=person, moment=NOW, sha256=digest())
    other = factories.contact(customer, "Clara Third")
    with pytest.raises(StaleContent):
        services.acknowledge(note, actor=other, moment=NOW, sha256="x")


def test_the_database_keeps_only_what_is_true(contact: User, rep: User, note: CreditNote) -> None:
    for person, sha256 in ((contact, "0" * 64), (rep, digest())):
        with database_refuses("receipt of another file"):
            Acknowledgement.objects.create(
                document=note.document, person=person, sha256=sha256, confirmed_at=NOW
            )
    services.rate(note, actor=contact, moment=NOW, stars=4)
    with database_refuses("immutable|permission denied"):
        sql("UPDATE creditnotes_rating SET stars = 5")


def test_it_is_rated_once_and_the_staff_read_it(
    client_of: SignIn, contact: User, customer: Customer, manager: User, note: CreditNote
) -> None:
    client, address = client_of(contact), f"/portal/credit-notes/{note.pk}/"
    assert client.post(f"{address}rating/", {"comment": "?"}).status_code == 422
    sent = {"stars": "2", "comment": "It took too long."}
    assert client.post(f"{address}rating/", sent).status_code == 302
    assert client.post(f"{address}rating/", {"stars": "5"}).status_code == 302  # a second tap
    assert Rating.objects.get().stars == 2
    page = client.get(address).content.decode()
    assert "It took too long." in page
    other = factories.contact(customer, "Carol Colleague")
    with pytest.raises(WrongState, match="rated it already"):
        services.rate(note, actor=other, moment=NOW, stars=5)
    staff = client_of(manager).get(f"/credit-notes/{note.pk}/").content.decode()
    assert "Rated by Connie Contact" in staff
    assert "It took too long." in staff
    assert rated_lately(manager, timezone.now()).count == 1
    assert "1 rating in 90 days" in client_of(manager).get("/").content.decode()


def test_what_goes_on_is_not_rated(contact: User, rep: User, invoice: Invoice) -> None:
    note = factories.asked_for(invoice, contact, rep)
    with pytest.raises(WrongState, match="once it is settled"):
        services.rate(note, actor=contact, moment=NOW, stars=5)
    with database_refuses("rated before its end"):
        Rating.objects.create(note=note, person=contact, stars=5, rated_at=NOW)


def test_the_average_counts_what_one_may_see(
    contact: User, manager: User, other_manager: User, note: CreditNote
) -> None:
    services.rate(note, actor=contact, moment=timezone.now(), stars=3)
    assert rated_lately(manager, timezone.now()).average == 3
    assert rated_lately(other_manager, timezone.now()).count == 0
