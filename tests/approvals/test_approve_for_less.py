"""Approving for less than was asked for: less of a line, never more, and everybody is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from approvals import services
from approvals.course import course_of
from approvals.granted import granted_of
from approvals.models import Decision
from creditnotes import services as creditnotes
from creditnotes.auditing import audit
from creditnotes.content import hash_of
from creditnotes.models import Basis, CreditableLine, CreditNote, Event, Hold, State
from customers.errors import Incomplete, NotAllowed, Refusal, StaleContent, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT, claim
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=2)
SignIn = Callable[[User], Client]


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    """Four pieces of lumber and two boxes of nails: 133.32 and 20.00, HST 19.93."""
    return factories.submitted_note(invoice, rep, claim(invoice, 1, "4"), claim(invoice, 2, "2"))


def lower(
    note: CreditNote, actor: User, wanted: Mapping[int, str | None], **more: Any
) -> CreditNote:
    figures = {place: None if each is None else Decimal(each) for place, each in wanted.items()}
    told = {"comment": "Two were fine."} | more
    return services.approve_for_less(note, actor=actor, moment=LATER, wanted=figures, **told)


def reserved(invoice: Invoice, *positions: int) -> list[int]:
    """The pieces of these lines that are reserved."""
    lines = CreditableLine.objects.filter(invoice=invoice)
    return [int(lines.get(invoice_line__position=each).reserved_quantity) for each in positions]


def test_less_of_a_line_is_approved_and_the_rest_released(
    note: CreditNote, manager: User, invoice: Invoice
) -> None:
    asked_hash = note.content_hash
    less = lower(note, manager, {0: "2"}, seen=asked_hash)

    assert (less.state, less.hold, less.submissions) == (State.APPROVED, Hold.RESERVED, 1)
    assert (less.net, less.tax_total, less.total) == (
        Decimal("86.66"),
        Decimal("11.27"),
        Decimal("97.93"),
    )
    assert reserved(invoice, 1, 2) == [2, 2]
    decision = less.decisions.get()
    assert (decision.verdict, decision.is_for_less) == (Decision.Verdict.APPROVE, True)
    assert decision.asked_hash == asked_hash
    assert decision.content_hash == less.content_hash == hash_of(less) != asked_hash
    assert decision.asked is not None
    assert decision.asked["total"] == "173.25"
    event = less.events.latest("pk")
    assert (event.kind, event.words) == (Event.Kind.APPROVED, "Approved for less")
    assert [each.kind for each in less.events.all()][-2:] == ["submitted", "approved"]


def test_a_line_may_be_left_out(note: CreditNote, manager: User, invoice: Invoice) -> None:
    less = lower(note, manager, {0: None})
    assert (less.lines.count(), less.net) == (1, Decimal("20.00"))
    assert reserved(invoice, 1, 2) == [0, 2]
    granted = granted_of(less, course_of(less, LATER))
    assert granted is not None
    assert [(row.asked, row.granted, row.is_less) for row in granted.rows] == [
        (Decimal("133.32"), None, True),
        (Decimal("20.00"), Decimal("20.00"), False),
    ]


@pytest.mark.parametrize(
    ("asked", "wanted", "net"),
    [
        (
            {"quantity": None, "basis": Basis.PERCENT, "percent": Decimal(20)},
            "5",
            "16.67",
        ),
        ({"quantity": None, "basis": Basis.AMOUNT, "amount": Decimal(100)}, "99.99", "99.99"),
        ({"quantity": None, "basis": Basis.UNIT_PRICE, "unit_price": Decimal(30)}, "32", "13.30"),
        ({"quantity": None, "basis": Basis.WHOLE}, "3", "99.99"),
        ({"quantity": "5", "unit_price": Decimal(20)}, "2", "40.00"),
    ],
)
def test_each_basis_is_lowered_by_its_own_figure(
    invoice: Invoice, rep: User, manager: User, asked: dict[str, Any], wanted: str, net: str
) -> None:
    note = factories.submitted_note(invoice, rep, claim(invoice, 1, **asked))
    assert lower(note, manager, {0: wanted}).net == Decimal(net)


def test_freight_and_tax_asked_for_in_full_are_lowered(
    invoice: Invoice, rep: User, manager: User
) -> None:
    freight = claim(invoice, 3, None, basis=Basis.FREIGHT)
    note = factories.submitted_note(invoice, rep, freight)
    assert lower(note, manager, {0: "10.50"}).net == Decimal("10.50")


@pytest.mark.parametrize("wanted", [{0: "5"}, {1: "2.5"}])
def test_never_more_than_asked(note: CreditNote, manager: User, wanted: dict[int, str]) -> None:
    with pytest.raises(Refusal, match="Not more than was asked for") as refusal:
        lower(note, manager, wanted)
    assert refusal.value.line in wanted
    assert not note.decisions.exists()


def test_a_lower_corrected_price_would_be_more(invoice: Invoice, rep: User, manager: User) -> None:
    asked = claim(invoice, 1, None, basis=Basis.UNIT_PRICE, unit_price=Decimal(30))
    note = factories.submitted_note(invoice, rep, asked)
    with pytest.raises(Refusal, match="more than was asked"):
        lower(note, manager, {0: "29"})


def test_nothing_less_and_nothing_at_all_are_refused(note: CreditNote, manager: User) -> None:
    with pytest.raises(Refusal, match="not less"):
        lower(note, manager, {})
    with pytest.raises(Refusal, match="Reject it"):
        lower(note, manager, {0: None, 1: "0"})


def test_what_others_let_go_meanwhile_makes_nothing_more(
    invoice: Invoice, rep: User, manager: User
) -> None:
    allowance = claim(invoice, 1, None, basis=Basis.AMOUNT, amount=Decimal(100))
    other = factories.submitted_note(invoice, rep, allowance)
    note = factories.submitted_note(invoice, rep, claim(invoice, 1, "4"), claim(invoice, 2, "2"))
    services.reject(other, actor=manager, moment=LATER)  # four pieces are worth more again
    with pytest.raises(Refusal, match="has changed"):
        lower(note, manager, {1: "1"})
    note.refresh_from_db()
    assert (note.state, note.net) == (State.SUBMITTED, Decimal("113.32"))


def test_it_says_why(note: CreditNote, manager: User) -> None:
    with pytest.raises(Incomplete):
        lower(note, manager, {0: "1"}, comment=" ")


def test_other_content_and_other_people_are_refused(
    note: CreditNote, manager: User, finance: User, rep: User
) -> None:
    with pytest.raises(StaleContent):
        lower(note, manager, {0: "1"}, seen="0" * 64)
    for person in (finance, rep):
        with pytest.raises(NotAllowed):
            lower(note, person, {0: "1"})


def test_who_endorses_changes_nothing(large_invoice: Invoice, rep: User, manager: User) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    with pytest.raises(WrongState, match="Others decide"):
        lower(note, manager, {0: "1"})


def test_a_note_that_bills_anew_is_approved_as_it_is(
    invoice: Invoice, rep: User, manager: User
) -> None:
    draft = factories.rebilled_draft(invoice, rep)
    note = services.submit(draft, actor=rep, moment=MOMENT)
    with pytest.raises(Refusal, match="bills an invoice anew"):
        lower(note, manager, {0: "1"})


def test_it_is_issued_as_approved_and_the_books_agree(
    note: CreditNote, manager: User, invoice: Invoice
) -> None:
    issued = creditnotes.issue(lower(note, manager, {0: "3"}), actor=None, moment=LATER)
    assert issued.document.content_hash == issued.decisions.get().content_hash
    assert not audit()


# In the database ------------------------------------------------------------------------------


def test_the_database_compares_with_what_was_asked(note: CreditNote, manager: User) -> None:
    less = lower(note, manager, {0: "2"})
    with database_refuses("permission denied"):
        sql("UPDATE approvals_decision SET asked = NULL WHERE note_id = %s", less.pk)


def test_a_decision_that_says_less_and_gives_more_is_refused(
    note: CreditNote, manager: User
) -> None:
    step = note.steps.get()
    asked = {"total": "200.00", "lines": [], "taxes": []}
    for given, words in (
        (asked, "more than was asked for"),
        (asked | {"total": "173.25"}, "not less than what was asked for"),
    ):
        with database_refuses(words):
            sql(
                "INSERT INTO approvals_decision (step_id, note_id, actor_id, verdict, comment,"
                ' content_hash, asked_hash, asked, "limit", decided_at)'
                " VALUES (%s, %s, %s, 'approve', 'Why.', %s, %s, %s, 1000, now())",
                *(step.pk, note.pk, manager.pk, note.content_hash, "0" * 64, json.dumps(given)),
            )


# Pages and mails ------------------------------------------------------------------------------


def test_the_page_works_it_out_and_decides(
    client_of: SignIn, note: CreditNote, manager: User
) -> None:
    browser, address = client_of(manager), f"/approvals/{note.pk}/less/"
    assert "$173.25" in browser.get(address).content.decode()
    sent = {"line-0": "2", "line-1": "2", "seen": note.content_hash, "comment": ""}

    look = browser.post(address, sent | {"look": "1"})
    assert look.status_code == 200
    assert "$97.93" in look.content.decode()
    silent = browser.post(address, sent)
    assert silent.status_code == 422
    assert "This field is required" in silent.content.decode()
    more = browser.post(address, sent | {"line-1": "3", "comment": "No."})
    assert more.status_code == 422
    assert "Not more than was asked for: 2." in more.content.decode()
    assert "No." in more.content.decode()
    done = browser.post(address, sent | {"comment": "Two were fine."}, follow=True)
    assert "Approved for less" in done.content.decode()
    note.refresh_from_db()
    assert note.total == Decimal("97.93")
    page = client_of(manager).get(f"/credit-notes/{note.pk}/").content.decode()
    for words in ("Approved for less", "133.32", "66.66", "Two were fine."):
        assert words in page


def test_only_who_decides_last_gets_the_page(
    client_of: SignIn, note: CreditNote, manager: User, rep: User, other_manager: User
) -> None:
    address = f"/approvals/{note.pk}/less/"
    assert client_of(rep).get(address).status_code == 403
    assert client_of(other_manager).get(address).status_code == 404
    assert address in client_of(manager).get(f"/approvals/{note.pk}/").content.decode()


def test_rep_and_customer_are_told_why(
    client_of: SignIn,
    invoice: Invoice,
    contact: User,
    rep: User,
    manager: User,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    draft = factories.draft_note(invoice, contact, claim(invoice, 1, "4"))
    creditnotes.request(draft, actor=contact, moment=MOMENT)
    creditnotes.pick_up(draft, actor=rep, moment=MOMENT)
    note = services.submit(draft, actor=rep, moment=MOMENT)
    deliver_all()
    mailoutbox.clear()

    lower(note, manager, {0: "1"})
    deliver_all()

    def body(subject: str) -> str:
        return str(next(mail.body for mail in mailoutbox if subject in mail.subject))

    assert "It was approved for less: $150.65 was asked for." in body("Approved")
    theirs = body("was granted in part")
    assert "We grant you $37.66, which is less than you asked for." in theirs
    assert "Two were fine." in theirs
    page = client_of(contact).get(f"/portal/credit-notes/{note.pk}/")
    assert "Two were fine." in page.content.decode()
