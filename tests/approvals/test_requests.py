"""The inbox of requests: who waits longest, who has what, and how one is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.models import Policy
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.models import CreditNote, Event, News, State
from customers.errors import NotAllowed, OverCredit, Refusal, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals

SignIn = Callable[[User], Client]
PAGE = "/requests/"


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(MOMENT + timedelta(hours=2), tick=False):
        yield


def asked(invoice: Invoice, contact: User, pieces: str = "10", hours: int = 0) -> CreditNote:
    """What the contact asks for, so many hours before the others."""
    factories.policy(invoice.company)
    at = MOMENT - timedelta(hours=hours)
    note = factories.draft_note(invoice, contact, claim(invoice, 1, pieces), moment=at)
    return services.request(note, actor=contact, moment=at)


@pytest.fixture
def note(invoice: Invoice, contact: User, policy: Policy) -> CreditNote:
    return asked(invoice, contact)


def text(response: Any) -> str:
    return str(response.content.decode())


def order_of(page: str, *notes: CreditNote) -> list[str]:
    return sorted((note.reference for note in notes), key=lambda name: page.index(f">{name}</a>"))


def test_nobodys_come_first_then_who_has_waited_longest(
    client_of: SignIn, invoice: Invoice, contact: User, rep: User, colleague: User
) -> None:
    new, old, taken = (asked(invoice, contact, "2", hours) for hours in (1, 30, 50))
    creditnotes.pick_up(taken, actor=colleague, moment=MOMENT)
    page = text(client_of(rep).get(PAGE))
    assert order_of(page, new, old, taken) == [old.reference, new.reference, taken.reference]
    assert "Carl Colleague" in page
    assert "overdue" not in page
    assert page.count("data-pick-up>") == 2


def test_the_order_says_whose_they_are(
    client_of: SignIn, invoice: Invoice, contact: User, rep: User, colleague: User
) -> None:
    """Nobody's, one's own, others': each under its heading, which no other order has."""
    free, mine, theirs = (asked(invoice, contact, "2", hours) for hours in (1, 30, 50))
    creditnotes.pick_up(mine, actor=rep, moment=MOMENT)
    creditnotes.pick_up(theirs, actor=colleague, moment=MOMENT)
    browser = client_of(rep)
    page = text(browser.get(PAGE))
    said = ["Nobody’s yet</th>", free.reference, "Yours</th>", mine.reference, "Others’</th>"]
    places = [page.index(words, page.index("<tbody")) for words in [*said, theirs.reference]]
    assert places == sorted(places)
    assert "aria-sort" not in page
    by_wait = text(browser.get(f"{PAGE}?sort=asked"))
    assert "rowgroup" not in by_wait
    assert 'aria-sort="ascending"' in by_wait


def test_it_is_narrowed_searched_and_exported(
    client_of: SignIn, invoice: Invoice, contact: User, rep: User, note: CreditNote
) -> None:
    mine = asked(invoice, contact, "1")
    creditnotes.pick_up(mine, actor=rep, moment=MOMENT)
    browser = client_of(rep)
    creditnotes.send_message(mine, actor=contact, moment=MOMENT, text="Any news?")
    creditnotes.send_message(note, actor=contact, moment=MOMENT, text="Any news?")
    creditnotes.send_message(note, actor=rep, moment=MOMENT, text="Tomorrow.")
    for query, theirs, own in (
        ("message=on", False, True),
        ("whose=nobody", True, False),
        ("whose=mine", False, True),
        ("whose=department", True, True),
        ("offer=on", True, False),
        (f"q={mine.reference}", False, True),
    ):
        page = text(browser.get(f"{PAGE}?{query}"))
        assert (f">{note}</a>" in page, f">{mine}</a>" in page) == (theirs, own), query
    file: Any = browser.get(f"{PAGE}?as=csv")
    rows = b"".join(file.streaming_content).decode()
    assert "Connie Contact" in rows
    assert "376.63" in rows


def test_only_what_waits_for_a_rep_is_there(
    client_of: SignIn, invoice: Invoice, contact: User, rep: User, note: CreditNote
) -> None:
    private = factories.draft_note(invoice, contact)
    sent = asked(invoice, contact, "1")
    creditnotes.pick_up(sent, actor=rep, moment=MOMENT)
    services.submit(sent, actor=rep, moment=MOMENT)
    page = text(client_of(rep).get(PAGE))
    assert f">{note}</a>" in page
    assert f">{private}</a>" not in page
    assert f">{sent}</a>" not in page


