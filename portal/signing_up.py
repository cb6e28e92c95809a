"""What somebody who was invited chooses for their first sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from customers.models import User
from customers.wording import why_no_name


class SignUpForm(forms.Form):
    """A name and a password; the address is that of the invitation."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        help_text=_("Ten characters or more."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if words := why_no_name(name):
            raise forms.ValidationError(words)
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(email=self.email, full_name=self.cleaned_data.get("name", ""))
        password_validation.validate_password(password, person)
        return password
