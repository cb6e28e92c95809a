"""A leaver: all open work goes to a colleague and the account is closed, at once or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event as Signal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.leaving import OpenWork
from approvals.models import (
    ApprovalLimit,
    Assignment,
    Delegation,
    Policy,
    PolicyStep,
    Pool,
    Role,
    Step,
)
from config.again import lost_a_race
from creditnotes import services as creditnotes
from creditnotes.models import CreditNote, Event, News, State
from customers.access import FINANCE, MANAGERS, let_serve_department
from customers.errors import NotAllowed, Refusal
from customers.models import Company, Customer, Department, Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT
from tests.racing import at_once

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("policy")


@pytest.fixture
def deputy(department: Department) -> User:
    """Another manager, who serves the department's customers."""
    return factories.person("Della Deputy", MANAGERS, department.company, department)


@pytest.fixture
def waiting(invoice: Invoice, rep: User) -> CreditNote:
    """Waits for the manager alone."""
    return factories.submitted_note(invoice, rep)


def close(person: User, successor: User | None, admin: User) -> OpenWork:
    return services.close_account(person, successor, actor=admin, moment=timezone.now())


def refused(person: User, successor: User | None, admin: User, words: str) -> None:
    """Nothing of it happens, and the words say why."""
    with pytest.raises(Refusal, match=words):
        close(person, successor, admin)
    person.refresh_from_db()
    assert person.is_active
    assert not Event.objects.filter(kind=Event.Kind.HANDED_OVER).exists()


def named_by_a_policy(company: Company, person: User) -> None:
    policy = Policy.objects.create(company=company, name="Named")
    PolicyStep.objects.create(policy=policy, position=1, role=Role.PERSON, person=person)


def test_steps_and_department_go_to_the_successor(
    waiting: CreditNote, manager: User, deputy: User, admin: User, department: Department
) -> None:
    work = close(manager, deputy, admin)
    assert [each.step.note for each in work.steps] == [waiting]
    department.refresh_from_db()
    manager.refresh_from_db()
    assert (department.manager, manager.is_active) == (deputy, False)
    step = waiting.steps.get()
    taken = step.assignments.get(user=deputy)
    assert taken.cause == Assignment.Cause.HANDED_OVER
    assert Step.objects.decidable_by(deputy).get() == step
    event = waiting.events.get(kind=Event.Kind.HANDED_OVER)
    assert (event.actor, event.comment) == (admin, "Manon Manager → Della Deputy")
    assert event.payload == {"from": manager.pk, "to": deputy.pk}
    approved = services.approve(waiting, actor=deputy, moment=timezone.now())
    assert approved.state == State.APPROVED


def test_what_a_rep_owns_goes_to_a_colleague(
    invoice: Invoice, contact: User, rep: User, colleague: User, manager: User, admin: User
) -> None:
    draft = factories.draft_note(invoice, rep)
    submitted = factories.submitted_note(invoice, rep)
    returned = factories.submitted_note(invoice, rep)
    services.return_for_changes(returned, actor=manager, moment=MOMENT, comment="A photo, please.")
    request = factories.draft_note(invoice, contact)
    creditnotes.request(request, actor=contact, moment=MOMENT)
    creditnotes.pick_up(request, actor=rep, moment=MOMENT)
    issued = factories.issued_note(invoice, rep)
    close(rep, colleague, admin)
    for note in (draft, submitted, returned, request):
        note.refresh_from_db()
        assert note.owner == colleague
        assert note.events.latest("pk").kind == Event.Kind.HANDED_OVER
    issued.refresh_from_db()
    assert issued.owner == rep  # what is finished stays as it was
    assert services.submit(draft, actor=colleague, moment=MOMENT).state == State.SUBMITTED


def test_absences_end_and_stand_ins_are_passed_on(
    manager: User, deputy: User, other_manager: User, finance: User, admin: User
) -> None:
    now = timezone.now()
    times = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=5)}
    own = Delegation.objects.create(delegator=manager, delegate=finance, **times)
    held = Delegation.objects.create(delegator=other_manager, delegate=manager, up_to=50, **times)
    close(manager, deputy, admin)
    for each in (own, held):
        each.refresh_from_db()
        assert each.ends_at < now + timedelta(minutes=5)
    passed_on = Delegation.objects.get(delegate=deputy)
    assert (passed_on.delegator, passed_on.up_to) == (other_manager, Decimal(50))
    assert passed_on.ends_at == now + timedelta(days=5)


