"""A returned note goes on where it was returned, if nothing changed; else from the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from approvals import services
from approvals.models import Step
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.models import CreditNote, Participant, Reason, State
from customers.access import FINANCE
from customers.errors import NotAllowed
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=2)
SignIn = Callable[[User], Client]


@pytest.fixture
def returned(large_invoice: Invoice, rep: User, manager: User, finance: User) -> CreditNote:
    """Endorsed by the manager, returned by finance."""
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    services.endorse(note, actor=manager, moment=MOMENT)
    return services.return_for_changes(note, actor=finance, moment=MOMENT, comment="Sure?")


def open_steps(note: CreditNote) -> list[str]:
    return [step.role for step in note.steps.filter(status=Step.Status.OPEN)]


def test_unchanged_it_goes_back_to_who_returned_it(
    returned: CreditNote, rep: User, manager: User, finance: User
) -> None:
    again = services.submit(returned, actor=rep, moment=LATER)
    assert (again.state, again.submissions) == (State.SUBMITTED, 1)
    assert open_steps(again) == ["finance"]
    assert again.events.latest("pk").words == "Submitted again, unchanged"
    with pytest.raises(NotAllowed):
        services.endorse(again, actor=manager, moment=LATER)
    approved = services.approve(again, actor=finance, moment=LATER)
    assert approved.state == State.APPROVED
    verdicts = [each.verdict for each in approved.decisions.all()]
    assert verdicts == ["endorse", "return", "approve"]


def test_returned_by_the_first_step_the_later_ones_come_again(
    large_invoice: Invoice, rep: User, manager: User, finance: User
) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    for _twice in range(2):
        services.return_for_changes(note, actor=manager, moment=MOMENT, comment="Sure?")
        services.submit(note, actor=rep, moment=LATER)
    assert open_steps(note) == ["department_manager"]
    services.endorse(note, actor=manager, moment=LATER)
    assert services.approve(note, actor=finance, moment=LATER).state == State.APPROVED


def test_changed_it_is_decided_from_the_start(
    returned: CreditNote, rep: User, reason: Reason, large_invoice: Invoice
) -> None:
    content = Content(reason=reason, claims=[claim(large_invoice, quantity="49")])
    creditnotes.edit(returned, content, actor=rep, moment=LATER)
    again = services.submit(returned, actor=rep, moment=LATER)
    assert again.submissions == 2
    assert open_steps(again) == ["department_manager"]


def test_where_it_counts_for_more_by_now_it_is_routed_anew(
    returned: CreditNote, rep: User, large_invoice: Invoice
) -> None:
    factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="5"))
    again = services.submit(returned, actor=rep, moment=LATER)
    assert again.submissions == 2


def test_where_nobody_is_left_to_go_on_it_is_routed_anew(
    returned: CreditNote, rep: User, finance: User, second_finance: User
) -> None:
    assert not returned.steps.filter(assignments__user=second_finance).exists()
    finance.is_active = False
    finance.save()
    again = services.submit(returned, actor=rep, moment=LATER)
    assert (again.submissions, open_steps(again)) == (2, ["department_manager"])


def asked_of(note: CreditNote) -> set[User]:
    """Whom the open step asks."""
    step = note.steps.get(status=Step.Status.OPEN)
    return {each.user for each in step.assignments.all()}


def test_who_left_or_took_part_meanwhile_is_not_asked_again(
    large_invoice: Invoice, rep: User, manager: User, finance: User, second_finance: User
) -> None:
    third = factories.person("Theo Third", FINANCE, large_invoice.customer.company)
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    services.endorse(note, actor=manager, moment=MOMENT)
    assert asked_of(note) == {finance, second_finance, third}
    services.return_for_changes(note, actor=finance, moment=MOMENT, comment="Sure?")
    User.objects.filter(pk=second_finance.pk).update(is_active=False)
    Participant.objects.create(note=note, user=third, since=MOMENT)
    again = services.submit(note, actor=rep, moment=LATER)
    assert (again.submissions, asked_of(again)) == (1, {finance})


def test_decided_anew_for_another_cause_it_is_not_said_to_be_changed(
    client_of: SignIn, returned: CreditNote, rep: User, large_invoice: Invoice
) -> None:
    factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="5"))
    address = f"/credit-notes/{returned.pk}/submit/"
    sent = client_of(rep).post(address, {"version": returned.version}, follow=True)
    page = sent.content.decode()
    assert "It is decided from the start." in page
    assert "It was changed" not in page


def test_the_rep_is_told_which(client_of: SignIn, returned: CreditNote, rep: User) -> None:
    address = f"/credit-notes/{returned.pk}/submit/"
    page = client_of(rep).post(address, {"version": returned.version}, follow=True)
    assert "Nothing was changed, so it goes back" in page.content.decode()


def test_unchanged_it_may_be_recalled_where_nobody_said_yes(
    invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    services.return_for_changes(note, actor=manager, moment=MOMENT, comment="Sure?")
    services.submit(note, actor=rep, moment=LATER)
    assert services.recall(note, actor=rep, moment=LATER).state == State.DRAFT
