"""What the customer may still say about a settled request: received, and how it went."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from creditnotes.access import may_acknowledge, may_write
from creditnotes.documents.fetching import kept_pdf
from creditnotes.models import Acknowledgement, CreditNote, Rating
from creditnotes.services.aftermath import ENDED
from customers.models import User

STARS = [
    (5, _("Very good")),
    (4, pgettext_lazy("rating", "Good")),
    (3, _("Fair")),
    (2, _("Poor")),
    (1, _("Very poor")),
]


class RatingForm(forms.Form):
    """From 1 to 5, and why."""

    stars = forms.TypedChoiceField(
        label=_("How did it go?"),
        choices=STARS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one, please.")},
    )
    comment = forms.CharField(
        label=_("Why?"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


@dataclass(frozen=True)
class Aftermath:
    """What was said and what may still be."""

    digest: str = ""
    """Of the document that may be confirmed now."""
    confirmed: Acknowledgement | None = None
    rating: Rating | None = None
    may_rate: bool = False


def aftermath_of(note: CreditNote, user: User) -> Aftermath:
    """For the page of a request, for this reader."""
    document = getattr(note, "document", None)
    file = kept_pdf(document) if document else None
    confirmed = document.acknowledgements.filter(person=user).first() if document else None
    open_to = file is not None and confirmed is None and may_acknowledge(user, note)
    rating = Rating.objects.filter(note=note).first()
    may_rate = note.state in ENDED and rating is None and may_write(user, note)
    return Aftermath(file.sha256 if file and open_to else "", confirmed, rating, may_rate)