def test_accounts_pools_and_reports_move(
    customer: Customer, manager: User, deputy: User, other_manager: User, rep: User, admin: User
) -> None:
    pool = Pool.objects.create(company=customer.company, name="Large credits")
    pool.members.add(manager)
    Customer.objects.filter(pk=customer.pk).update(account_manager=manager)
    User.objects.filter(pk=rep.pk).update(reports_to=manager)
    User.objects.filter(pk=manager.pk).update(reports_to=other_manager)
    manager.refresh_from_db()
    close(manager, deputy, admin)
    customer.refresh_from_db()
    rep.refresh_from_db()
    assert (customer.account_manager, list(pool.members.all())) == (deputy, [deputy])
    assert rep.reports_to == other_manager  # whom the leaver reported to


def test_who_is_named_by_a_policy_is_taken_out_of_it_first(
    waiting: CreditNote, manager: User, deputy: User, admin: User
) -> None:
    named_by_a_policy(waiting.company, manager)
    refused(manager, deputy, admin, r"Named \(1\) names Manon Manager: change the policy first")


def test_every_sign_in_ends(client_of: SignIn, rep: User, colleague: User, admin: User) -> None:
    theirs, other = client_of(rep), client_of(colleague)
    close(rep, None, admin)
    assert theirs.get("/").status_code == 302
    assert not theirs.session.get("_auth_user_id")
    assert other.get("/").status_code == 200


# While others work ------------------------------------------------------------------------------


def while_closing(first: Callable[[], object], close_it: Callable[[], object]) -> list[object]:
    """What came of both, where the account is closed while the first is not yet committed."""
    is_done, is_closed = Signal(), Signal()

    def begin() -> None:
        with transaction.atomic():
            first()
            is_done.set()
            is_closed.wait(timeout=1)  # it waits in vain where the closing waits for this

    def then() -> None:
        is_done.wait(timeout=10)
        close_it()
        is_closed.set()

    return at_once(begin, then)


def standing(note: CreditNote) -> list[User]:
    """Whom the note's step asks."""
    asked = Assignment.objects.filter(step__note=note, replaced_by=None)
    return [each.user for each in asked.select_related("user")]


@pytest.mark.django_db(transaction=True)
def test_what_was_handed_on_meanwhile_stays_with_whoever_has_it(
    waiting: CreditNote, manager: User, other_manager: User, deputy: User, admin: User
) -> None:
    hand_on = partial(
        services.reassign,
        waiting.steps.get().assignments.get(),
        actor=manager,
        moment=MOMENT,
        to=other_manager,
        comment="Yours.",
    )
    assert while_closing(hand_on, partial(close, manager, deputy, admin)) == [None, None]
    assert standing(waiting) == [other_manager]
    assert not waiting.events.filter(kind=Event.Kind.HANDED_OVER).exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_handed_to_the_leaver_meanwhile_goes_to_the_successor(
    waiting: CreditNote, manager: User, finance: User, admin: User
) -> None:
    hand_on = partial(
        services.reassign,
        waiting.steps.get().assignments.get(),
        actor=manager,
        moment=MOMENT,
        to=finance,
        comment="Yours.",
    )
    successor = factories.person("Frida Finance", FINANCE, waiting.company)
    assert while_closing(hand_on, partial(close, finance, successor, admin)) == [None, None]
    assert standing(waiting) == [successor]


@pytest.mark.django_db(transaction=True)
def test_what_was_decided_meanwhile_is_handed_to_nobody(
    waiting: CreditNote, manager: User, deputy: User, admin: User
) -> None:
    decide = partial(services.approve, waiting, actor=manager, moment=MOMENT)
    assert while_closing(decide, partial(close, manager, deputy, admin)) == [None, None]
    assert standing(waiting) == [manager]
    assert not waiting.events.filter(kind=Event.Kind.HANDED_OVER).exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_submitted_meanwhile_goes_to_the_successor(
    invoice: Invoice, rep: User, manager: User, deputy: User, admin: User
) -> None:
    draft = factories.draft_note(invoice, rep)
    submit = partial(services.submit, draft, actor=rep, moment=MOMENT)
    assert while_closing(submit, partial(close, manager, deputy, admin)) == [None, None]
    assert standing(draft) == [deputy]


@pytest.mark.django_db(transaction=True)
def test_what_would_ask_the_leaver_a_moment_later_is_routed_anew(
    invoice: Invoice, rep: User, manager: User, deputy: User, admin: User
) -> None:
    draft = factories.draft_note(invoice, rep)
    submit = partial(services.submit, draft, actor=rep, moment=MOMENT)
    is_closed, is_waited_for = Signal(), Signal()

    def close_slowly() -> None:
        with transaction.atomic():
            close(manager, deputy, admin)
            is_closed.set()
            is_waited_for.wait(timeout=1)

    def submit_meanwhile() -> None:
        is_closed.wait(timeout=10)
        submit()

    _closed, lost = at_once(close_slowly, submit_meanwhile)
    assert lost_a_race(lost), lost
    submit()  # as a page does by itself
    assert standing(draft) == [deputy]


# Refused ------------------------------------------------------------------------------------------


