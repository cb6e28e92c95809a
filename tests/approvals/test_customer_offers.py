"""Offers to customers who asked: exact, answered once, never beyond what can be credited."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import services, tasks
from approvals.explaining import explanation_of
from approvals.models import CustomerOffer, OfferTerms, Policy, PolicyStep, Role, Step
from creditnotes import services as creditnotes
from creditnotes.models import CreditNote, Event, Hold, State
from customers.errors import Incomplete, NotAllowed, Refusal, StaleContent, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

LATER = MOMENT + timedelta(days=30)
SOON = MOMENT + timedelta(hours=1)


def asked(invoice: Invoice, contact: User, *quantities: str) -> CreditNote:
    """What the contact asks for, of the invoice's lines in their order: all ten pieces, say."""
    factories.policy(invoice.company)
    claims = [claim(invoice, line, each) for line, each in enumerate(quantities or ["10"], 1)]
    note = factories.draft_note(invoice, contact, *claims)
    return services.request(note, actor=contact, moment=MOMENT)


def offer_on(note: CreditNote) -> CustomerOffer:
    return note.customer_offers.get(status="made")


@pytest.fixture
def note(invoice: Invoice, contact: User, policy: Policy) -> CreditNote:
    """Ten of ten pieces at 33.33 are asked for; policy offers a tenth of them."""
    return asked(invoice, contact)


@pytest.fixture
def offer(note: CreditNote) -> CustomerOffer:
    return offer_on(note)


def test_policy_offers_at_once_and_exactly(note: CreditNote, offer: CustomerOffer) -> None:
    assert (str(offer.net), str(offer.tax_total), str(offer.total)) == ("33.33", "4.33", "37.66")
    assert (offer.percent, offer.made_by, offer.made_at) == (10, None, MOMENT)
    assert offer.expires_at.isoformat() == "2026-03-18T04:00:00+00:00"  # seven days, whole ones
    assert note.events.get(kind=Event.Kind.OFFER_MADE).payload["total"] == "37.66"
    assert CreditNote.objects.get(pk=note.pk).state == State.REQUESTED


def test_nothing_is_offered_that_is_not_less_than_the_wish(
    invoice: Invoice, contact: User, policy: Policy
) -> None:
    assert not asked(invoice, contact, "1").customer_offers.exists()  # a tenth is all of it


def test_nothing_is_offered_where_the_reason_credits_pieces_only(
    invoice: Invoice, contact: User, policy: Policy
) -> None:
    factories.reason(invoice.company, bases=["quantity"])
    assert not asked(invoice, contact).customer_offers.exists()


def test_an_accepted_offer_waits_for_the_manager(
    offer: CustomerOffer, contact: User, manager: User
) -> None:
    note = services.accept_offer(offer, actor=contact, moment=SOON)
    offer.refresh_from_db()
    assert (note.state, note.hold) == (State.SUBMITTED, Hold.RESERVED)
    assert (str(note.net), str(note.total)) == ("33.33", "37.66")
    assert (offer.status, offer.answered_by) == ("accepted", contact)
    assert offer.content_hash == note.content_hash
    assert note.lines.get().percent == 10
    assert "full settlement" in note.explanation
    assert Step.objects.decidable_by(manager).filter(note=note).exists()


def test_within_the_auto_approval_limit_it_passes_on_the_record(
    offer: CustomerOffer, contact: User
) -> None:
    Policy.objects.update(auto_approval_limit=100)
    note = services.accept_offer(offer, actor=contact, moment=SOON)
    assert note.state == State.APPROVED
    decision = note.decisions.get()
    assert (decision.actor, decision.content_hash) == (None, note.content_hash)
    submitted = note.events.get(kind=Event.Kind.SUBMITTED)
    assert submitted.actor == contact  # the contact is the requester: nobody approves their own
    deliver_all()
    note = CreditNote.objects.get(pk=note.pk)
    assert (note.state, str(note.total)) == (State.ISSUED, "37.66")


def test_a_second_tap_accepts_nothing_more(offer: CustomerOffer, contact: User) -> None:
    first = services.accept_offer(offer, actor=contact, moment=SOON)
    again = services.accept_offer(offer, actor=contact, moment=SOON)
    assert (again.pk, again.submissions) == (first.pk, 1)
    assert again.events.filter(kind=Event.Kind.OFFER_ACCEPTED).count() == 1


def test_only_who_acts_for_the_customer_answers(
    offer: CustomerOffer, stranger_contact: User, rep: User
) -> None:
    for somebody in (stranger_contact, rep):
        with pytest.raises(NotAllowed):
            services.accept_offer(offer, actor=somebody, moment=SOON)
        with pytest.raises(NotAllowed):
            services.decline_offer(offer, actor=somebody, moment=SOON)


