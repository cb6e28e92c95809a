"""Reversal: two people take an issued credit back by a debit note, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from creditnotes import services
from creditnotes.auditing import audit
from creditnotes.creditable import Claim
from creditnotes.documents.debit import html_of_debit, pdf_of_debit, stored_debit_pdf
from creditnotes.emails import ask_for_second_person, send_debit_note
from creditnotes.models import (
    Basis,
    CreditableLine,
    CreditableTax,
    CreditNote,
    DebitNote,
    Event,
    Hold,
    Reversal,
    State,
)
from creditnotes.services.reversing import applied_to
from customers import ledger
from customers.errors import Incomplete, NotAllowed, OverCredit, WrongState
from customers.models import Application, FiscalPeriod, Invoice, JournalEntry, OpenItem, User
from customers.periods import period_for, set_state
from tests import factories
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(days=1)
WHY = "The slip was misread: nothing was missing."


@pytest.fixture
def issued(invoice: Invoice, rep: User) -> CreditNote:
    """Three of ten pieces, 112.99 with tax, applied to nothing."""
    note = factories.issued_note(invoice, rep, claim(invoice, quantity="3"))
    return factories.unapply(note)


@pytest.fixture
def proposed(issued: CreditNote, finance: User) -> CreditNote:
    return services.propose_reversal(issued, actor=finance, moment=LATER, comment=WHY)


@pytest.fixture
def reversed_note(proposed: CreditNote, second_finance: User) -> CreditNote:
    return services.confirm_reversal(proposed, actor=second_finance, moment=LATER)


def lines_of(entry: JournalEntry | None) -> set[tuple[str, Decimal, Decimal, int | None]]:
    assert entry is not None
    return set(entry.lines.values_list("account__code", "debit", "credit", "customer"))


# Reversing --------------------------------------------------------------------


def test_a_proposal_changes_nothing(proposed: CreditNote, finance: User) -> None:
    assert (proposed.state, proposed.hold) == (State.ISSUED, Hold.ISSUED)
    assert proposed.reversals.get().proposed_by == finance
    assert proposed.events.latest("pk").kind == Event.Kind.REVERSAL_PROPOSED
    assert not JournalEntry.objects.filter(kind=JournalEntry.Kind.REVERSAL).exists()


def test_confirmed_it_is_a_debit_note_of_its_own_series(
    reversed_note: CreditNote, finance: User, second_finance: User
) -> None:
    assert (reversed_note.state, reversed_note.hold) == (State.REVERSED, Hold.NONE)
    debit = reversed_note.debit_note
    assert debit.number == "DN-2026-000001"
    assert (debit.issued_on, debit.issued_by) == (date(2026, 3, 11), second_finance)
    assert (debit.reversal.proposed_by, debit.reversal.decided_by) == (finance, second_finance)
    assert reversed_note.document.number == "CN-2026-000001"
    assert reversed_note.events.latest("pk").kind == Event.Kind.REVERSED


def test_it_posts_the_exact_opposite(reversed_note: CreditNote) -> None:
    posted = lines_of(reversed_note.document.entry)
    opposite = lines_of(reversed_note.debit_note.entry)
    assert opposite == {(code, credit, debit, whom) for code, debit, credit, whom in posted}
    assert ledger.receivable_of(reversed_note.customer) == Decimal("461.38")


def test_credit_and_debit_settle_each_other(reversed_note: CreditNote) -> None:
    items = OpenItem.objects.filter(
        entry__in=[reversed_note.document.entry, reversed_note.debit_note.entry]
    )
    assert {item.open for item in items} == {Decimal(0)}
    (application,) = applied_to(reversed_note)
    with database_refuses("what was reversed stays settled"):
        Application.objects.create(
            payer=application.payer,
            invoice=application.invoice,
            amount=application.amount,
            applied_on=application.applied_on,
            undoes=application,
        )


def test_what_it_credited_can_be_credited_again(
    reversed_note: CreditNote, invoice: Invoice, rep: User
) -> None:
    line = CreditableLine.objects.get(invoice_line__invoice=invoice, invoice_line__position=1)
    assert line.issued_quantity == line.issued_net == 0
    assert CreditableTax.objects.get().issued_amount == 0
    factories.issued_note(invoice, rep, claim(invoice, quantity="10"))
    with pytest.raises(OverCredit):
        factories.issued_note(invoice, rep, claim(invoice, quantity="1"))


def test_the_books_stay_sound(reversed_note: CreditNote) -> None:
    assert audit() == []


def test_a_closed_month_is_posted_in_the_next_open_one(
    proposed: CreditNote, second_finance: User
) -> None:
    period, _ = period_for(proposed.company, date(2026, 3, 11))
    set_state(period, FiscalPeriod.State.CLOSED, by=second_finance, moment=timezone.now())
    done = services.confirm_reversal(proposed, actor=second_finance, moment=LATER)
    entry = done.debit_note.entry
    assert entry is not None
    assert (entry.document_date, entry.posted_on) == (date(2026, 3, 11), date(2026, 4, 1))


# Refusals ---------------------------------------------------------------------


def test_what_is_applied_is_not_reversed(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.issued_note(invoice, rep, claim(invoice, quantity="3"))
    with pytest.raises(WrongState, match=r"INV-1 \(112.99\)"):
        services.propose_reversal(note, actor=finance, moment=LATER, comment=WHY)


def test_what_was_applied_since_is_not_reversed(
    proposed: CreditNote, invoice: Invoice, second_finance: User
) -> None:
    owed = OpenItem.objects.get(entry__invoice=invoice)
    paying = OpenItem.objects.get(entry__credit_document__note=proposed)
    Application.objects.create(
        payer=paying, invoice=owed, amount=Decimal(5), applied_on=date(2026, 3, 11)
    )
    with pytest.raises(WrongState, match="Unapply it first"):
        services.confirm_reversal(proposed, actor=second_finance, moment=LATER)
    assert not DebitNote.objects.exists()


def test_nobody_confirms_or_declines_their_own(proposed: CreditNote, finance: User) -> None:
    with pytest.raises(NotAllowed):
        services.confirm_reversal(proposed, actor=finance, moment=LATER)
    with pytest.raises(NotAllowed):
        services.decline_reversal(proposed, actor=finance, moment=LATER, comment="No.")


def test_the_database_refuses_one_person_for_both(proposed: CreditNote, finance: User) -> None:
    with database_refuses("reversal_takes_two_people"):
        sql(
            "UPDATE creditnotes_reversal SET status = 'confirmed', decided_by_id = %s,"
            " decided_at = now()",
            finance.pk,
        )


def test_the_database_refuses_a_reversal_without_its_debit_note(issued: CreditNote) -> None:
    with database_refuses("reversed without its debit note"):
        sql("UPDATE creditnotes_creditnote SET state = 'reversed', hold = 'none'")


def test_a_decided_proposal_is_history(reversed_note: CreditNote) -> None:
    for change in ("status = 'proposed'", "reason = 'Another'"):
        with database_refuses("history is immutable"):
            sql(f"UPDATE creditnotes_reversal SET {change}")  # noqa: S608


@pytest.mark.parametrize("who", ["rep", "manager", "admin", "contact", "foreign_finance"])
def test_only_the_companys_finance_reverses(
    issued: CreditNote, who: str, request: pytest.FixtureRequest
) -> None:
    actor = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        services.propose_reversal(issued, actor=actor, moment=LATER, comment=WHY)


def test_it_says_why(issued: CreditNote, finance: User) -> None:
    with pytest.raises(Incomplete):
        services.propose_reversal(issued, actor=finance, moment=LATER, comment=" ")


def test_only_what_is_issued_is_reversed(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.approved_note(invoice, rep)
    with pytest.raises(WrongState):
        services.propose_reversal(note, actor=finance, moment=LATER, comment=WHY)


def test_one_proposal_at_a_time(proposed: CreditNote, second_finance: User) -> None:
    with pytest.raises(WrongState, match="proposed already"):
        services.propose_reversal(proposed, actor=second_finance, moment=LATER, comment=WHY)


# Declined, taken back, repeated -----------------------------------------------


def test_declined_it_stays_issued_and_may_be_proposed_again(
    proposed: CreditNote, finance: User, second_finance: User
) -> None:
    note = services.decline_reversal(
        proposed, actor=second_finance, moment=LATER, comment="It was short."
    )
    assert note.state == State.ISSUED
    assert note.reversals.get().status == Reversal.Status.DECLINED
    with pytest.raises(WrongState, match="any more"):
        services.confirm_reversal(note, actor=second_finance, moment=LATER)
    services.propose_reversal(note, actor=finance, moment=LATER, comment=WHY)


def test_who_proposed_it_takes_it_back(
    proposed: CreditNote, finance: User, second_finance: User
) -> None:
    with pytest.raises(NotAllowed):
        services.withdraw_reversal(proposed, actor=second_finance, moment=LATER)
    note = services.withdraw_reversal(proposed, actor=finance, moment=LATER)
    assert note.reversals.get().status == Reversal.Status.WITHDRAWN
    assert note.state == State.ISSUED


def test_confirmed_twice_is_reversed_once(reversed_note: CreditNote, second_finance: User) -> None:
    again = services.confirm_reversal(reversed_note, actor=second_finance, moment=LATER)
    assert again.state == State.REVERSED
    assert DebitNote.objects.count() == 1
    assert again.events.filter(kind=Event.Kind.REVERSED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_declined_and_taken_back_at_once(
    proposed: CreditNote, finance: User, second_finance: User
) -> None:
    outcomes = at_once(
        lambda: services.confirm_reversal(proposed, actor=second_finance, moment=LATER),
        lambda: services.confirm_reversal(proposed, actor=second_finance, moment=LATER),
        lambda: services.decline_reversal(
            proposed, actor=second_finance, moment=LATER, comment="No."
        ),
        lambda: services.withdraw_reversal(proposed, actor=finance, moment=LATER),
    )
    assert all(isinstance(each, WrongState) for each in refusals(outcomes))
    proposed.refresh_from_db()
    assert (proposed.state == State.REVERSED) == DebitNote.objects.exists()
    assert proposed.reversals.exclude(status=Reversal.Status.PROPOSED).count() == 1
    assert audit() == []


@pytest.mark.django_db(transaction=True)
def test_reversed_and_applied_at_once(
    proposed: CreditNote, invoice: Invoice, second_finance: User
) -> None:
    from customers.settling import apply

    paying = OpenItem.objects.get(entry__credit_document__note=proposed)
    owed = OpenItem.objects.get(entry__invoice=invoice)
    outcomes = at_once(
        lambda: services.confirm_reversal(proposed, actor=second_finance, moment=LATER),
        lambda: apply(paying, owed, Decimal(5), date(2026, 3, 11)),
    )
    assert len(refusals(outcomes)) == 1
    assert audit() == []


# The paper --------------------------------------------------------------------


def test_the_debit_note_names_what_it_takes_back(reversed_note: CreditNote) -> None:
    snapshot = reversed_note.debit_note.snapshot
    assert snapshot["reverses"] == {"number": "CN-2026-000001", "issued_on": "2026-03-10"}
    assert (snapshot["why"], snapshot["total"]) == (WHY, "112.99")
    assert snapshot["taxes"] == reversed_note.document.snapshot["taxes"]


def test_it_prints_all_that_the_credit_had(
    invoice: Invoice, rep: User, finance: User, second_finance: User
) -> None:
    """A restocking fee with what it is kept of, and goodwill that no invoice charged."""
    reason = factories.reason(
        invoice.company,
        "goodwill",
        restocking_fee=Decimal(10),
        bases=[Basis.QUANTITY, Basis.GOODWILL],
        goodwill_cap=Decimal(100),
        goodwill_account=ledger.account(invoice.company, ledger.ALLOWANCES),
    )
    goodwill = Claim(basis=Basis.GOODWILL, amount=Decimal("12.34"), description="For the wait")
    note = factories.issued_note(
        invoice, rep, claim(invoice, quantity="3"), goodwill, reason=reason
    )
    factories.unapply(note)
    services.propose_reversal(note, actor=finance, moment=MOMENT, comment=WHY)
    note = services.confirm_reversal(note, actor=second_finance, moment=MOMENT)
    page = html_of_debit(note.debit_note.snapshot)
    for words in ("For the wait", "12.34", "Restocking fee", "99.99", "-10.00", "102.33"):
        assert words in page, words


def test_it_prints_the_same_bytes_each_time(reversed_note: CreditNote) -> None:
    file = stored_debit_pdf(reversed_note.debit_note)
    assert bytes(file.content) == pdf_of_debit(reversed_note.debit_note)
    assert bytes(file.content).startswith(b"%PDF-")
    assert stored_debit_pdf(reversed_note.debit_note).pk == file.pk


# Mails ------------------------------------------------------------------------


def test_the_customer_gets_the_debit_note(reversed_note: CreditNote, contact: User) -> None:
    contact.contacts.update(gets_credit_notes=True)
    send_debit_note(reversed_note.events.get(kind=Event.Kind.REVERSED))
    (letter,) = mail.outbox
    assert letter.to[0].endswith(f"<{contact.email}>")
    assert "DN-2026-000001" in letter.subject
    assert WHY in letter.body
    assert letter.attachments[0][0] == "DN-2026-000001.pdf"


def test_the_second_person_is_asked(
    proposed: CreditNote, finance: User, second_finance: User, other_rep: User
) -> None:
    event = proposed.events.get(kind=Event.Kind.REVERSAL_PROPOSED)
    ask_for_second_person(event)
    assert [letter.to for letter in mail.outbox] == [[f"Farid Finance <{second_finance.email}>"]]
    services.withdraw_reversal(proposed, actor=finance, moment=LATER)
    ask_for_second_person(event)
    assert len(mail.outbox) == 1


# Pages ------------------------------------------------------------------------

SignIn = Callable[[User], Client]


def page(client: Client, note: CreditNote) -> str:
    return client.get(reverse("creditnotes:credit_note", args=[note.pk])).content.decode()


def test_finance_proposes_on_the_notes_page(
    issued: CreditNote, finance: User, client_of: SignIn
) -> None:
    client = client_of(finance)
    assert "Reverse…" in page(client, issued)
    url = reverse("creditnotes:propose_reversal", args=[issued.pk])
    refused = client.post(url, {"comment": ""})
    assert refused.status_code == 422
    assert "Say why, please" in refused.content.decode()
    client.post(url, {"comment": WHY})
    shown = page(client, issued)
    assert WHY in shown
    assert "Take the proposal back" in shown
    assert "Confirm the reversal" not in shown


def test_the_second_person_confirms_on_the_notes_page(
    proposed: CreditNote, second_finance: User, client_of: SignIn
) -> None:
    client = client_of(second_finance)
    assert "Confirm the reversal" in page(client, proposed)
    url = reverse("creditnotes:confirm_reversal", args=[proposed.pk])
    answers = [client.post(url).status_code for _click in range(2)]
    assert answers == [302, 302]
    assert "Reversed by DN-2026-000001" in page(client, proposed)


def test_it_says_where_it_is_applied_with_the_way_there(
    invoice: Invoice, rep: User, finance: User, client_of: SignIn
) -> None:
    note = factories.issued_note(invoice, rep)
    shown = page(client_of(finance), note)
    assert "Unapply it first" in shown
    assert reverse("customers:invoice", args=[invoice.pk]) in shown


def test_the_portal_shows_the_debit_note(
    reversed_note: CreditNote, contact: User, stranger_contact: User, client_of: SignIn
) -> None:
    stored_debit_pdf(reversed_note.debit_note)
    client = client_of(contact)
    shown = client.get(reverse("portal:credit_note", args=[reversed_note.pk])).content.decode()
    assert "The credit was taken back" in shown
    assert WHY in shown
    url = reverse("portal:debit_note_pdf", args=[reversed_note.pk])
    assert client.get(url)["Content-Type"] == "application/pdf"
    assert client_of(stranger_contact).get(url).status_code == 404


def test_the_pdf_is_waited_for_and_then_shown(
    reversed_note: CreditNote, rep: User, client_of: SignIn
) -> None:
    client = client_of(rep)
    url = reverse("creditnotes:debit_note_pdf", args=[reversed_note.pk])
    assert client.get(url)["Refresh"] == "2"
    stored_debit_pdf(reversed_note.debit_note)
    assert client.get(url)["Content-Type"] == "application/pdf"
