"""The form of a corrected invoice: its head, and a quantity and a price for each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.content import Content
from creditnotes.creditable import plain
from creditnotes.fields import NumberField
from creditnotes.models import Basis, CreditNote, Reason
from creditnotes.rebilling import Corrected, Correction, correction_of, lines_of
from customers.errors import Refusal
from customers.models import Invoice, InvoiceLine, Site
from customers.money import to_cent


@dataclass(frozen=True)
class Row:
    """One line of the wrong invoice, with what it should have been."""

    line: InvoiceLine
    quantity: forms.BoundField
    unit_price: forms.BoundField
    corrected: Corrected | None


class RebillForm(forms.Form):
    """What is wrong, said once for the credit note, and the invoice as it should have been."""

    reason = forms.ModelChoiceField(
        label=_("Reason"), queryset=Reason.objects.none(), empty_label=_("Choose a reason")
    )
    site = forms.ModelChoiceField(
        label=_("Delivered to"),
        queryset=Site.objects.none(),
        required=False,
        empty_label=_("As the invoice says"),
    )
    customer_reference = forms.CharField(
        label=_("Customer's reference"),
        required=False,
        max_length=60,
        help_text=_("Their order number, as the new invoice should name it."),
    )
    explanation = forms.CharField(
        label=_("Explanation for the customer"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Printed on the credit note."),
    )
    internal_note = forms.CharField(
        label=_("Note for colleagues"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, invoice: Invoice, note: CreditNote | None = None) -> None:
        self.invoice, self.note, self.lines = invoice, note, lines_of(invoice)
        super().__init__(data, initial=_first_values(invoice, self.lines, note))
        reasons = Reason.objects.filter(company=invoice.company_id, is_active=True)
        self.fields["reason"].queryset = reasons.filter(  # type: ignore[attr-defined]
            bases__contains=[Basis.WHOLE], needs_return=False, restocking_fee=0
        )
        self.fields["site"].queryset = Site.objects.filter(customer=invoice.customer_id)  # type: ignore[attr-defined]
        for line in self.lines:
            for name, label in (("quantity", _("Quantity")), ("price", _("Unit price"))):
                field = NumberField(label=f"{label}: {line.name}", required=False)
                self.fields[f"{name}-{line.pk}"] = field

    def rows(self) -> Iterator[Row]:
        """The lines in their order; what they come to once the form is valid."""
        corrected = self.correction().lines if self.is_bound and self.is_valid() else ()
        for position, line in enumerate(self.lines):
            yield Row(
                line,
                self[f"quantity-{line.pk}"],
                self[f"price-{line.pk}"],
                corrected[position] if corrected else None,
            )

    def correction(self) -> Correction:
        """The invoice as a valid form says it should have been."""
        said = self.cleaned_data
        lines = [
            Corrected(
                line,
                said[f"quantity-{line.pk}"] or Decimal(0),
                said[f"price-{line.pk}"] or Decimal(0),
            )
            for line in self.lines
        ]
        return Correction(self.invoice, lines, said["site"], said["customer_reference"])

    def content(self) -> Content:
        """What a valid form says of the credit note."""
        said = self.cleaned_data
        return Content(
            reason=said["reason"],
            explanation=said["explanation"],
            internal_note=said["internal_note"],
            customer_reference=said["customer_reference"],
        )

    def refuse(self, refusal: Refusal) -> None:
        """Say the refusal, beside its field where there is one."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


def _first_values(
    invoice: Invoice, lines: list[InvoiceLine], note: CreditNote | None
) -> dict[str, Any]:
    rebill = note.rebill if note else None
    if note is None or rebill is None:
        rows = [Corrected(line, line.quantity, line.unit_price) for line in lines]
        head = {"token": uuid4(), "customer_reference": invoice.customer_reference}
        return head | {"site": invoice.site_id} | _of_rows(rows)
    correction = correction_of(rebill)
    return {
        "reason": note.reason_id,
        "site": rebill.site_id,
        "customer_reference": rebill.customer_reference,
        "explanation": note.explanation,
        "internal_note": note.internal_note,
        "version": note.version,
    } | _of_rows(list(correction.lines))


def _of_rows(rows: list[Corrected]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in rows:
        values[f"quantity-{each.line.pk}"] = plain(each.quantity)
        values[f"price-{each.line.pk}"] = _priced(each.unit_price)
    return values


def _priced(price: Decimal) -> str:
    """A price with its cents, and with finer ones where it has them."""
    return str(to_cent(price)) if price == to_cent(price) else plain(price)