def test_asking_for_more_leaves_the_wish_as_it_is(offer: CustomerOffer, contact: User) -> None:
    note = services.decline_offer(offer, actor=contact, moment=SOON)
    note.refresh_from_db()
    assert (note.state, str(note.net)) == (State.REQUESTED, "333.30")
    with pytest.raises(WrongState, match="answered already"):
        services.accept_offer(offer, actor=contact, moment=SOON)


def test_time_runs_out(offer: CustomerOffer, contact: User, note: CreditNote) -> None:
    with pytest.raises(WrongState, match="is up"):
        services.accept_offer(offer, actor=contact, moment=offer.expires_at)
    assert not services.expire_offer(offer, moment=offer.expires_at - timedelta(seconds=1))
    assert tasks.expire_offers() == 1  # by the clock of today
    assert tasks.expire_offers() == 0
    offer.refresh_from_db()
    note.refresh_from_db()
    assert (offer.status, note.state) == ("expired", State.REQUESTED)
    assert note.events.filter(kind=Event.Kind.OFFER_EXPIRED, actor=None).count() == 1


def test_days_are_the_terms_own(invoice: Invoice, contact: User, policy: Policy) -> None:
    OfferTerms.objects.update(days_open=1)
    assert offer_on(asked(invoice, contact)).expires_at - MOMENT < timedelta(days=2)


def test_what_was_credited_meanwhile_is_said_and_offered_anew(
    offer: CustomerOffer, invoice: Invoice, contact: User, rep: User
) -> None:
    factories.submitted_note(invoice, rep, claim(invoice, 1, "4"))
    with pytest.raises(StaleContent, match="credited on these lines"):
        services.accept_offer(offer, actor=contact, moment=SOON)
    offer.refresh_from_db()
    assert offer.is_open  # nothing is lost by the refusal
    anew = services.renew_offer(offer, moment=SOON)
    assert anew is not None
    assert (str(anew.net), str(anew.total)) == ("20.00", "22.60")  # a tenth of 199.98
    assert services.accept_offer(anew, actor=contact, moment=SOON).state == State.SUBMITTED


def test_with_nothing_left_there_is_no_new_offer(
    offer: CustomerOffer, invoice: Invoice, contact: User, rep: User
) -> None:
    factories.submitted_note(invoice, rep, claim(invoice, 1, "10"))
    with pytest.raises(StaleContent):
        services.accept_offer(offer, actor=contact, moment=SOON)
    assert services.renew_offer(offer, moment=SOON) is None


def test_terms_that_are_used_up_meanwhile_hold_no_more(
    invoice: Invoice, contact: User, policy: Policy
) -> None:
    OfferTerms.objects.update(times=1, days=30)
    first = offer_on(asked(invoice, contact, "10"))
    second = offer_on(
        services.request(
            factories.draft_note(invoice, contact, claim(invoice, 2, "3")),
            actor=contact,
            moment=MOMENT,
        )
    )
    services.accept_offer(first, actor=contact, moment=SOON)
    with pytest.raises(StaleContent):
        services.accept_offer(second, actor=contact, moment=SOON + timedelta(minutes=1))


def test_a_rep_offers_more_than_policy_and_it_is_decided_on(
    offer: CustomerOffer, note: CreditNote, rep: User, contact: User, manager: User
) -> None:
    made = services.make_offer(
        note, actor=rep, moment=SOON, percent=Decimal(25), words="As we said on the phone."
    )
    offer.refresh_from_db()
    assert (offer.status, made.made_by, str(made.net)) == ("withdrawn", rep, "83.33")
    taken = CreditNote.objects.get(pk=note.pk)
    assert (taken.state, taken.owner) == (State.DRAFT, rep)
    accepted = services.accept_offer(made, actor=contact, moment=SOON)
    assert accepted.state == State.SUBMITTED
    assert not Step.objects.decidable_by(rep).exists()
    assert set(accepted.participants.values_list("user", flat=True)) == {contact.pk, rep.pk}


