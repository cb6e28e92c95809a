"""The shape of what is typed on the pages of the books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from customers.forms import ListFilter
from customers.models import FiscalPeriod, JournalEntry, OpenItem, WriteOff
from customers.write_offs import Evidence

#: The largest file that is taken as evidence, in bytes, and the kinds of files.
LARGEST = 5 * 1024 * 1024
FILE_TYPES = {"application/pdf": b"%PDF", "image/jpeg": b"\xff\xd8", "image/png": b"\x89PNG"}


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class DaysForm(forms.Form):
    """From a day until a day, by posting date."""

    since = _day(_("From"))
    until = _day(_("Until"))


class EntriesFilter(ListFilter):
    """Entries by the document's number, kind and posting date."""

    q = forms.CharField(label=_("Number of the document"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Any")), *JournalEntry.Kind.choices]
    )
    since = _day(_("From"))
    until = _day(_("Until"))
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("-date", _("Newest")),
            ("date", _("Oldest")),
            ("reference", _("Document")),
            ("-reference", _("Document, from the end")),
        ],
    )


class LinesFilter(EntriesFilter):
    """Lines of an account; on a receivable also by customer."""

    customer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    kinds = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("-date", _("Newest")), ("date", _("Oldest"))],
    )

    def clean_kinds(self) -> list[str]:
        """Several kinds at once, as a figure of a return links to them."""
        known = set(JournalEntry.Kind.values)
        return [kind for kind in self.cleaned_data["kinds"].split(",") if kind in known]


class CutOffFilter(ListFilter):
    """The cut-off lists have one order."""

    sort = forms.ChoiceField(required=False, choices=[("date", _("Oldest"))])


class WriteOffsFilter(ListFilter):
    """Write-offs by number, invoice or customer, and by kind."""

    q = forms.CharField(label=_("Number, invoice or customer"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Any")), *WriteOff.Kind.choices]
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("-date", _("Newest")),
            ("date", _("Oldest")),
            ("-amount", _("Largest")),
            ("amount", _("Smallest")),
        ],
    )


class StateForm(forms.Form):
    """The state that a period should have."""

    state = forms.ChoiceField(label=_("State"), choices=FiscalPeriod.State.choices)


class WhyForm(forms.Form):
    """Why, in words."""

    why = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea({"rows": 3, "maxlength": 1000})
    )


class SmallBalanceForm(forms.Form):
    """A word about a small balance."""

    why = forms.CharField(label=_("Why"), required=False, max_length=500)


class BadDebtForm(forms.Form):
    """How much is bad, and what shows it."""

    amount = forms.DecimalField(
        label=_("Amount, tax included"), min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )
    evidence = forms.CharField(
        label=_("What shows that it will not be paid"),
        max_length=4000,
        widget=forms.Textarea({"rows": 4, "maxlength": 4000}),
    )
    file = forms.FileField(
        label=_("File"), required=False, help_text=_("PDF, JPEG or PNG of at most 5 MB.")
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        begins = file.read(8)
        file.seek(0)
        if not any(begins.startswith(magic) for magic in FILE_TYPES.values()):
            raise forms.ValidationError(_("The file is not a PDF, JPEG or PNG."))
        return file

    def as_evidence(self) -> Evidence:
        """What was typed and chosen, as the service takes it."""
        file, text = self.cleaned_data["file"], self.cleaned_data["evidence"]
        if file is None:
            return Evidence(text)
        content = file.read()
        kind = next(kind for kind, magic in FILE_TYPES.items() if content.startswith(magic))
        return Evidence(text, file.name[:200], kind, content)


class RecoveryForm(forms.Form):
    """How much of a bad debt came in, and the payment it came with."""

    amount = forms.DecimalField(
        label=_("Amount recovered"), min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )
    payment = forms.ModelChoiceField(
        label=_("Payment"),
        required=False,
        queryset=OpenItem.objects.none(),
        empty_label=_("None yet: the customer owes it again"),
        help_text=_("What the customer has on account settles it at once."),
    )

    def __init__(self, *args: Any, write_off: WriteOff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on_account = OpenItem.objects.filter(
            customer=write_off.customer, currency=write_off.currency, side=OpenItem.Side.PAYS
        )
        left = on_account.filter(applied__lt=F("amount")).select_related("entry")
        self.fields["payment"].queryset = left  # type: ignore[attr-defined]
