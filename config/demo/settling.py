"""What the demo's finance does with what is on account, and what the dollar was worth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

from config.demo.days import Calendar
from config.demo.market import Account
from customers import refunding
from customers.applied import on_account
from customers.models import Company, ExchangeRate, OpenItem, Refund, User
from customers.money import ZERO

#: How far back rates go, and how often there is one.
RATE_DAYS, WEEK = 520, 7
#: What a US dollar was worth in the beginning, and how far a week takes it.
FIRST_RATE, STEP = Decimal("1.3640"), 70
#: Whose money on account goes back, how, and how far it has come.
REFUNDS = [
    ("C-2001", Decimal("1250.50"), Refund.Method.EFT, "Acct 4471-208", "confirmed"),
    ("C-1006", Decimal("4800.00"), Refund.Method.EFT, "Acct 9034-117", "batch"),
    ("C-1001", Decimal("900.00"), Refund.Method.CHEQUE, "Cheque 20418", "batch"),
    ("C-1035", Decimal("2400.00"), Refund.Method.WIRE, "SWIFT CHASUS33", "proposed"),
]
WHY = "Paid twice by mistake; agreed with their bookkeeper."


def make_rates(company: Company, days: Calendar, number: int) -> None:
    """The US dollar, week by week, as the central bank would have published it."""
    chance = Random(f"{number} rates")  # noqa: S311
    rate = FIRST_RATE
    rates = []
    for days_ago in range(RATE_DAYS, -1, -WEEK):
        rate += Decimal(chance.randint(-STEP, STEP)) / 10_000
        day = days.day(days_ago)
        rates.append(ExchangeRate(company=company, currency="USD", day=day, rate=rate))
    ExchangeRate.objects.bulk_create(rates)


def refund_some(accounts: dict[str, Account], people: dict[str, User], days: Calendar) -> None:
    """Refunds in every state: paid, waiting in a batch, waiting by itself."""
    batched = []
    for position, (number, amount, method, bank_reference, fate) in enumerate(REFUNDS):
        payer = _payer(accounts[number], amount)
        if payer is None:
            continue
        moment = days.at(2, "10:00") + timedelta(minutes=7 * position)
        refund = refunding.propose(
            payer,
            amount,
            method=method,
            bank_reference=bank_reference,
            by=people["finance2"],
            moment=moment,
            override_reason=WHY,
        )
        if fate == "confirmed":
            later = moment + timedelta(hours=3)
            refunding.confirm(refund, by=people["finance"], moment=later)
        elif fate == "batch":
            batched.append(refund)
    if batched:
        numbers = [refund.pk for refund in batched]
        moment = days.at(1, "15:20")
        company = batched[0].company
        refunding.make_batch(company, numbers, by=people["finance2"], moment=moment)


def _payer(account: Account, amount: Decimal) -> OpenItem | None:
    """The first of the customer's payments of which so much is left."""
    items = on_account(account.customer)
    return next((item for item in items if item.open >= amount > ZERO), None)
