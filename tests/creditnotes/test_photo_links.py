"""Photos by a link: who gives one, what it takes, and when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from approvals import services as approvals
from creditnotes import photo_links, services
from creditnotes.models import Attachment, CreditNote, Event, Participant, PhotoLink
from creditnotes.news import tell
from creditnotes.photo_links import BadLink
from creditnotes.services import LinkEnded
from creditnotes.timeline import gathered, turn_of
from customers.errors import NotAllowed, Refusal, WrongState
from customers.models import Invoice, User
from portal.access import attachments_of
from tests import factories
from tests.factories import MOMENT, photo
from tests.racing import at_once
from tests.refusing import database_refuses

LATER = MOMENT + timedelta(hours=1)


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    factories.policy(invoice.company)
    return factories.draft_note(invoice, rep)


@pytest.fixture
def link(note: CreditNote, rep: User) -> PhotoLink:
    return services.ask_for_photos(note, "Dan Driver", actor=rep, moment=MOMENT)


def send(link: PhotoLink, *uploads: SimpleUploadedFile, moment: datetime = LATER) -> int:
    return services.receive_photos(link, uploads or [photo()], moment=moment).kept


def kinds(note: CreditNote) -> list[str]:
    return list(note.events.values_list("kind", flat=True))


def test_a_link_is_for_somebody_and_for_a_while(
    link: PhotoLink, note: CreditNote, settings: LazySettings
) -> None:
    assert (link.whom, link.email) == ("Dan Driver", "")
    assert link.expires_at == MOMENT + settings.PHOTO_LINK_LIFETIME
    assert kinds(note)[-1] == Event.Kind.PHOTOS_ASKED
    told = note.events.latest("pk")
    assert told.words == "Photos asked for by a link for Dan Driver"


def test_asked_twice_with_one_form_is_one_link(note: CreditNote, rep: User) -> None:
    token = uuid4()
    one, other = (
        services.ask_for_photos(note, "Dan", actor=rep, moment=MOMENT, token=token)
        for _ in range(2)
    )
    assert one == other
    assert services.ask_for_photos(note, "Dan", actor=rep, moment=MOMENT) != one


def test_who_may_not_edit_gives_and_ends_no_link(
    note: CreditNote, link: PhotoLink, finance: User, other_rep: User, contact: User
) -> None:
    for person in (finance, other_rep, contact):
        with pytest.raises(NotAllowed):
            services.ask_for_photos(note, "Dan", actor=person, moment=MOMENT)
        with pytest.raises(NotAllowed):
            services.end_photo_link(link, actor=person, moment=MOMENT)


def test_a_contacts_private_draft_has_no_link(invoice: Invoice, contact: User, rep: User) -> None:
    private = factories.draft_note(invoice, contact)
    for person in (rep, contact):
        with pytest.raises(NotAllowed):
            services.ask_for_photos(private, "Dan", actor=person, moment=MOMENT)


def test_only_so_many_are_open_at_once(
    note: CreditNote, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditnotes.services.photo_links.MOST_OPEN", 1)
    first = services.ask_for_photos(note, "Dan", actor=rep, moment=MOMENT)
    with pytest.raises(Refusal, match="End one of them first"):
        services.ask_for_photos(note, "Eve", actor=rep, moment=MOMENT)
    services.end_photo_link(first, actor=rep, moment=MOMENT)
    assert services.ask_for_photos(note, "Eve", actor=rep, moment=MOMENT).pk


def test_what_comes_is_the_links_and_nobodys(link: PhotoLink, note: CreditNote) -> None:
    assert send(link) == 1
    kept = note.attachments.get()
    assert (kept.added_by, kept.link, kept.source) == (None, link, "Dan Driver, by link")
    with translation.override("en"):
        told = note.events.latest("pk")
        assert told.words == "1 photo came by the link for Dan Driver"
    assert (told.actor, told.is_by_policy) == (None, False)


def test_asking_and_sending_is_no_part_in_the_note(
    note: CreditNote, manager: User, rep: User
) -> None:
    asked = services.ask_for_photos(note, "Dan", actor=manager, moment=MOMENT)
    send(asked)
    services.end_photo_link(asked, actor=manager, moment=LATER)
    assert list(Participant.objects.filter(note=note).values_list("user", flat=True)) == [rep.pk]


def test_photos_still_come_while_it_is_decided_and_leave_the_hash(
    link: PhotoLink, note: CreditNote, rep: User, manager: User
) -> None:
    approvals.submit(note, actor=rep, moment=MOMENT)
    before = CreditNote.objects.get(pk=note.pk).content_hash
    assert send(link) == 1
    approvals.approve(note, actor=manager, moment=LATER, comment="", seen=before)
    with pytest.raises(LinkEnded):
        send(link, photo(colour="red"))


def test_to_a_request_that_nobody_has_picked_up(invoice: Invoice, contact: User, rep: User) -> None:
    asked = factories.draft_note(invoice, contact)
    services.request(asked, actor=contact, moment=MOMENT)
    assert send(services.ask_for_photos(asked, "Dan", actor=rep, moment=MOMENT)) == 1


def test_no_link_of_a_closed_note(link: PhotoLink, note: CreditNote, rep: User) -> None:
    services.withdraw(note, actor=rep, moment=MOMENT, comment="")
    with pytest.raises(LinkEnded):
        send(link)
    with pytest.raises(WrongState):
        services.ask_for_photos(note, "Dan", actor=rep, moment=MOMENT)
    assert not PhotoLink.objects.open(MOMENT).exists()


def test_it_expires_to_the_second(link: PhotoLink) -> None:
    assert send(link, moment=link.expires_at - timedelta(seconds=1)) == 1
    with pytest.raises(LinkEnded):
        send(link, photo(colour="red"), moment=link.expires_at)


def test_ended_it_takes_nothing_and_what_came_stays(
    link: PhotoLink, note: CreditNote, rep: User, colleague: User
) -> None:
    send(link)
    services.end_photo_link(link, actor=colleague, moment=LATER)
    services.end_photo_link(link, actor=rep, moment=LATER)  # a second press
    link.refresh_from_db()
    assert (link.ended_at, link.ended_by) == (LATER, colleague)
    assert kinds(note).count(Event.Kind.PHOTO_LINK_ENDED) == 1
    with pytest.raises(LinkEnded):
        send(link, photo(colour="red"))
    assert note.attachments.count() == 1


def test_one_that_cannot_be_kept_keeps_no_other_out(link: PhotoLink, note: CreditNote) -> None:
    wrong = SimpleUploadedFile("virus.png", b"MZ nothing to see", "image/png")
    paper = SimpleUploadedFile("slip.pdf", b"%PDF-1.7 nothing", "application/pdf")
    arrival = services.receive_photos(link, [wrong, photo(), paper], moment=LATER)
    assert arrival.kept == 1
    assert [str(refusal) for refusal in arrival.refusals] == [
        "virus.png is no photo (JPEG, PNG, WebP).",
        "slip.pdf is no photo (JPEG, PNG, WebP).",
    ]
    assert [kept.name for kept in note.attachments.all()] == ["pallet.jpg"]


def test_too_large_and_too_many_are_refused_as_everywhere(
    link: PhotoLink, note: CreditNote, settings: LazySettings
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 10
    assert send(link) == 0
    settings.ATTACHMENT_MAX_BYTES = 2**20
    settings.ATTACHMENT_MAX_COUNT = 1
    arrival = services.receive_photos(link, [photo(), photo(colour="red")], moment=LATER)
    assert (arrival.kept, len(arrival.refusals)) == (1, 1)
    assert kinds(note).count(Event.Kind.PHOTOS_CAME) == 1


def test_the_same_photo_again_is_no_news(link: PhotoLink, note: CreditNote) -> None:
    assert [send(link), send(link)] == [1, 0]
    assert kinds(note).count(Event.Kind.PHOTOS_CAME) == 1


def test_photos_that_come_one_by_one_are_told_as_one_arrival(
    link: PhotoLink, note: CreditNote, rep: User
) -> None:
    other = services.ask_for_photos(note, "Eve", actor=rep, moment=MOMENT)
    for each, colour in ((link, "red"), (link, "blue"), (other, "teal"), (link, "gold")):
        send(each, photo(colour=colour))
    words = [event.words for event in gathered(note.events.all())]
    assert words[-3:] == [
        "2 photos came by the link for Dan Driver",
        "1 photo came by the link for Eve",
        "1 photo came by the link for Dan Driver",
    ]


def test_what_was_only_added_does_not_say_where_the_note_stands(
    link: PhotoLink, note: CreditNote, rep: User, manager: User
) -> None:
    approvals.submit(note, actor=rep, moment=MOMENT)
    approvals.return_for_changes(note, actor=manager, moment=MOMENT, comment="Which one?")
    send(link)
    turn = turn_of(list(note.events.all()))
    assert turn
    assert (turn.kind, turn.comment) == (Event.Kind.RETURNED, "Which one?")


def test_who_gave_the_link_and_who_works_on_it_have_news_once(
    invoice: Invoice, contact: User, rep: User, colleague: User
) -> None:
    asked = factories.draft_note(invoice, contact)
    services.request(asked, actor=contact, moment=MOMENT)
    services.pick_up(asked, actor=rep, moment=MOMENT)
    link = services.ask_for_photos(asked, "Dan", actor=colleague, moment=MOMENT)
    for colour in ("red", "blue"):
        send(link, photo(colour=colour))
        tell(asked.events.latest("pk"))
    came = {"event__kind": Event.Kind.PHOTOS_CAME}
    assert [user.news.filter(**came).count() for user in (rep, colleague, contact)] == [1, 1, 0]


def test_what_was_sent_by_a_link_is_shown_to_the_customer_too(
    invoice: Invoice, contact: User, rep: User
) -> None:
    asked = factories.draft_note(invoice, contact)
    services.request(asked, actor=contact, moment=MOMENT)
    services.pick_up(asked, actor=rep, moment=MOMENT)
    send(services.ask_for_photos(asked, "Dan", actor=rep, moment=MOMENT))
    services.attach(asked, photo(colour="red"), actor=rep, moment=LATER)
    assert [each.link is not None for each in attachments_of(contact)] == [True]


def test_the_address_is_signed_and_names_nothing_else(link: PhotoLink) -> None:
    token = photo_links.token_for(link)
    assert photo_links.read(token) == link.pk
    for forged in ("", "1", f"{link.pk + 1}:{token.split(':')[1]}", f"{token}x"):
        with pytest.raises(BadLink):
            photo_links.read(forged)


def test_the_database_knows_where_a_photo_comes_from(
    link: PhotoLink, note: CreditNote, rep: User
) -> None:
    row = {"note": note, "name": "x", "content_type": "image/png", "size": 1, "file": "x"}
    for source in ({}, {"added_by": rep, "link": link}):
        with database_refuses("attachment_from_one_source"):
            Attachment.objects.create(**row, **source)


def test_a_link_never_changes_but_ends_once(link: PhotoLink, rep: User) -> None:
    known = PhotoLink.objects.filter(pk=link.pk)
    with database_refuses("as_it_was_given|read only"):
        known.update(expires_at=MOMENT + timedelta(days=99))
    with database_refuses("as_it_was_given|read only"):
        known.update(whom="Eve")
    with database_refuses("photo_link_ended_by_somebody"):
        known.update(ended_at=LATER)
    with database_refuses("Cannot delete"):
        known.delete()
    services.end_photo_link(link, actor=rep, moment=LATER)
    with database_refuses("Cannot update"):
        known.update(ended_at=None, ended_by=None)


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_keep_to_the_limit(
    link: PhotoLink, note: CreditNote, settings: LazySettings
) -> None:
    settings.ATTACHMENT_MAX_COUNT = 3
    kept = at_once(
        lambda: send(link, photo(colour="red"), photo(colour="blue")),
        lambda: send(link, photo(colour="teal"), photo(colour="gold")),
    )
    assert sorted(kept) == [1, 2]
    assert note.attachments.count() == 3


@pytest.mark.django_db(transaction=True)
def test_ending_beside_sending_is_before_or_after(
    link: PhotoLink, note: CreditNote, rep: User
) -> None:
    sent, ended = at_once(
        lambda: send(link), lambda: services.end_photo_link(link, actor=rep, moment=LATER)
    )
    assert ended == link
    came = note.attachments.count()
    assert sent == 1 if came else isinstance(sent, LinkEnded)
    about = [kind for kind in kinds(note) if kind.startswith("photo")]
    assert about == ["photos_asked", *["photos_came"] * came, "photo_link_ended"]
