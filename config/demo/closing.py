"""How the demo's finance closes its months: small balances, bad debts, periods."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import F

from config.demo.days import Calendar
from customers import periods, write_offs
from customers.models import Company, FiscalPeriod, Invoice, User, WriteOffLimit
from customers.write_offs import Evidence

#: What everybody in finance may write off alone.
LIMIT = 50
#: How many invoices with a little open are closed.
SMALL = 4
LETTER = "The trustee’s letter of last month: nothing is left for unsecured creditors."
GONE = "Telephone cut off, registered mail came back, the yard is empty."
FOUND = "A supplier’s freight bill for the month was found after the close."


def close_the_books(company: Company, people: dict[str, User], days: Calendar) -> None:
    """Write off what will not be paid, and close the months that are reported."""
    finance, second = people["finance"], people["finance2"]
    WriteOffLimit.objects.create(company=company, amount=LIMIT)
    for number, invoice in enumerate(_small(company, days)):
        write_offs.write_off_small_balance(
            invoice, by=finance, moment=days.at(9 - number, "16:10"), why="Bank charges kept back"
        )
    _give_up(_overdue(company, days), finance, second, days)
    _close(company, finance, second, days)


def _small(company: Company, days: Calendar) -> Sequence[Invoice]:
    return [invoice for invoice, left in _open(company, days) if left <= LIMIT][:SMALL]


def _overdue(company: Company, days: Calendar) -> Sequence[Invoice]:
    """The oldest of those of which all is open."""
    return [invoice for invoice, left in _open(company, days) if left == invoice.total][:2]


def _open(company: Company, days: Calendar) -> list[tuple[Invoice, Decimal]]:
    """Invoices long past due and what is open of them; none has a credit under way."""
    invoices = Invoice.objects.filter(
        company=company, due_on__lt=days.day(30), entry__open_item__isnull=False
    ).exclude(lines__creditable__credit_lines__isnull=False)
    rows = invoices.annotate(
        left=F("entry__open_item__amount") - F("entry__open_item__applied")
    ).select_related("company", "customer")
    return [(row, row.left) for row in rows.filter(left__gt=0).order_by("due_on", "pk")]


def _give_up(invoices: Sequence[Invoice], finance: User, second: User, days: Calendar) -> None:
    """One debt is written off and comes back in part; another waits for the second person."""
    if len(invoices) < 2:
        return
    bad, waiting = invoices
    proposal = write_offs.propose_bad_debt(
        bad, bad.total, Evidence(LETTER), by=finance, moment=days.at(8, "11:20")
    )
    done = write_offs.confirm_bad_debt(proposal, by=second, moment=days.at(4, "09:05"))
    part = (bad.total * Decimal("0.2")).quantize(Decimal("0.01"))
    write_offs.recover(done, part, by=finance, moment=days.at(2, "10:30"))
    write_offs.propose_bad_debt(
        waiting, waiting.total, Evidence(GONE), by=second, moment=days.at(2, "14:45")
    )


def _close(company: Company, finance: User, second: User, days: Calendar) -> None:
    over = FiscalPeriod.objects.filter(company=company, ends_on__lt=days.day(1))
    *old, last = over.order_by("starts_on")
    for period in old:
        periods.set_state(period, "closed", by=finance, moment=days.at(6, "17:00"))
    periods.set_state(last, "finance_only", by=finance, moment=days.at(3, "17:00"))
    if closed := over.filter(state="closed").order_by("-starts_on").first():
        periods.propose_reopening(closed, FOUND, by=second, moment=days.at(1, "15:00"))
