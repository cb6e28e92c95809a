"""How often and how much policy offers: not evaded by several at once, nor by splitting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from approvals import services
from approvals.models import CustomerOffer, OfferTerms, Policy
from creditnotes.models import CreditNote, Hold
from customers.errors import StaleContent
from customers.models import Customer, Invoice, User
from tests import factories
from tests.administration.conftest import address
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals

SignIn = Callable[[User], Client]
SOON = MOMENT + timedelta(hours=1)


def asked(invoice: Invoice, contact: User, **lines: str) -> CreditNote:
    """What the contact asks for: ``l1="10"`` is ten of the first line."""
    claims = [claim(invoice, int(name[1:]), pieces) for name, pieces in lines.items()]
    note = factories.draft_note(invoice, contact, *claims)
    return services.request(note, actor=contact, moment=MOMENT)


def offered_on(note: CreditNote) -> CustomerOffer | None:
    return note.customer_offers.filter(status="made").first()


def made_on(note: CreditNote) -> CustomerOffer:
    offer = offered_on(note)
    assert offer is not None
    return offer


# How often ---------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [0, 2])
def test_accepted_at_once_on_several_invoices_it_is_taken_as_often_as_allowed(
    customer: Customer, contact: User, policy: Policy, waits: int
) -> None:
    """Also where the first to lock has the later clock."""
    OfferTerms.objects.update(times=1, days=30)
    invoices = [factories.invoice(customer, f"INV-4{each}") for each in range(4)]
    offers = [made_on(asked(invoice, contact, l1="10")) for invoice in invoices]

    def accept(place: int) -> CreditNote:
        moment = SOON + timedelta(seconds=waits * place)
        return services.accept_offer(offers[place], actor=contact, moment=moment)

    outcomes = at_once(*[lambda place=place: accept(place) for place in range(4)])
    refused = refusals(outcomes)
    assert len(refused) == 3
    assert all(isinstance(each, StaleContent) for each in refused)
    assert all("1 times in 30 days" in str(each) for each in refused)
    assert CreditNote.objects.filter(hold=Hold.RESERVED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_reps_who_submit_at_once_are_counted_as_well(
    customer: Customer, rep: User, policy: Policy
) -> None:
    OfferTerms.objects.update(times=1, days=30)
    drafts = []
    for each in range(3):
        invoice = factories.invoice(customer, f"INV-5{each}")
        tenth = claim(invoice, 1, None, percent=Decimal(10), basis="percent")
        drafts.append(factories.draft_note(invoice, rep, tenth))
    outcomes = at_once(
        *[lambda draft=draft: services.submit(draft, actor=rep, moment=SOON) for draft in drafts]
    )
    assert not refusals(outcomes)
    within = CreditNote.objects.filter(offer_percent__gt=0)
    assert within.count() == 1


# How much ----------------------------------------------------------------------


def test_the_cap_counts_what_was_taken_on_the_same_invoice(
    invoice: Invoice, contact: User, policy: Policy
) -> None:
    OfferTerms.objects.update(cap=34)
    first, second = asked(invoice, contact, l1="10"), asked(invoice, contact, l2="3")
    services.accept_offer(made_on(first), actor=contact, moment=SOON)  # 33.33 of 34.00
    with pytest.raises(StaleContent):
        services.accept_offer(made_on(second), actor=contact, moment=SOON)
    anew = services.renew_offer(made_on(second), moment=SOON)
    assert anew is not None
    assert (str(anew.net), anew.percent) == ("0.67", Decimal("2.23"))
    taken = services.accept_offer(anew, actor=contact, moment=SOON)
    assert taken.net <= (taken.offer_net or 0)  # it is within the offer, as approvers read it
    assert offered_on(asked(invoice, contact, l3="1")) is None


def test_another_invoice_has_its_own_cap(
    invoice: Invoice, customer: Customer, contact: User, policy: Policy
) -> None:
    OfferTerms.objects.update(cap=34)
    services.accept_offer(made_on(asked(invoice, contact, l1="10")), actor=contact, moment=SOON)
    other = factories.invoice(customer, "INV-6")
    assert str(made_on(asked(other, contact, l1="10")).net) == "33.33"


def test_what_came_to_nothing_leaves_the_cap_as_it_was(
    invoice: Invoice, contact: User, manager: User, policy: Policy
) -> None:
    OfferTerms.objects.update(cap=34)
    note = services.accept_offer(
        made_on(asked(invoice, contact, l1="10")), actor=contact, moment=SOON
    )
    services.reject(note, actor=manager, moment=SOON, comment="It was signed for.")
    assert str(made_on(asked(invoice, contact, l1="10")).net) == "33.33"


def test_a_line_settled_for_is_not_offered_on_again(
    invoice: Invoice, contact: User, manager: User, policy: Policy
) -> None:
    first = asked(invoice, contact, l1="10")
    note = services.accept_offer(made_on(first), actor=contact, moment=SOON)
    assert offered_on(asked(invoice, contact, l1="5")) is None
    both = made_on(asked(invoice, contact, l1="5", l2="3"))
    assert [row["line"] for row in both.lines] == [invoice.lines.get(position=2).pk]
    services.reject(note, actor=manager, moment=SOON, comment="It was signed for.")
    assert str(made_on(asked(invoice, contact, l1="10")).net) == "33.33"


def test_an_offer_made_before_the_line_was_settled_holds_no_more(
    invoice: Invoice, contact: User, policy: Policy
) -> None:
    first, second = asked(invoice, contact, l1="5"), asked(invoice, contact, l1="4")
    services.accept_offer(made_on(first), actor=contact, moment=SOON)
    with pytest.raises(StaleContent):
        services.accept_offer(made_on(second), actor=contact, moment=SOON)


def test_a_rep_may_still_offer_on_it(
    invoice: Invoice, contact: User, rep: User, policy: Policy
) -> None:
    services.accept_offer(made_on(asked(invoice, contact, l1="10")), actor=contact, moment=SOON)
    again = asked(invoice, contact, l1="5")
    made = services.make_offer(again, actor=rep, moment=SOON, percent=Decimal(5))
    assert services.accept_offer(made, actor=contact, moment=SOON).state == "submitted"


# What an admin is told -----------------------------------------------------------


def test_offers_that_pass_without_end_are_named(
    client_of: SignIn, admin: User, policy: Policy
) -> None:
    terms = OfferTerms.objects.get()
    Policy.objects.update(auto_approval_limit=100)
    data = {"company": terms.company_id, "percent": "10"}
    url = address(OfferTerms, "change", terms.pk)
    assert f"{policy.name} lets accepted offers pass" in _said(client_of(admin), url, data)
    limited = data | {"times": "3", "days": "90"}
    assert "lets accepted offers pass" not in _said(client_of(admin), url, limited)
    Policy.objects.update(conditions=[{"fact": "settled", "is": False}])
    assert "lets accepted offers pass" not in _said(client_of(admin), url, data)


def _said(browser: Client, url: str, data: dict[str, object]) -> str:
    answer = browser.post(url, data, follow=True)
    assert answer.redirect_chain
    return answer.content.decode()
