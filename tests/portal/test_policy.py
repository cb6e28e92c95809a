"""The page that states the credit policy: what is in force, and nothing that is for colleagues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.translation import override

from approvals.models import OfferTerms, Policy
from customers.models import Company, Customer, User
from portal.policy import days_in_words, time_in_words
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def offers(policy: Policy, company: Company) -> OfferTerms:
    return OfferTerms.objects.create(
        company=company, tier="key", percent=Decimal("12.5"), cap=Decimal(200)
    )


def page_of(client: Client) -> str:
    response = client.get("/portal/policy/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_says_what_is_asked_for_and_needed_and_how_long_it_takes(
    client_of: SignIn, contact: User, policy: Policy, company: Company
) -> None:
    factories.reason(company, "damaged", needs_photo=True)
    factories.reason(company, "returned", needs_return=True, restocking_fee=15)
    factories.reason(company, "secret-rebate", customer_visible=False)
    page = page_of(client_of(contact))
    for words in (
        "Damaged",
        "We need a photo.",
        "We keep 15 % back for restocking",
        "may be appealed once, within 30 days",
        "working day",
        "We work Monday to Friday, from 8:00 a.m. to 5:00 p.m.",
    ):
        assert words in page
    assert "Secret rebate" not in page


def test_it_follows_what_an_admin_changes(
    client_of: SignIn, contact: User, policy: Policy, company: Company
) -> None:
    client = client_of(contact)
    Company.objects.filter(pk=company.pk).update(appeal_days=12)
    policy.steps.update(hours=90)
    page = page_of(client)
    assert "within 12 days" in page
    assert "within 20 working days" in page


def test_offers_are_told_if_the_company_wishes_and_those_of_the_own_tier_alone(
    client_of: SignIn, contact: User, customer: Customer, offers: OfferTerms, company: Company
) -> None:
    client = client_of(contact)
    assert "in full settlement" not in page_of(client)
    Company.objects.filter(pk=company.pk).update(shows_offers=True)
    page = page_of(client)
    assert "10 % of the lines" in page
    assert "12.5" not in page
    customer.tier = "key"
    customer.save()
    page = page_of(client)
    assert "12.5 % of the lines" in page
    assert "At most $200.00 before tax." in page


def test_limits_conditions_and_names_stay_with_the_company(
    client_of: SignIn, contact: User, policy: Policy, manager: User, finance: User
) -> None:
    policy.auto_approval_limit = Decimal("77.00")
    policy.save()
    page = page_of(client_of(contact))
    for hidden in ("77.00", "1,000", "Standard", str(manager), str(finance)):
        assert hidden not in page


def test_in_french_it_is_french(client_of: SignIn, stranger_contact: User, policy: Policy) -> None:
    page = client_of(stranger_contact).get("/portal/policy/", headers={"accept-language": "fr-ca"})
    assert 'lang="fr-ca"' in page.content.decode()


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [
        ([0, 1, 2, 3, 4], "Monday to Friday", "lundi"),
        ([4, 0, 1], "Monday, Tuesday and Friday", "lundi, mardi"),
        ([1, 2, 3, 5], "Tuesday to Thursday and Saturday", "mardi"),
        ([6], "Sunday", "dimanche"),
    ],
)
def test_working_days_in_a_row_are_said_together(
    days: list[int], english: str, french: str
) -> None:
    with override("en"):
        assert days_in_words(days) == english
    with override("fr"):
        assert days_in_words(days).startswith(french)


@pytest.mark.parametrize(
    ("moment", "english", "french"),
    [
        (time(8), "8:00\xa0a.m.", "8\xa0h\xa000"),
        (time(12, 30), "12:30\xa0p.m.", "12\xa0h\xa030"),
        (time(0, 5), "12:05\xa0a.m.", "0\xa0h\xa005"),
        (time(17), "5:00\xa0p.m.", "17\xa0h\xa000"),
    ],
)
def test_times_are_written_as_people_here_do(moment: time, english: str, french: str) -> None:
    with override("en"):
        assert time_in_words(moment) == english
    with override("fr"):
        assert time_in_words(moment) == french