def test_others_see_nothing_of_it(
    client_of: SignIn, note: CreditNote, other_rep: User, contact: User
) -> None:
    assert note.reference not in text(client_of(other_rep).get(PAGE))
    assert client_of(contact).get(PAGE).status_code == 404
    assert "badge" not in text(client_of(other_rep).get(f"{PAGE}count/"))


def test_the_badge_counts_what_nobody_has(
    client_of: SignIn, note: CreditNote, invoice: Invoice, contact: User, rep: User
) -> None:
    browser = client_of(rep)
    asked(invoice, contact, "1")
    assert ">2<" in text(browser.get(f"{PAGE}count/"))
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    assert ">1<" in text(browser.get(f"{PAGE}count/"))


def test_more_rows_cost_no_more_queries(
    client_of: SignIn, invoice: Invoice, contact: User, rep: User, note: CreditNote
) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            browser.get(PAGE)
        return len(seen)

    queries()
    before = queries()
    for _ in range(3):
        asked(invoice, contact, "1")
    assert queries() == before


# Who has it --------------------------------------------------------------------


def test_the_second_to_pick_up_is_told_who_has_it(
    client_of: SignIn, note: CreditNote, rep: User, colleague: User
) -> None:
    creditnotes.pick_up(note, actor=colleague, moment=MOMENT)
    with pytest.raises(WrongState, match="Carl Colleague has picked it up already"):
        creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    response = client_of(rep).post(f"/credit-notes/{note.pk}/pick-up/")
    assert response.status_code == 409
    assert "Carl Colleague has picked it up already." in text(response)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_has_it(
    invoice: Invoice, contact: User, rep: User, colleague: User
) -> None:
    note = asked(invoice, contact)
    outcomes = at_once(
        *[
            lambda who=who: creditnotes.pick_up(note, actor=who, moment=MOMENT)
            for who in (rep, colleague)
        ]
    )
    assert [type(each) for each in refusals(outcomes)] == [WrongState]
    assert CreditNote.objects.get().events.filter(kind=Event.Kind.PICKED_UP).count() == 1


def test_it_is_handed_to_a_colleague_who_serves_them(
    client_of: SignIn, note: CreditNote, rep: User, colleague: User, other_rep: User
) -> None:
    browser = client_of(rep)
    page = text(browser.get(f"{PAGE}{note.pk}/hand-over/"))
    assert "Carl Colleague" in page
    assert "Olga Otherrep" not in page
    refused = browser.post(f"{PAGE}{note.pk}/hand-over/", {"to": other_rep.pk})
    assert refused.status_code == 422
    assert browser.post(f"{PAGE}{note.pk}/hand-over/", {"to": colleague.pk}).status_code == 302
    note.refresh_from_db()
    assert (note.state, note.owner) == (State.DRAFT, colleague)
    handed = note.events.get(kind=Event.Kind.HANDED_OVER)
    assert (handed.actor, handed.payload["to"]) == (rep, colleague.pk)
    with pytest.raises(Refusal, match="does not serve"):
        creditnotes.hand_over(note, actor=rep, to=other_rep, moment=MOMENT)


def test_what_is_submitted_is_handed_to_nobody(
    note: CreditNote, rep: User, colleague: User
) -> None:
    services.accept_as_asked(note, actor=rep, moment=MOMENT)
    with pytest.raises(WrongState):
        creditnotes.hand_over(note, actor=rep, to=colleague, moment=MOMENT)


# Answering ---------------------------------------------------------------------


def test_wish_policy_and_what_is_left_stand_beside_each_other(
    client_of: SignIn, note: CreditNote, rep: User, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep, claim(invoice, 1, "4"))
    page = text(client_of(rep).get(f"/credit-notes/{note.pk}/"))
    for words in (
        "$333.30",
        "$199.98",
        "$20.00",
        "Only 6 can still be credited.",
        "Offered: $37.66",
    ):
        assert words in page, words
    assert f"/requests/{note.pk}/accept/" not in page  # it would be refused


