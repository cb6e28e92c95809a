"""What a customer's contact may ask: of those who see the account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from babel.numbers import format_currency
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers import refunding, settling
from customers.access import STATEMENT, represents
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import AccountWish, AppliesWishes, Customer, JournalEntry, OpenItem, User
from customers.money import ZERO
from customers.wishes import announcing

#: So many questions of one customer wait at a time; more are asked on the telephone.
MOST_OPEN = 30


def choosable(item: OpenItem) -> Decimal:
    """How much of a payment or credit the customer may decide on: left, and in no refund."""
    return refunding.refundable(item)


@transaction.atomic
def question(
    customer: Customer, entry: JournalEntry, text: str, *, by: User, moment: datetime
) -> AccountWish:
    """Ask the company about one document of the account.

    Raises :class:`~customers.errors.Incomplete` without words.
    """
    _require_account(by, customer)
    if not text.strip():
        raise Incomplete(_("Say what you want to know."), field="text")
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if customer.wishes.waiting().count() >= MOST_OPEN:
        raise WrongState(_("Many of your questions wait already. Please call us."), field="text")
    made: AccountWish = AccountWish.objects.create(
        customer=customer,
        kind=AccountWish.Kind.QUESTION,
        entry=entry,
        text=text.strip(),
        asked_by=by,
        asked_at=moment,
    )
    return announcing.offer(made)


@transaction.atomic
def ask_to_apply(
    payer: OpenItem, invoice: OpenItem, amount: Decimal, *, by: User, moment: datetime
) -> AccountWish:
    """Ask that ``amount`` on account settles an invoice; done at once where policy says so.

    Raises :class:`~customers.errors.Refusal` for more than is left of either, and
    :class:`~customers.errors.NotAllowed` where the company lets nobody choose.
    """
    items = settling.locked([payer.pk, invoice.pk])
    payer, invoice = items[payer.pk], items[invoice.pk]
    _require_account(by, payer.customer)
    policy = payer.customer.company.applies_wishes
    if policy == AppliesWishes.NEVER:
        raise NotAllowed(_("Our finance people decide what it settles. Please call us."))
    left = min(choosable(payer), invoice.open)
    belongs = payer.customer_id == invoice.customer_id and payer.currency == invoice.currency
    if not belongs or invoice.side != OpenItem.Side.OWES:
        raise Refusal(_("Choose one of the invoices."), field="invoice")
    _require_within(amount, payer, left)
    wish = _wish(AccountWish.Kind.APPLY, payer, amount, by, moment, invoice=invoice)
    return _applied(wish, moment) if policy == AppliesWishes.AT_ONCE else announcing.offer(wish)


@transaction.atomic
def ask_for_refund(
    payer: OpenItem, amount: Decimal, *, by: User, moment: datetime, text: str = ""
) -> AccountWish:
    """Ask for money on account to be paid back; finance decides, and a second person confirms.

    Raises :class:`~customers.errors.Refusal` for more than is left, and
    :class:`~customers.errors.NotAllowed` where the company's policy is not to.
    """
    payer = settling.locked([payer.pk])[payer.pk]
    _require_account(by, payer.customer)
    if not payer.customer.company.takes_refund_wishes:
        raise NotAllowed(_("Refunds are agreed on the telephone. Please call us."))
    _require_within(amount, payer, choosable(payer))
    wish = _wish(AccountWish.Kind.REFUND, payer, amount, by, moment, text=text.strip())
    return announcing.offer(wish)


@transaction.atomic
def withdraw(wish: AccountWish, *, by: User, moment: datetime) -> AccountWish:
    """Take it back while nobody has answered; any contact who sees the account may."""
    wish = AccountWish.objects.select_for_update(of=("self",)).get(pk=wish.pk)
    _require_account(by, wish.customer)
    if wish.state != AccountWish.State.OPEN:
        raise WrongState(_("It was answered already."))
    wish.state = AccountWish.State.WITHDRAWN
    wish.answered_by, wish.answered_at, wish.told_at = by, moment, moment
    wish.save(update_fields=["state", "answered_by", "answered_at", "told_at"])
    return wish


def _wish(
    kind: str,
    payer: OpenItem,
    amount: Decimal,
    by: User,
    moment: datetime,
    *,
    invoice: OpenItem | None = None,
    text: str = "",
) -> AccountWish:
    if AccountWish.objects.filter(payer=payer).waiting().exists():
        raise WrongState(_("You have asked for something with it already. Withdraw that first."))
    made: AccountWish = AccountWish.objects.create(
        customer=payer.customer,
        kind=kind,
        entry=payer.entry,
        payer=payer,
        invoice=invoice,
        amount=amount,
        text=text,
        asked_by=by,
        asked_at=moment,
    )
    return made


def _applied(wish: AccountWish, moment: datetime) -> AccountWish:
    """What policy lets the customer decide: no member of staff answers."""
    day = wish.customer.company.day_of(moment)
    if wish.payer and wish.invoice and wish.amount:  # the database holds that they are there
        wish.application = settling.apply(wish.payer, wish.invoice, wish.amount, day)
    wish.state = AccountWish.State.DONE
    wish.answered_at = wish.told_at = moment
    wish.save(update_fields=["application", "state", "answered_at", "told_at"])
    return wish


def _require_account(user: User, customer: Customer) -> None:
    if not represents(user, customer, right=STATEMENT):
        raise NotAllowed(_("You may not do this."))


def _require_within(amount: Decimal, payer: OpenItem, left: Decimal) -> None:
    """Raise a refusal that says why no more than ``left`` can be chosen."""
    if ZERO < amount <= left:
        return
    words = _("At most %(left)s of it.")
    if held := refunding.in_refunds(payer):
        words = _(
            "At most %(left)s: of the %(open)s on account, %(held)s is in a refund under way."
        )
    sums = {"left": left, "open": payer.open, "held": held}
    told = {name: _written(each, payer.currency) for name, each in sums.items()}
    raise Refusal(words % told, field="amount")


def _written(amount: Decimal, currency: str) -> str:
    language = "fr" if (get_language() or "en").startswith("fr") else "en"
    return format_currency(amount, currency, locale=f"{language}_CA")
