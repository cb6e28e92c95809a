"""The composer keeps the draft by itself: quietly, once, and never over somebody else's work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals import services as approval_services
from approvals.models import Policy
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote, Event, Reason, State
from customers.models import Invoice, User
from tests import factories
from tests.creditnotes.typing import filled, line

SignIn = Callable[[User], Client]
AUTOSAVE = "/credit-notes/autosave/"


@pytest.fixture
def browser(client_of: SignIn, rep: User) -> Client:
    """The rep's."""
    return client_of(rep)


def typed(*invoices: Invoice, **fields: Any) -> dict[str, Any]:
    return filled(*invoices, **({"do": "autosave"} | fields))


def test_a_draft_is_started_once_something_sensible_is_typed(
    browser: Client, rep: User, invoice: Invoice, reason: Reason
) -> None:
    nothing = typed(invoice, reason=reason, explanation="")

    assert browser.post(AUTOSAVE, nothing).status_code == 204
    assert not CreditNote.objects.exists()

    state = browser.post(AUTOSAVE, nothing | line(invoice, 1, "2")).json()

    note = CreditNote.objects.get()
    assert (note.state, note.owner, note.lines.get().quantity) == (State.DRAFT, rep, 2)
    assert (state["note"], state["version"]) == (note.pk, note.version)
    assert state["address"] == f"/credit-notes/{note.pk}/edit/"
    assert state["said"].endswith(f"as {note}")


def test_the_same_page_starts_one_draft_however_often_it_asks(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    first = typed(invoice, lines={1: "2"}, reason=reason)

    states = [browser.post(AUTOSAVE, first).json() for _each in range(2)]
    later = browser.post(AUTOSAVE, first | line(invoice, 1, "3")).json()

    note = CreditNote.objects.get()
    assert [state["note"] for state in (*states, later)] == [note.pk] * 3
    assert note.lines.get().quantity == 3


def test_it_goes_on_with_the_draft_and_adds_nothing_to_its_history(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    sent = typed(invoice, lines={1: "1"}, reason=reason)
    state = browser.post(AUTOSAVE, sent).json()

    for quantity in ("2", "3", "4"):
        sent |= line(invoice, 1, quantity) | {"note": state["note"], "version": state["version"]}
        state = browser.post(AUTOSAVE, sent).json()

    note = CreditNote.objects.get()
    assert (note.version, note.lines.get().quantity) == (4, 4)
    assert list(note.events.values_list("kind", flat=True)) == [Event.Kind.STARTED]


def test_what_is_marked_is_left_out_and_told(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    sent = typed(invoice, lines={1: "11", 2: "1", 3: "some"}, reason=reason)

    state = browser.post(AUTOSAVE, sent).json()

    assert CreditNote.objects.get().lines.get().counter.invoice_line.position == 2
    assert "without what is marked" in state["said"]


def test_a_stale_page_is_told_and_overwrites_nothing(
    browser: Client, rep: User, colleague: User, invoice: Invoice, reason: Reason
) -> None:
    note = factories.draft_note(invoice, rep)
    mine = typed(invoice, lines={1: "7"}, reason=reason, note=note.pk, version=note.version)
    theirs = Content(reason=reason, claims=[factories.claim(invoice, 2)])
    moment = factories.MOMENT + timedelta(hours=1)
    services.edit(note, theirs, actor=colleague, moment=moment, version=note.version)

    refused = browser.post(AUTOSAVE, mine)

    assert refused.status_code == 409
    assert refused.json() == {
        "problem": "Somebody changed this credit note meanwhile. What you typed is kept below.",
        "stale": True,
        "newest": 2,
    }
    assert note.lines.get().counter.invoice_line.position == 2
    assert browser.post(AUTOSAVE, mine | {"version": 2}).status_code == 200
    assert note.lines.get().quantity == 7


def test_what_a_returned_note_reserves_is_not_moved_by_half_a_number(
    browser: Client, rep: User, manager: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="10"))
    approval_services.return_for_changes(
        note, actor=manager, moment=factories.MOMENT, comment="Fewer?"
    )
    note.refresh_from_db()
    sent = typed(invoice, lines={1: "1"}, reason=reason, note=note.pk, version=note.version)

    refused = browser.post(AUTOSAVE, sent)

    assert (refused.status_code, refused.json()["problem"]) == (
        409,
        f"{note} is no draft any more.",
    )
    assert invoice.creditable_lines.get(invoice_line__position=1).reserved_quantity == 10
    page = browser.get(f"/credit-notes/{note.pk}/edit/").content.decode()
    assert "data-autosave" not in page


def test_a_head_out_of_shape_says_why_nothing_is_kept(browser: Client, invoice: Invoice) -> None:
    sent = typed(invoice, lines={1: "1"}, customer_reference="x" * 61)

    refused = browser.post(AUTOSAVE, sent)

    assert refused.status_code == 422
    assert "at most 60" in refused.json()["problem"]
    assert not CreditNote.objects.exists()


def test_photos_are_taken_in_beside_the_page(browser: Client, invoice: Invoice) -> None:
    state = browser.post(AUTOSAVE, typed(invoice, do="start", explanation="")).json()
    fake = SimpleUploadedFile("pallet.jpg", b"<script>alert(1)</script>", "image/jpeg")

    taken = browser.post(state["attach"], {"photos": [factories.photo("a.jpg")]})
    refused = browser.post(state["attach"], {"photos": [fake, factories.photo("b.jpg", "blue")]})

    note = CreditNote.objects.get(pk=state["note"])
    assert taken.status_code == 200
    assert 'alt="a.jpg"' in taken.content.decode()
    assert refused.status_code == 422
    assert "pallet.jpg is neither a photo" in refused.content.decode()
    assert [each.name for each in note.attachments.all()] == ["a.jpg", "b.jpg"]


def test_a_photo_is_removed_beside_the_page(browser: Client, rep: User, invoice: Invoice) -> None:
    note = factories.draft_note(invoice, rep)
    kept = services.attach(note, factories.photo(), actor=rep, moment=factories.MOMENT)

    answer = browser.post(
        f"/credit-notes/attachments/{kept.pk}/remove/", headers={"HX-Request": "true"}
    )

    assert 'id="photos"' in answer.content.decode()
    assert "pallet.jpg" not in answer.content.decode()
    assert not note.attachments.exists()


def test_in_french_it_is_told_in_french(
    client_of: SignIn, rep: User, invoice: Invoice, reason: Reason
) -> None:
    rep.language = "fr-ca"
    rep.save()

    browser = client_of(rep)
    state = browser.post(AUTOSAVE, typed(invoice, lines={1: "1,5"}, reason=reason)).json()

    assert CreditNote.objects.get(pk=state["note"]).lines.get().quantity == Decimal("1.5")
