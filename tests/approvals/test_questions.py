"""Asking a rep, a colleague or the customer before deciding; who sees and answers what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.models import Policy, Question, Role, Step
from creditnotes.models import CreditNote, Event, News
from customers.access import MANAGERS
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=2)
SignIn = Callable[[User], Client]
Outbox = list[EmailMultiAlternatives]


@pytest.fixture
def note(invoice: Invoice, rep: User, manager: User) -> CreditNote:
    return factories.submitted_note(invoice, rep)


@pytest.fixture
def request_of(invoice: Invoice, contact: User, rep: User, manager: User) -> CreditNote:
    """What the customer asked for in the portal."""
    return factories.asked_for(invoice, contact, rep)


def ask(note: CreditNote, actor: User, to: User | None, text: str = "How many?") -> Question:
    return services.ask(note, actor=actor, moment=MOMENT, text=text, to=to)


def answer(question: Question, actor: User, text: str = "Three.") -> Question:
    return services.answer(question, actor=actor, moment=LATER, text=text)


def test_a_colleague_is_asked_sees_the_note_and_answers(
    client_of: SignIn, note: CreditNote, manager: User, other_rep: User, mailoutbox: Outbox
) -> None:
    page = f"/credit-notes/{note.pk}/"
    assert client_of(other_rep).get(page).status_code == 404

    question = ask(note, manager, other_rep)
    deliver_all()

    assert "How many?" in client_of(other_rep).get(page).content.decode()
    mail = next(mail for mail in mailoutbox if "A question about" in mail.subject)
    assert other_rep.email in mail.to[0]
    assert f"/approvals/questions/{question.pk}/" in mail.body
    assert News.objects.filter(user=other_rep).exists()
    done = client_of(other_rep).post(
        f"/approvals/questions/{question.pk}/", {"text": "Three."}, follow=True
    )
    assert "Your answer went to Manon Manager." in done.content.decode()
    deliver_all()
    assert "Three." in next(mail.body for mail in mailoutbox if "Answered" in mail.subject)
    kinds = [event.kind for event in note.events.all()][-2:]
    assert kinds == [Event.Kind.QUESTION_ASKED, Event.Kind.QUESTION_ANSWERED]
    shown = client_of(manager).get(f"/approvals/{note.pk}/").content.decode()
    for words in ("Manon Manager asked Olga Otherrep", "Olga Otherrep answered", "Three."):
        assert words in shown


def test_the_customer_is_asked_in_the_portal_and_reads_nothing_internal(
    client_of: SignIn,
    request_of: CreditNote,
    manager: User,
    contact: User,
    rep: User,
    mailoutbox: Outbox,
) -> None:
    ask(request_of, manager, rep, "Is that customer honest?")
    question = ask(request_of, manager, None, "Which pallet was it?")
    deliver_all()
    browser, page = client_of(contact), f"/portal/credit-notes/{request_of.pk}/"

    shown = browser.get(page).content.decode()
    assert "Which pallet was it?" in shown
    for words in ("honest", "Manon Manager", "Rita Rep"):
        assert words not in shown
    mails = [mail for mail in mailoutbox if contact.email in mail.to[0]]
    assert [mail.subject for mail in mails if "question" in mail.subject] == [
        f"A question about your request {request_of.reference}"
    ]
    assert not any("Manon" in mail.body for mail in mails)

    empty = browser.post(f"/portal/questions/{question.pk}/", {"text": " "})
    assert empty.status_code == 422
    browser.post(f"/portal/questions/{question.pk}/", {"text": "The blue one."})
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("The blue one.", contact)
    assert "The blue one." in browser.get(page).content.decode()
    assert (
        "The blue one." in client_of(manager).get(f"/approvals/{request_of.pk}/").content.decode()
    )


def test_while_the_customer_is_asked_the_step_says_so(
    client_of: SignIn, request_of: CreditNote, manager: User, contact: User
) -> None:
    step = request_of.steps.get()
    question = ask(request_of, manager, None)
    assert list(Question.objects.waiting().of_customers().filter(step=step)) == [question]
    assert "customer asked" in client_of(manager).get("/approvals/").content.decode()
    page = client_of(manager).get(f"/approvals/{request_of.pk}/").content.decode()
    assert "The customer was asked" in page

    answer(question, contact)
    assert not Question.objects.waiting().exists()
    assert "customer asked" not in client_of(manager).get("/approvals/").content.decode()


def test_once_who_asked_the_customer_has_decided_nobody_waits_for_the_answer(
    invoice: Invoice, contact: User, rep: User, manager: User, finance: User, policy: Policy
) -> None:
    """Two are asked at once; one asks the customer, then says yes without the answer."""
    policy.steps.all().delete()
    colleague = factories.person("Mona Manager", MANAGERS, policy.company)
    policy.steps.create(position=1, role=Role.DEPARTMENT_MANAGER)
    policy.steps.create(position=1, role=Role.PERSON, person=colleague)
    policy.steps.create(position=2, role=Role.FINANCE, is_required=True)
    note = factories.asked_for(invoice, contact, rep)
    first, second, _last = note.steps.order_by("branch")
    ask(note, manager, None)
    assert note.steps.filter(stopped_at__isnull=False).count() == 2
    services.endorse(note, actor=manager, moment=LATER)
    second.refresh_from_db()
    assert (second.status, second.stopped_at) == (Step.Status.OPEN, None)
    assert second.due_at > first.due_at


def test_of_a_credit_that_the_company_began_the_customer_is_not_asked(
    note: CreditNote, manager: User
) -> None:
    with pytest.raises(Refusal, match="does not know") as refusal:
        ask(note, manager, None)
    assert refusal.value.field == "to"


def test_only_who_decides_asks_and_only_colleagues_are_asked(
    note: CreditNote, manager: User, rep: User, finance: User, contact: User, foreign_rep: User
) -> None:
    for person in (rep, finance):
        with pytest.raises(NotAllowed):
            ask(note, person, manager)
    for person in (manager, contact, foreign_rep):
        with pytest.raises(Refusal, match="colleague"):
            ask(note, manager, person)
    with pytest.raises(Incomplete):
        ask(note, manager, rep, " ")


def test_only_who_is_asked_answers_and_once(
    note: CreditNote, manager: User, rep: User, colleague: User, contact: User
) -> None:
    question = ask(note, manager, rep)
    for person in (colleague, contact, manager):
        with pytest.raises(NotAllowed):
            answer(question, person)
    answer(question, rep)
    with pytest.raises(WrongState, match="Rita Rep has answered already"):
        answer(question, rep)
    with database_refuses("a question is answered once"):
        sql("UPDATE approvals_question SET answer = 'Four.' WHERE id = %s", question.pk)
    with database_refuses("Cannot delete"):
        sql("DELETE FROM approvals_question WHERE id = %s", question.pk)


def test_after_the_decision_no_answer_is_needed(
    client_of: SignIn, note: CreditNote, manager: User, rep: User
) -> None:
    question = ask(note, manager, rep)
    services.approve(note, actor=manager, moment=LATER)
    with pytest.raises(WrongState, match="no longer needed"):
        answer(question, rep)
    page = client_of(rep).get(f"/approvals/questions/{question.pk}/").content.decode()
    assert "no longer needed" in page


def test_asking_from_the_page_keeps_what_was_typed(
    client_of: SignIn, note: CreditNote, manager: User, rep: User
) -> None:
    browser, address = client_of(manager), f"/approvals/{note.pk}/ask/"
    assert address in browser.get(f"/approvals/{note.pk}/").content.decode()
    wrong = browser.post(address, {"to": "customer", "text": "Why?"})
    assert wrong.status_code == 422
    assert "Why?" in wrong.content.decode()
    done = browser.post(address, {"to": rep.pk, "text": "Why?"}, follow=True)
    assert "You asked Rita Rep." in done.content.decode()
    assert Question.objects.get().to_user == rep


def test_questions_cost_the_decision_page_no_query(
    client_of: SignIn, note: CreditNote, manager: User, rep: User
) -> None:
    browser, counts = client_of(manager), []
    for _each in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/approvals/{note.pk}/")
        counts.append(len(queries))
        ask(note, manager, rep)
    assert counts[0] == counts[1]
