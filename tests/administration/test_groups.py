"""What each group finds on the admin site, and what it is told it may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from approvals.models import ApprovalLimit, Delegation, Policy
from creditnotes.models import CreditNote, Dispatch, Reason
from customers import access
from customers.models import (
    Account,
    Customer,
    Department,
    FiscalPeriod,
    Invoice,
    JournalEntry,
    TaxRate,
    User,
)
from tests import factories
from tests.administration.conftest import address

Opens = Callable[[User], Client]
INDEX = "/admin/"
WEEK = {
    "starts_at_0": "2099-03-01",
    "starts_at_1": "08:00",
    "ends_at_0": "2099-03-08",
    "ends_at_1": "08:00",
}


def shown(browser: Client) -> set[str]:
    """The sections on the start page, by their keys."""
    return {section.key for section in browser.get(INDEX).context["admin_sections"]}


def test_the_start_page_shows_each_group_its_own(
    opens: Opens, admin: User, finance: User, manager: User, rep: User, policy: Policy
) -> None:
    assert shown(opens(admin)) == {"policy", "people", "company", "trade", "history"}
    assert shown(opens(finance)) == {"policy", "people", "company", "trade", "history"}
    assert shown(opens(manager)) == {"policy", "people", "company"}
    assert shown(opens(rep)) == set()


@pytest.mark.parametrize(
    ("model", "looks", "adds"),
    [
        (Policy, "amf", "a"),
        (Reason, "amf", "a"),
        (ApprovalLimit, "amf", "a"),
        (Delegation, "amf", "amf"),
        (TaxRate, "amf", "a"),
        (User, "a", "a"),
        (Group, "a", ""),
        (Account, "af", "a"),
        (FiscalPeriod, "af", ""),
        (Customer, "af", "a"),
        (Invoice, "af", ""),
        (JournalEntry, "af", ""),
        (CreditNote, "af", ""),
        (Dispatch, "a", ""),
    ],
)
def test_who_looks_and_who_adds(
    model: Any, looks: str, adds: str, opens: Opens, admin: User, finance: User, manager: User
) -> None:
    for letter, person in (("a", admin), ("f", finance), ("m", manager)):
        browser = opens(person)
        assert browser.get(address(model, "changelist")).status_code == (
            200 if letter in looks else 403
        ), (person, "looks")
        assert browser.get(address(model, "add")).status_code == (200 if letter in adds else 403), (
            person,
            "adds",
        )


def test_finance_finds_the_customers_it_serves_and_no_others(
    opens: Opens, finance: User, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    browser = opens(finance)
    other = quebec_invoice.customer
    assert browser.get(address(Invoice, "change", quebec_invoice.pk)).status_code == 200
    access.stop_serving_department(finance, other.department)
    assert quebec_invoice.entry
    for row in (quebec_invoice, other, quebec_invoice.entry):
        assert browser.get(address(type(row), "change", row.pk)).status_code == 404, row
    assert other.name not in browser.get(address(Customer, "changelist")).content.decode()
    assert browser.get(address(Invoice, "change", invoice.pk)).status_code == 200


def test_a_manager_gives_their_own_absence_and_nobody_elses(
    opens: Opens, manager: User, other_manager: User, finance: User
) -> None:
    browser = opens(manager)
    data = WEEK | {"delegator": finance.pk, "delegate": other_manager.pk}
    assert browser.post(address(Delegation, "add"), data).status_code == 302
    mine = Delegation.objects.get()
    assert mine.delegator == manager  # whatever was sent
    theirs = Delegation.objects.create(
        delegator=finance, delegate=other_manager, starts_at=mine.starts_at, ends_at=mine.ends_at
    )
    assert browser.get(address(Delegation, "change", theirs.pk)).status_code == 404
    assert browser.get(address(Delegation, "delete", mine.pk)).status_code == 200
    held = opens(other_manager)
    assert held.get(address(Delegation, "change", mine.pk)).status_code == 200
    assert held.post(address(Delegation, "change", mine.pk), data).status_code == 403
    assert held.post(address(Delegation, "delete", mine.pk), {"post": "yes"}).status_code == 403


def test_a_rep_does_not_stand_in(opens: Opens, admin: User, manager: User, rep: User) -> None:
    data = WEEK | {"delegator": manager.pk, "delegate": rep.pk}
    answer = opens(admin).post(address(Delegation, "add"), data)
    assert "delegate" in answer.context["adminform"].form.errors


def test_a_period_is_seen_here_and_closed_on_its_own_page(
    opens: Opens, finance: User, invoice: Invoice
) -> None:
    period = FiscalPeriod.objects.get()
    browser = opens(finance)
    assert browser.get(address(FiscalPeriod, "change", period.pk)).status_code == 200
    url = address(FiscalPeriod, "change", period.pk)
    assert browser.post(url, {"state": "closed"}).status_code == 403


def test_the_page_of_a_group_says_who_is_in_it_and_what_they_may(
    opens: Opens, admin: User, finance: User, foreign_finance: User
) -> None:
    group = Group.objects.get(name=access.FINANCE)
    page = opens(admin).get(address(Group, "change", group.pk)).content.decode()
    assert finance.full_name in page
    assert foreign_finance.full_name not in page
    assert "Fiscal periods" in page


def test_an_account_without_groups_finds_nothing(
    opens: Opens, rep: User, department: Department
) -> None:
    browser = opens(rep)
    assert "Nothing here is yours to see" in browser.get(INDEX).content.decode()
    assert browser.get(address(Department, "changelist")).status_code == 403
    assert browser.get(reverse("admin:autocomplete")).status_code == 403


def test_stuck_work_is_tried_again_by_those_who_may(
    opens: Opens, admin: User, finance: User, invoice: Invoice, rep: User
) -> None:
    factories.submitted_note(invoice, rep)
    later = datetime(2030, 1, 1, tzinfo=UTC)
    Dispatch.objects.update(attempts=5, due_at=later, last_error="mail server down")
    ids = list(Dispatch.objects.values_list("pk", flat=True))
    ask = {"action": "try_again", "_selected_action": ids}
    assert opens(finance).post(address(Dispatch, "changelist"), ask).status_code == 403
    browser = opens(admin)
    page = browser.get(INDEX).context["attention"]
    assert any("fail" in point.title for point in page)
    assert browser.get(address(Dispatch, "changelist"), {"done": "failing"}).status_code == 200
    assert browser.post(address(Dispatch, "changelist"), ask).status_code == 302
    assert not Dispatch.objects.filter(due_at=later).exists()
