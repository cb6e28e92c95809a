"""Why a note came to whom it came: on its pages, on a page of its own, and as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.models import ApprovalLimit, Policy, Role
from creditnotes.models import CreditNote
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT

Opens = Callable[[User], Client]


@pytest.fixture
def note(invoice: Invoice, rep: User, policy: Policy) -> CreditNote:
    """Passed over by one policy and taken by the standard one."""
    condition: dict[str, Any] = {"fact": "amount", "from": "5000.00"}
    large = Policy.objects.create(
        company=policy.company, name="Large credits", position=10, conditions=[condition]
    )
    large.steps.create(position=1, role=Role.FINANCE)
    return factories.submitted_note(invoice, rep)


def test_the_decision_page_says_condition_by_condition(
    note: CreditNote, manager: User, client_of: Opens
) -> None:
    page = client_of(manager).get(f"/approvals/{note.pk}/").content.decode()
    for words in ("Condition by condition", "Large credits, version 1", "$5,000.00 or more"):
        assert words in page, words
    assert f"/approvals/{note.pk}/why/" in page


def test_the_page_keeps_to_what_was_then(
    note: CreditNote, manager: User, finance: User, client_of: Opens
) -> None:
    limit = ApprovalLimit.objects.get(role=Role.DEPARTMENT_MANAGER)
    limit.amount = Decimal(7)
    limit.save()
    manager.full_name = "Manon Renamed"
    manager.save()
    page = client_of(finance).get(f"/approvals/{note.pk}/why/").content.decode()
    assert "Manon Manager" in page
    assert "limit $1,000.00" in page
    assert "does not apply" in page
    assert "It has no conditions" in page
    assert "Sales" in page, "where it came from"


def test_each_submission_has_its_own(
    note: CreditNote, rep: User, manager: User, client_of: Opens
) -> None:
    services.recall(note, actor=rep, moment=MOMENT)
    services.submit(note, actor=rep, moment=MOMENT)
    page = client_of(manager).get(f"/approvals/{note.pk}/why/").content.decode()
    assert "Submission 1" in page
    assert "Submission 2" in page


def test_the_same_as_a_spreadsheet(note: CreditNote, manager: User, client_of: Opens) -> None:
    services.approve(note, actor=manager, moment=MOMENT)
    answer = client_of(manager).get(f"/approvals/{note.pk}/why/?as=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Submission", "What", "Subject", "Wanted", "Then", "Result"]
    assert ["1", "Policy", "Large credits (1)", "", "", "does not apply"] in rows
    condition = next(row for row in rows if row[1] == "Condition")
    assert condition[3:] == ["5000.00…", str(note.total), "does not hold"]
    assert ["1", "Step", "Manon Manager", "1. The customer's department manager"] in [
        row[:4] for row in rows
    ]
    assert rows[-1][1:3] == ["Decision", "Manon Manager"]


def test_after_the_decision_too_it_says_all(
    invoice: Invoice, rep: User, manager: User, finance: User, policy: Policy, client_of: Opens
) -> None:
    """Why the step was asked, to whom it was escalated, what was left out before it."""
    policy.steps.filter(position=2).delete()
    policy.steps.filter(position=1).update(position=2)
    policy.steps.create(position=1, role=Role.ACCOUNT_MANAGER)
    note = factories.submitted_note(invoice, rep)
    note.steps.update(escalated_at=MOMENT)
    note.steps.get().assignments.create(user=finance, asked_as="finance", cause="escalated")
    services.approve(note, actor=manager, moment=MOMENT)
    because = "The limit of those asked covers the amount, so they decide."
    page = client_of(manager).get(f"/approvals/{note.pk}/why/").content.decode()
    for words in ("to Fiona Finance: nobody had decided in time", because, "nobody has this role"):
        assert words in page
    assert because in client_of(manager).get(f"/approvals/{note.pk}/").content.decode()
    answer = client_of(manager).get(f"/approvals/{note.pk}/why/?as=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert ["1", "Left out", "The customer's account manager", "", "", "nobody has this role"] in [
        [*row[:5], row[5]] for row in rows
    ]
    assert because in [row[5] for row in rows if row[1] == "Why"]
    (escalated,) = [row for row in rows if row[1] == "Escalated"]
    when = timezone.localtime(MOMENT).isoformat(timespec="minutes")
    with timezone.override(ZoneInfo(note.company.time_zone)):
        here = timezone.localtime(MOMENT).isoformat(timespec="minutes")
    assert escalated[2] == "Fiona Finance"
    assert escalated[4] in (when, here)


def test_what_was_routed_before_reasons_were_kept_says_so(
    invoice: Invoice, rep: User, client_of: Opens
) -> None:
    draft = factories.draft_note(invoice, rep)
    page = client_of(rep).get(f"/approvals/{draft.pk}/why/").content.decode()
    assert "Nothing was written down" in page


@pytest.mark.parametrize("who", ["other_rep", "contact", "foreign_rep"])
def test_nobody_else_sees_it(
    note: CreditNote, who: str, client_of: Opens, request: pytest.FixtureRequest
) -> None:
    browser = client_of(request.getfixturevalue(who))
    assert browser.get(f"/approvals/{note.pk}/why/").status_code == 404


def test_it_costs_the_same_however_many_policies_were_looked_at(
    note: CreditNote, invoice: Invoice, rep: User, manager: User, client_of: Opens
) -> None:
    browser = client_of(manager)

    def queries(one: CreditNote) -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(f"/approvals/{one.pk}/why/")
        return len(captured)

    queries(note)
    before = queries(note)
    for number in range(5):
        conditions = [{"fact": "amount", "from": str(9000 + number)}]
        Policy.objects.create(
            company=note.company, name=f"P{number}", position=number, conditions=conditions
        )
    assert queries(factories.submitted_note(invoice, rep)) == before
