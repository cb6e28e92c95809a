"""How the demo's customers pay: around the due date, in runs, sometimes short, sometimes late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from random import Random

from config.demo.days import Calendar
from config.demo.market import Account
from config.demo.tables import table
from config.demo.trade import TOO_DEAR, Sale
from customers.depositing import apply_deposit, receive_deposit
from customers.models import Company, OpenItem
from customers.money import ZERO, to_cent
from customers.receipts import NewReceipt, receive_payments

#: Days after the due date at which each kind of customer pays, from and to.
HABITS = {"prompt": (-12, -2), "usual": (-5, 6), "late": (9, 34), "short": (-3, 8)}
#: How many in a hundred invoices are simply left lying, and how many a short payer shortens.
FORGOTTEN, SHORTENED = 4, 40
#: Whoever forgot an invoice was reminded after this many days.
REMINDED = 75
WEEK = 7
FIRST_NUMBER = 7301


@dataclass(eq=False)
class Run:
    """One payment of one customer for all that is due then."""

    account: Account
    days_ago: int
    number: str = ""
    withheld: dict[Sale, Decimal] = field(default_factory=dict)


def plan_runs(
    sales: Iterable[Sale], disputed: dict[Sale, int], days: Calendar, chance: Random
) -> list[Run]:
    """Who pays what when, oldest first.

    ``disputed`` says how many days ago a customer first spoke of what was wrong; often
    they keep back what it is worth.
    """
    runs: dict[tuple[str, int], Run] = {}
    weekdays: dict[str, int] = defaultdict(lambda: chance.randint(1, 5))
    for sale in sales:
        number = sale.account.row["number"]
        days_ago = _pays(sale, days, chance) // WEEK * WEEK + weekdays[number]
        forgotten = chance.randrange(100) < FORGOTTEN and days_ago < REMINDED
        withheld = _withheld(sale, disputed.get(sale, 0) > days_ago, chance)
        if 1 <= days_ago < sale.days_ago and not forgotten:
            run = runs.setdefault((number, days_ago), Run(sale.account, days_ago))
            run.withheld[sale] = withheld
    ordered = sorted(runs.values(), key=lambda run: (-run.days_ago, run.account.row["number"]))
    for position, run in zip(count(FIRST_NUMBER), ordered, strict=False):
        run.number = f"EFT-{position}"
    return ordered


def _pays(sale: Sale, days: Calendar, chance: Random) -> int:
    delay = chance.randint(*HABITS[sale.account.row["pays"]])
    return (days.anchor - sale.invoice.due_on).days - delay


def _withheld(sale: Sale, is_disputed: bool, chance: Random) -> Decimal:
    """What the customer keeps back: what is in dispute, or a little for no reason given."""
    if is_disputed and chance.random() < 0.6:
        return _worth_of_trouble(sale)
    if sale.account.row["pays"] == "short" and chance.randrange(100) < SHORTENED:
        return Decimal(chance.randint(850, 9600)) / 100
    return ZERO


def _worth_of_trouble(sale: Sale) -> Decimal:
    """What is missing, broken or charged too much, with tax."""
    worth = sum(
        (
            line.unit_price * item.affected
            if item.affected
            else line.unit_price * item.quantity * (TOO_DEAR - 1)
            for line, item in zip(sale.lines, sale.items, strict=True)
            if item.trouble != "none"
        ),
        ZERO,
    )
    invoice = sale.invoice
    return to_cent(worth * invoice.total / invoice.net) if invoice.net else ZERO


def pay(company: Company, runs: Sequence[Run], days: Calendar) -> None:
    """Receive what the runs pay of their invoices' open items.

    Once a credit was applied, nothing is kept back any more.
    """
    entries = {sale.invoice.entry_id: sale for run in runs for sale in run.withheld}
    items = {
        entries[item.entry_id]: item
        for item in OpenItem.objects.filter(entry__in=entries).order_by("pk")
    }
    new = [_receipt(run, items, days) for run in runs]
    receive_payments(company, [each for each in new if each.amount > 0])


def _receipt(run: Run, items: dict[Sale, OpenItem], days: Calendar) -> NewReceipt:
    settles = [
        (item, amount)
        for sale, withheld in run.withheld.items()
        if (amount := (item := items[sale]).open - (ZERO if item.applied else withheld)) > 0
    ]
    amount = sum((amount for _, amount in settles), ZERO)
    day = days.day(run.days_ago)
    return NewReceipt(run.account.customer, run.number, day, amount, "EFT", settles)


def moment_of(run: Run, days: Calendar) -> datetime:
    """When the bank tells of it."""
    return days.at(run.days_ago, "06:15")


def make_deposits(company: Company, accounts: dict[str, Account], days: Calendar) -> None:
    """Money that came without saying what it is for: it stays on account."""
    rows = enumerate(table("deposits"), start=1)
    receive_payments(
        company,
        [
            NewReceipt(
                accounts[row["customer"]].customer,
                f"DEP-{position:04d}",
                days.day(int(row["days_ago"])),
                Decimal(row["amount"]),
                row["method"],
            )
            for position, row in rows
        ],
    )


def make_prepaid(accounts: dict[str, Account], days: Calendar) -> None:
    """Money paid ahead: one deposit is held, of another a part paid the latest open invoice."""
    for position, row in enumerate(table("prepaid"), start=1):
        customer, day = accounts[row["customer"]].customer, days.day(int(row["days_ago"]))
        deposit = receive_deposit(
            customer,
            f"PRE-{position:04d}",
            day,
            Decimal(row["amount"]),
            method=row["method"],
        )
        owed = OpenItem.objects.filter(customer=customer, side=OpenItem.Side.OWES, applied=0)
        latest = owed.filter(entry__invoice__isnull=False).order_by("-pk").first()
        if row["applied"] and latest:
            amount = min(Decimal(row["applied"]), latest.open)
            apply_deposit(deposit, latest.entry.invoice, amount, days.day(1))
