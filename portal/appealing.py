"""Appealing in the portal: what the customer may still object to, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.appealing import answer_on, appeal_about, sees_and_may
from creditnotes.models import Appeal, CreditNote
from customers.models import User
from portal.access import notes_of


class AppealForm(forms.Form):
    """Why the customer does not agree; it is a must."""

    words = forms.CharField(
        label=_("Why do you not agree?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Tell us why, so that somebody else can judge it.")},
    )


@dataclass(frozen=True)
class Appealing:
    """How it stands with an appeal, as the customer reads it: nobody of ours is named."""

    #: Until when an answer may be appealed, None where none may be.
    until: date | None = None
    is_open: bool = False
    is_of_part: bool = False
    made: Appeal | None = None
    #: The note that is looked at because of it, or that it was about, if the reader sees it.
    other: CreditNote | None = None


def appealing_of(note: CreditNote, user: User, moment: datetime) -> Appealing:
    """What the page of a request shows about appealing."""
    if made := appeal_about(note):
        return Appealing(made=made, other=_other(made, note, user))
    answer = answer_on(note)
    if answer is None or not sees_and_may(user, note):
        return Appealing()
    is_open = answer.is_open(note.company.day_of(moment))
    return Appealing(answer.until, is_open, answer.kind == Appeal.Of.LESS)


def _other(made: Appeal, note: CreditNote, user: User) -> CreditNote | None:
    other = made.note if made.raised == note else made.raised
    return notes_of(user).filter(pk=other.pk).first() if other else None
