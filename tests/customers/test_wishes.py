"""What customers ask about their account: who may, what policy allows, who answers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import DatabaseError, transaction

from customers import refunding, wishes
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import (
    AccountWish,
    Application,
    AppliesWishes,
    Invoice,
    OpenItem,
    Refund,
    User,
    WishNews,
)
from customers.services import receive_payment
from customers.tasks import announce_wish, tell_of_answer
from customers.wishes.announcing import who_are_told
from customers.wishes.answering import may_answer
from tests.delivering import Mailbox, mail_server
from tests.factories import MOMENT

TEN = Decimal("10.00")
HOW = {"method": "eft", "bank_reference": "Acct 1", "override_reason": "As agreed."}


@pytest.fixture
def payer(invoice: Invoice) -> OpenItem:
    """90.00 on account of the customer."""
    paid = receive_payment(invoice.customer, "P-1", MOMENT.date(), Decimal(90))
    return paid.entry.open_item


@pytest.fixture
def owed(invoice: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry__invoice=invoice)


def policy(item: OpenItem, **fields: object) -> None:
    type(item.customer.company).objects.filter(pk=item.customer.company_id).update(**fields)


# A question -----------------------------------------------------------------------


def test_a_question_waits_and_is_answered_once(payer: OpenItem, contact: User, rep: User) -> None:
    wish = wishes.question(payer.customer, payer.entry, " Which? ", by=contact, moment=MOMENT)
    assert (wish.state, wish.text) == ("open", "Which?")
    with pytest.raises(Incomplete):
        wishes.answer(wish, " ", by=rep, moment=MOMENT)
    done = wishes.answer(wish, "The deposit of March.", by=rep, moment=MOMENT)
    assert (done.state, done.answered_by) == ("done", rep)
    with pytest.raises(WrongState):
        wishes.answer(wish, "Again.", by=rep, moment=MOMENT)


def test_who_may_ask(payer: OpenItem, contact: User, stranger_contact: User, rep: User) -> None:
    contact.contacts.update(sees_statement=False)
    for user in (contact, stranger_contact, rep):
        with pytest.raises(NotAllowed):
            wishes.question(payer.customer, payer.entry, "Which?", by=user, moment=MOMENT)
        with pytest.raises(NotAllowed):
            wishes.ask_for_refund(payer, TEN, by=user, moment=MOMENT)


@pytest.mark.parametrize("who", ["admin", "other_rep", "foreign_rep", "contact"])
def test_who_may_not_answer(
    who: str, payer: OpenItem, contact: User, request: pytest.FixtureRequest
) -> None:
    wish = wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
    with pytest.raises(NotAllowed):
        wishes.answer(wish, "This.", by=request.getfixturevalue(who), moment=MOMENT)


def test_what_was_asked_and_answered_never_changes(
    payer: OpenItem, contact: User, rep: User
) -> None:
    wish = wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
    rows = AccountWish.objects.filter(pk=wish.pk)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        rows.update(text="Never said.")
    wishes.answer(wish, "This.", by=rep, moment=MOMENT)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        rows.update(answer="Never said.")


# Applying --------------------------------------------------------------------------


def test_at_once_where_policy_says_so(payer: OpenItem, owed: OpenItem, contact: User) -> None:
    wish = wishes.ask_to_apply(payer, owed, TEN, by=contact, moment=MOMENT)
    assert wish.state == "done"
    application = Application.objects.get()
    assert wish.application == application
    assert (application.payer, application.invoice, application.amount) == (payer, owed, TEN)
    payer.refresh_from_db()
    assert payer.open == Decimal(80)


def test_asked_it_waits_for_finance(
    payer: OpenItem, owed: OpenItem, contact: User, rep: User, finance: User
) -> None:
    policy(payer, applies_wishes="asked")
    wish = wishes.ask_to_apply(payer, owed, TEN, by=contact, moment=MOMENT)
    assert wish.state == "open"
    assert not Application.objects.exists()
    with pytest.raises(NotAllowed):
        wishes.do_apply(wish, by=rep, moment=MOMENT)
    wishes.do_apply(wish, by=finance, moment=MOMENT)
    assert Application.objects.get().applied_by == finance


def test_never_it_is_refused(payer: OpenItem, owed: OpenItem, contact: User) -> None:
    policy(payer, applies_wishes="never", takes_refund_wishes=False)
    with pytest.raises(NotAllowed):
        wishes.ask_to_apply(payer, owed, TEN, by=contact, moment=MOMENT)
    with pytest.raises(NotAllowed):
        wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT)


def test_no_more_than_is_left_and_not_what_goes_back(
    payer: OpenItem, owed: OpenItem, contact: User, finance: User
) -> None:
    refunding.propose(payer, Decimal(85), by=finance, moment=MOMENT, **HOW)
    for amount in (TEN, Decimal(0), Decimal(-5)):
        with pytest.raises(Refusal, match="At most") as refused:
            wishes.ask_to_apply(payer, owed, amount, by=contact, moment=MOMENT)
        assert refused.value.field == "amount"
    wishes.ask_to_apply(payer, owed, Decimal(5), by=contact, moment=MOMENT)


def test_only_ones_own_invoices(payer: OpenItem, contact: User, quebec_invoice: Invoice) -> None:
    theirs = OpenItem.objects.get(entry__invoice=quebec_invoice)
    with pytest.raises(Refusal) as refused:
        wishes.ask_to_apply(payer, theirs, TEN, by=contact, moment=MOMENT)
    assert refused.value.field == "invoice"


# Refunds ------------------------------------------------------------------------------


def test_nothing_is_paid_without_two_people(
    payer: OpenItem, contact: User, finance: User, second_finance: User, rep: User
) -> None:
    wish = wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT, text="Acct 1")
    assert not Refund.objects.exists()
    with pytest.raises(NotAllowed):
        wishes.propose_refund(wish, by=rep, moment=MOMENT, **HOW)
    refund = wishes.propose_refund(wish, by=finance, moment=MOMENT, **HOW)
    assert (refund.state, refund.amount) == ("proposed", TEN)
    with pytest.raises(NotAllowed):
        refunding.confirm(refund, by=finance, moment=MOMENT)
    assert refunding.confirm(refund, by=second_finance, moment=MOMENT).state == "confirmed"


def test_one_wish_at_a_time_for_the_same_money(
    payer: OpenItem, contact: User, finance: User
) -> None:
    first = wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT)
    with pytest.raises(WrongState, match="Withdraw"):
        wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT)
    first.pk = None
    with pytest.raises(DatabaseError, match="wish_one_open"), transaction.atomic():
        first.save()
    withdrawn = AccountWish.objects.get()
    wishes.withdraw(withdrawn, by=contact, moment=MOMENT)
    with pytest.raises(WrongState):
        wishes.propose_refund(withdrawn, by=finance, moment=MOMENT, **HOW)
    again = wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT)
    declined = wishes.decline(again, "Not while an invoice is due.", by=finance, moment=MOMENT)
    assert declined.state == "declined"


# The mail -------------------------------------------------------------------------------


@pytest.fixture
def mailbox(settings: LazySettings) -> Iterator[Mailbox]:
    cache.clear()
    with mail_server() as (received, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield received


def test_whoever_may_answer_is_told_once_by_mail_and_bell(
    payer: OpenItem,
    contact: User,
    rep: User,
    manager: User,
    finance: User,
    other_rep: User,
    admin: User,
    mailbox: Mailbox,
) -> None:
    wish = wishes.question(payer.customer, payer.entry, "Which <one>?", by=contact, moment=MOMENT)
    announce_wish(wish.pk)
    announce_wish(wish.pk)
    told = {rep.email, manager.email, finance.email}
    assert sorted(to for to, _message in mailbox.messages) == sorted(told)
    assert {news.user for news in WishNews.objects.all()} == {rep, manager, finance}
    _to, message = mailbox.messages[0]
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    assert "Which <one>?" in parts["text/plain"]
    assert "Which &lt;one&gt;?" in parts["text/html"]
    assert f"/account-questions/{wish.pk}/" in parts["text/plain"]


def test_of_money_finance_is_told_alone(
    payer: OpenItem, contact: User, rep: User, finance: User, mailbox: Mailbox
) -> None:
    wish = wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT)
    announce_wish(wish.pk)
    [(to, message)] = mailbox.messages
    assert to == finance.email
    body = message.get_body(("plain",))
    assert body
    assert "$10.00" in body.get_content()
    assert WishNews.objects.get().user == finance


@pytest.mark.parametrize("kind", ["question", "refund"])
def test_exactly_those_are_told_who_may_answer(
    kind: str, payer: OpenItem, contact: User, request: pytest.FixtureRequest
) -> None:
    names = ("rep", "colleague", "manager", "finance", "admin", "other_rep", "other_manager")
    people = [request.getfixturevalue(name) for name in (*names, "foreign_rep", "foreign_finance")]
    wish = (
        wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
        if kind == "question"
        else wishes.ask_for_refund(payer, TEN, by=contact, moment=MOMENT)
    )
    may = {person for person in people if may_answer(person, wish)}
    assert set(who_are_told(wish)) & set(people) == may
    assert may


def test_of_what_is_done_or_taken_back_nobody_is_told(
    payer: OpenItem, owed: OpenItem, contact: User, rep: User, finance: User, mailbox: Mailbox
) -> None:
    policy(payer, applies_wishes=AppliesWishes.AT_ONCE)
    done = wishes.ask_to_apply(payer, owed, TEN, by=contact, moment=MOMENT)
    asked = wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
    wishes.withdraw(asked, by=contact, moment=MOMENT)
    for wish in (done, asked):
        announce_wish(wish.pk)
    assert not mailbox.messages
    assert not WishNews.objects.exists()


def test_without_a_mail_server_it_waits_for_the_next_attempt(
    payer: OpenItem, contact: User, rep: User, mailbox: Mailbox, settings: LazySettings
) -> None:
    wish = wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError, match="refused"):
        announce_wish(wish.pk)
    assert AccountWish.objects.to_announce().get() == wish
    settings.EMAIL_PORT = port
    announce_wish(wish.pk)
    assert rep.email in [to for to, _message in mailbox.messages]
    assert not AccountWish.objects.to_announce().exists()


def test_who_asked_is_told_once(
    payer: OpenItem, contact: User, rep: User, mailbox: Mailbox
) -> None:
    wish = wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
    tell_of_answer(wish.pk)
    wishes.answer(wish, "The deposit of March.", by=rep, moment=MOMENT)
    tell_of_answer(wish.pk)
    tell_of_answer(wish.pk)
    [(to, message)] = mailbox.messages
    assert to == contact.email
    assert "The deposit of March." in message.as_string()


def test_who_sees_the_account_no_more_is_not_told(
    payer: OpenItem, contact: User, rep: User, mailbox: Mailbox
) -> None:
    wish = wishes.question(payer.customer, payer.entry, "Which?", by=contact, moment=MOMENT)
    wishes.answer(wish, "The deposit of March.", by=rep, moment=MOMENT)
    contact.contacts.update(sees_statement=False)
    tell_of_answer(wish.pk)
    assert not mailbox.messages
    wish.refresh_from_db()
    assert wish.told_at
