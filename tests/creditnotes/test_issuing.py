"""Issue: number, posting, settlement and snapshot in one transaction; once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone

from approvals.models import Policy
from creditnotes import services
from creditnotes.content import hash_of
from creditnotes.issuing import issue_at_once
from creditnotes.models import (
    CreditableLine,
    CreditableTax,
    CreditNote,
    Event,
    Hold,
    IssuedDocument,
    Reason,
    State,
)
from creditnotes.services import issuing
from customers import ledger
from customers.errors import NotAllowed, StaleContent, WrongState
from customers.models import (
    Customer,
    FiscalPeriod,
    Invoice,
    JournalEntry,
    JournalLine,
    OpenItem,
    User,
)
from customers.periods import period_for, set_state
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.factories import MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=1)


def item_of(invoice: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry__invoice=invoice)


def entry_of(note: CreditNote) -> JournalEntry:
    assert note.document.entry is not None
    return note.document.entry


def test_issuing_makes_it_a_legal_document(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.approved_note(invoice, rep, claim(invoice, quantity="3"))
    note = services.issue(note, actor=finance, moment=LATER)
    document = note.document
    assert (note.state, note.hold) == (State.ISSUED, Hold.ISSUED)
    assert document.number == "CN-2026-000001"
    assert (document.issued_on, document.issued_by) == (date(2026, 3, 10), finance)
    assert document.content_hash == note.content_hash == hash_of(note)
    assert document.snapshot["total"] == str(note.total) == "112.99"
    assert note.events.latest("pk").kind == Event.Kind.ISSUED


def test_it_moves_the_counters_from_reserved_to_issued(invoice: Invoice, rep: User) -> None:
    note = factories.approved_note(invoice, rep, claim(invoice, quantity="3"))
    services.issue(note, actor=None, moment=LATER)
    line = CreditableLine.objects.get(credit_lines__note=note)
    tax = CreditableTax.objects.get()
    assert line.reserved_quantity == line.reserved_net == tax.reserved_amount == 0
    assert line.issued_quantity == Decimal(3)
    assert (line.issued_net, tax.issued_amount) == (Decimal("99.99"), Decimal("13.00"))


def test_it_posts_allowance_and_taxes_against_the_receivable(
    quebec_invoice: Invoice, other_rep: User, finance: User
) -> None:
    note = factories.issued_note(quebec_invoice, other_rep, claim(quebec_invoice, quantity="3"))
    lines = set(entry_of(note).lines.values_list("account__code", "debit", "credit", "customer"))
    assert lines == {
        ("4190", Decimal("99.99"), Decimal(0), None),
        ("22-GST-QC", Decimal("5.00"), Decimal(0), None),
        ("22-QST-QC", Decimal("9.97"), Decimal(0), None),
        ("1200", Decimal(0), Decimal("114.96"), quebec_invoice.customer_id),
    }
    assert ledger.receivable_of(quebec_invoice.customer) == Decimal("469.45") - Decimal("114.96")


def test_it_settles_the_invoice_it_credits(invoice: Invoice, rep: User) -> None:
    note = factories.issued_note(invoice, rep, claim(invoice, quantity="3"))
    credit = entry_of(note).open_item
    assert credit.side == OpenItem.Side.PAYS
    assert item_of(invoice).applied == note.total
    assert OpenItem.objects.get(pk=credit.pk).applied == note.total


def test_what_a_paid_invoice_no_longer_owes_stays_on_account(invoice: Invoice, rep: User) -> None:
    payment = receive_payment(invoice.customer, "P-1", date(2026, 3, 11), Decimal("400.00"))
    apply(payment.entry.open_item, item_of(invoice), Decimal("400.00"), date(2026, 3, 11))
    note = factories.issued_note(invoice, rep, claim(invoice, quantity="3"))
    credit = OpenItem.objects.get(pk=entry_of(note).open_item.pk)
    assert item_of(invoice).applied == Decimal("461.38")
    assert credit.applied == Decimal("61.38")
    assert credit.amount - credit.applied == note.total - Decimal("61.38")


def test_a_consolidated_credit_settles_each_invoice_by_its_share(
    invoice: Invoice, large_invoice: Invoice, rep: User
) -> None:
    one = factories.issued_note(invoice, rep, claim(invoice), claim(large_invoice))
    shares = [item_of(invoice).applied, item_of(large_invoice).applied]
    assert shares == [Decimal("37.66"), Decimal("51.42")]
    assert sum(shares, Decimal(0)) == one.total


def test_many_credits_add_up_to_the_invoice_tax_by_tax(
    quebec_invoice: Invoice, other_rep: User, finance: User
) -> None:
    """Thirds that do not divide, percentages, and the rest; in the books too."""
    for claims in (
        [claim(quebec_invoice, 1, "3")],
        [claim(quebec_invoice, 1, None, basis="percent", percent=Decimal("33.3"))],
        [claim(quebec_invoice, 2, "1"), claim(quebec_invoice, 1, "3")],
        [claim(quebec_invoice, 1, "4"), claim(quebec_invoice, 2, "2")],
        [claim(quebec_invoice, 3, "1")],
    ):
        factories.issued_note(quebec_invoice, other_rep, *claims)
    sums = CreditNote.objects.aggregate(net=Sum("net"), tax=Sum("tax_total"), total=Sum("total"))
    assert sums == {
        "net": quebec_invoice.net,
        "tax": quebec_invoice.tax_total,
        "total": quebec_invoice.total,
    }
    for tax in CreditableTax.objects.all():
        assert tax.issued_amount == tax.charged_amount
    assert ledger.receivable_of(quebec_invoice.customer) == 0
    balance = JournalLine.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    assert balance["debit"] == balance["credit"]


def test_issued_twice_is_issued_once(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.issued_note(invoice, rep)
    again = services.issue(note, actor=finance, moment=LATER)
    assert again.state == State.ISSUED
    assert IssuedDocument.objects.count() == 1
    assert note.events.filter(kind=Event.Kind.ISSUED).count() == 1


@pytest.mark.parametrize("who", ["rep", "manager", "admin", "contact", "foreign_finance"])
def test_only_the_companys_finance_issues(
    invoice: Invoice, rep: User, who: str, request: pytest.FixtureRequest
) -> None:
    note = factories.approved_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.issue(note, actor=request.getfixturevalue(who), moment=LATER)


@pytest.mark.parametrize("made", [factories.draft_note, factories.submitted_note])
def test_only_what_is_approved_is_issued(
    invoice: Invoice, rep: User, finance: User, made: Callable[[Invoice, User], CreditNote]
) -> None:
    note = made(invoice, rep)
    for actor in (finance, None):
        with pytest.raises(WrongState):
            services.issue(note, actor=actor, moment=LATER)


def test_what_is_not_what_was_approved_is_not_issued(
    invoice: Invoice, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database lets nobody change it, so only the hash can be made to differ here."""
    note = factories.approved_note(invoice, rep)
    monkeypatch.setattr(issuing, "hash_of", lambda _note: "another")
    with pytest.raises(StaleContent):
        services.issue(note, actor=None, moment=LATER)
    note.refresh_from_db()
    assert note.state == State.APPROVED


