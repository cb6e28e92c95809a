"""What a customer types about their account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.fields import NumberField
from customers.applied import owed_in
from customers.models import OpenItem

#: So many open invoices are offered, those due first.
MOST = 200


class _NamedForm(forms.Form):
    """One of several on a page: its fields have ids of their own."""

    called = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.called}-%s", **kwargs})


class QuestionForm(_NamedForm):
    """A question about one document."""

    called = "question"

    text = forms.CharField(
        label=_("Your question"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class _AmountForm(_NamedForm):
    amount = NumberField(label=_("Amount"), above_zero=True)

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount != round(amount, 2):
            raise forms.ValidationError(_("At most two decimals, please."))
        return round(amount, 2)


class ApplyForm(_AmountForm):
    """Which invoice money on account settles, and how much of it."""

    called = "apply"
    invoice = forms.ModelChoiceField(
        label=_("Invoice"),
        queryset=OpenItem.objects.none(),
        empty_label=_("Choose"),
        error_messages={"required": _("Choose one of the invoices.")},
    )
    field_order = ("invoice", "amount")

    def __init__(self, *args: Any, payer: OpenItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = owed_in(payer).values_list("pk", flat=True)[:MOST]
        owed = owed_in(payer).filter(pk__in=list(ids))
        self.fields["invoice"].queryset = owed  # type: ignore[attr-defined]
        self.owed = owed

    @property
    def chosen(self) -> str:
        """The id of the invoice that is chosen now; the page writes the choices itself."""
        value = self["invoice"].value()
        return str(getattr(value, "pk", value) or "")


class RefundWishForm(_AmountForm):
    """How much is to be paid back."""

    called = "refund"

    text = forms.CharField(
        label=_("How you would like it"),
        required=False,
        max_length=500,
        help_text=_("To which account, say. Never write a card number here."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
