"""What the company's people do with a customer's question or wish."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers import outbox, refunding, settling
from customers.access import FINANCE, MANAGERS, REPS, group_names, may_settle, serves, serving
from customers.errors import Incomplete, NotAllowed, WrongState
from customers.models import AccountWish, Refund, User
from customers.wishes.mailing import TELL

#: Groups of staff who answer questions about accounts.
ANSWERING = frozenset({REPS, MANAGERS, FINANCE})


def may_answer(user: User, wish: AccountWish) -> bool:
    """Questions: who serves the customer; money: finance who serves them."""
    if wish.kind != AccountWish.Kind.QUESTION:
        return may_settle(user, wish.customer)
    return bool(ANSWERING & group_names(user)) and serves(user, wish.customer)


def who_answer(wish: AccountWish) -> Q:
    """The same as a condition on users; a person may match more than once."""
    groups = ANSWERING if wish.kind == AccountWish.Kind.QUESTION else {FINANCE}
    return serving(wish.customer) & Q(groups__name__in=groups)


@transaction.atomic
def answer(wish: AccountWish, text: str, *, by: User, moment: datetime) -> AccountWish:
    """Answer a question; the customer is told. Raises as :func:`decline` does."""
    wish = _open(wish, by)
    if wish.kind != AccountWish.Kind.QUESTION:
        raise WrongState(_("This is not a question: do what is wished, or decline it."))
    _require_words(text)
    return _closed(wish, AccountWish.State.DONE, by, moment, text)


@transaction.atomic
def decline(wish: AccountWish, text: str, *, by: User, moment: datetime) -> AccountWish:
    """Say no to what is wished with money on account, and why.

    Raises :class:`~customers.errors.WrongState` once it is answered, and
    :class:`~customers.errors.Incomplete` without words.
    """
    wish = _open(wish, by)
    _require_words(text)
    return _closed(wish, AccountWish.State.DECLINED, by, moment, text)


@transaction.atomic
def do_apply(wish: AccountWish, *, by: User, moment: datetime, text: str = "") -> AccountWish:
    """Apply what is wished. Raises as :func:`customers.settling.apply` does."""
    wish = _open(wish, by)
    if wish.kind != AccountWish.Kind.APPLY or not (wish.payer and wish.invoice and wish.amount):
        raise WrongState(_("Nothing is to be applied here."))
    day = wish.customer.company.day_of(moment)
    wish.application = settling.apply(wish.payer, wish.invoice, wish.amount, day, by)
    return _closed(wish, AccountWish.State.DONE, by, moment, text)


@transaction.atomic
def propose_refund(
    wish: AccountWish,
    *,
    method: str,
    bank_reference: str,
    by: User,
    moment: datetime,
    override_reason: str = "",
    text: str = "",
) -> Refund:
    """Propose the refund that is wished; a second person confirms it as any other.

    Raises as :func:`customers.refunding.propose` does.
    """
    wish = _open(wish, by)
    if wish.kind != AccountWish.Kind.REFUND or not (wish.payer and wish.amount):
        raise WrongState(_("Nothing is to be refunded here."))
    wish.refund = refunding.propose(
        wish.payer,
        wish.amount,
        method=method,
        bank_reference=bank_reference,
        by=by,
        moment=moment,
        override_reason=override_reason,
    )
    _closed(wish, AccountWish.State.DONE, by, moment, text)
    return wish.refund


def _open(wish: AccountWish, by: User) -> AccountWish:
    related = ("customer__company", "payer", "invoice")
    rows = AccountWish.objects.select_for_update(of=("self",)).select_related(*related)
    wish = rows.get(pk=wish.pk)
    if not may_answer(by, wish):
        raise NotAllowed(_("You may not do this."))
    if wish.state != AccountWish.State.OPEN:
        raise WrongState(_("It was answered already, or withdrawn."))
    return wish


def _require_words(text: str) -> None:
    if not text.strip():
        raise Incomplete(_("Write what the customer is to read."), field="text")


def _closed(wish: AccountWish, state: str, by: User, moment: datetime, text: str) -> AccountWish:
    wish.state, wish.answer = state, text.strip()
    wish.answered_by, wish.answered_at = by, moment
    wish.save()
    transaction.on_commit(lambda: outbox.offer(TELL, [wish.pk]), robust=True)
    return wish
