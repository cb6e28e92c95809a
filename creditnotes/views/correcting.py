"""The form of a corrected invoice: its head, and a quantity and a price for each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from creditnotes.content import Content
from creditnotes.creditable import plain
from creditnotes.fields import NumberField
from creditnotes.models import Basis, CreditNote, Reason
from creditnotes.rebilling import Added, Corrected, Correction, correction_of, lines_of
from customers.errors import Refusal
from customers.models import Invoice, InvoiceLine, Product, Site
from customers.money import to_cent

#: So many lines that the wrong invoice lacks can be added, by their numbers.
ADDED = range(1, 4)
_ADDED_FIELDS = ("sku", "quantity", "price")


@dataclass(frozen=True)
class Row:
    """One line of the wrong invoice, with what it should have been."""

    line: InvoiceLine
    quantity: forms.BoundField
    unit_price: forms.BoundField
    corrected: Corrected | None


@dataclass(frozen=True)
class AddedRow:
    """A line that the wrong invoice lacks, as it is typed."""

    sku: forms.BoundField
    quantity: forms.BoundField
    unit_price: forms.BoundField
    added: Added | None


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
        for number in ADDED:
            self.fields[f"sku-added-{number}"] = forms.CharField(
                label=_("Stock code of added line %(number)s") % {"number": number},
                required=False,
                max_length=40,
            )
            for name, label in (
                ("quantity", _("Quantity of added line %(number)s")),
                ("price", _("Unit price of added line %(number)s")),
            ):
                field = NumberField(label=label % {"number": number}, required=False)
                self.fields[f"{name}-added-{number}"] = field

    def clean(self) -> dict[str, Any]:
        """Each added line with its product, found by its stock code."""
        said = super().clean() or {}
        codes = {number: said.get(f"sku-added-{number}", "").strip() for number in ADDED}
        own = Product.objects.filter(company=self.invoice.company_id)
        wanted = own.alias(code=Upper("sku")).filter(code__in=[*map(str.upper, codes.values())])
        by_code = {product.sku.upper(): product for product in wanted}
        self.products: dict[int, Product] = {}
        for number, code in codes.items():
            figures = [said.get(f"{name}-added-{number}") for name in ("quantity", "price")]
            if code or any(each is not None for each in figures):
                self._check_added(number, by_code.get(code.upper()), *figures)
        return said

    def _check_added(
        self,
        number: int,
        product: Product | None,
        quantity: Decimal | None,
        price: Decimal | None,
    ) -> None:
        if product is None:
            self.add_error(f"sku-added-{number}", _("There is no such product."))
        else:
            self.products[number] = product
        if not quantity:
            self.add_error(f"quantity-added-{number}", _("Say how many."))
        if price is None:
            self.add_error(f"price-added-{number}", _("Say the price of one."))

    def added_rows(self) -> Iterator[AddedRow]:
        """The lines that are added, filled in or not yet."""
        found = self.added() if self.is_bound and self.is_valid() else {}
        for number in ADDED:
            yield AddedRow(
                self[f"sku-added-{number}"],
                self[f"quantity-added-{number}"],
                self[f"price-added-{number}"],
                found.get(number),
            )

    @property
    def has_added(self) -> bool:
        """Whether anything is typed about a line to add."""
        names = [f"{name}-added-{number}" for name in _ADDED_FIELDS for number in ADDED]
        return any(self[name].value() or self[name].errors for name in names)

    def added(self) -> dict[int, Added]:
        """What a valid form adds, by the number of its row."""
        said = self.cleaned_data
        return {
            number: Added(
                product,
                said[f"quantity-added-{number}"],
                said[f"price-added-{number}"],
                product.name,
            )
            for number, product in self.products.items()
        }

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
        return Correction(
            self.invoice,
            lines,
            said["site"],
            said["customer_reference"],
            list(self.added().values()),
        )

    def content(self) -> Content:
        """What a valid form says of the credit note."""
        said = self.cleaned_data
        return Content(
            reason=said["reason"],
            explanation=said["explanation"],
            internal_note=said["internal_note"],
            customer_reference=said["customer_reference"],
        )

    def on(self, note: CreditNote, version: int) -> RebillForm:
        """A page with what was typed, going on with the note as it was in that version."""
        typed = {name: self.data[name] for name in self.data}
        return RebillForm(typed | {"version": str(version)}, self.invoice, note)

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
        **_of_rows(list(correction.lines)),
        **_of_added(correction.added),
    }


def _of_added(added: Sequence[Added]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number, each in zip(ADDED, added, strict=False):
        values[f"sku-added-{number}"] = each.product.sku
        values[f"quantity-added-{number}"] = plain(each.quantity)
        values[f"price-added-{number}"] = _priced(each.unit_price)
    return values


def _of_rows(rows: list[Corrected]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in rows:
        values[f"quantity-{each.line.pk}"] = plain(each.quantity)
        values[f"price-{each.line.pk}"] = _priced(each.unit_price)
    return values


def _priced(price: Decimal) -> str:
    """A price with its cents, and with finer ones where it has them."""
    return str(to_cent(price)) if price == to_cent(price) else plain(price)
