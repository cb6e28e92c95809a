"""The start page: everybody's own work, and nothing that is not theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services as approval_services
from approvals.models import Assignment, Delegation
from creditnotes import services as creditnote_services
from creditnotes.models import News
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


def parts(browser: Client) -> dict[str, Any]:
    """The parts of the page, each as its rows."""
    answer = browser.get("/")
    assert answer.status_code == 200
    names = ("to_decide", "mine", "waiting", "changes", "requests", "to_issue")
    found = {name: answer.context[name] for name in names if name in answer.context}
    return {name: getattr(part, "rows", part) for name, part in found.items()}


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"


def test_contacts_go_to_the_portal(contact: User, client_of: SignIn) -> None:
    assert client_of(contact).get("/").headers["Location"] == "/portal/"


def test_a_new_rep_is_told_how_to_begin(rep: User, client_of: SignIn) -> None:
    page = client_of(rep).get("/").content.decode()
    assert "Nothing of yours is unfinished" in page
    assert "Waits for your decision" not in page
    assert "to be issued" not in page


def test_a_rep_sees_own_drafts_and_what_came_back(
    rep: User, manager: User, colleague: User, invoice: Invoice, moment: datetime, client_of: SignIn
) -> None:
    draft = factories.draft_note(invoice, rep)
    back = factories.submitted_note(invoice, rep)
    approval_services.return_for_changes(back, actor=manager, moment=moment, comment="Which one?")
    factories.draft_note(invoice, colleague)
    assert set(parts(client_of(rep))["mine"]) == {draft, back}


def test_a_rep_sees_on_whom_their_notes_wait(
    rep: User, manager: User, other_manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    note = factories.submitted_note(invoice, rep)
    browser = client_of(rep)
    assert parts(browser)["waiting"] == [note]
    assert f"waits on\n        {manager}" in browser.get("/").content.decode()
    asked = Assignment.objects.get(step__note=note)
    comment = "You know the yard."
    approval_services.reassign(
        asked, actor=manager, moment=factories.MOMENT, to=other_manager, comment=comment
    )
    page = browser.get("/").content.decode()
    assert re.search(rf"waits on\s+{other_manager}\s", page)


def test_a_manager_decides_the_most_urgent_first(
    rep: User,
    manager: User,
    other_manager: User,
    invoice: Invoice,
    moment: datetime,
    client_of: SignIn,
) -> None:
    later = factories.submitted_note(invoice, rep, moment=moment.replace(hour=20))
    sooner = factories.submitted_note(invoice, rep, moment=moment)
    browser = client_of(manager)
    assert [step.note for step in parts(browser)["to_decide"]] == [sooner, later]
    page = browser.get("/").content.decode()
    assert f"/approvals/{sooner.pk}/" in page
    assert "overdue" in page
    assert parts(client_of(other_manager))["to_decide"] == []


def test_a_stand_in_sees_what_they_may_decide(
    rep: User,
    manager: User,
    other_rep: User,
    invoice: Invoice,
    client_of: SignIn,
) -> None:
    note = factories.submitted_note(invoice, rep)
    browser = client_of(other_rep)
    assert "to_decide" not in parts(browser)
    now = timezone.now()
    hour = timedelta(hours=1)
    Delegation.objects.create(
        delegator=manager, delegate=other_rep, starts_at=now - hour, ends_at=now + hour
    )
    assert [step.note for step in parts(browser)["to_decide"]] == [note]


def test_finance_sees_what_is_approved_and_not_issued(
    rep: User, finance: User, manager: User, invoice: Invoice, moment: datetime, client_of: SignIn
) -> None:
    note = factories.approved_note(invoice, rep)
    browser = client_of(finance)
    assert parts(browser)["to_issue"] == [note]
    assert "to_issue" not in parts(client_of(rep))
    creditnote_services.issue(note, actor=finance, moment=moment)
    assert parts(browser)["to_issue"] == []


def test_reps_see_their_customers_requests(
    rep: User,
    other_rep: User,
    finance: User,
    contact: User,
    invoice: Invoice,
    moment: datetime,
    client_of: SignIn,
) -> None:
    note = factories.draft_note(invoice, contact)
    assert parts(client_of(rep))["requests"] == []
    creditnote_services.request(note, actor=contact, moment=moment)
    assert parts(client_of(rep))["requests"] == [note]
    assert parts(client_of(other_rep))["requests"] == []
    assert "requests" not in parts(client_of(finance))


def test_news_is_told_while_the_note_may_be_seen(
    rep: User, manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    note = factories.approved_note(invoice, rep)
    event = note.events.get(kind="approved")
    news = News.objects.create(user=rep, event=event)
    browser = client_of(rep)
    assert [change.event for change in parts(browser)["changes"]] == [news.event]
    assert "news-dot" in browser.get("/").content.decode()
    rep.departmentusergrant_set.all().delete()
    assert parts(browser)["changes"] == []


def test_a_long_list_says_that_there_is_more(
    rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    for _ in range(9):
        factories.draft_note(invoice, rep)
    answer = client_of(rep).get("/")
    assert len(answer.context["mine"].rows) == 8
    assert "/credit-notes/?owner=me" in answer.content.decode()


def test_the_page_costs_the_same_however_much_waits(
    rep: User, manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    def queries(browser: Client) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/").status_code == 200
        return len(captured)

    factories.submitted_note(invoice, rep)
    factories.draft_note(invoice, rep)
    browsers = [client_of(rep), client_of(manager)]
    before = [queries(browser) for browser in browsers]
    factories.submitted_note(invoice, rep)
    factories.draft_note(invoice, rep)
    assert [queries(browser) for browser in browsers] == before


def test_on_a_phone_too_the_way_to_a_new_credit_note_has_a_name(
    rep: User, client_of: SignIn
) -> None:
    page = client_of(rep).get("/").content.decode()
    assert '<span class="topbar-new-label">New credit note</span>' in page
    assert 'aria-label="Creditdesk"' in page


def test_figures_count_what_waits_and_what_was_credited(
    rep: User, manager: User, finance: User, invoice: Invoice, client_of: SignIn
) -> None:
    factories.submitted_note(invoice, rep, moment=timezone.now())
    context = client_of(manager).get("/").context
    assert (context["load"].count, context["load"].overdue) == (1, 0)
    assert context["credited"].count == 0

    issued = factories.issued_note(invoice, rep, moment=timezone.now())
    credited = client_of(rep).get("/").context["credited"]
    assert (credited.count, credited.net) == (1, issued.net)


def test_figures_leave_out_what_one_may_not_see(
    rep: User, manager: User, other_rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    factories.issued_note(invoice, rep, moment=timezone.now())
    credited = client_of(other_rep).get("/").context["credited"]
    assert (credited.count, credited.net, credited.sales) == (0, 0, 0)
    assert credited.share is None


def test_decisions_are_drawn_by_week_in_time_and_late(
    rep: User, manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    factories.issued_note(invoice, rep, moment=timezone.now())
    week = client_of(manager).get("/").context["decisions"].bars[-1]
    assert week.total == 1
    assert [part.kind for part in week.parts if part.height] == [""]


def test_more_than_fit_are_counted(rep: User, invoice: Invoice, client_of: SignIn) -> None:
    for _ in range(9):
        factories.draft_note(invoice, rep)
    part = client_of(rep).get("/").context["mine"]
    assert (len(part.rows), part.total, part.count) == (8, 9, "9")


def test_a_manager_sees_what_others_did_in_the_department(
    rep: User, manager: User, other_manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    note = factories.issued_note(invoice, rep)
    changes = parts(client_of(manager))["changes"]
    assert [(change.event.note, change.event.kind) for change in changes] == [
        (note, "issued"),
        (note, "submitted"),
    ]
    assert parts(client_of(other_manager))["changes"] == []
