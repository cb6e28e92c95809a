"""An invitation's page: opening accepts nothing; the person invited accepts; nobody else does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import contacts
from customers.access import REQUEST, represents
from customers.contacts import Invitee, links
from customers.models import Customer, Invitation, User
from tests import factories

PASSWORD = "seven green trucks"
SENT = {"name": "Nina Neuve", "password": PASSWORD}


@pytest.fixture
def invited(other_customer: Customer, other_rep: User) -> Invitation:
    """To the customer of Québec, in French."""
    invitee = Invitee("Nina", "nina@customer.test", "fr-ca", {REQUEST: True})
    return contacts.invite(other_customer, invitee, by=other_rep, moment=timezone.now())


def address(invitation: Invitation) -> str:
    return reverse("portal:invitation", args=[links.token_for(invitation)])


def test_opening_it_accepts_nothing(client: Client, invited: Invitation) -> None:
    for _ in range(3):
        assert client.get(address(invited)).status_code == 200
        assert client.head(address(invited)).status_code == 200
    invited.refresh_from_db()
    assert invited.accepted_at is None
    assert not User.objects.filter(email="nina@customer.test").exists()


def test_it_speaks_the_contacts_language(client: Client, invited: Invitation) -> None:
    assert '<html lang="fr-ca">' in client.get(address(invited)).content.decode()
    client.cookies["django_language"] = "en"
    assert '<html lang="en">' in client.get(address(invited)).content.decode()


def test_whoever_accepts_is_signed_in(
    client: Client, invited: Invitation, other_customer: Customer
) -> None:
    response = client.post(address(invited), SENT)
    assert response.status_code == 302
    assert response["Location"] == reverse("portal:portal")
    assert "Toitures" in client.get(reverse("portal:portal")).content.decode()
    user = User.objects.get(email="nina@customer.test")
    assert (user.full_name, user.language) == ("Nina Neuve", "fr-ca")
    assert represents(user, other_customer, right=REQUEST)
    again = Client().post(address(invited), SENT | {"password": "another good one"})
    assert again.status_code == 409
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "password123"])
def test_a_weak_password_keeps_the_rest(client: Client, invited: Invitation, password: str) -> None:
    response = client.post(address(invited), {"name": "Nina N.", "password": password})
    assert response.status_code == 422
    assert "Nina N." in response.content.decode()
    assert not User.objects.filter(email="nina@customer.test").exists()


def test_who_has_a_sign_in_is_sent_to_it_and_back(
    client: Client,
    client_of: Callable[[User], Client],
    contact: User,
    other_customer: Customer,
    other_rep: User,
) -> None:
    contact.set_password(PASSWORD)
    contact.save()
    invitee = Invitee("C", contact.email, "en", {REQUEST: True})
    invitation = contacts.invite(other_customer, invitee, by=other_rep, moment=timezone.now())
    page = client.get(address(invitation)).content.decode()
    assert f"{reverse('account_login')}?next={address(invitation).replace(':', '%3A')}" in page
    assert 'type="password"' not in page
    assert client.post(address(invitation), SENT).status_code == 403
    browser = client_of(contact)
    assert browser.get(address(invitation)).status_code == 200
    assert browser.post(address(invitation)).status_code == 302
    assert represents(contact, other_customer, right=REQUEST)


@pytest.mark.parametrize("who", ["contact", "rep"])
def test_somebody_else_is_told_so(
    who: str,
    invited: Invitation,
    client_of: Callable[[User], Client],
    request: pytest.FixtureRequest,
) -> None:
    browser = client_of(request.getfixturevalue(who))
    for response in (browser.get(address(invited)), browser.post(address(invited), SENT)):
        assert response.status_code == 403
        assert "somebody else" in response.content.decode()
    invited.refresh_from_db()
    assert invited.accepted_at is None


def test_a_changed_link_is_none(client: Client, invited: Invitation) -> None:
    assert client.get(address(invited).replace(f"/{invited.pk}:", "/999:")).status_code == 404


def test_the_people_page_invites_and_says_why_not(
    client_of: Callable[[User], Client], customer: Customer
) -> None:
    boss = factories.contact(customer, "Bob Boss", manages_contacts=True)
    browser = client_of(boss)
    url = reverse("portal:contacts", args=[customer.pk])
    sent = {"name": "Ned", "email": "ned@customer.test", "language": "fr-ca", "may_request": "on"}
    assert browser.post(url, sent).status_code == 302
    again = browser.post(url, sent)
    assert again.status_code == 422
    assert "invited already" in again.content.decode()
    assert 'value="ned@customer.test"' in again.content.decode()
    mine = reverse("portal:contact", args=[boss.contacts.get().pk])
    refused = browser.post(mine, {"may_request": "on", "sees_statement": "on"})
    assert refused.status_code == 422
    assert "the last who manages" in refused.content.decode()
    ended = browser.post(reverse("portal:end_access", args=[boss.contacts.get().pk]))
    assert ended.status_code == 409
    assert represents(boss, customer)


def test_the_people_page_is_for_those_who_manage(
    client_of: Callable[[User], Client], contact: User, customer: Customer
) -> None:
    browser = client_of(contact)
    assert browser.get(reverse("portal:contacts", args=[customer.pk])).status_code == 404
    start = browser.get("/portal/").content.decode()
    assert reverse("portal:contacts", args=[customer.pk]) not in start
