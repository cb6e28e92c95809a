"""The rep's side of a link for photos: asking, copying it once, following it, ending it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from creditnotes import photo_links, services
from creditnotes.models import CreditNote, PhotoLink
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> Iterator[None]:
    settings.SITE_URL = "https://credit.north.test"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    return factories.draft_note(invoice, rep)


def ask(client: Client, note: CreditNote, **typed: str) -> tuple[int, str]:
    answer = client.post(f"/credit-notes/{note.pk}/photos/ask/", typed, follow=True)
    return answer.status_code, answer.content.decode()


def page_of(client: Client, note: CreditNote) -> str:
    return client.get(f"/credit-notes/{note.pk}/").content.decode()


def test_the_link_is_shown_once_to_who_gave_it(
    client_of: SignIn, rep: User, colleague: User, note: CreditNote
) -> None:
    client = client_of(rep)
    assert "Ask for photos by link" in page_of(client, note)
    status, page = ask(client, note, whom="Dan Driver")
    link = PhotoLink.objects.get()
    address = f"https://credit.north.test/portal/photos/{photo_links.token_for(link)}/"
    assert status == 200
    assert page.count(f'value="{address}"') == page.count(f'data-copy="{address}"') == 1
    assert "Copy it now: it is not shown again." in page
    assert address not in page_of(client, note)
    theirs = client_of(colleague).get(f"/credit-notes/{note.pk}/?link={link.pk}")
    assert address not in theirs.content.decode()


def test_it_is_mailed_in_the_customers_language(
    client_of: SignIn, rep: User, note: CreditNote, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    CreditNote.objects.filter(pk=note.pk).update(language="fr-ca")
    _, page = ask(client_of(rep), note, whom="Dan", email="dan@site.test")
    assert "It is mailed to dan@site.test" in page
    deliver_all()
    (mail,) = mailoutbox
    assert mail.recipients() == ["Dan <dan@site.test>"]
    assert mail.extra_headers["Content-Language"] == "fr-ca"
    assert photo_links.url_of(PhotoLink.objects.get()) in mail.body
    assert note.reference not in mail.body
    assert str(note.total) not in mail.body


def test_an_ended_link_is_not_mailed(
    rep: User, note: CreditNote, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    now = timezone.now()
    link = services.ask_for_photos(note, "Dan", actor=rep, moment=now, email="dan@site.test")
    services.end_photo_link(link, actor=rep, moment=now)
    deliver_all()
    assert mailoutbox == []


def test_what_is_missing_or_wrong_stands_beside_its_field(
    client_of: SignIn, rep: User, note: CreditNote
) -> None:
    status, page = ask(client_of(rep), note, whom="", email="dan at site")
    assert (status, PhotoLink.objects.exists()) == (422, False)
    assert page.count("field-wrong") == 2
    assert 'value="dan at site"' in page
    status, page = ask(client_of(rep), note, whom="Dan", email="dan@sité.test")
    assert (status, PhotoLink.objects.exists()) == (422, False)
    assert "without accents" in page


def test_a_second_press_gives_no_second_link(
    client_of: SignIn, rep: User, note: CreditNote
) -> None:
    client = client_of(rep)
    form = client.get(f"/credit-notes/{note.pk}/photos/ask/").content.decode()
    token = re.findall(r'name="token" value="([^"]+)"', form)[0]
    for _ in range(2):
        assert ask(client, note, whom="Dan", token=token)[0] == 200
    assert PhotoLink.objects.count() == 1


def test_the_note_tells_whom_until_when_and_how_many_came(
    client_of: SignIn, rep: User, note: CreditNote
) -> None:
    now = timezone.now()
    link = services.ask_for_photos(note, "Dan Driver", actor=rep, moment=now)
    sent = [factories.photo(colour=colour) for colour in ("red", "blue", "teal")]
    for each in sent:
        services.receive_photos(link, [each], moment=now)
    page = page_of(client_of(rep), note)
    assert "3 photos came\n" in page
    assert "3 photos came by the link for Dan Driver" in page
    assert page.count("Dan Driver, by link") == 3
    assert "by policy" not in page
    assert "open until" in page


def test_one_press_ends_it(client_of: SignIn, rep: User, note: CreditNote) -> None:
    client = client_of(rep)
    link = services.ask_for_photos(note, "Dan Driver", actor=rep, moment=timezone.now())
    assert "End the link" in page_of(client, note)
    answer = client.post(f"/credit-notes/photo-links/{link.pk}/end/", follow=True)
    page = answer.content.decode()
    assert "The link for Dan Driver works no more." in page
    assert "End the link" not in page
    assert "by Rita Rep" in page
    assert not PhotoLink.objects.open(timezone.now()).exists()


def test_an_expired_one_says_so_and_needs_no_end(
    client_of: SignIn, rep: User, note: CreditNote
) -> None:
    long_ago = timezone.now() - timedelta(days=9)
    services.ask_for_photos(note, "Dan", actor=rep, moment=long_ago)
    page = page_of(client_of(rep), note)
    assert "takes no more" in page
    assert "End the link" not in page


def test_finance_sees_links_and_gives_none(
    client_of: SignIn, rep: User, finance: User, note: CreditNote
) -> None:
    services.ask_for_photos(note, "Dan Driver", actor=rep, moment=timezone.now())
    page = page_of(client_of(finance), note)
    assert "Dan Driver" in page
    assert "Ask for photos by link" not in page
    assert "End the link" not in page


def test_the_draft_in_the_composer_leads_there(
    client_of: SignIn, rep: User, note: CreditNote
) -> None:
    page = client_of(rep).get(f"/credit-notes/{note.pk}/edit/").content.decode()
    assert f"/credit-notes/{note.pk}/photos/ask/" in page
