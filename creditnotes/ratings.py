"""How customers found it lately, for those who answer for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Avg, Count

from creditnotes.models import CreditNote, Rating
from customers.models import User

LATELY = timedelta(days=90)


@dataclass(frozen=True)
class Rated:
    """How many ratings there are, and what they come to; None without any."""

    count: int
    average: Decimal | None


def rated_lately(user: User, moment: datetime) -> Rated:
    """The ratings of the last 90 days on notes that the person may see; one query."""
    seen = CreditNote.objects.visible_to(user).filter(rating__isnull=False)
    ratings = Rating.objects.filter(rated_at__gte=moment - LATELY, note__in=seen.values("pk"))
    found = ratings.aggregate(count=Count("pk"), average=Avg("stars"))
    average = found["average"]
    return Rated(found["count"], None if average is None else round(Decimal(average), 1))
