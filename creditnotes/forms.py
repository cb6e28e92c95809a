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

#: Whether the tax goes back with the net: of all lines, of none, or as each line says.
PRICE_ONLY, EACH_LINE = "price_only", "each_line"
TAX_CHOICES = [
    ("", _("Tax adjusted")),
    (PRICE_ONLY, _("Price only, no tax given back")),
    (EACH_LINE, _("As each line says")),
]


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
    tax = forms.ChoiceField(
        label=_("Tax"),
        required=False,
        choices=TAX_CHOICES,
        help_text=_("Whether the tax is given back with the price."),
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


#: By what an invoice line may be credited.
ON_LINE = [(basis.value, basis.label) for basis in (*MEASURED, Basis.FREIGHT, Basis.WHOLE)]


class LineForm(forms.Form):
    """One invoice line to credit: picked or not, by which basis, and how much."""

    pick = forms.BooleanField(label=_("Credit this line"), required=False)
    basis = forms.ChoiceField(label=_("By"), choices=ON_LINE, required=False)
    value = NumberField(label=_("How much"), required=False)
    agreed = NumberField(required=False, widget=forms.HiddenInput)
    price_only = forms.BooleanField(required=False)
    fee = NumberField(label=_("Restocking fee"), required=False)
    fee_words = forms.CharField(required=False, max_length=250)

    def __init__(self, *args: Any, default: str = Basis.QUANTITY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default

    @property
    def basis_meant(self) -> str:
        """The basis that a valid row names, or its own default."""
        return self.cleaned_data.get("basis") or self.default

    def claim_on(self, invoice_line_id: int, *, price_only: bool = False) -> Claim:
        """What a valid, picked row asks for."""
        given = self.cleaned_data
        return Claim(
            invoice_line_id,
            self.basis_meant,
            **self._figures(),
            price_only=price_only or given["price_only"],
            fee_percent=given["fee"],
            fee_words=given["fee_words"],
        )

    def _figures(self) -> dict[str, Any]:
        """The figure that goes with the basis, under the name that a claim has for it."""
        value, basis = self.cleaned_data["value"], self.basis_meant
        if basis == Basis.WHOLE:
            return {}
        if basis == Basis.FREIGHT:
            return {"amount": value}
        if basis == Basis.QUANTITY:
            return {"quantity": value, "unit_price": self.cleaned_data["agreed"]}
        return {str(basis): value}


class TaxForm(forms.Form):
    """A tax of an invoice to be given back alone: all that is left, or so much."""

    pick = forms.BooleanField(required=False)
    value = NumberField(required=False)


class GoodwillForm(forms.Form):
    """A sum that no invoice charged, and what it is for."""

    description = forms.CharField(required=False, max_length=250)
    value = NumberField(required=False, above_zero=True)


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