def rename(reason: Reason) -> None:
    reason.name_en = "Something else"


def rename_in_french(reason: Reason) -> None:
    reason.name_fr = "Autre chose"


def post_elsewhere(reason: Reason) -> None:
    reason.account = ledger.account(reason.company, "4120")


@pytest.mark.parametrize("change", [rename, rename_in_french, post_elsewhere])
def test_a_reason_that_was_changed_since_is_not_issued_but_can_be_cancelled(
    invoice: Invoice, rep: User, finance: User, change: Callable[[Reason], None]
) -> None:
    note = factories.approved_note(invoice, rep)
    changed = Reason.objects.get(pk=note.required_reason.pk)
    change(changed)
    changed.save()
    with pytest.raises(StaleContent, match="Cancel this credit note"):
        services.issue(note, actor=finance, moment=LATER)
    assert not IssuedDocument.objects.exists()
    cancelled = services.cancel(note, actor=finance, moment=LATER, comment="The reason changed.")
    assert cancelled.state == State.CANCELLED


def test_a_corrected_address_or_an_unrelated_change_of_the_reason_stops_nothing(
    invoice: Invoice, rep: User
) -> None:
    note = factories.approved_note(invoice, rep)
    Reason.objects.update(is_active=False, position=9)
    Customer.objects.update(billing_address="7 New Street\nOttawa ON")
    issued = services.issue(note, actor=None, moment=LATER)
    assert issued.document.snapshot["customer"]["address"].startswith("7 New Street")


def test_a_closed_month_is_posted_in_the_next_open_one_and_dated_today(
    invoice: Invoice, rep: User, finance: User
) -> None:
    period, _ = period_for(invoice.company, date(2026, 3, 10))
    set_state(period, FiscalPeriod.State.CLOSED, by=finance, moment=timezone.now())
    note = factories.issued_note(invoice, rep)
    assert note.document.issued_on == date(2026, 3, 10)
    assert entry_of(note).posted_on == date(2026, 4, 1)


# By policy, through the outbox ------------------------------------------------


def approved_event(note: CreditNote) -> Event:
    return Event.objects.get(note=note, kind=Event.Kind.APPROVED)


def test_policy_issues_at_once(invoice: Invoice, rep: User) -> None:
    note = factories.approved_note(invoice, rep)
    for _ in range(2):
        issue_at_once(approved_event(note))
    note.refresh_from_db()
    assert note.state == State.ISSUED
    assert note.document.issued_by is None


def test_goods_to_come_back_leave_it_to_finance(
    invoice: Invoice, rep: User, returned_goods: Reason
) -> None:
    note = factories.approved_note(invoice, rep, reason=returned_goods)
    issue_at_once(approved_event(note))
    note.refresh_from_db()
    assert note.state == State.APPROVED


def test_a_policy_may_leave_it_to_finance(invoice: Invoice, rep: User, policy: Policy) -> None:
    policy.issues_at_once = False
    policy.save()
    note = factories.approved_note(invoice, rep)
    issue_at_once(approved_event(note))
    note.refresh_from_db()
    assert note.state == State.APPROVED


def test_what_was_cancelled_meanwhile_is_not_issued(
    invoice: Invoice, rep: User, finance: User
) -> None:
    note = factories.approved_note(invoice, rep)
    services.cancel(note, actor=finance, moment=LATER, comment="Wait.")
    issue_at_once(approved_event(note))
    note.refresh_from_db()
    assert note.state == State.CANCELLED
