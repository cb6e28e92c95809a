"""Telling a customer's contact that their question was answered, or what was done."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from customers.access import STATEMENT, represents
from customers.mailing import Letter, Reader, address_of, send
from customers.models import AccountWish

TELL = "customers.tasks.tell_of_answer"


@transaction.atomic
def tell(wish_id: int) -> bool:
    """Write to who asked, while they still see the account; once."""
    untold = AccountWish.objects.filter(answered_at__isnull=False, told_at=None)
    locked = untold.select_for_update(skip_locked=True, of=("self",)).with_parties()
    wish = locked.filter(pk=wish_id).first()
    if wish is None:
        return False
    if wish.asked_by.is_active and represents(wish.asked_by, wish.customer, right=STATEMENT):
        send([_letter(wish)])
    wish.told_at = timezone.now()
    wish.save(update_fields=["told_at"])
    return True


def _letter(wish: AccountWish) -> Letter:
    return Letter(
        "account_answered",
        Reader.of(wish.asked_by),
        key=f"wish {wish.pk}",
        thread=f"wish-{wish.pk}",
        company=wish.customer.company,
        context={"wish": wish, "url": address_of("portal:entry", wish.entry_id)},
    )
