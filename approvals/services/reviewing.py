"""Looking again at what policy approved by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.automatic import may_review, visible_to
from approvals.models import AfterReview, Decision
from creditnotes import events
from creditnotes.models import Event
from creditnotes.services import locked, require_comment
from customers.errors import NotAllowed, WrongState
from customers.models import User


@transaction.atomic
def review_automatic(
    decision: Decision, *, is_right: bool, comment: str, actor: User, moment: datetime
) -> AfterReview:
    """Say, once and on the record, whether an automatic approval was right; if not, say why."""
    note = locked(decision.note)
    if not may_review(actor) or not visible_to(actor).filter(pk=decision.pk).exists():
        raise NotAllowed(_("Managers and finance look at automatic approvals."))
    if note.participants.filter(user=actor).exists():
        raise NotAllowed(_("You took part in this credit note, so somebody else must look at it."))
    done = AfterReview.objects.filter(decision=decision).select_related("reviewer").first()
    if done:
        raise WrongState(_("%(who)s has looked at it already.") % {"who": done.reviewer})
    if not is_right:
        require_comment(comment)
    review = AfterReview.objects.create(
        decision=decision,
        reviewer=actor,
        is_right=is_right,
        comment=comment.strip(),
        reviewed_at=moment,
    )
    events.record(
        note,
        Event.Kind.REVIEWED,
        actor=actor,
        moment=moment,
        old_state=note.state,
        comment=review.comment,
        payload={"decision": decision.pk, "is_right": is_right},
    )
    return review
