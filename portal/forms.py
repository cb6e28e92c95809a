"""What customers fill in on the portal's pages, besides the request itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.fields import SeveralFilesField
from portal.expecting import CREDITED


class EvidenceForm(forms.Form):
    """What is added to a request that was sent."""

    photos = SeveralFilesField(
        label=_("Photos"),
        help_text=_("JPEG, PNG, WebP or PDF; several at once."),
        error_messages={"required": _("Choose a photo or a document.")},
    )


class CustomersFilter(forms.Form):
    """The customer whom a list is about, and the words that are looked for."""

    customer = forms.CharField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(label=_("Search"), required=False, max_length=100)


class NotesFilter(CustomersFilter):
    """How the list of requests and credits is narrowed; whatever is wrong is left out."""

    state = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All")),
            ("waiting", _("In progress")),
            ("credited", CREDITED),
            ("refused", _("Not granted")),
        ],
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("-created", _("Newest")), ("created", _("Oldest"))],
    )


class InvoicesFilter(CustomersFilter):
    """How the list of invoices is narrowed; whatever is wrong is left out."""

    status = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All")),
            ("open", _("To be paid")),
            ("overdue", _("Past due")),
            ("paid", _("Settled")),
        ],
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("-date", _("Newest")),
            ("date", _("Oldest")),
            ("due", _("Due first")),
            ("-total", _("Largest")),
            ("total", _("Smallest")),
        ],
    )

    def __init__(self, *args: Any, sees_payments: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sees_payments:  # else a filter would tell what the rows do not
            del self.fields["status"]


class AnswerForm(forms.Form):
    """The customer's answer to a question."""

    text = forms.CharField(
        label=_("Your answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class PhotosForm(forms.Form):
    """Photos by a link: chosen, or taken on the spot; how each must be is checked when it is kept.

    Phones that take photos in a format of their own send what is asked for.
    """

    photos = SeveralFilesField(
        label=_("Photos"),
        allow_empty_file=True,  # refused when kept, in words
        help_text=_("JPEG, PNG or WebP; several at once."),
        error_messages={"required": _("Choose a photo.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photos"].widget.attrs["accept"] = "image/jpeg,image/png,image/webp"
