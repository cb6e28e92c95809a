"""The states of a credit note, the ways between them, and what it holds in each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a credit note is on its way from request or draft to issued."""

    DRAFT = "draft", _("Draft")
    REQUESTED = "requested", _("Requested")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned for changes")
    APPROVED = "approved", _("Approved")
    ISSUED = "issued", _("Issued")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CANCELLED = "cancelled", _("Cancelled")
    REVERSED = "reversed", _("Reversed")


class Hold(models.TextChoices):
    """What the note holds of its invoices' counters."""

    NONE = "none", _("Nothing")
    RESERVED = "reserved", _("Reserved")
    ISSUED = "issued", _("Credited")


class Origin(models.TextChoices):
    """Who began it."""

    REP = "rep", _("Sales")
    PORTAL = "portal", _("Customer portal")


#: The ways between states, as the database's guard knows them. The model's methods say the same.
TRANSITIONS: list[tuple[str, str]] = [
    (State.DRAFT, State.REQUESTED),
    (State.DRAFT, State.SUBMITTED),
    (State.DRAFT, State.WITHDRAWN),
    (State.DRAFT, State.REJECTED),
    (State.REQUESTED, State.DRAFT),
    (State.REQUESTED, State.REJECTED),
    (State.REQUESTED, State.WITHDRAWN),
    (State.SUBMITTED, State.APPROVED),
    (State.SUBMITTED, State.RETURNED),
    (State.SUBMITTED, State.DRAFT),
    (State.SUBMITTED, State.REJECTED),
    (State.SUBMITTED, State.WITHDRAWN),
    (State.REJECTED, State.DRAFT),
    (State.RETURNED, State.SUBMITTED),
    (State.RETURNED, State.WITHDRAWN),
    (State.APPROVED, State.ISSUED),
    (State.APPROVED, State.CANCELLED),
    (State.ISSUED, State.REVERSED),
]

#: States in which the content may still be written.
EDITABLE = (State.DRAFT, State.RETURNED)
#: States in which photos that were asked for by a link still help: nothing is decided.
TAKES_PHOTOS = (State.DRAFT, State.REQUESTED, State.SUBMITTED, State.RETURNED)
#: States with nothing more to come, in which nothing of an invoice is held.
CLOSED = (State.REJECTED, State.WITHDRAWN, State.CANCELLED, State.REVERSED)
