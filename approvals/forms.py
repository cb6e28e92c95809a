"""The shapes of what approvers send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.models import Reason
from customers.models import User


class DecisionForm(forms.Form):
    """Words that go with a decision, and the hash of what the person saw when deciding."""

    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


#: The orders of :data:`approvals.queue.ORDERS`, in words.
SORTS = [
    ("left", _("Least time left")),
    ("-left", _("Most time left")),
    ("-total", _("Largest amount")),
    ("total", _("Smallest amount")),
    ("customer", _("Customer")),
    ("-customer", _("Customer, from the end")),
    ("submitted", _("Longest waiting")),
    ("-submitted", _("Latest submitted")),
]


class QueueFilter(forms.Form):
    """How the review queue is narrowed and sorted; whatever is wrong is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    reason = forms.ModelChoiceField(
        label=_("Reason"),
        required=False,
        queryset=Reason.objects.none(),
        empty_label=_("Any"),
    )
    due = forms.ChoiceField(
        label=_("Time left"),
        required=False,
        choices=[("", _("Any")), ("late", _("Overdue")), ("today", _("Due today"))],
    )
    offer = forms.ChoiceField(
        label=_("Offer"),
        required=False,
        choices=[
            ("", _("Any")),
            ("within", _("Within the standard")),
            ("above", _("Above the standard")),
        ],
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = Reason.objects.filter(company=user.company_id)
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]
