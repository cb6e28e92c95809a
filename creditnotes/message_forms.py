"""The shape of what is written about a credit note, and of asking for photos of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.fields import SeveralFilesField


class RemarkForm(forms.Form):
    """A note among colleagues."""

    text = forms.CharField(
        label=_("For colleagues only"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer never sees this."),
    )
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial["token"] = uuid4()


class PhotoLinkForm(forms.Form):
    """Whom to ask for photos by a link."""

    whom = forms.CharField(
        label=_("Who it is for"),
        max_length=100,
        help_text=_("So that your colleagues know who sent the photos."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Left empty, you copy the link yourself."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial["token"] = uuid4()


class MessageForm(RemarkForm):
    """A message to the other side, with photos and documents."""

    text = forms.CharField(
        label=_("Message"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photos = SeveralFilesField(
        label=_("Photos or documents"),
        required=False,
        allow_empty_file=True,  # refused when kept, in words
        help_text=_("JPEG, PNG, WebP or PDF; several at once."),
    )
