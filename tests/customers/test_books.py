"""The pages of the books: figures that tie to the documents, and a way to each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from creditnotes import cutoff
from creditnotes.models import CreditTax
from customers import ledger, periods, write_offs
from customers.books.balances import running, trial_balance
from customers.books.returns import tax_returns
from customers.models import (
    Account,
    BadDebtProposal,
    Company,
    Department,
    FiscalPeriod,
    Invoice,
    InvoiceTax,
    JournalEntry,
    JournalLine,
    OpenItem,
    User,
    WriteOff,
    WriteOffLimit,
)
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.factories import MOMENT

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
APRIL = (date(2026, 4, 1), date(2026, 4, 30))
Browse = Callable[[User], Client]


@pytest.fixture
def books(
    invoice: Invoice,
    quebec_invoice: Invoice,
    rep: User,
    other_rep: User,
    finance: User,
    second_finance: User,
) -> None:
    """Two invoices, a payment, a credit on each, and a bad debt of which some came back."""
    receive_payment(invoice.customer, "P-1", MOMENT.date(), Decimal("50.00"))
    factories.issued_note(invoice, rep)
    factories.issued_note(quebec_invoice, other_rep)
    done = factories.bad_debt(quebec_invoice, finance, second_finance, "300")
    write_offs.recover(done, Decimal(100), by=finance, moment=MOMENT)


@pytest.fixture
def browser(finance: User, client_of: Browse) -> Client:
    return client_of(finance)


def tax_account(company: Company, code: str) -> Account:
    return Account.objects.get(company=company, code=code)


# Trial balance ----------------------------------------------------------------


@pytest.mark.usefixtures("books")
def test_the_trial_balance_balances_and_agrees_with_the_lines(company: Company) -> None:
    found = trial_balance(company, *MARCH)
    assert found.is_balanced
    receivable = next(row for row in found.balances if row.account.code == ledger.RECEIVABLE)
    lines = JournalLine.objects.filter(account=receivable.account)
    sums = lines.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    assert (receivable.debits, receivable.credits) == (sums["debit"], sums["credit"])


@pytest.mark.usefixtures("books")
def test_what_closed_one_period_opens_the_next(company: Company) -> None:
    march, april = trial_balance(company, *MARCH), trial_balance(company, *APRIL)
    assert [row.closing for row in march.balances] == [row.opening for row in april.balances]
    assert april.debits == april.credits == 0
    assert april.is_balanced


@pytest.mark.usefixtures("books")
def test_each_account_leads_to_its_entries_and_they_to_their_documents(
    browser: Client, company: Company, invoice: Invoice
) -> None:
    page = browser.get(reverse("books:trial_balance"), {"since": "2026-03-01"})
    receivable = tax_account(company, ledger.RECEIVABLE)
    url = reverse("books:account", args=[receivable.pk])
    assert f"{url}?since=2026-03-01" in page.content.decode()
    assert "Balanced" in page.content.decode()
    lines = browser.get(url).content.decode()
    assert reverse("books:entry", args=[invoice.entry_id]) in lines
    assert reverse("customers:invoice", args=[invoice.pk]) in lines
    entry = browser.get(reverse("books:entry", args=[invoice.entry_id])).content.decode()
    assert reverse("customers:invoice", args=[invoice.pk]) in entry
    back = browser.get(reverse("customers:invoice", args=[invoice.pk])).content.decode()
    assert reverse("books:entry", args=[invoice.entry_id]) in back


@pytest.mark.usefixtures("books")
def test_every_entry_has_its_page_and_a_document_on_it(browser: Client) -> None:
    for entry in JournalEntry.objects.all():
        page = browser.get(reverse("books:entry", args=[entry.pk]))
        assert page.status_code == 200
        assert page.context["document"], entry


def test_payments_and_exchange_differences_lead_to_what_was_settled(
    browser: Client, company: Company, department: Department
) -> None:
    factories.rate(company, "1.3333", day=date(2026, 3, 1))
    factories.rate(company, "1.41", day=date(2026, 3, 12))
    american = factories.customer(
        department, "C-300", "Vermont Decks", province="", country="US", currency="USD"
    )
    invoice = factories.invoice(american, "INV-US", levies=[])
    payment = receive_payment(american, "P-US", date(2026, 3, 12), Decimal("100.00"))
    payer = payment.entry.open_item
    owed = OpenItem.objects.get(entry__invoice=invoice)
    difference = apply(payer, owed, Decimal("100.00"), date(2026, 3, 12)).entry
    assert difference
    document = f'<a href="{reverse("customers:apply", args=[payer.pk])}">P-US</a>'
    for entry in (payment.entry, difference):
        page = browser.get(reverse("books:entry", args=[entry.pk]))
        assert page.context["document"].url in document
        assert page.context["document"].label == "P-US"
    assert browser.get(reverse("books:entries")).content.decode().count(document) == 2


@pytest.mark.usefixtures("books")
def test_the_balance_runs_from_page_to_page_and_ends_as_the_account(company: Company) -> None:
    account = tax_account(company, ledger.RECEIVABLE)
    lines = JournalLine.objects.filter(account=account).select_related("entry")
    ordered = list(lines.order_by("entry__posted_on", "pk"))
    whole = running(lines, ordered)
    assert whole[ordered[-1].pk] == trial_balance(company, *MARCH).balances[1].closing
    in_pieces = running(lines, ordered[:3]) | running(lines, ordered[3:])
    assert in_pieces == whole


@pytest.mark.usefixtures("books")
def test_an_account_narrowed_to_days_begins_with_what_was_before(
    browser: Client, company: Company, invoice: Invoice
) -> None:
    receive_payment(invoice.customer, "P-2", date(2026, 4, 2), Decimal("1.00"))
    account = tax_account(company, ledger.BANK)
    page = browser.get(reverse("books:account", args=[account.pk]), {"since": "2026-04-01"})
    assert [cells[-1][2] for cells in page.context["rows"]] == ["$51.00"]


@pytest.mark.usefixtures("books")
def test_lists_come_as_csv(browser: Client, company: Company) -> None:
    account = tax_account(company, ledger.RECEIVABLE)
    for url in (
        reverse("books:trial_balance"),
        reverse("books:entries"),
        reverse("books:account", args=[account.pk]),
        reverse("books:tax_return"),
        reverse("books:write_offs"),
    ):
        answer = browser.get(url, {"as": "csv", "since": "2026-03-01", "until": "2026-03-31"})
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert len(text.splitlines()) > 2, url


@pytest.mark.parametrize(
    "name", ["trial_balance", "entries", "tax_return", "periods", "write_offs"]
)
def test_empty_books_have_pages_too(browser: Client, name: str) -> None:
    assert browser.get(reverse(f"books:{name}")).status_code == 200


# Tax returns ------------------------------------------------------------------


@pytest.mark.usefixtures("books")
def test_the_returns_tie_to_the_documents_and_to_the_tax_accounts(company: Company) -> None:
    rows = {row.account.code: row for each in tax_returns(company, *MARCH) for row in each.rows}
    assert set(rows) == {"22-HST-ON", "22-GST-QC", "22-QST-QC"}
    for kind, code in (("hst", "22-HST-ON"), ("gst", "22-GST-QC"), ("qst", "22-QST-QC")):
        row = rows[code]
        charged = InvoiceTax.objects.filter(kind=kind).aggregate(sum=Sum("amount"))["sum"]
        given = CreditTax.objects.filter(creditable__kind=kind).aggregate(sum=Sum("amount"))["sum"]
        assert (row.charged, row.credited) == (charged, given)
        lines = JournalLine.objects.filter(account=row.account)
        sums = lines.aggregate(debit=Sum("debit"), credit=Sum("credit"))
        assert row.net == sums["credit"] - sums["debit"]
        assert row.net == row.charged + row.added - row.credited - row.bad_debts
    written_off = WriteOff.objects.get(kind=WriteOff.Kind.BAD_DEBT)
    relieved = {tax.kind: tax.amount for tax in written_off.taxes.all()}
    assert rows["22-GST-QC"].bad_debts == relieved["gst"]
    assert rows["22-QST-QC"].bad_debts == relieved["qst"]
    assert rows["22-QST-QC"].added > 0


@pytest.mark.usefixtures("books")
def test_the_entries_behind_a_figure_add_up_to_it(browser: Client, company: Company) -> None:
    days = {"since": "2026-03-01", "until": "2026-03-31"}
    page = browser.get(reverse("books:tax_return"), days)
    for _title, _return, rows in page.context["returns"]:
        for row, figures in rows:
            for figure in figures:
                behind = browser.get(figure.url)
                url, query = figure.url.split("?")
                lines = list(behind.context["page"].rows)
                moved = sum(line.credit - line.debit for line in lines)
                assert abs(moved) == figure.amount, (row, figure, query, url)


# Periods ----------------------------------------------------------------------


@pytest.fixture
def march(company: Company) -> FiscalPeriod:
    return periods.period_for(company, MOMENT.date())[0]


def test_finance_closes_a_period_on_its_page(
    browser: Client, march: FiscalPeriod, finance: User
) -> None:
    url = reverse("books:set_state", args=[march.pk])
    assert browser.post(url, {"state": "closed"}).status_code == 302
    march.refresh_from_db()
    assert march.state == FiscalPeriod.State.CLOSED
    page = browser.get(reverse("books:period", args=[march.pk])).content.decode()
    assert finance.full_name in page
    assert browser.post(url, {"state": "open"}).status_code == 422
    assert browser.post(url, {"state": "nonsense"}).status_code == 422


def test_reopening_is_proposed_here_and_confirmed_by_another(
    browser: Client,
    client_of: Browse,
    march: FiscalPeriod,
    finance: User,
    second_finance: User,
) -> None:
    periods.set_state(march, "closed", by=finance, moment=timezone.now())
    propose = reverse("books:propose_reopening", args=[march.pk])
    assert browser.post(propose, {"why": ""}).status_code == 422
    assert browser.post(propose, {"why": "A late file."}).status_code == 302
    answer = reverse("books:answer_reopening", args=[march.pk])
    assert browser.post(answer, {"answer": "confirm"}).status_code == 403
    assert client_of(second_finance).post(answer, {"answer": "confirm"}).status_code == 302
    march.refresh_from_db()
    assert march.state == FiscalPeriod.State.FINANCE_ONLY


def test_the_cut_off_lists_what_the_end_of_the_period_cuts_through(
    browser: Client, invoice: Invoice, march: FiscalPeriod, rep: User
) -> None:
    waiting = factories.approved_note(invoice, rep)
    in_time = factories.issued_note(invoice, rep)
    later = factories.issued_note(invoice, rep, moment=MOMENT + timedelta(days=40))
    assert list(cutoff.approved_unissued(march)) == [waiting]
    assert [each.note for each in cutoff.later_credits(march)] == [later]
    page = browser.get(reverse("books:period", args=[march.pk])).content.decode()
    assert waiting.reference in page
    assert later.document.number in page
    assert in_time.document.number not in page
    for name in ("approved_unissued", "later_credits"):
        url = reverse(f"books:{name}", args=[march.pk])
        assert browser.get(url).status_code == 200
        text = b"".join(browser.get(url, {"as": "csv"}).streaming_content)  # type: ignore[attr-defined]
        assert len(text.decode().splitlines()) == 2


# Write-offs -------------------------------------------------------------------


def test_a_small_balance_is_written_off_on_the_invoices_own_page(
    browser: Client, invoice: Invoice, company: Company
) -> None:
    url = reverse("books:give_up", args=[invoice.pk])
    assert browser.post(url, {"small": "1"}).status_code == 422
    WriteOffLimit.objects.create(company=company, amount=1000)
    assert "given up" in browser.get(url).content.decode()
    assert browser.post(url, {"small": "1", "why": "Not worth a call"}).status_code == 302
    made = WriteOff.objects.get()
    assert (made.kind, made.why) == (WriteOff.Kind.SMALL_BALANCE, "Not worth a call")
    assert made.number in browser.get(reverse("books:write_offs")).content.decode()


def test_a_bad_debt_is_proposed_with_its_evidence_and_confirmed_by_another(
    browser: Client, client_of: Browse, invoice: Invoice, second_finance: User
) -> None:
    url = reverse("books:give_up", args=[invoice.pk])
    bad = browser.post(url, {"amount": "999999", "evidence": "Bankrupt."})
    assert bad.status_code == 422
    assert "Only 461.38 is open" in bad.content.decode()
    assert "Bankrupt." in bad.content.decode()
    wrong_file = factories.photo("virus.exe")
    wrong_file.seek(0)
    wrong_file.write(b"MZ......")
    wrong_file.seek(0)
    words = {"amount": "400.00", "evidence": "Bankrupt."}
    assert browser.post(url, words | {"file": wrong_file}).status_code == 422
    assert browser.post(url, words | {"file": factories.photo()}).status_code == 302
    proposal = BadDebtProposal.objects.get()
    page = reverse("books:bad_debt", args=[proposal.pk])
    assert "46.02" in browser.get(page).content.decode()  # 53.08 × 400 ÷ 461.38
    assert browser.post(page, {"answer": "confirm"}).status_code == 403
    other = client_of(second_finance)
    file = other.get(reverse("books:evidence", args=[proposal.pk]))
    assert file["Content-Type"] == "image/jpeg"
    assert other.post(page, {"answer": "confirm"}).status_code == 302
    made = WriteOff.objects.get()
    recovery = reverse("books:recover", args=[made.pk])
    assert other.post(recovery, {"amount": "x"}).status_code == 422
    payment = receive_payment(invoice.customer, "P-7", MOMENT.date(), Decimal(100))
    sent = {"amount": "100.00", "payment": payment.entry.open_item.pk}
    assert other.post(recovery, sent).status_code == 302
    assert WriteOff.objects.filter(kind=WriteOff.Kind.RECOVERY).count() == 1


# However many -----------------------------------------------------------------


@pytest.mark.usefixtures("books")
def test_twice_as_many_entries_cost_no_more_queries(
    browser: Client, invoice: Invoice, company: Company, march: FiscalPeriod, rep: User
) -> None:
    urls = [
        reverse("books:trial_balance"),
        reverse("books:entries"),
        reverse("books:account", args=[tax_account(company, ledger.RECEIVABLE).pk]),
        reverse("books:tax_return"),
        reverse("books:periods"),
        reverse("books:period", args=[march.pk]),
        reverse("books:later_credits", args=[march.pk]),
        reverse("books:write_offs"),
    ]

    def queries() -> list[int]:
        counts = []
        for url in urls:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert browser.get(url).status_code == 200
            counts.append(len(captured))
        return counts

    factories.issued_note(invoice, rep, moment=MOMENT + timedelta(days=40))
    queries()
    before = queries()
    for number in range(12):
        receive_payment(invoice.customer, f"Q-{number}", MOMENT.date(), Decimal(1))
    factories.issued_note(invoice, rep, moment=MOMENT + timedelta(days=41))
    assert queries() == before