def test_a_rep_offers_a_sum_over_several_lines(
    invoice: Invoice, contact: User, rep: User, policy: Policy
) -> None:
    note = asked(invoice, contact, "10", "3")
    made = services.make_offer(note, actor=rep, moment=SOON, net=Decimal("100.00"))
    assert [row["net"] for row in made.lines] == ["91.74", "8.26"]  # largest remainder
    assert (str(made.net), str(made.total), made.percent) == ("100.00", "113.00", None)
    accepted = services.accept_offer(made, actor=contact, moment=SOON)
    assert str(accepted.total) == "113.00"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({}, "percent or an amount"),
        ({"percent": Decimal(5), "net": Decimal(5)}, "percent or an amount"),
        ({"net": Decimal("333.31")}, "At most 333.3 can"),
        ({"percent": Decimal("0.0001")}, "credit nothing"),
    ],
)
def test_what_a_rep_cannot_offer(
    note: CreditNote, rep: User, terms: dict[str, Decimal], words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        services.make_offer(
            note, actor=rep, moment=SOON, percent=terms.get("percent"), net=terms.get("net")
        )
    assert note.customer_offers.get().is_open  # the one of policy stands


def test_more_than_they_asked_for_is_not_offered(
    invoice: Invoice, contact: User, rep: User, policy: Policy
) -> None:
    note = asked(invoice, contact, "2")
    with pytest.raises(Refusal, match="less than that"):
        services.make_offer(note, actor=rep, moment=SOON, percent=Decimal(50))


def routed_by(note: CreditNote) -> str:
    return str(note.steps.order_by("-pk")[0].policy.name)


def also(policy: Policy, name: str, position: int, conditions: list[dict[str, Any]]) -> None:
    """A policy that is looked at before, and asks finance."""
    named = {"name": name, "position": position, "conditions": conditions}
    made = Policy.objects.create(company=policy.company, **named)
    PolicyStep.objects.create(policy=made, position=1, role=Role.FINANCE)


def test_policies_tell_a_reps_offer_from_policys_own(
    invoice: Invoice, contact: User, rep: User, policy: Policy
) -> None:
    for place, whose in enumerate(("policy", "rep"), 1):
        conditions = [{"fact": "settled_for", "among": [whose]}]
        also(policy, f"Offers of {whose}", place, conditions)
    own = services.accept_offer(offer_on(asked(invoice, contact)), actor=contact, moment=SOON)
    assert routed_by(own) == "Offers of policy"
    other = asked(factories.invoice(invoice.customer, "INV-8"), contact)
    made = services.make_offer(other, actor=rep, moment=SOON, percent=Decimal(20))
    theirs = services.accept_offer(made, actor=contact, moment=SOON)
    assert routed_by(theirs) == "Offers of rep"
    explanation = explanation_of(theirs.routings.get())
    said = next(each for each in explanation.facts if each.fact == "settled_for")
    assert said.there == "A rep’s"


def test_a_condition_on_any_accepted_offer_holds_for_both(
    invoice: Invoice, contact: User, rep: User, policy: Policy
) -> None:
    """As policies that were written before the two were told apart mean it."""
    conditions = [{"fact": "settled", "is": True}]
    also(policy, "Settled", 1, conditions)
    own = services.accept_offer(offer_on(asked(invoice, contact)), actor=contact, moment=SOON)
    other = asked(factories.invoice(invoice.customer, "INV-8"), contact)
    made = services.make_offer(other, actor=rep, moment=SOON, percent=Decimal(20))
    theirs = services.accept_offer(made, actor=contact, moment=SOON)
    plain = factories.submitted_note(factories.invoice(invoice.customer, "INV-9"), rep)
    assert [routed_by(each) for each in (own, theirs, plain)] == ["Settled"] * 2 + [policy.name]


def test_what_is_submitted_declined_or_withdrawn_takes_the_offer_back(
    invoice: Invoice, contact: User, rep: User, policy: Policy
) -> None:
    submitted, declined, gone = (
        asked(factories.invoice(invoice.customer, f"INV-9{n}"), contact) for n in range(3)
    )
    creditnotes.pick_up(submitted, actor=rep, moment=SOON)
    services.submit(submitted, actor=rep, moment=SOON)
    services.decline(declined, actor=rep, moment=SOON, comment="It was signed for.")
    services.withdraw(gone, actor=contact, moment=SOON)
    statuses = CustomerOffer.objects.values_list("status", flat=True)
    assert list(statuses) == ["withdrawn"] * 3
    with pytest.raises(WrongState):
        services.accept_offer(declined.customer_offers.get(), actor=contact, moment=SOON)


def test_a_picked_up_request_can_still_be_settled(
    note: CreditNote, offer: CustomerOffer, rep: User, contact: User
) -> None:
    creditnotes.pick_up(note, actor=rep, moment=SOON)
    assert services.accept_offer(offer, actor=contact, moment=SOON).state == State.SUBMITTED


def test_the_contact_gets_one_letter_with_the_way_to_the_page(
    note: CreditNote, contact: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    deliver_all()
    [mail] = [mail for mail in mailoutbox if contact.email in mail.to[0]]
    assert mail.subject == f"{note}: we offer you $37.66"
    assert f"/portal/credit-notes/{note.pk}/" in mail.body
    assert "2026-03-17" in mail.body
    assert "accept/" not in mail.body  # no click in a mail accepts anything


def test_an_answered_offer_is_written_to_nobody(
    offer: CustomerOffer, contact: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    services.decline_offer(offer, actor=contact, moment=SOON)
    deliver_all()
    assert not [mail for mail in mailoutbox if "we offer" in mail.subject]


# The database ------------------------------------------------------------------


def test_an_offer_is_answered_once_and_never_changed(offer: CustomerOffer, contact: User) -> None:
    table = "UPDATE approvals_customeroffer SET"
    with database_refuses("answered once"):
        sql(f"{table} net = 99, total = net + tax_total")
    with database_refuses("never_deleted|delete"):
        sql("DELETE FROM approvals_customeroffer")
    services.decline_offer(offer, actor=contact, moment=SOON)
    with database_refuses("answered once"):
        sql(f"{table} status = 'made', answered_at = NULL, answered_by_id = NULL")


def test_an_accepted_offer_is_what_was_submitted_for_good(
    offer: CustomerOffer, contact: User, manager: User
) -> None:
    note = services.accept_offer(offer, actor=contact, moment=SOON)
    with database_refuses("answered once"):
        sql("UPDATE approvals_customeroffer SET content_hash = 'x'")
    with database_refuses("answered once"):
        sql("UPDATE approvals_customeroffer SET net = 1, total = 1 + tax_total")
    assert (offer.net, note.net) == (note.net, CustomerOffer.objects.get().net)


def test_an_offer_is_accepted_as_what_was_submitted_alone(
    offer: CustomerOffer, contact: User
) -> None:
    """The wish is still the note's content: nothing was submitted."""
    offer.status, offer.content_hash = "accepted", "x"
    offer.answered_at, offer.answered_by = SOON, contact
    with database_refuses("something else than was submitted"):
        offer.save()


def test_one_offer_is_open_at_a_time(offer: CustomerOffer) -> None:
    offer.pk = None
    with database_refuses("customer_offer_one_open"):
        offer.save(force_insert=True)


def test_an_offer_is_made_on_a_request_alone(offer: CustomerOffer, contact: User) -> None:
    services.withdraw(offer.note, actor=contact, moment=SOON)
    offer.pk = None
    with database_refuses("what a customer asks for"):
        offer.save(force_insert=True)


# At once -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_accepted_by_two_at_once_it_is_accepted_once(invoice: Invoice, contact: User) -> None:
    offer = offer_on(asked(invoice, contact))
    outcomes = at_once(
        *[lambda: services.accept_offer(offer, actor=contact, moment=SOON) for _ in range(4)]
    )
    assert not refusals(outcomes)
    note = CreditNote.objects.get()
    assert (note.submissions, str(note.total)) == (1, "37.66")


@pytest.mark.django_db(transaction=True)
def test_accepting_while_a_rep_credits_the_line_never_credits_too_much(
    invoice: Invoice, contact: User, rep: User, manager: User
) -> None:
    offer = offer_on(asked(invoice, contact))
    draft = factories.draft_note(invoice, rep, claim(invoice, 1, "10"))
    at_once(
        lambda: services.accept_offer(offer, actor=contact, moment=SOON),
        lambda: services.submit(draft, actor=rep, moment=SOON),
    )
    reserved = CreditNote.objects.filter(hold=Hold.RESERVED)
    assert sum(note.net for note in reserved) <= Decimal("333.30")


@pytest.mark.django_db(transaction=True)
def test_a_rep_submits_while_the_customer_accepts(
    invoice: Invoice, contact: User, rep: User, manager: User
) -> None:
    note = asked(invoice, contact)
    offer = offer_on(note)
    creditnotes.pick_up(note, actor=rep, moment=SOON)
    outcomes = at_once(
        lambda: services.accept_offer(offer, actor=contact, moment=SOON),
        lambda: services.submit(note, actor=rep, moment=SOON),
    )
    assert len(refusals(outcomes)) == 1
    note = CreditNote.objects.get()
    assert note.submissions == 1
    assert str(note.total) in ("37.66", "376.63")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    percent=st.decimals("0.5", 60, places=2),
    pieces=st.lists(st.integers(1, 3), min_size=1, max_size=3),
)
def test_whatever_is_accepted_is_what_was_offered(
    quebec_invoice: Invoice,
    stranger_contact: User,
    other_rep: User,
    percent: Decimal,
    pieces: list[int],
) -> None:
    """Offer after offer on the same lines: exact to the cent, and never beyond what is left."""
    lines = [f"{each}" if line < 3 else "1" for line, each in enumerate(pieces, 1)]
    try:
        note = asked(quebec_invoice, stranger_contact, *lines)
        made = services.make_offer(note, actor=other_rep, moment=SOON, percent=percent)
    except (Refusal, Incomplete):
        return
    accepted = services.accept_offer(made, actor=stranger_contact, moment=SOON)
    assert (accepted.net, accepted.tax_total, accepted.total) == (
        made.net,
        made.tax_total,
        made.total,
    )
    for counter in quebec_invoice.creditable_lines.all():
        assert counter.net_left >= 0
