"""Who else at the demo's first customer uses the portal: somebody new, and two who are invited."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.demo.company import PASSWORD
from config.demo.days import Calendar
from config.demo.market import Account
from customers import contacts
from customers.access import CONTACTS, REQUEST, STATEMENT
from customers.contacts import Invitee
from customers.contacts.accepting import NewSignIn
from customers.models import Contact, Invitation, User

CUSTOMER = "C-1001"
CLERK = Invitee(
    "Imogen Farrow", "books@ridgemont.test", "en", {REQUEST: False, STATEMENT: True, CONTACTS: True}
)
YARD = Invitee("Owen Fairweather", "yard@ridgemont.test", "en", {REQUEST: True})
FOREMAN = Invitee("Sasha Whitlock", "site@ridgemont.test", "en", {REQUEST: True})


def invite_some(accounts: dict[str, Account], people: dict[str, User], days: Calendar) -> None:
    """One who accepted, one who was invited by a colleague lately, one whose link expired."""
    customer, contact = accounts[CUSTOMER].customer, people["customer"]
    first = contacts.invite(customer, CLERK, by=people["rep"], moment=days.at(40, "09:10"))
    contacts.accept(
        first,
        moment=days.at(39, "08:20"),
        new=NewSignIn(CLERK.name, PASSWORD, CLERK.language),
    )
    contacts.change_rights(
        first.contact,
        {REQUEST: True, STATEMENT: True, CONTACTS: True},
        by=contact,
        moment=days.at(30, "14:05"),
    )
    _sent(contacts.invite(customer, FOREMAN, by=people["rep"], moment=days.at(20, "11:30")))
    _sent(contacts.invite(customer, YARD, by=contact, moment=_lately(days)))
    _telephones({CLERK.email: "613-555-0163", FOREMAN.email: "613-555-0164"})


def _telephones(phones: dict[str, str]) -> None:
    """An invitation asks for no telephone; these wrote theirs down since."""
    for email, phone in phones.items():
        Contact.objects.filter(customer__number=CUSTOMER, email=email).update(phone=phone)


def _lately(days: Calendar) -> datetime:
    return days.at(1, "16:00") + timedelta(minutes=12)


def _sent(invitation: Invitation) -> None:
    """What was sent long ago is not sent again when the demo begins."""
    Invitation.objects.filter(pk=invitation.pk).update(mails_sent=1)