@pytest.mark.parametrize(("pieces", "is_less"), [("1", True), ("0.5", False)])
def test_only_an_offer_below_the_wish_is_put_to_a_rep(
    client_of: SignIn, invoice: Invoice, contact: User, rep: User, pieces: str, is_less: bool
) -> None:
    """The offer is ten per cent of what is left, which is one piece of ten."""
    wish = {"basis": "amount", "amount": Decimal(pieces) * 40}
    draft = factories.draft_note(invoice, contact, claim(invoice, 1, None, **wish))
    factories.policy(invoice.company)
    note = services.request(draft, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    page = text(client_of(rep).get(f"/credit-notes/{note.pk}/edit/"))
    assert ("Use the offer" in page) == is_less


def test_accepted_as_asked_it_is_exactly_the_wish(
    client_of: SignIn, note: CreditNote, rep: User
) -> None:
    response = client_of(rep).post(f"{PAGE}{note.pk}/accept/", follow=True)
    assert "is submitted." in text(response)
    note.refresh_from_db()
    assert (note.state, note.owner, str(note.total)) == (State.SUBMITTED, rep, "376.63")


def test_one_picked_up_has_one_answer_that_stands_out(
    client_of: SignIn, note: CreditNote, rep: User, invoice: Invoice
) -> None:
    """As it was asked it is accepted; once changed it is submitted as it is."""
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    browser, address = client_of(rep), f"/credit-notes/{note.pk}/"
    page = " ".join(text(browser.get(address)).split())
    assert f"Request of {note.customer}, picked up by {rep}" in page
    assert "is writing it" not in page
    assert f"{address}submit/" not in page
    assert page.count(f'"{address}edit/"') == 1
    less = Content(reason=note.reason, claims=[claim(invoice, 1, "1")])
    creditnotes.edit(note, less, actor=rep, moment=MOMENT)
    page = " ".join(text(browser.get(address)).split())
    assert "It was changed since the customer asked." in page
    answers = page[page.index("request-answers") :]
    assert answers.index("btn-primary") < answers.index("Submit for approval")
    assert "btn-primary" not in answers.split("/accept/")[1].split("</form>")[0]


def test_the_wish_is_restored_whatever_was_made_of_the_draft(
    note: CreditNote, rep: User, invoice: Invoice
) -> None:
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    less = Content(reason=note.reason, claims=[claim(invoice, 1, "1")])
    creditnotes.edit(note, less, actor=rep, moment=MOMENT)
    assert str(services.accept_as_asked(note, actor=rep, moment=MOMENT).total) == "376.63"


@pytest.mark.parametrize(
    ("basis", "asked_by"),
    [
        ("unit_price", {"unit_price": Decimal("30.00")}),
        ("amount", {"amount": Decimal("12.34")}),
        ("percent", {"percent": Decimal(15)}),
    ],
)
def test_any_wish_is_accepted_to_the_cent(
    invoice: Invoice, contact: User, rep: User, policy: Policy, basis: str, asked_by: dict[str, Any]
) -> None:
    wished = claim(invoice, 1, None, basis=basis, **asked_by)
    draft = factories.draft_note(invoice, contact, wished)
    note = services.request(draft, actor=contact, moment=MOMENT)
    before = note.total
    accepted = services.accept_as_asked(note, actor=rep, moment=MOMENT)
    assert accepted.total == before
    assert not accepted.events.filter(kind=Event.Kind.EDITED).exists()


def test_with_less_left_it_is_refused_and_nothing_is_lost(
    client_of: SignIn, note: CreditNote, rep: User, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep, claim(invoice, 1, "4"))
    with pytest.raises(OverCredit):
        services.accept_as_asked(note, actor=rep, moment=MOMENT)
    page = text(client_of(rep).post(f"{PAGE}{note.pk}/accept/", follow=True))
    assert "Only 6 can still be credited." in page
    note.refresh_from_db()
    assert (note.state, note.owner) == (State.REQUESTED, None)


def test_a_rep_makes_an_offer_on_the_page(client_of: SignIn, note: CreditNote, rep: User) -> None:
    browser, address = client_of(rep), f"{PAGE}{note.pk}/offer/"
    empty = browser.post(address, {"percent": "", "amount": "", "words": "Hello."})
    assert empty.status_code == 422
    assert "Give a percent or an amount." in text(empty)
    assert "Hello." in text(empty)
    much = browser.post(address, {"amount": "999"})
    assert "At most 333.3 can still be credited of these lines." in text(much)
    assert browser.post(address, {"amount": "50"}).status_code == 302
    made = note.customer_offers.get(status="made")
    assert (str(made.net), made.made_by) == ("50.00", rep)
    assert "Offered: $56.50" in text(browser.get(f"/credit-notes/{note.pk}/"))


def test_a_picked_up_request_is_declined_with_words(
    client_of: SignIn, note: CreditNote, rep: User
) -> None:
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    browser = client_of(rep)
    silent = browser.post(f"/credit-notes/{note.pk}/decline/", {"comment": ""})
    assert silent.status_code == 422
    browser.post(f"/credit-notes/{note.pk}/decline/", {"comment": "It was signed for."})
    note.refresh_from_db()
    assert note.state == State.REJECTED


def test_a_draft_of_ones_own_is_not_declined(invoice: Invoice, rep: User) -> None:
    draft = factories.draft_note(invoice, rep)
    with pytest.raises(WrongState):
        services.decline(draft, actor=rep, moment=MOMENT, comment="No.")


def test_who_does_not_serve_the_customer_answers_nothing(
    client_of: SignIn, note: CreditNote, other_rep: User, finance: User
) -> None:
    for verb in ("accept", "offer", "hand-over"):
        assert client_of(other_rep).post(f"{PAGE}{note.pk}/{verb}/").status_code == 404
        assert client_of(finance).post(f"{PAGE}{note.pk}/{verb}/").status_code == 403
    with pytest.raises(NotAllowed):
        services.accept_as_asked(note, actor=finance, moment=MOMENT)


# Returned to nobody --------------------------------------------------------------


@pytest.fixture
def returned(note: CreditNote, contact: User, manager: User) -> CreditNote:
    """Policy's offer was accepted and sent back: nobody ever had it."""
    later = MOMENT + timedelta(hours=1)
    services.accept_offer(note.customer_offers.get(), actor=contact, moment=later)
    deliver_all()
    words = "Which of the pallets?"
    return services.return_for_changes(note, actor=manager, moment=later, comment=words)


def test_what_is_returned_to_nobody_is_told_to_who_picks_up(
    returned: CreditNote,
    rep: User,
    colleague: User,
    other_rep: User,
    contact: User,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    mailoutbox.clear()
    deliver_all()
    mails = {mail.to[0]: mail for mail in mailoutbox}
    assert {address.partition("<")[2].strip(">") for address in mails} == {
        rep.email,
        colleague.email,
    }
    body = next(iter(mails.values())).body
    assert "nobody has it yet" in body
    assert "Which of the pallets?" in body
    told = News.objects.filter(event__kind=Event.Kind.RETURNED, user__in=[rep, colleague])
    assert told.count() == 2
    assert not News.objects.filter(user=other_rep).exists()


def test_a_rep_takes_it_from_the_inbox(
    client_of: SignIn, returned: CreditNote, rep: User, colleague: User
) -> None:
    page = text(client_of(rep).get(PAGE))
    assert f">{returned}</a>" in page
    assert page.count("data-pick-up>") == 1
    note_page = text(client_of(rep).get(f"/credit-notes/{returned.pk}/"))
    assert f"/credit-notes/{returned.pk}/pick-up/" in note_page
    client_of(rep).post(f"/credit-notes/{returned.pk}/pick-up/")
    returned.refresh_from_db()
    assert (returned.state, returned.owner) == (State.RETURNED, rep)
    assert not returned.events.filter(kind=Event.Kind.PICKED_UP).exists()  # no news to customers
    assert returned.events.latest("pk").payload["to"] == rep.pk
    with pytest.raises(WrongState, match="Rita Rep has picked it up"):
        creditnotes.pick_up(returned, actor=colleague, moment=MOMENT)
    again = services.submit(returned, actor=rep, moment=MOMENT + timedelta(hours=2))
    assert again.state == State.SUBMITTED


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_has_it(
    returned: CreditNote, rep: User, colleague: User
) -> None:
    outcomes = at_once(
        *[
            lambda person=person: creditnotes.pick_up(returned, actor=person, moment=MOMENT)
            for person in (rep, colleague)
        ]
    )
    assert len(refusals(outcomes)) == 1
