"""The shapes of what approvers send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.models import Reason
from customers.models import Company


class DecisionForm(forms.Form):
    """Words that go with a decision, and the hash of what the person saw when deciding."""

    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to return; to reject, where the customer asked for the credit."),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class QueueFilter(forms.Form):
    """How the review queue is narrowed; whatever is wrong is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    reason = forms.ModelChoiceField(
        label=_("Reason"),
        required=False,
        queryset=Reason.objects.none(),
        empty_label=_("Any reason"),
    )
    late = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, *args: Any, company: Company | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = Reason.objects.filter(company=company) if company else Reason.objects.none()
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]
