"""Inviting a customer's people: who may, what a link does, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import Message

import pytest
from django.conf import LazySettings, settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client

from customers import contacts, outbox
from customers.access import REQUEST, STATEMENT, represents
from customers.contacts import Invitee, accepting, links
from customers.contacts.accepting import NewSignIn
from customers.errors import NotAllowed, Refusal, WrongState
from customers.models import Contact, ContactEvent, Customer, Invitation, User
from customers.tasks import send_invitation, sweep_invitations
from customers.wording import why_no_name
from tests import factories
from tests.delivering import Mailbox, mail_server
from tests.factories import MOMENT
from tests.refusing import database_refuses, sql

NINA = Invitee("Nina New", "Nina@Customer.test", "fr-ca", {REQUEST: True, STATEMENT: False})
NEW = NewSignIn("Nina Neuve", "a long enough one", "fr-ca")


@pytest.fixture
def invited(customer: Customer, rep: User) -> Invitation:
    return contacts.invite(customer, NINA, by=rep, moment=MOMENT)


@pytest.fixture
def boss(customer: Customer) -> User:
    """A contact who manages contacts, and may do everything else."""
    return factories.contact(customer, "Bob Boss", manages_contacts=True)


def kinds(contact: Contact) -> list[str]:
    return list(ContactEvent.objects.filter(contact=contact).values_list("kind", flat=True))


# Inviting ------------------------------------------------------------------------


def test_an_invitation_makes_a_contact_without_access(invited: Invitation, rep: User) -> None:
    contact = invited.contact
    assert (contact.name, contact.email, contact.language) == (
        "Nina New",
        "nina@customer.test",
        "fr-ca",
    )
    assert contact.may_request
    assert not contact.sees_statement
    assert contact.user is None
    assert invited.expires_at == MOMENT + settings.INVITATION_LIFETIME
    event = ContactEvent.objects.get()
    assert (event.kind, event.actor, event.email) == ("invited", rep, "nina@customer.test")
    assert event.rights == {"may_request": True, "sees_statement": False, "manages_contacts": False}


def test_an_address_is_sent_only_so_many_whoever_invites(
    customer: Customer, rep: User, boss: User
) -> None:
    for each in range(5):
        by, later = (rep, boss)[each % 2], MOMENT + timedelta(minutes=each)
        invitation = contacts.invite(customer, NINA, by=by, moment=later)
        contacts.withdraw(invitation, by=by, moment=later)
    soon = MOMENT + timedelta(hours=20)
    with pytest.raises(Refusal, match="sent many invitations") as refused:
        contacts.invite(customer, NINA, by=rep, moment=soon)
    assert refused.value.field == "email"
    assert Invitation.objects.count() == 5
    contacts.invite(customer, NINA, by=rep, moment=MOMENT + timedelta(days=2))


def test_sending_again_counts_as_well(invited: Invitation, rep: User) -> None:
    for each in range(1, 5):
        contacts.send_again(invited, by=rep, moment=MOMENT + timedelta(hours=each))
    with pytest.raises(Refusal, match="sent many invitations"):
        contacts.send_again(invited, by=rep, moment=MOMENT + timedelta(hours=6))


def test_one_person_sends_only_so_many(
    customer: Customer, boss: User, rep: User, settings: LazySettings
) -> None:
    settings.INVITATIONS_BY_PERSON = (2, 86_400)
    for each in range(2):
        person = Invitee("X", f"x{each}@customer.test", "en")
        contacts.invite(customer, person, by=boss, moment=MOMENT)
    with pytest.raises(Refusal, match="as one person may") as refused:
        contacts.invite(customer, NINA, by=boss, moment=MOMENT)
    assert refused.value.field == "email"
    contacts.invite(customer, NINA, by=rep, moment=MOMENT)


@pytest.mark.parametrize("name", ["Win at evil.test", "http://x", "Bob <bob", "a@b", "www.x.ca"])
def test_a_name_leads_nowhere(name: str, customer: Customer, rep: User) -> None:
    with pytest.raises(Refusal, match="Write the name alone") as refused:
        contacts.invite(customer, Invitee(name, "x@customer.test", "en"), by=rep, moment=MOMENT)
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["J.R. Côté", "Anne-Marie O’Neil", "St. Pierre Ltd.", "王芳"])
def test_names_are_names(name: str) -> None:
    assert why_no_name(name) == ""


@pytest.mark.parametrize("who", ["manager", "finance", "boss"])
def test_who_may_invite(who: str, customer: Customer, request: pytest.FixtureRequest) -> None:
    contacts.invite(customer, NINA, by=request.getfixturevalue(who), moment=MOMENT)


@pytest.mark.parametrize(
    "who", ["admin", "other_rep", "foreign_rep", "contact", "stranger_contact"]
)
def test_who_may_not(who: str, customer: Customer, request: pytest.FixtureRequest) -> None:
    with pytest.raises(NotAllowed):
        contacts.invite(customer, NINA, by=request.getfixturevalue(who), moment=MOMENT)
    assert not Invitation.objects.exists()


def test_nobody_gives_more_than_they_have(customer: Customer) -> None:
    clerk = factories.contact(customer, "Cleo", sees_statement=False, manages_contacts=True)
    with pytest.raises(NotAllowed) as refused:
        contacts.invite(
            customer,
            Invitee("X", "x@customer.test", "en", {STATEMENT: True}),
            by=clerk,
            moment=MOMENT,
        )
    assert refused.value.field == STATEMENT


def test_who_is_refused(customer: Customer, contact: User, rep: User, invited: Invitation) -> None:
    for email, words in (
        (rep.email, "member of staff"),
        (contact.email.upper(), "access already"),
        ("NINA@customer.test", "invited already"),
    ):
        with pytest.raises(Refusal, match=words) as refused:
            contacts.invite(customer, Invitee("X", email, "en"), by=rep, moment=MOMENT)
        assert refused.value.field == "email"


def test_a_contact_that_was_there_is_invited_as_it_is(customer: Customer, rep: User) -> None:
    yard = Contact.objects.create(customer=customer, name="Yard", email="yard@customer.test")
    invitation = contacts.invite(
        customer, Invitee("Yves Yard", "YARD@customer.test", "en"), by=rep, moment=MOMENT
    )
    assert invitation.contact == yard
    yard.refresh_from_db()
    assert yard.name == "Yves Yard"


def test_the_database_holds_one_open_invitation_each(invited: Invitation) -> None:
    invited.pk = None
    with pytest.raises(DatabaseError, match="invitation_one_open"), transaction.atomic():
        invited.save()


# The mail --------------------------------------------------------------------------


@pytest.fixture
def mailbox(settings: LazySettings) -> Iterator[Mailbox]:
    cache.clear()
    with mail_server() as (mailbox, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield mailbox


def _text(message: Message) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_the_mail_speaks_the_contacts_language_and_holds_the_link(
    invited: Invitation, mailbox: Mailbox
) -> None:
    send_invitation(invited.pk)
    send_invitation(invited.pk)
    [(to, message)] = mailbox.messages
    assert to == "nina@customer.test"
    assert message["Content-Language"] == "fr-ca"
    assert links.url_of(invited) in _text(message)


def test_what_a_lost_broker_left_is_swept_up(
    invited: Invitation, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "offer", lambda _task, ids: [send_invitation(pk) for pk in ids])
    sweep_invitations()
    sweep_invitations()
    assert len(mailbox.messages) == 1


def test_a_withdrawn_one_is_not_sent(invited: Invitation, rep: User, mailbox: Mailbox) -> None:
    contacts.withdraw(invited, by=rep, moment=MOMENT)
    send_invitation(invited.pk)
    assert not mailbox.messages


# Again, and not after all -------------------------------------------------------------


def test_sent_again_it_lasts_longer(invited: Invitation, rep: User) -> None:
    later = MOMENT + timedelta(days=20)
    again = contacts.send_again(invited, by=rep, moment=later)
    assert again.expires_at == later + settings.INVITATION_LIFETIME
    assert again.mails_wanted == 2
    assert kinds(again.contact) == ["sent_again", "invited"]
    with pytest.raises(WrongState, match="a moment ago"):
        contacts.send_again(invited, by=rep, moment=later + timedelta(seconds=90))


def test_withdrawn_it_is_worthless(invited: Invitation, rep: User) -> None:
    contacts.withdraw(invited, by=rep, moment=MOMENT)
    with pytest.raises(WrongState, match="withdrawn"):
        contacts.accept(invited, moment=MOMENT, new=NEW)
    with pytest.raises(WrongState, match="withdrawn"):
        contacts.send_again(invited, by=rep, moment=MOMENT + timedelta(hours=1))
    assert not User.objects.filter(email="nina@customer.test").exists()


# Accepting -------------------------------------------------------------------------------


def test_accepting_makes_a_sign_in_with_what_the_invitation_allows(
    invited: Invitation, customer: Customer
) -> None:
    user = contacts.accept(invited, moment=MOMENT, new=NEW)
    assert (user.email, user.full_name, user.language) == (
        "nina@customer.test",
        "Nina Neuve",
        "fr-ca",
    )
    assert user.check_password(NEW.password)
    assert represents(user, customer, right=REQUEST)
    assert not represents(user, customer, right=STATEMENT)
    assert kinds(invited.contact) == ["accepted", "invited"]


def test_it_works_once_and_not_for_ever(invited: Invitation, customer: Customer) -> None:
    with pytest.raises(WrongState, match="expired"):
        contacts.accept(invited, moment=invited.expires_at, new=NEW)
    user = contacts.accept(invited, moment=MOMENT, new=NEW)
    for attempt in ({"new": NEW}, {"user": user}):
        with pytest.raises(WrongState, match="used already"):
            contacts.accept(invited, moment=MOMENT, **attempt)


def test_who_signs_in_already_gets_one_customer_more(
    other_customer: Customer, contact: User, customer: Customer, other_rep: User
) -> None:
    contact.set_password("theirs alone")
    contact.save()
    invitee = Invitee("C", contact.email, "en", {REQUEST: True})
    invitation = contacts.invite(other_customer, invitee, by=other_rep, moment=MOMENT)
    with pytest.raises(NotAllowed):  # the link alone sets nobody's password anew
        contacts.accept(invitation, moment=MOMENT, new=NEW)
    assert contacts.accept(invitation, moment=MOMENT, user=contact) == contact
    contact.refresh_from_db()
    assert contact.check_password("theirs alone")
    assert represents(contact, customer)
    assert represents(contact, other_customer, right=REQUEST)


def test_nobody_accepts_for_another(invited: Invitation, contact: User, rep: User) -> None:
    for user in (contact, rep):
        with pytest.raises(NotAllowed, match="somebody else"):
            contacts.accept(invited, moment=MOMENT, user=user)
    invited.refresh_from_db()
    assert invited.accepted_at is None


def test_a_sign_in_without_a_password_gets_one(invited: Invitation) -> None:
    known = User.objects.create_user("nina@customer.test", None, full_name="N")
    assert accepting.known_user(invited) is None
    assert contacts.accept(invited, moment=MOMENT, new=NEW) == known


# Rights, and the end of them --------------------------------------------------------------


def test_rights_are_changed_and_written_down(contact: User, customer: Customer, boss: User) -> None:
    entry = contact.contacts.get()
    contacts.change_rights(entry, {REQUEST: True}, by=boss, moment=MOMENT)
    assert represents(contact, customer, right=REQUEST)
    assert not represents(contact, customer, right=STATEMENT)
    event = ContactEvent.objects.get()
    assert (event.kind, event.actor) == ("rights_changed", boss)
    contacts.change_rights(entry, {REQUEST: True}, by=boss, moment=MOMENT)
    assert ContactEvent.objects.count() == 1  # nothing changed


def test_the_last_manager_stays_one(boss: User, customer: Customer, rep: User) -> None:
    entry = boss.contacts.get()
    everything_else = {REQUEST: True, STATEMENT: True}
    with pytest.raises(WrongState, match="the last"):
        contacts.change_rights(entry, everything_else, by=boss, moment=MOMENT)
    with pytest.raises(WrongState, match="the last"):
        contacts.end_access(entry, by=boss, moment=MOMENT)
    factories.contact(customer, "Second Boss", manages_contacts=True)
    contacts.change_rights(entry, everything_else, by=boss, moment=MOMENT)
    with pytest.raises(NotAllowed):
        contacts.end_access(entry, by=boss, moment=MOMENT)
    contacts.end_access(entry, by=rep, moment=MOMENT)


def test_ended_access_ends_the_sessions_of_who_has_no_other(
    contact: User, customer: Customer, boss: User
) -> None:
    browser = Client()
    browser.force_login(contact, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/portal/").status_code == 200
    contacts.end_access(contact.contacts.get(), by=boss, moment=MOMENT)
    assert not represents(contact, customer)
    assert browser.get("/portal/").status_code == 302
    assert not Session.objects.exists()


def test_who_acts_for_another_stays_signed_in(
    contact: User, customer: Customer, other_customer: Customer, rep: User
) -> None:
    factories.let_act(contact, other_customer)
    browser = Client()
    browser.force_login(contact, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get(f"/portal/?customer={customer.pk}").status_code == 200
    contacts.end_access(customer.contacts.get(user=contact), by=rep, moment=MOMENT)
    shown = browser.get("/portal/").content.decode()
    assert "Toitures" in shown
    assert "Érable" not in shown
    assert browser.get(f"/portal/?customer={customer.pk}").status_code == 404


def test_an_old_link_gives_no_access_that_was_ended(
    contact: User, customer: Customer, rep: User
) -> None:
    entry = contact.contacts.get()
    contacts.end_access(entry, by=rep, moment=MOMENT)
    invitee = Invitee("C", contact.email, "en")
    invitation = contacts.invite(customer, invitee, by=rep, moment=MOMENT)
    contacts.accept(invitation, moment=MOMENT, new=NEW)
    contacts.end_access(entry, by=rep, moment=MOMENT)
    with pytest.raises(WrongState):
        contacts.accept(invitation, moment=MOMENT, user=contact)


def test_who_is_invited_or_gone_is_sent_no_credit_notes(
    invited: Invitation, customer: Customer, rep: User, boss: User
) -> None:
    assert not invited.contact.gets_credit_notes
    person = accepting.accept(invited, moment=MOMENT, new=NEW)
    accepted = customer.contacts.get(user=person)
    assert accepted.gets_credit_notes
    contacts.end_access(accepted, by=rep, moment=MOMENT)
    accepted.refresh_from_db()
    assert not accepted.gets_credit_notes


@pytest.mark.parametrize("way", ["ended", "lowered", "closed"])
def test_nobody_comes_in_by_who_may_no_longer_let_them_in(
    customer: Customer, rep: User, boss: User, way: str
) -> None:
    invited = contacts.invite(customer, NINA, by=boss, moment=MOMENT)
    entry = customer.contacts.get(user=boss)
    if way == "ended":
        contacts.end_access(entry, by=rep, moment=MOMENT)
    elif way == "lowered":
        contacts.change_rights(entry, {REQUEST: True}, by=rep, moment=MOMENT)
    else:
        User.objects.filter(pk=boss.pk).update(is_active=False)
    with pytest.raises(WrongState, match="withdrawn"):
        accepting.accept(invited, moment=MOMENT, new=NEW)
    if way != "closed":
        assert kinds(invited.contact) == ["withdrawn", "invited"]


def test_what_looks_like_another_address_is_not_that_address(
    customer: Customer, rep: User, invited: Invitation
) -> None:
    """In capitals a dotless i is an I: whose address holds an i is not who is invited."""
    victim = User.objects.create_user("nina@customer.test", None, full_name="Nina Old")
    alike = Contact.objects.create(customer=customer, name="N", email="nına@customer.test")
    values = {"invited_at": MOMENT, "last_sent_at": MOMENT, "expires_at": invited.expires_at}
    invited = Invitation.objects.create(
        contact=alike, email="nına@customer.test", invited_by=rep, **values
    )
    invited.refresh_from_db()
    person = accepting.accept(invited, moment=MOMENT, new=NEW)
    assert person != victim
    look_alike = Invitee("Nina", "nına@customer.test", "en", {})
    with pytest.raises(Refusal, match="special letters"):
        contacts.invite(customer, look_alike, by=rep, moment=MOMENT)


def test_the_record_is_never_changed(invited: Invitation) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ContactEvent.objects.update(email="x@x.test")


def test_an_invitation_ends_once(invited: Invitation, rep: User) -> None:
    table = "UPDATE customers_invitation SET"
    with database_refuses("stays with whom it was sent to"):
        sql(f"{table} email = 'other@customer.test'")
    contacts.withdraw(invited, by=rep, moment=MOMENT)
    with database_refuses("an invitation ends once"):
        sql(f"{table} withdrawn_at = NULL")
    with database_refuses("an invitation ends once"):
        sql(f"{table} expires_at = expires_at + interval '9 days'")


def test_an_accepted_one_is_not_opened_again(invited: Invitation) -> None:
    contacts.accept(invited, moment=MOMENT, new=NEW)
    with database_refuses("an invitation ends once"):
        sql("UPDATE customers_invitation SET accepted_at = NULL")