def test_open_work_wants_a_successor(waiting: CreditNote, manager: User, admin: User) -> None:
    refused(manager, None, admin, "Choose who takes the open work over")


def test_the_successor_must_be_a_colleague(
    waiting: CreditNote, manager: User, foreign_manager: User, admin: User, deputy: User
) -> None:
    refused(manager, foreign_manager, admin, "Choose a colleague who works here")
    refused(manager, manager, admin, "Choose a colleague who works here")
    User.objects.filter(pk=deputy.pk).update(is_active=False)
    deputy.refresh_from_db()
    refused(manager, deputy, admin, "Choose a colleague who works here")


def test_who_leads_a_department_is_a_manager(
    waiting: CreditNote, manager: User, rep: User, admin: User
) -> None:
    refused(manager, rep, admin, "Rita Rep is no manager, so can't lead Ottawa")


def test_finances_steps_stay_in_finance(
    large_invoice: Invoice, rep: User, manager: User, finance: User, deputy: User, admin: User
) -> None:
    claim = factories.claim(large_invoice, quantity="50")
    factories.submitted_note(large_invoice, rep, claim)
    refused(finance, deputy, admin, "Della Deputy is not in finance")


def test_nobody_is_handed_what_they_took_part_in(
    waiting: CreditNote, manager: User, deputy: User, admin: User
) -> None:
    waiting.participants.create(user=deputy, since=MOMENT)
    refused(manager, deputy, admin, f"Della Deputy took part in {waiting}, on which nobody else")


def test_nor_what_is_beyond_their_limit(
    waiting: CreditNote, manager: User, deputy: User, admin: User
) -> None:
    ApprovalLimit.objects.create(company=waiting.company, user=deputy, amount=10)
    refused(manager, deputy, admin, "Della Deputy may approve 10.00 at most")


def test_nor_what_they_said_yes_to_already(
    large_invoice: Invoice, rep: User, manager: User, deputy: User, finance: User, admin: User
) -> None:
    note = factories.submitted_note(
        large_invoice, rep, factories.claim(large_invoice, quantity="50")
    )
    now = timezone.now()
    Delegation.objects.create(
        delegator=manager, delegate=deputy, starts_at=now, ends_at=now + timedelta(days=1)
    )
    services.endorse(note, actor=deputy, moment=timezone.now())
    deputy.groups.add(Group.objects.get(name=FINANCE))
    refused(finance, deputy, admin, f"Della Deputy said yes to {note} already")


def test_nor_a_step_before_the_one_that_asks_them_alone(
    large_invoice: Invoice,
    rep: User,
    manager: User,
    finance: User,
    department: Department,
    admin: User,
) -> None:
    note = factories.submitted_note(
        large_invoice, rep, factories.claim(large_invoice, quantity="50")
    )
    finance.groups.add(Group.objects.get(name=MANAGERS))
    let_serve_department(finance, department)
    refused(manager, finance, admin, f"Fiona Finance is asked alone in another step of {note}")


