"""What is typed about a contact: whom to invite, and what they may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.access import RIGHTS
from customers.contacts.inviting import Invitee
from customers.models import LANGUAGES, Contact


class RightsForm(forms.ModelForm[Contact]):
    """What a contact may do, and whether they are sent the credit notes."""

    class Meta:
        model = Contact
        fields = (*RIGHTS, "gets_credit_notes")

    def __init__(self, *args: Any, may_give: frozenset[str] = frozenset(RIGHTS), **kw: Any) -> None:
        super().__init__(*args, **kw)
        for right in RIGHTS:
            if right not in may_give and not self[right].value():
                self.fields[right].disabled = True

    @property
    def rights(self) -> dict[str, bool]:
        """Those ticked in a valid form, by the columns of the contact."""
        return {right: self.cleaned_data[right] for right in RIGHTS}


class InviteForm(forms.Form):
    """Somebody to invite, and what they may do."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    may_request = forms.BooleanField(
        label=_("May ask for credits"),
        required=False,
        help_text=_("And answer questions, add photos and appeal."),
    )
    sees_statement = forms.BooleanField(
        label=_("Sees the account"),
        required=False,
        help_text=_("Balances, payments and the statement."),
    )
    manages_contacts = forms.BooleanField(
        label=_("Manages contacts"),
        required=False,
        help_text=_("Invites colleagues, and says what they may do."),
    )

    def __init__(self, *args: Any, may_give: frozenset[str] = frozenset(RIGHTS), **kw: Any) -> None:
        super().__init__(*args, **kw)
        for right in RIGHTS:
            if right not in may_give:
                self.fields[right].disabled = True
                self.initial[right] = False

    @property
    def person(self) -> Invitee:
        """Whom the valid form names."""
        given = self.cleaned_data
        rights = {right: given[right] for right in RIGHTS}
        return Invitee(given["name"], given["email"], given["language"], rights)
