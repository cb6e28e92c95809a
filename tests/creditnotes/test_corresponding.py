"""Writing to the other side and to colleagues: who may, what is kept, who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals import services as approval_services
from creditnotes import services
from creditnotes.models import CreditNote, Event, Message, News, Remark
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.refusing import database_refuses, sql

SignIn = Callable[[User], Client]
NOW = factories.MOMENT


@pytest.fixture
def note(invoice: Invoice, contact: User, rep: User, manager: User) -> CreditNote:
    """Asked for by the contact, handled by the rep, waits for the manager."""
    return factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))


def write(note: CreditNote, actor: User, text: str = "Hello?", **more: object) -> Message:
    values = {"moment": NOW, "text": text} | more
    return services.send_message(note, actor=actor, **values)  # type: ignore[arg-type]


def told() -> dict[str, str]:
    """Who was mailed about what was written, with what they read."""
    deliver_all()
    return {
        message.to[0].split("<")[-1].rstrip(">"): str(message.body)
        for message in mail.outbox
        if "wrote:" in message.body or "colleagues only:" in message.body
    }


def test_a_contact_writes_and_whoever_handles_or_decides_is_told(
    note: CreditNote, contact: User, rep: User, manager: User, colleague: User
) -> None:
    said = write(note, contact, "Two more were split.", uploads=[factories.photo()])
    assert said.from_customer
    assert said.files.get().name == "pallet.jpg"
    letters = told()
    assert set(letters) == {rep.email, manager.email}
    assert "Two more were split." in letters[rep.email]
    concerned = News.objects.filter(event__kind=Event.Kind.MESSAGE)
    assert {each.user for each in concerned} == {rep, manager}


def test_a_rep_writes_and_the_contact_who_asked_is_told_without_a_name(
    note: CreditNote, contact: User, rep: User
) -> None:
    write(note, rep, "Which truck was it?")
    letters = told()
    assert set(letters) == {contact.email}
    assert "Which truck was it?" in letters[contact.email]
    assert "North Supply Ltd. wrote:" in letters[contact.email]
    assert "Rita" not in letters[contact.email]


def test_a_company_may_tell_names(note: CreditNote, contact: User, rep: User) -> None:
    note.company.shows_names = True
    note.company.save()
    write(note, rep, "Which truck was it?")
    assert "Rita Rep wrote:" in told()[contact.email]


def test_a_contact_without_a_say_writes_nothing_and_is_told_nothing(
    note: CreditNote, contact: User, rep: User
) -> None:
    contact.contacts.update(may_request=False)
    with pytest.raises(NotAllowed):
        write(note, contact)
    write(note, rep)
    assert told() == {}


def test_nobody_elses_is_written_about(
    note: CreditNote, stranger_contact: User, other_rep: User, foreign_rep: User
) -> None:
    for person in (stranger_contact, other_rep, foreign_rep):
        with pytest.raises(NotAllowed):
            write(note, person)
        with pytest.raises(NotAllowed):
            services.remark(note, actor=person, moment=NOW, text="x")


def test_a_contact_makes_no_note_among_colleagues(note: CreditNote, contact: User) -> None:
    with pytest.raises(NotAllowed):
        services.remark(note, actor=contact, moment=NOW, text="x")
    with database_refuses("by somebody else"):
        Remark.objects.create(note=note, author=contact, text="x", written_at=NOW)
    with database_refuses("neither side"):
        Message.objects.create(
            note=note, author=contact, from_customer=False, text="x", written_at=NOW
        )


def test_the_customer_of_a_credit_they_do_not_know_is_not_written_to(
    invoice: Invoice, rep: User, contact: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(Refusal, match="does not know"):
        write(note, rep)
    with pytest.raises(NotAllowed):
        write(note, contact)


def test_the_same_is_said_once(note: CreditNote, contact: User) -> None:
    token = uuid4()
    assert write(note, contact, token=token) == write(note, contact, token=token)
    assert Message.objects.count() == 1


def test_nothing_and_what_is_no_photo_are_refused_whole(note: CreditNote, contact: User) -> None:
    with pytest.raises(Incomplete):
        write(note, contact, " ")
    wrong = SimpleUploadedFile("x.jpg", b"<svg onload=alert(1)>", "image/jpeg")
    with pytest.raises(Refusal, match="neither a photo"):
        write(note, contact, "Look", uploads=[wrong])
    assert not Message.objects.exists()


def test_what_was_closed_long_ago_is_written_about_no_more(
    note: CreditNote, contact: User, manager: User
) -> None:
    note = approval_services.reject(note, actor=manager, moment=NOW, comment="No.")
    write(note, contact, moment=NOW + timedelta(days=89))
    with pytest.raises(WrongState, match="2026-03-10"):
        write(note, contact, moment=NOW + timedelta(days=91))


def test_what_was_said_stays(note: CreditNote, contact: User, rep: User) -> None:
    said = write(note, contact)
    services.remark(note, actor=rep, moment=NOW, text="x")
    for table in ("message", "remark"):
        with database_refuses("immutable|permission denied"):
            sql(f"UPDATE creditnotes_{table} SET text = 'y'")  # noqa: S608
        with database_refuses("immutable|permission denied"):
            sql(f"DELETE FROM creditnotes_{table}")  # noqa: S608
    said.refresh_from_db()
    assert said.text == "Hello?"


def test_colleagues_read_it_on_the_notes_page_and_where_it_is_decided(
    client_of: SignIn, note: CreditNote, contact: User, rep: User, manager: User
) -> None:
    write(note, contact, "From the yard", uploads=[factories.photo()])
    address = f"/credit-notes/{note.pk}/"
    answer = client_of(rep).post(f"{address}write/", {"text": "To the yard"})
    assert answer.status_code == 302
    answer = client_of(rep).post(f"{address}remark/", {"text": "Among us"})
    assert answer.status_code == 302
    for page in (address, f"/approvals/{note.pk}/"):
        shown = client_of(manager).get(page).content.decode()
        for words in ("From the yard", "To the yard", "Among us", "pallet.jpg"):
            assert words in shown
    file = Message.objects.get(from_customer=True).files.get()
    answer = client_of(manager).get(f"/credit-notes/messages/files/{file.pk}/")
    assert b"".join(answer).startswith(b"\xff\xd8")  # a JPEG
    assert set(told()) >= {manager.email}
    for verb in ("write", "remark"):
        assert client_of(rep).post(f"{address}{verb}/", {"text": " "}).status_code == 422
