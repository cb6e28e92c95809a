"""Start, edit and attach: exact amounts from the first moment, nothing typed lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from approvals import services as approvals
from creditnotes import services
from creditnotes.attaching import PDF
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import (
    Attachment,
    CreditableLine,
    CreditNote,
    Event,
    Origin,
    Reason,
    State,
)
from customers.errors import (
    NotAllowed,
    OverCredit,
    Refusal,
    StaleContent,
    WrongState,
)
from customers.models import Customer, Invoice, User
from tests import factories
from tests.factories import MOMENT, claim

LATER = MOMENT + timedelta(hours=1)


def kinds(note: CreditNote) -> list[str]:
    return list(note.events.values_list("kind", flat=True))


# Start ------------------------------------------------------------------------


def test_a_rep_starts_a_draft_with_exact_amounts(
    invoice: Invoice, rep: User, reason: Reason
) -> None:
    content = Content(
        reason=reason,
        claims=[
            claim(invoice, 1, "3"),
            claim(invoice, 3, None, basis="percent", percent=Decimal(10)),
        ],
        explanation="Three boards split.",
        internal_note="Second time.",
        customer_reference="PO 7",
    )
    note = services.start(invoice.customer, content, actor=rep, moment=MOMENT)
    assert (note.state, note.origin, note.owner, note.created_by) == (
        State.DRAFT,
        Origin.REP,
        rep,
        rep,
    )
    assert [line.net for line in note.lines.all()] == [Decimal("99.99"), Decimal("4.50")]
    assert note.net == Decimal("104.49")
    assert note.tax_total == Decimal("13.58")
    assert note.total == Decimal("118.07")
    assert note.explanation == "Three boards split."
    assert [person.user for person in note.participants.all()] == [rep]
    assert kinds(note) == [Event.Kind.STARTED]
    assert note.reference == f"CR-{note.pk:06d}"


def test_a_draft_reserves_nothing(invoice: Invoice, rep: User) -> None:
    factories.draft_note(invoice, rep, claim(invoice, quantity="10"))
    assert all(line.reserved_net == 0 for line in CreditableLine.objects.all())


def test_a_draft_may_be_empty(customer: Customer, rep: User) -> None:
    note = services.start(customer, Content(), actor=rep, moment=MOMENT)
    assert note.total == 0
    assert note.reason is None


def test_a_contact_starts_a_draft_of_their_own(
    invoice: Invoice, contact: User, rep: User, manager: User, finance: User
) -> None:
    note = factories.draft_note(invoice, contact)
    assert (note.origin, note.owner) == (Origin.PORTAL, None)
    assert CreditNote.objects.shown_to_contact(contact).get() == note
    for person in (rep, manager, finance):
        assert not CreditNote.objects.visible_to(person).exists()


@pytest.mark.parametrize(
    "who", ["other_rep", "finance", "admin", "foreign_rep", "stranger_contact", "foreign_contact"]
)
def test_who_does_not_serve_the_customer_starts_nothing(
    invoice: Invoice, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotAllowed):
        factories.draft_note(invoice, request.getfixturevalue(who))
    assert not CreditNote.objects.exists()


def test_a_double_click_starts_one(invoice: Invoice, rep: User, colleague: User) -> None:
    token, content = uuid4(), Content()
    one, two = (
        services.start(invoice.customer, content, actor=rep, moment=MOMENT, token=token)
        for _ in range(2)
    )
    assert one == two
    other = services.start(invoice.customer, content, actor=colleague, moment=MOMENT, token=token)
    assert other != one, "somebody else's token is somebody else's note"


def test_more_than_is_left_is_refused_at_its_line(
    invoice: Invoice, rep: User, reason: Reason
) -> None:
    content = Content(reason=reason, claims=[claim(invoice, 1), claim(invoice, 2, "4")])
    with pytest.raises(OverCredit, match="Only 3") as refusal:
        services.start(invoice.customer, content, actor=rep, moment=MOMENT)
    assert (refusal.value.line, refusal.value.field) == (1, "quantity")
    assert not CreditNote.objects.exists()


def test_a_line_of_somebody_elses_invoice_is_refused(
    invoice: Invoice, quebec_invoice: Invoice, rep: User, reason: Reason
) -> None:
    content = Content(reason=reason, claims=[claim(quebec_invoice)])
    with pytest.raises(Refusal, match="another customer"):
        services.start(invoice.customer, content, actor=rep, moment=MOMENT)


def test_a_line_that_does_not_exist_is_refused(invoice: Invoice, rep: User, reason: Reason) -> None:
    content = Content(reason=reason, claims=[Claim(10**9, quantity=Decimal(1))])
    with pytest.raises(Refusal):
        services.start(invoice.customer, content, actor=rep, moment=MOMENT)


def test_a_reason_says_by_which_basis(invoice: Invoice, rep: User) -> None:
    by_quantity = factories.reason(invoice.company, "shortage", bases=["quantity"])
    content = Content(
        reason=by_quantity,
        claims=[claim(invoice, quantity=None, basis="percent", percent=Decimal(5))],
    )
    with pytest.raises(Refusal, match="percent") as refusal:
        services.start(invoice.customer, content, actor=rep, moment=MOMENT)
    assert (refusal.value.line, refusal.value.field) == (0, "basis")


def test_a_reason_of_another_company_is_refused(
    invoice: Invoice, rep: User, foreign_customer: Customer
) -> None:
    theirs = factories.reason(foreign_customer.company)
    with pytest.raises(Refusal):
        factories.draft_note(invoice, rep, reason=theirs)


# Edit -------------------------------------------------------------------------


def test_editing_replaces_the_content_whole(
    invoice: Invoice, rep: User, colleague: User, reason: Reason
) -> None:
    note = factories.draft_note(invoice, rep, claim(invoice, 1, "5"), explanation="Five.")
    content = Content(reason=reason, claims=[claim(invoice, 2, "1")])
    edited = services.edit(note, content, actor=colleague, moment=LATER, version=note.version)
    assert [line.counter.invoice_line.position for line in edited.lines.all()] == [2]
    assert (edited.net, edited.explanation) == (Decimal(10), "")
    assert edited.version == note.version + 1
    assert {person.user for person in edited.participants.all()} == {rep, colleague}
    assert kinds(edited) == [Event.Kind.STARTED, Event.Kind.EDITED]


def test_going_on_with_ones_own_draft_is_told_once_a_sitting(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    note = factories.draft_note(invoice, rep)

    def write(words: str, actor: User, moment: datetime) -> None:
        services.edit(note, Content(explanation=words), actor=actor, moment=moment)

    for second in range(5):
        write(f"{second}", rep, factories.MOMENT + timedelta(seconds=second))
    assert kinds(note) == [Event.Kind.STARTED]
    write("later", rep, factories.MOMENT + timedelta(minutes=31))
    assert kinds(note) == [Event.Kind.STARTED, Event.Kind.EDITED]
    write("hers", colleague, factories.MOMENT + timedelta(minutes=32))
    write("mine again", rep, factories.MOMENT + timedelta(minutes=33))
    assert kinds(note) == [Event.Kind.STARTED, *[Event.Kind.EDITED] * 3]


def test_every_change_of_a_returned_note_is_told(
    invoice: Invoice, rep: User, manager: User, reason: Reason
) -> None:
    note = factories.submitted_note(invoice, rep, reason=reason)
    approvals.return_for_changes(note, actor=manager, moment=factories.MOMENT, comment="Why?")

    for words in ("Because.", "Because of the rain."):
        content = Content(reason=reason, claims=[claim(invoice)], explanation=words)
        services.edit(note, content, actor=rep, moment=factories.MOMENT)

    assert kinds(note)[-2:] == [Event.Kind.EDITED] * 2


def test_a_page_from_before_somebody_elses_change_is_stale(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    note = factories.draft_note(invoice, rep)
    seen = note.version
    services.edit(note, Content(explanation="Hers"), actor=colleague, moment=LATER, version=seen)
    with pytest.raises(StaleContent, match="kept"):
        services.edit(note, Content(explanation="His"), actor=rep, moment=LATER, version=seen)
    note.refresh_from_db()
    assert note.explanation == "Hers"


def test_a_refused_edit_changes_nothing(invoice: Invoice, rep: User, reason: Reason) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(OverCredit):
        services.edit(
            note,
            Content(reason=reason, claims=[claim(invoice, 1, "11")]),
            actor=rep,
            moment=LATER,
        )
    note.refresh_from_db()
    assert (note.net, note.version, note.lines.count()) == (Decimal("33.33"), 1, 1)


def test_a_submitted_note_is_not_edited(invoice: Invoice, rep: User, policy: object) -> None:
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(WrongState, match="submitted"):
        services.edit(note, Content(), actor=rep, moment=LATER)


def test_a_returned_note_keeps_its_reservation_adjusted(
    invoice: Invoice, rep: User, manager: User, reason: Reason
) -> None:
    note = factories.submitted_note(invoice, rep, claim(invoice, 1, "9"))
    note = approvals.return_for_changes(note, actor=manager, moment=LATER, comment="Ten?")
    content = Content(reason=reason, claims=[claim(invoice, 1, "10")])
    services.edit(note, content, actor=rep, moment=LATER)
    counter = CreditableLine.objects.get(invoice_line__position=1)
    assert counter.reserved_quantity == Decimal(10)
    assert counter.reserved_net == Decimal("333.30")


@pytest.mark.parametrize("who", ["other_rep", "finance", "contact", "foreign_rep"])
def test_who_may_not_edit(
    invoice: Invoice, rep: User, who: str, request: pytest.FixtureRequest
) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.edit(note, Content(), actor=request.getfixturevalue(who), moment=LATER)


def test_staff_do_not_edit_a_contacts_private_draft(
    invoice: Invoice, contact: User, rep: User
) -> None:
    note = factories.draft_note(invoice, contact)
    with pytest.raises(NotAllowed):
        services.edit(note, Content(), actor=rep, moment=LATER)


# Attach -----------------------------------------------------------------------


def test_a_photo_is_kept_once_without_its_metadata(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    first, again = (
        services.attach(note, factories.photo(), actor=rep, moment=LATER) for _ in range(2)
    )
    assert first == again
    assert first.is_photo
    with first.file.open() as file, Image.open(file) as picture:
        assert not picture.getexif()


def test_a_pdf_is_kept(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    upload = SimpleUploadedFile("slip.pdf", b"%PDF-1.7 slip")
    kept = services.attach(note, upload, actor=rep, moment=LATER)
    assert (kept.name, kept.content_type, kept.is_photo) == ("slip.pdf", PDF, False)


@pytest.mark.parametrize(
    "data", [b"<script>alert(1)</script>", b"", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a" + b"0" * 99]
)
def test_what_is_neither_photo_nor_pdf_is_refused(invoice: Invoice, rep: User, data: bytes) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(Refusal, match=r"photo\.jpg is neither") as refusal:
        services.attach(
            note, SimpleUploadedFile("photo.jpg", data, "image/jpeg"), actor=rep, moment=LATER
        )
    assert refusal.value.field == "photos"
    assert not Attachment.objects.exists()


def test_too_large_and_too_many(invoice: Invoice, rep: User, settings: Any) -> None:
    note = factories.draft_note(invoice, rep)
    settings.ATTACHMENT_MAX_COUNT = 1
    services.attach(note, factories.photo(), actor=rep, moment=LATER)
    with pytest.raises(Refusal, match="at most 1"):
        services.attach(note, factories.photo(colour="blue"), actor=rep, moment=LATER)
    settings.ATTACHMENT_MAX_BYTES = 10
    with pytest.raises(Refusal, match="larger than"):
        services.attach(note, factories.photo(), actor=rep, moment=LATER)


def test_a_closed_note_takes_no_file_and_gives_none(
    invoice: Invoice, rep: User, policy: object
) -> None:
    note = factories.draft_note(invoice, rep)
    kept = services.attach(note, factories.photo(), actor=rep, moment=LATER)
    services.withdraw(note, actor=rep, moment=LATER)
    with pytest.raises(WrongState):
        services.attach(note, factories.photo(colour="red"), actor=rep, moment=LATER)
    with pytest.raises(WrongState):
        services.detach(kept, actor=rep, moment=LATER)


def test_evidence_is_removed_while_the_note_is_open(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    kept = services.attach(note, factories.photo(), actor=rep, moment=LATER)
    services.detach(kept, actor=rep, moment=LATER)
    assert not note.attachments.exists()


def test_evidence_of_a_submission_is_not_removed(
    invoice: Invoice, rep: User, policy: object, damaged: Reason
) -> None:
    note = factories.draft_note(invoice, rep, reason=damaged)
    kept = services.attach(note, factories.photo(), actor=rep, moment=LATER)
    approvals.submit(note, actor=rep, moment=LATER)
    with pytest.raises(WrongState):
        services.detach(kept, actor=rep, moment=LATER)


def test_strangers_attach_nothing(invoice: Invoice, rep: User, other_rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.attach(note, factories.photo(), actor=other_rep, moment=LATER)


def test_a_submitted_note_takes_no_file(
    invoice: Invoice, rep: User, contact: User, policy: object
) -> None:
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(WrongState, match="submitted and can't be changed"):
        services.attach(note, factories.photo(), actor=rep, moment=LATER)
    with pytest.raises(NotAllowed):
        services.attach(note, factories.photo(), actor=contact, moment=LATER)
    assert not Attachment.objects.exists()


def test_a_request_takes_files_of_the_contact_who_raised_it_alone(
    invoice: Invoice, customer: Customer, rep: User, contact: User
) -> None:
    note = factories.draft_note(invoice, contact)
    services.request(note, actor=contact, moment=LATER)
    kept = services.attach(note, factories.photo(), actor=contact, moment=LATER)
    with pytest.raises(WrongState, match="requested"):
        services.attach(note, factories.photo(colour="red"), actor=rep, moment=LATER)
    colleague = factories.contact(customer, "Carol Colleague")
    with pytest.raises(NotAllowed):
        services.attach(note, factories.photo(colour="blue"), actor=colleague, moment=LATER)
    with pytest.raises(WrongState, match="requested"):
        services.detach(kept, actor=contact, moment=LATER)
    assert list(note.attachments.all()) == [kept]


def files_told(note: CreditNote) -> list[tuple[User | None, dict[str, str]]]:
    edits = note.events.filter(kind=Event.Kind.EDITED).select_related("actor")
    return [(event.actor, event.payload) for event in edits]


def test_the_authors_own_files_are_no_event(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    kept = services.attach(note, factories.photo(), actor=rep, moment=LATER)
    services.detach(kept, actor=rep, moment=LATER)
    assert files_told(note) == []


def test_who_adds_a_file_has_a_part_in_the_note(
    invoice: Invoice, rep: User, manager: User, policy: object
) -> None:
    note = factories.draft_note(invoice, rep)
    for colour in ("red", "blue"):
        services.attach(note, factories.photo(colour=colour), actor=manager, moment=LATER)
    assert files_told(note) == [(manager, {"attached": "pallet.jpg"})]
    note = approvals.submit(note, actor=rep, moment=LATER)
    with pytest.raises(NotAllowed):
        approvals.approve(note, actor=manager, moment=LATER)


def test_who_removes_a_file_has_a_part_in_the_note(
    invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.draft_note(invoice, rep)
    kept = services.attach(note, factories.photo(), actor=rep, moment=LATER)
    services.detach(kept, actor=manager, moment=LATER)
    assert files_told(note) == [(manager, {"removed": "pallet.jpg"})]
    assert note.participants.filter(user=manager).exists()


def test_a_file_that_is_there_already_makes_nobody_a_part(
    invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.draft_note(invoice, rep)
    for person in (rep, manager):
        services.attach(note, factories.photo(), actor=person, moment=LATER)
    assert files_told(note) == []
    assert not note.participants.filter(user=manager).exists()
