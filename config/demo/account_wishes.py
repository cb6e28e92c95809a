"""What the demo's customers ask about their accounts: one answered, two that wait."""

from __future__ import annotations

from decimal import Decimal

from config.demo.days import Calendar
from config.demo.market import Account
from customers import wishes
from customers.applied import on_account
from customers.models import AccountWish, OpenItem, User
from customers.wishes import announcing

CUSTOMER, OTHER = "C-1001", "C-2001"
ASKED = "Which of our invoices did this payment settle? Our bank shows two transfers that day."
ANSWERED = (
    "Both transfers arrived on the same day; this is the second one. It settled what was due."
)
OPEN = "We were told that freight would be free on this order. Is it in the total?"
REFUND = "Au compte d’où nous vous payons, s’il vous plaît."


def ask_some(accounts: dict[str, Account], people: dict[str, User], days: Calendar) -> None:
    """Questions about a payment and an invoice, and a refund that finance is to decide on."""
    customer, contact = accounts[CUSTOMER].customer, people["customer"]
    items = OpenItem.objects.filter(customer=customer).select_related("entry")
    paid = items.filter(side=OpenItem.Side.PAYS, entry__kind="payment").order_by("-pk").first()
    owed = items.filter(side=OpenItem.Side.OWES, applied=0).order_by("-pk").first()
    if paid and owed:
        asked = wishes.question(customer, paid.entry, ASKED, by=contact, moment=days.at(4, "09:40"))
        wishes.answer(asked, ANSWERED, by=people["finance"], moment=days.at(3, "10:15"))
        type(asked).objects.filter(pk=asked.pk).update(told_at=days.at(3, "10:16"))
        _known(wishes.question(customer, owed.entry, OPEN, by=contact, moment=days.at(1, "15:05")))
    other, their_contact = accounts[OTHER].customer, people["customer2"]
    for item in on_account(other):
        left = min(wishes.choosable(item), Decimal("1500.00"))
        if left > 0:
            moment = days.at(1, "15:20")
            _known(wishes.ask_for_refund(item, left, by=their_contact, moment=moment, text=REFUND))
            return


def _known(wish: AccountWish) -> None:
    """In the news of whoever may answer it; the mail of those days is long read."""
    announcing.put_in_news(wish, announcing.who_are_told(wish))
    AccountWish.objects.filter(pk=wish.pk).update(announced_at=wish.asked_at)