def test_whoever_took_over_is_asked_by_mail_and_shown_it(
    waiting: CreditNote,
    manager: User,
    deputy: User,
    admin: User,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    deliver_all()
    mailoutbox.clear()
    close(manager, deputy, admin)
    deliver_all()
    (mail,) = mailoutbox
    assert deputy.email in mail.to[0]
    assert "asks you to decide on a credit note in place of Manon Manager." in str(mail.body)
    assert "/decide/" in str(mail.body)
    news = News.objects.get(event__kind=Event.Kind.HANDED_OVER)
    assert (news.user, news.event.note) == (deputy, waiting)


def test_whose_customers_they_serve_not(
    invoice: Invoice, rep: User, other_rep: User, finance: User, admin: User
) -> None:
    factories.draft_note(invoice, rep)
    refused(rep, other_rep, admin, "does not serve the customer of 1 of these")
    refused(rep, finance, admin, "Fiona Finance does not work on credit notes")


def test_only_an_admin_and_never_ones_own(rep: User, manager: User, admin: User) -> None:
    for person, actor in ((rep, manager), (admin, admin)):
        with pytest.raises(NotAllowed):
            close(person, None, actor)


# The page -----------------------------------------------------------------------------------------


def test_the_page_previews_refuses_and_does_it(
    client_of: SignIn, waiting: CreditNote, manager: User, deputy: User, rep: User, admin: User
) -> None:
    browser, url = client_of(admin), reverse("admin:close_account", args=[manager.pk])
    change = browser.get(reverse("admin:customers_user_change", args=[manager.pk]))
    assert url in change.content.decode()
    page = browser.get(url).content.decode()
    for words in ("Decisions that wait for them", str(waiting), "Departments that they lead"):
        assert words in page
    assert "Hand over and close the account" not in page
    wrong = browser.get(url, {"successor": rep.pk}).content.decode()
    assert "take this over" in wrong
    assert "Rita Rep is no manager" in wrong
    assert "Hand over and close the account" not in wrong
    assert browser.post(url, {"successor": rep.pk}).status_code == 422
    assert "may take all of it over" in browser.get(url, {"successor": deputy.pk}).content.decode()
    answer = browser.post(url, {"successor": deputy.pk}, follow=True)
    assert "can no longer sign in, and their open work is handed over." in answer.content.decode()
    manager.refresh_from_db()
    assert not manager.is_active
    assert LogEntry.objects.filter(object_id=manager.pk).exists()
    assert browser.get(url).status_code == 404


def test_it_is_for_admins_of_the_company(
    client_of: SignIn, manager: User, foreign_manager: User, contact: User, admin: User
) -> None:
    manager.is_staff = True
    manager.save()
    own = reverse("admin:close_account", args=[manager.pk])
    assert client_of(manager).get(own).status_code in (403, 404)
    for person in (foreign_manager, contact):
        url = reverse("admin:close_account", args=[person.pk])
        assert client_of(admin).get(url).status_code == 404


def test_who_only_a_policy_names_is_not_closed_on_the_page_either(
    client_of: SignIn, company: Company, colleague: User, admin: User
) -> None:
    """Nothing waits for them yet, but the policy's next credit would ask nobody."""
    named_by_a_policy(company, colleague)
    refused(colleague, None, admin, r"Named \(1\) names Carl Colleague: change the policy first")
    browser, url = client_of(admin), reverse("admin:close_account", args=[colleague.pk])
    for answer in (browser.get(url), browser.post(url)):
        page = answer.content.decode()
        assert "Named (1) names Carl Colleague" in page
        assert not re.search(r"Close the account\s*</button>", page)


def person_data(person: User, **more: Any) -> dict[str, Any]:
    """What the form about a person sends; not ticked as active."""
    data = {"email": person.email, "full_name": person.full_name, "language": person.language}
    return data | {"company": person.company_id, **more}


def test_whose_work_waits_is_not_just_unticked(
    client_of: SignIn, waiting: CreditNote, manager: User, colleague: User, admin: User
) -> None:
    browser = client_of(admin)
    url = reverse("admin:customers_user_change", args=[manager.pk])
    answer = browser.post(url, person_data(manager))
    assert answer.status_code == 422
    error = str(answer.context["adminform"].form.errors["is_active"])
    assert "Something waits for this person" in error
    assert f"<a href='{reverse('admin:close_account', args=[manager.pk])}'>" in error
    named_by_a_policy(waiting.company, colleague)
    url = reverse("admin:customers_user_change", args=[colleague.pk])
    assert browser.post(url, person_data(colleague)).status_code == 422
    for person in (manager, colleague):
        person.refresh_from_db()
        assert person.is_active


def test_for_whom_nothing_waits_is_unticked(
    client_of: SignIn, colleague: User, admin: User
) -> None:
    url = reverse("admin:customers_user_change", args=[colleague.pk])
    assert client_of(admin).post(url, person_data(colleague)).status_code == 302
    colleague.refresh_from_db()
    assert not colleague.is_active


def test_whose_account_is_closed_decides_nothing(
    waiting: CreditNote, manager: User, deputy: User
) -> None:
    """Nor a stand-in, whatever is still written down."""
    now = timezone.now()
    Delegation.objects.create(
        delegator=manager, delegate=deputy, starts_at=now, ends_at=now + timedelta(days=1)
    )
    deputy.is_active = False
    deputy.save()
    with pytest.raises(NotAllowed, match="Your account is closed"):
        services.approve(waiting, actor=deputy, moment=timezone.now())


def test_deactivating_many_leaves_out_who_has_open_work(
    client_of: SignIn, waiting: CreditNote, manager: User, colleague: User, admin: User
) -> None:
    named = factories.person("Nadia Named", MANAGERS, waiting.company)
    named_by_a_policy(waiting.company, named)
    data = {"action": "deactivate", "_selected_action": [manager.pk, colleague.pk, named.pk]}
    url = reverse("admin:customers_user_changelist")
    page = client_of(admin).post(url, data, follow=True).content.decode()
    assert "Something waits for Manon Manager, Nadia Named" in page
    named.refresh_from_db()
    assert named.is_active
    manager.refresh_from_db()
    colleague.refresh_from_db()
    assert (manager.is_active, colleague.is_active) == (True, False)


def test_a_successor_who_is_in_finance_too(
    waiting: CreditNote, department: Department, finance: User, manager: User, admin: User
) -> None:
    finance.groups.add(Group.objects.get(name=MANAGERS))
    let_serve_department(finance, department)
    close(manager, finance, admin)
    assert Step.objects.decidable_by(finance).exists()
    assert finance.groups.filter(name=FINANCE).exists()
