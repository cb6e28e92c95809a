"""Links in mails by which one person may decide on one step, as it stood when they were asked.

The link names the person, the step and the content's hash, is signed, and expires. Until then it
shows the facts while the person may see the note; only the form that it opens decides. It works
once: the decision closes the step.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core import signing

from approvals.models import Step
from customers.models import User

_SALT = "approvals.mail_links"


class BadLink(ValueError):
    """It is not a link of ours, or somebody changed it."""


@dataclass(frozen=True)
class Link:
    """What a link says: who may decide which step, on which content."""

    user_id: int
    step_id: int
    content_hash: str
    has_expired: bool = False


def token_for(person: User, step: Step) -> str:
    """The signed part of the address for this person and step."""
    return signing.dumps([person.pk, step.pk, step.note.content_hash], salt=_SALT)


def read(token: str) -> Link:
    """What the address says; raises :class:`BadLink` for anything that we did not sign."""
    try:
        user_id, step_id, content_hash = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadLink from error
    return Link(user_id, step_id, content_hash, has_expired=_has_expired(token))


def _has_expired(token: str) -> bool:
    try:
        signing.loads(token, salt=_SALT, max_age=settings.MAIL_LINK_LIFETIME)
    except signing.SignatureExpired:
        return True
    return False
