"""The review queue: who sees what in it, in which order, narrowed and paged."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.figures import load_of, pace_of
from approvals.models import Delegation, Step
from approvals.timing import time_left, time_left_short, tone
from creditnotes import services as creditnote_services
from creditnotes.models import Basis, CreditNote
from customers.access import MANAGERS
from customers.businesshours import BusinessCalendar
from customers.models import Customer, Invoice, User
from customers.paging import page_of
from tests import factories

SignIn = Callable[[User], Client]
QUEUE = "/approvals/"
#: Nine hours a day, from Monday to Friday.
NINE_TO_SIX = BusinessCalendar(
    "America/Toronto", time(9), time(18), frozenset(range(5)), province="ON"
)


def shown(answer: Any) -> list[int]:
    """The notes on the page, in order."""
    rows = answer.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    return [int(pk) for pk in re.findall(r'href="/approvals/(\d+)/', rows)]


def test_an_empty_queue_says_so(client_of: SignIn, manager: User) -> None:
    page = client_of(manager).get(QUEUE).content.decode()

    assert "All done" in page
    assert "Nothing waits for you." in page
    assert "data-preview-pane" not in page


def test_each_approver_sees_what_waits_for_them(
    client_of: SignIn,
    rep: User,
    manager: User,
    other_manager: User,
    finance: User,
    invoice: Invoice,
) -> None:
    note = factories.submitted_note(invoice, rep)

    assert shown(client_of(manager).get(QUEUE)) == [note.pk]
    for other in (rep, other_manager, finance):
        assert shown(client_of(other).get(QUEUE)) == []


def test_contacts_have_no_queue(client_of: SignIn, contact: User) -> None:
    assert client_of(contact).get(QUEUE).status_code == 404


def test_it_shows_what_one_must_know(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "2"))

    page = client_of(manager).get(QUEUE).content.decode()

    for words in (str(note), "Érable Builders", "Wrong price", "$75.33", "Rita Rep"):
        assert words in page
    assert "1 credit note" in page


def test_the_most_urgent_comes_first_and_what_is_late_is_marked(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    now = factories.MOMENT
    calm = factories.submitted_note(invoice, rep, moment=now)
    late = factories.submitted_note(invoice, rep, moment=now - timedelta(days=7))

    with time_machine.travel(now, tick=False):
        check_urgency(client_of(manager), late, calm)


def check_urgency(client: Client, late: CreditNote, calm: CreditNote) -> None:
    """Both are in the queue, and the one that is late is marked."""
    page = client.get(QUEUE)

    assert shown(page) == [late.pk, calm.pk]
    assert page.content.decode().count("tag tag-bad") == 1
    assert "2 days overdue" in page.content.decode()
    assert " left</span>" in page.content.decode()
    assert shown(client.get(QUEUE, {"due": "late"})) == [late.pk]


def test_ones_own_note_is_left_out(
    client_of: SignIn, manager: User, finance: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, manager)

    assert shown(client_of(manager).get(QUEUE)) == []
    assert shown(client_of(finance).get(QUEUE)) == [note.pk]


def test_whoever_stands_in_sees_it_while_they_do(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    deputy = factories.person("Della Deputy", MANAGERS, invoice.company)
    note = factories.submitted_note(invoice, rep)
    assert shown(client_of(deputy).get(QUEUE)) == []
    now, day = timezone.now(), timedelta(days=1)
    delegation = Delegation.objects.create(
        delegator=manager, delegate=deputy, starts_at=now - day, ends_at=now + day
    )

    assert shown(client_of(deputy).get(QUEUE, {"whose": "delegated"})) == [note.pk]
    delegation.ends_at = now - day / 2
    delegation.save()
    assert shown(client_of(deputy).get(QUEUE, {"whose": "delegated"})) == []


def test_it_is_searched_and_narrowed(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    neighbour = factories.customer(invoice.customer.department, "C-101", "Neighbour Decks")
    freight = factories.reason(invoice.company, "freight")
    factories.submitted_note(invoice, rep)
    wanted = factories.submitted_note(factories.invoice(neighbour, "INV-90"), rep, reason=freight)
    browser = client_of(manager)

    for words in ("neighbour", "INV-90", str(wanted)):
        assert shown(browser.get(QUEUE, {"q": words})) == [wanted.pk]
    assert shown(browser.get(QUEUE, {"reason": freight.pk})) == [wanted.pk]
    assert "Nothing fits" in browser.get(QUEUE, {"q": "nobody"}).content.decode()
    assert len(shown(browser.get(QUEUE, {"reason": "nonsense"}))) == 2


def test_the_number_of_queries_does_not_grow(
    client_of: SignIn, rep: User, manager: User, customer: Customer
) -> None:
    browser, counts = client_of(manager), []
    for number in ("A", "B"):
        for each in range(4):
            factories.submitted_note(factories.invoice(customer, f"{number}-{each}"), rep)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(QUEUE).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 8


def test_a_step_without_its_submission_never_shows(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.approved_note(invoice, rep)

    assert Step.objects.filter(note=note, status="done").exists()
    assert CreditNote.objects.get().pk not in shown(client_of(manager).get(QUEUE))


# Figures ----------------------------------------------------------------------------------------


@time_machine.travel(factories.MOMENT, tick=False)
def test_the_figures_count_what_waits_and_how_fast_one_decides(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    now = timezone.now()
    for hours in (2, 4, 30):
        note = factories.submitted_note(invoice, rep, moment=now - timedelta(hours=hours))
        services.approve(note, actor=manager, moment=now - timedelta(minutes=1))
    long_ago = factories.submitted_note(invoice, rep, moment=now - timedelta(days=40))
    services.approve(long_ago, actor=manager, moment=now - timedelta(days=39, hours=16))
    factories.submitted_note(invoice, rep, moment=now - timedelta(days=7))
    factories.submitted_note(invoice, rep, moment=now)

    load, pace = load_of(Step.objects.decidable_by(manager), now), pace_of(manager, now)

    assert (load.count, load.overdue, load.fitting) == (2, 1, 2)
    assert load.sums == [(Decimal("75.33"), "CAD")]
    assert pace.median is not None
    assert timedelta(hours=3, minutes=50) < pace.median < timedelta(hours=4)
    assert pace.change == -50  # eight hours before, four now
    assert pace.this_week in (0, 3)  # on a Monday just after midnight, none
    page = client_of(manager).get(QUEUE).content.decode()
    for words in ("1 overdue", "$75.33", "3 h 59 min", "-50 %"):
        assert words in page


def test_the_figures_are_ones_own(
    rep: User, manager: User, other_manager: User, finance: User, invoice: Invoice
) -> None:
    now = timezone.now()
    factories.submitted_note(invoice, rep, moment=now)
    services.approve(
        factories.submitted_note(invoice, rep, moment=now), actor=manager, moment=timezone.now()
    )

    for other in (other_manager, finance):
        assert load_of(Step.objects.decidable_by(other), now).count == 0
        assert pace_of(other, now).this_week == 0


# Order, hints, export, preview --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("total", ["Aspen", "Érable Builders", "Zinc"]),
        ("-total", ["Zinc", "Érable Builders", "Aspen"]),
        ("customer", ["Aspen", "Érable Builders", "Zinc"]),
        ("-submitted", ["Aspen", "Zinc", "Érable Builders"]),
        ("nonsense", ["Érable Builders", "Zinc", "Aspen"]),
    ],
)
def test_it_is_sorted_page_by_page(
    client_of: SignIn,
    rep: User,
    manager: User,
    customer: Customer,
    monkeypatch: pytest.MonkeyPatch,
    sort: str,
    names: list[str],
) -> None:
    monkeypatch.setattr("approvals.views.queue.page_of", partial(page_of, size=2))
    now = timezone.now()
    for minutes, name, pieces in ((9, "", "2"), (6, "Zinc", "3"), (3, "Aspen", "1")):
        of = factories.customer(customer.department, name, name) if name else customer
        invoice = factories.invoice(of, f"INV-{minutes}")
        claim = factories.claim(invoice, 1, pieces)
        factories.submitted_note(invoice, rep, claim, moment=now - timedelta(minutes=minutes))
    browser = client_of(manager)

    first = browser.get(QUEUE, {"sort": sort}).content.decode()
    onward = re.search(r'rel="next"[^>]*href="([^"]+)"', first, re.DOTALL)
    assert onward
    second = browser.get(QUEUE + onward[1].replace("&amp;", "&")).content.decode()

    found = re.findall(r'queue-customer">\s*([^<]+?)\s*<', first + second)
    assert found == names


def test_photos_doubles_and_the_standard_offer_are_marked(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    plain = factories.submitted_note(invoice, rep, factories.claim(invoice, 2, "1"))
    page = client_of(manager).get(QUEUE).content.decode()
    for words in ("Possible duplicate", "Photos and documents:", "standard 10"):
        assert words not in page

    tenth = factories.claim(invoice, 3, None, basis=Basis.PERCENT, percent=Decimal(10))
    draft = factories.draft_note(invoice, rep, tenth)
    creditnote_services.attach(draft, factories.photo(), actor=rep, moment=factories.MOMENT)
    services.submit(draft, actor=rep, moment=factories.MOMENT)
    double = factories.submitted_note(invoice, rep, factories.claim(invoice, 2, "1"))
    page = client_of(manager).get(QUEUE).content.decode()

    assert page.count("Photos and documents:") == 1
    assert page.count('visually-hidden">Possible duplicate') == 2
    assert page.count("standard 10") == 1
    within = client_of(manager).get(QUEUE, {"offer": "within"})
    assert shown(within) == [draft.pk]
    assert sorted(shown(client_of(manager).get(QUEUE, {"offer": "above"}))) == [plain.pk, double.pk]


def test_the_rows_lead_on_through_what_one_looks_at(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)

    page = client_of(manager).get(QUEUE, {"q": "INV-1", "sort": "-total", "due": "?"})

    assert f'href="/approvals/{note.pk}/?q=INV-1&amp;sort=-total"' in page.content.decode()


def test_it_is_exported_as_it_is_narrowed(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    formula = factories.customer(invoice.customer.department, "C-9", "=cmd()")
    factories.submitted_note(invoice, rep)
    note = factories.submitted_note(factories.invoice(formula, "INV-9"), rep)

    answer = client_of(manager).get(QUEUE, {"as": "csv", "q": "INV-9"})
    lines = list(csv.reader(b"".join(answer).decode("utf-8-sig").splitlines()))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="to-decide.csv"'
    assert len(lines) == 2
    assert lines[1][:7] == [str(note), "C-9", "'=cmd()", "Wrong price", "33.33", "4.33", "37.66"]


def test_a_glance_at_a_note(
    client_of: SignIn, rep: User, manager: User, other_manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep, explanation="Two boards were split.")
    address = f"/approvals/{note.pk}/preview/"

    page = client_of(manager).get(address, {"sort": "total"}).content.decode()

    for words in (str(note), "Érable Builders", "$37.66", "INV-1", "Two boards were split."):
        assert words in page
    assert "Waits for Manon Manager" in page
    assert f'href="/approvals/{note.pk}/?sort=total"' in page
    assert "<html" not in page
    assert client_of(other_manager).get(address).status_code == 404


# Time left ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (5, "5 min left"),
        (200, "3 h 20 min left"),
        (60 * 24, "9 h 0 min left"),
        (60 * 49, "2 working days left"),
        (-61, "overdue by 1 h 1 min"),
        (-60 * 24 * 4, "overdue by 2 working days"),  # over a weekend
    ],
)
def test_time_left_in_words(minutes: int, words: str) -> None:
    assert (
        time_left(factories.MOMENT + timedelta(minutes=minutes), factories.MOMENT, NINE_TO_SIX)
        == words
    )


@pytest.mark.parametrize(
    ("minutes", "words", "look"),
    [
        (5, "5 min left", "warn"),
        (200, "3 h left", "warn"),
        (60 * 46, "16 h left", "calm"),
        (60 * 49, "2 days left", "calm"),
        (-61, "1 h overdue", "bad"),
    ],
)
def test_time_left_at_a_glance(minutes: int, words: str, look: str) -> None:
    due = factories.MOMENT + timedelta(minutes=minutes)

    assert time_left_short(due, factories.MOMENT, NINE_TO_SIX) == words
    assert tone(due, factories.MOMENT, NINE_TO_SIX) == look
