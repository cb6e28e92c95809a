"""How many invitations are mailed: by one person, and to one address whoever sends them.

Counted by what was written down, so that withdrawing one and inviting anew gains nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from customers.errors import Refusal
from customers.models import ContactEvent, User

#: What sends a mail.
MAILED = (ContactEvent.Kind.INVITED, ContactEvent.Kind.SENT_AGAIN)


def require_seldom(email: str, by: User, moment: datetime) -> None:
    """Raise :class:`~customers.errors.Refusal` beside the address where it had enough for now."""
    if _has_enough(settings.INVITATIONS_TO_ADDRESS, moment, email__iexact=email):
        words = _("This address was sent many invitations already. Try again tomorrow.")
        raise Refusal(words, field="email")
    if _has_enough(settings.INVITATIONS_BY_PERSON, moment, actor=by):
        words = _("You sent as many invitations as one person may for now. Try again tomorrow.")
        raise Refusal(words, field="email")


def _has_enough(rate: tuple[int, int], moment: datetime, **whose: object) -> bool:
    most, seconds = rate
    since = moment - timedelta(seconds=seconds)
    mailed = ContactEvent.objects.filter(kind__in=MAILED, happened_at__gt=since, **whose)
    return bool(mailed.count() >= most)
