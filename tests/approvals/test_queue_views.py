"""The views of the queue: one's own work, the team's, what is delegated, all that one may see."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.models import ApprovalLimit, Delegation, Policy, Pool, Role, Step
from approvals.whose import Whose, steps_of
from creditnotes.models import CreditNote
from customers.access import MANAGERS, let_serve_department
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
QUEUE = "/approvals/"

pytestmark = pytest.mark.usefixtures("policy")


def shown(answer: Any) -> list[int]:
    """The notes on the page, in order."""
    rows = answer.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    return [int(pk) for pk in re.findall(r'href="/approvals/(\d+)/', rows)]


def counts(answer: Any) -> dict[str, int]:
    """What the tabs say; one that says nothing counts as nothing."""
    tabs = answer.content.decode().partition('<ul class="tabs">')[2].partition("</ul>")[0]
    found = {}
    for words in re.findall(r"<a.*?</a>", tabs, re.DOTALL):
        label, _, count = re.sub(r"\s+", " ", words).partition('<span class="tag"')
        name = re.sub(r"<[^>]*>", "", label).strip()
        found[name] = int(count.partition(">")[2].partition("<")[0])
    return found


def seen(user: User) -> dict[str, list[int]]:
    """The notes in each view of the person's queue, by its name."""
    return {
        whose.value: sorted(steps_of(user, whose).values_list("note", flat=True)) for whose in Whose
    }


def away(person: User, deputy: User) -> Delegation:
    """The person is away now, and the deputy decides."""
    now, day = timezone.now(), timedelta(days=1)
    return Delegation.objects.create(
        delegator=person, delegate=deputy, starts_at=now - day, ends_at=now + day
    )


@pytest.fixture
def deputy(invoice: Invoice) -> User:
    """A manager without a department, who serves that of the customer."""
    department = invoice.customer.department
    return factories.person("Della Deputy", MANAGERS, invoice.company, department)


def test_a_note_is_in_the_view_of_whoever_it_concerns(
    rep: User, manager: User, finance: User, deputy: User, other_manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep).pk

    assert seen(manager) == {"mine": [note], "team": [], "delegated": [], "all": [note]}
    for looking in (finance, deputy, rep):
        assert seen(looking) == {"mine": [], "team": [], "delegated": [], "all": [note]}
    assert seen(other_manager) == {"mine": [], "team": [], "delegated": [], "all": []}


