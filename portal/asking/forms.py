"""The shape of a customer's request."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.creditable import Claim
from creditnotes.fields import NumberField, ReasonSelect, SeveralFilesField
from creditnotes.models import Basis, Reason
from customers.models import Company

#: What a customer may ask by, in their words; of a quantity, the line names its unit.
ASKED_BY = [
    (Basis.QUANTITY.value, _("units")),
    (Basis.UNIT_PRICE.value, _("is the right price for one")),
    (Basis.AMOUNT.value, _("in all, before tax")),
]


class RequestForm(forms.Form):
    """What is asked beside the lines."""

    reason = forms.ModelChoiceField(
        label=_("What went wrong?"),
        queryset=Reason.objects.none(),
        empty_label=_("Choose"),
        widget=ReasonSelect,
        error_messages={"required": _("Choose what went wrong.")},
    )
    comment = forms.CharField(
        label=_("Tell us more"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    customer_reference = forms.CharField(
        label=_("Your own reference"),
        required=False,
        max_length=60,
        help_text=_("We print it on the credit note."),
    )
    photos = SeveralFilesField(
        label=_("Photos"), required=False, help_text=_("JPEG, PNG, WebP or PDF; several at once.")
    )
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = Reason.objects.filter(  # type: ignore[attr-defined]
            company=company,
            is_active=True,
            customer_visible=True,
            bases__overlap=[basis for basis, _words in ASKED_BY],
        )


class LineForm(forms.Form):
    """How much of one invoice line is asked for; empty asks for nothing."""

    value = NumberField(above_zero=True, label=_("How much"), required=False)
    basis = forms.ChoiceField(label=_("Of what"), choices=ASKED_BY, required=False)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = [(Basis.QUANTITY.value, unit), *ASKED_BY[1:]]  # type: ignore[attr-defined]

    def claim_on(self, invoice_line_id: int) -> Claim | None:
        """What a valid row asks for, if anything."""
        value = self.cleaned_data.get("value")
        if value is None:
            return None
        basis = self.cleaned_data.get("basis") or Basis.QUANTITY
        return Claim(invoice_line_id, basis, **{str(basis): value})


class FindForm(forms.Form):
    """What one looks for, and among what; whatever is wrong is left out."""

    customer = forms.CharField(required=False, widget=forms.HiddenInput)
    draft = forms.CharField(required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        choices=[
            ("invoice", _("Invoices")),
            ("delivery", _("Deliveries")),
            ("line", _("Products")),
        ],
    )
    q = forms.CharField(label=_("Search"), required=False, max_length=100)
