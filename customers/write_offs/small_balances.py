"""What a short payment left open, closed by one person within their limit; no tax comes back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.errors import Refusal, WrongState
from customers.models import Company, Invoice, User, WriteOff, WriteOffLimit
from customers.money import ZERO
from customers.write_offs.booking import Kind, New, locked_item, require_finance, settle


def limit_of(user: User, company: Company) -> Decimal:
    """The largest small balance that the person may write off alone, in base currency."""
    limits = WriteOffLimit.objects.filter(Q(user=user) | Q(user__isnull=True), company=company)
    amounts: dict[int | None, Decimal] = dict(limits.values_list("user", "amount"))
    return amounts.get(user.pk, amounts.get(None, ZERO))


@transaction.atomic
def write_off_small_balance(
    invoice: Invoice, *, by: User, moment: datetime, why: str = ""
) -> WriteOff:
    """Close what is open of the invoice, within the person's limit."""
    require_finance(by, invoice)
    owed = locked_item(invoice)
    if not owed.open:
        raise WrongState(_("Nothing is open of this invoice."))
    limit = limit_of(by, invoice.company)
    if owed.base_open > limit:
        raise Refusal(
            _("Your limit for small balances is %(limit)s; %(open)s is open.")
            % {"limit": limit, "open": owed.base_open}
        )
    return settle(New(Kind.SMALL_BALANCE, invoice, owed.open, why=why), owed, by, moment)