def test_a_stand_in_finds_the_work_under_delegated_with_whose_it_is(
    client_of: SignIn, rep: User, manager: User, deputy: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    away(manager, deputy)

    page = client_of(deputy).get(QUEUE, {"whose": "delegated"})

    assert shown(page) == [note.pk]
    assert "for Manon Manager" in page.content.decode()
    assert seen(manager)["mine"] == [note.pk]
    empty = client_of(deputy).get(QUEUE)
    assert shown(empty) == []
    assert "Decide on the one delegated to you" in empty.content.decode()


def test_of_two_absent_it_names_the_one_who_still_holds_the_role(
    rep: User, manager: User, deputy: User, finance: User, invoice: Invoice, policy: Policy
) -> None:
    pool = Pool.objects.create(company=policy.company, name="Claims")
    pool.members.add(manager, finance)
    ApprovalLimit.objects.create(company=policy.company, role=Role.POOL, amount=1000)
    policy.steps.filter(position=1).update(role=Role.POOL, pool=pool)
    note = factories.submitted_note(invoice, rep)
    away(manager, deputy)
    away(finance, deputy)
    pool.members.remove(manager)

    step = Step.objects.decidable_by(deputy).with_hints(deputy).get()

    assert (step.note, step.principal) == (note, "Fiona Finance")


def test_who_left_the_pool_is_asked_no_more_themselves(
    rep: User, manager: User, deputy: User, invoice: Invoice, policy: Policy
) -> None:
    pool = Pool.objects.create(company=policy.company, name="Claims")
    pool.members.add(manager, deputy)
    ApprovalLimit.objects.create(company=policy.company, role=Role.POOL, amount=1000)
    policy.steps.filter(position=1).update(role=Role.POOL, pool=pool)
    factories.submitted_note(invoice, rep)
    away(manager, deputy)
    pool.members.remove(deputy)

    step = Step.objects.with_hints(deputy).get()

    assert (step.is_own, step.principal) == (False, "Manon Manager")


def test_what_asks_oneself_too_is_not_delegated(
    rep: User, finance: User, second_finance: User, large_invoice: Invoice, policy: Policy
) -> None:
    policy.steps.filter(position=1).delete()
    note = factories.submitted_note(large_invoice, rep).pk
    away(finance, second_finance)

    assert seen(second_finance) == {"mine": [note], "team": [], "delegated": [], "all": [note]}


def test_a_superior_sees_what_waits_for_those_below_where_they_may_see_it(
    client_of: SignIn, rep: User, manager: User, deputy: User, invoice: Invoice
) -> None:
    boss = factories.person("Berta Boss", MANAGERS, invoice.company)
    note = factories.submitted_note(invoice, rep)
    for person, superior in ((manager, deputy), (deputy, boss)):
        person.reports_to = superior
        person.save()

    assert seen(deputy)["team"] == [note.pk]
    assert seen(boss)["team"] == []
    let_serve_department(boss, invoice.customer.department)
    page = client_of(boss).get(QUEUE, {"whose": "team"})
    assert shown(page) == [note.pk]
    assert "waits for Manon Manager" in page.content.decode()
    assert "for None" not in page.content.decode()
    assert "data-tick" not in page.content.decode()


def test_a_manager_sees_where_the_departments_notes_wait(
    rep: User, manager: User, finance: User, large_invoice: Invoice
) -> None:
    note = factories.submitted_note(large_invoice, rep, factories.claim(large_invoice, 1, "50"))
    services.endorse(note, actor=manager, moment=timezone.now())

    assert seen(manager) == {"mine": [], "team": [note.pk], "delegated": [], "all": [note.pk]}
    assert seen(finance)["mine"] == [note.pk]


def test_among_all_only_what_one_may_decide_can_be_ticked(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    own = factories.submitted_note(invoice, manager)
    others = factories.submitted_note(invoice, rep)

    page = client_of(manager).get(QUEUE, {"whose": "all"})

    assert sorted(shown(page)) == [own.pk, others.pk]
    ticks = re.findall(r'name="note"\s+value="(\d+):', page.content.decode())
    assert ticks == [str(others.pk)]


def test_each_tab_says_how_much_is_in_it(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, manager)
    for _ in range(2):
        factories.submitted_note(invoice, rep)

    for whose in ("", "mine", "team", "nonsense"):
        found = counts(client_of(manager).get(QUEUE, {"whose": whose, "q": "nobody"}))
        assert found == {"Mine": 2, "My team’s": 1, "Delegated to me": 0, "All I may see": 3}


@pytest.mark.parametrize(
    ("whose", "words"),
    [
        ("mine", "Nothing waits for you."),
        ("team", "Nothing waits for your team"),
        ("delegated", "Nothing is delegated to you"),
        ("all", "Nothing waits for anybody"),
    ],
)
def test_an_empty_view_says_what_would_be_there(
    client_of: SignIn, manager: User, whose: str, words: str
) -> None:
    page = client_of(manager).get(QUEUE, {"whose": whose})

    assert words in page.content.decode()


def test_the_view_is_kept_on_the_way(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    browser = client_of(manager)

    page = browser.get(QUEUE, {"whose": "all", "sort": "-total"}).content.decode()

    assert f'href="/approvals/{note.pk}/?whose=all&amp;sort=-total"' in page
    assert '<input type="hidden" name="whose" value="all"' in page
    decision = browser.get(f"/approvals/{note.pk}/", {"whose": "all"}).content.decode()
    assert 'href="/approvals/?whose=all"' in decision
    assert "All that waits" in decision


def test_from_a_view_to_look_at_one_goes_on_to_what_one_may_decide(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    now = timezone.now()
    notes = [
        factories.submitted_note(invoice, actor, moment=now - timedelta(minutes=9 - each))
        for each, actor in enumerate((rep, manager, rep))
    ]
    browser = client_of(manager)
    page = browser.get(f"/approvals/{notes[0].pk}/", {"whose": "all"}).content.decode()
    assert re.search(r"1\s+of\s+3", page)
    sent = {"seen": notes[0].content_hash, "following": notes[1].pk}

    answer = browser.post(f"/approvals/{notes[0].pk}/approve/?whose=all", sent)

    assert answer.headers["Location"] == f"/approvals/{notes[2].pk}/?whose=all&done=1"
    looked_at = browser.get(f"/approvals/{notes[1].pk}/", {"whose": "all"}).content.decode()
    assert "data-decision-form" not in looked_at


def test_the_export_says_for_whom_each_waits(
    client_of: SignIn, rep: User, finance: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)

    answer = client_of(finance).get(QUEUE, {"as": "csv", "whose": "all"})
    header, line = csv.reader(b"".join(answer).decode("utf-8-sig").splitlines())

    row = dict(zip(header, line, strict=True))
    assert (row["Credit note"], row["Waits for"]) == (str(note), "Manon Manager")


@pytest.mark.parametrize("whose", Whose.values)
def test_each_view_asks_as_often_however_much_is_in_it(
    client_of: SignIn, rep: User, manager: User, deputy: User, customer: Customer, whose: str
) -> None:
    away(manager, deputy)
    rep.reports_to = deputy
    rep.save()
    browser, asked = client_of(deputy), []
    for number in ("A", "B"):
        for each in range(4):
            factories.submitted_note(factories.invoice(customer, f"{number}-{each}"), rep)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(QUEUE, {"whose": whose}).status_code == 200
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 8


def test_another_company_sees_nothing(
    rep: User, foreign_manager: User, foreign_invoice: Invoice, foreign_rep: User, invoice: Invoice
) -> None:
    factories.policy(foreign_invoice.company)
    factories.submitted_note(invoice, rep)
    note = factories.submitted_note(foreign_invoice, foreign_rep)

    assert seen(foreign_manager)["all"] == [note.pk]
    assert CreditNote.objects.count() == Step.objects.filter(status="open").count() == 2
