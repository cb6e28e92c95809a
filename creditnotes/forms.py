"""The shapes of what people send: the composer's head, its rows, comments, the list's filters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from creditnotes.creditable import Claim
from creditnotes.fields import NumberField, ReasonSelect, SeveralFilesField
from creditnotes.models import MEASURED, Basis, Reason, State
from customers.models import Company


class HeadForm(forms.Form):
    """What the composer asks beside the lines; all may be empty in a draft."""

    reason = forms.ModelChoiceField(
        label=_("Reason"),
        queryset=Reason.objects.none(),
        required=False,
        empty_label=_("Choose a reason"),
        widget=ReasonSelect,
    )
    customer_reference = forms.CharField(
        label=_("Customer's reference"),
        required=False,
        max_length=60,
        help_text=_("Their claim or order number; printed on the credit note."),
    )
    explanation = forms.CharField(
        label=_("Explanation for the customer"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Printed on the credit note."),
    )
    internal_note = forms.CharField(
        label=_("Note for colleagues"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer never sees this."),
    )
    photos = SeveralFilesField(
        label=_("Photos and documents"),
        required=False,
        allow_empty_file=True,  # refused when stored, so that the others are kept
        help_text=_("JPEG, PNG, WebP or PDF."),
    )
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, company: Company, reason: Reason | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Q(is_active=True) | Q(pk=reason.pk if reason else None)
        self.fields["reason"].queryset = Reason.objects.filter(offered, company=company)  # type: ignore[attr-defined]


#: The bases that a figure goes with.
BY_FIGURE = [(basis.value, basis.label) for basis in MEASURED]


class LineForm(forms.Form):
    """One invoice line to credit: picked or not, by which basis, and how much."""

    pick = forms.BooleanField(label=_("Credit this line"), required=False)
    basis = forms.ChoiceField(
        label=_("By"), choices=BY_FIGURE, required=False, initial=Basis.QUANTITY
    )
    value = NumberField(label=_("How much"), required=False)
    agreed = NumberField(required=False, widget=forms.HiddenInput)

    def claim_on(self, invoice_line_id: int) -> Claim:
        """What a valid, picked row asks for."""
        basis = self.cleaned_data["basis"] or Basis.QUANTITY
        fields = {str(basis): self.cleaned_data["value"]}
        if basis == Basis.QUANTITY and self.cleaned_data["agreed"] is not None:
            fields["unit_price"] = self.cleaned_data["agreed"]
        return Claim(invoice_line_id, basis, **fields)


class CommentForm(forms.Form):
    """Words that go with an action."""

    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )


SORTS = [
    ("-changed", _("Last changed")),
    ("changed", _("Longest unchanged")),
    ("-created", _("Newest")),
    ("created", _("Oldest")),
    ("-total", _("Largest amount")),
    ("total", _("Smallest amount")),
]


class CreditNotesFilter(forms.Form):
    """How the list of credit notes is narrowed and sorted; whatever is wrong is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Any state")), *State.choices]
    )
    reason = forms.ModelChoiceField(
        label=_("Reason"),
        required=False,
        queryset=Reason.objects.none(),
        empty_label=_("Any reason"),
    )
    owner = forms.ChoiceField(
        label=_("Owner"),
        required=False,
        choices=[("", _("Everybody's")), ("me", _("Mine")), ("nobody", _("Nobody's yet"))],
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)

    def __init__(self, *args: Any, company: Company | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = Reason.objects.filter(company=company) if company else Reason.objects.none()
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]
