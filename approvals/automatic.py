"""What policy approved by itself on a day, and which of it a person looks at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from approvals.models import AfterReview, Decision
from approvals.sampling import is_sampled
from creditnotes.models import CreditNote
from customers.access import FINANCE, MANAGERS, is_in, is_staff_member
from customers.models import Company, User

#: So many of a day are shown; more of it are told of.
MOST = 200


@dataclass(frozen=True)
class Automatic:
    """One automatic approval, as the list shows it to a person."""

    decision: Decision
    is_sampled: bool
    is_own: bool

    @property
    def note(self) -> CreditNote:
        """What was approved."""
        return self.decision.note

    @property
    def review(self) -> AfterReview | None:
        """What somebody found who looked again."""
        return getattr(self.decision, "after_review", None)

    @property
    def is_to_review(self) -> bool:
        """Whether this person may look at it again, and nobody did yet."""
        return self.review is None and not self.is_own


def may_review(user: User) -> bool:
    """Managers and finance look again at what passed by itself."""
    return is_staff_member(user) and (is_in(user, MANAGERS) or is_in(user, FINANCE))


def visible_to(user: User) -> QuerySet[Decision]:
    """Automatic approvals of the notes that the person may see (rule 7)."""
    notes = CreditNote.objects.visible_to(user)
    return Decision.objects.filter(
        actor=None, verdict=Decision.Verdict.APPROVE, note__in=notes.values("pk")
    )


def latest_before(day: date, user: User, company: Company) -> date | None:
    """The last day before ``day``, in the company's time, on which anything passed by itself."""
    begins: datetime = datetime.combine(day, time(), ZoneInfo(company.time_zone))
    last = visible_to(user).filter(decided_at__lt=begins).order_by("-decided_at").first()
    return company.day_of(last.decided_at) if last else None


def automatic_on(day: date, user: User, company: Company) -> Sequence[Automatic]:
    """The day's automatic approvals, in the company's time: what is to be looked at first."""
    zone = ZoneInfo(company.time_zone)
    begins: datetime = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    decisions = (
        visible_to(user)
        .filter(decided_at__gte=begins, decided_at__lt=ends)
        .select_related("note__customer", "note__reason", "note__owner", "step__policy")
        .select_related("note__created_by", "after_review__reviewer")
        .order_by("-pk")[:MOST]
    )
    own = set(user.participations.values_list("note", flat=True))
    rows = [
        Automatic(each, is_sampled(each.content_hash, company.review_percent), each.note_id in own)
        for each in decisions
    ]
    return sorted(rows, key=lambda row: not (row.is_sampled and row.review is None))
