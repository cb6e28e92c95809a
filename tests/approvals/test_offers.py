"""Offers by reason and tier, capped, and only so often for one customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from approvals import services
from approvals.models import OfferTerms
from approvals.offering import offer_on, terms_for, why_no_offer
from approvals.offers import offer
from creditnotes.models import Reason
from customers.models import Customer, Invoice, Tier, User
from tests import factories
from tests.administration.conftest import address
from tests.factories import MOMENT
from tests.refusing import database_refuses

SignIn = Callable[[User], Client]
nets = st.lists(st.decimals(Decimal("0.01"), 5000, places=2), min_size=1, max_size=8)
percents = st.decimals(Decimal("0.01"), 100, places=2)
caps = st.decimals(Decimal("0.01"), 3000, places=2)


@given(percents, nets, caps)
def test_an_offer_never_exceeds_its_cap(
    percent: Decimal, lefts: list[Decimal], cap: Decimal
) -> None:
    made = offer(percent, lefts, cap)
    assert made.net <= cap
    assert 0 <= made.percent <= percent
    if offer(percent, lefts).net <= cap:
        assert made == offer(percent, lefts)
    else:
        assert made.cap == cap
        assert offer(made.percent + Decimal("0.02"), lefts).net >= made.net


def test_a_cap_lowers_the_percent() -> None:
    made = offer(Decimal(10), [Decimal("333.30"), Decimal("30.00")], Decimal(20))
    assert (made.percent, made.net) == (Decimal("5.50"), Decimal("19.98"))


@pytest.mark.usefixtures("policy")
def test_reason_goes_before_tier_and_both_before_all(customer: Customer, reason: Reason) -> None:
    terms = {
        (of, tier): OfferTerms.objects.create(
            company=customer.company, reason=of, tier=tier, percent=percent
        )
        for of, tier, percent in [
            (None, Tier.KEY, 12),
            (reason, "", 15),
            (reason, Tier.KEY, 20),
        ]
    }
    general = OfferTerms.objects.get(reason=None, tier="")

    def found(tier: str, of: Reason | None) -> OfferTerms | None:
        customer.tier = tier
        return terms_for(customer, of)

    assert found(Tier.STANDARD, None) == general
    assert found(Tier.KEY, None) == terms[None, Tier.KEY]
    assert found(Tier.STANDARD, reason) == terms[reason, ""]
    assert found(Tier.KEY, reason) == terms[reason, Tier.KEY]


@pytest.mark.usefixtures("policy")
def test_a_customer_gets_it_only_so_often(
    invoice: Invoice, customer: Customer, rep: User, manager: User, reason: Reason
) -> None:
    OfferTerms.objects.update(times=1, days=30)
    tenth = factories.claim(invoice, 1, None, percent=Decimal(10), basis="percent")
    first = factories.submitted_note(invoice, rep, tenth)
    assert first.net == first.offer_net  # within the offer: it counts
    lefts = {1: Decimal(100)}
    assert offer_on(customer, reason, lefts, MOMENT) is None
    assert "1 times in 30 days" in why_no_offer(customer, reason, MOMENT)
    assert factories.submitted_note(invoice, rep).offer_net is None
    assert offer_on(customer, reason, lefts, MOMENT + timedelta(days=31)) is not None
    services.reject(first, actor=manager, moment=MOMENT, comment="No.")
    assert offer_on(customer, reason, lefts, MOMENT) is not None
    assert why_no_offer(customer, reason, MOMENT) == ""


@pytest.mark.usefixtures("policy")
def test_the_composer_shows_cap_and_why_there_is_none(
    client_of: SignIn, invoice: Invoice, rep: User
) -> None:
    line = invoice.lines.get(position=1)
    data = {"invoice": invoice.pk, f"line-{line.pk}": "on", f"basis-{line.pk}": "percent"}
    OfferTerms.objects.update(cap=20)
    draft = factories.draft_note(invoice, rep)
    page = client_of(rep).get(f"/credit-notes/{draft.pk}/edit/").content.decode()
    assert "offered at most: $20.00" in page, data
    note = factories.submitted_note(
        invoice, rep, factories.claim(invoice, 2, None, percent=Decimal(1), basis="percent")
    )
    assert note.offer_net == Decimal("3.00")
    OfferTerms.objects.update(times=1, days=3650)
    page = client_of(rep).get(f"/credit-notes/{draft.pk}/edit/").content.decode()
    assert "The offer is used up: 1 times in 3650 days" in page
    second = services.submit(draft, actor=rep, moment=timezone.now())
    manager = draft.customer.department.manager
    assert manager
    page = client_of(manager).get(f"/approvals/{second.pk}/").content.decode()
    assert "The offer is used up: 1 times in 3650 days" in page


@pytest.mark.parametrize("wrong", [{"cap": 0}, {"times": 2}, {"days": 9}, {"times": 0, "days": 9}])
@pytest.mark.usefixtures("policy")
def test_the_database_wants_sound_terms(wrong: dict[str, int]) -> None:
    with database_refuses("offer_terms_"):
        OfferTerms.objects.update(**wrong)


@pytest.mark.usefixtures("policy")
def test_an_admin_tunes_them(client_of: SignIn, admin: User, reason: Reason) -> None:
    url = address(OfferTerms, "add")
    data = {"company": reason.company_id, "reason": reason.pk, "tier": "key", "percent": "15"}
    browser = client_of(admin)
    answer = browser.post(url, data | {"times": "2"})
    assert answer.status_code == 422
    assert "within how many days, or neither" in answer.content.decode()
    assert browser.post(url, data | {"times": "2", "days": "90", "cap": "50"}).status_code == 302
    made = OfferTerms.objects.get(reason=reason)
    assert (made.tier, made.times, made.days, made.cap) == ("key", 2, 90, Decimal(50))
    assert browser.post(url, data).status_code == 422  # there is one like this already
