"""The shapes of what reps send about a customer's request."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.requests import DEFAULT_ORDER
from creditnotes.fields import NumberField
from creditnotes.models import CreditNote
from creditnotes.services import who_can_have
from customers.models import User


class RequestsFilter(forms.Form):
    """How the inbox is narrowed and sorted; whatever is wrong is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    whose = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        choices=[
            ("", _("Everybody's")),
            ("nobody", _("Nobody's yet")),
            ("mine", _("Mine")),
            ("department", _("My department's")),
        ],
    )
    offer = forms.BooleanField(label=_("With an open offer"), required=False)
    message = forms.BooleanField(label=_("With an unanswered message"), required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("left", _("Nobody's first, then yours, by time left")),
            ("-left", _("Others' first, nobody's last, the latest first")),
            ("asked", _("Longest waiting")),
            ("-asked", _("Newest")),
            ("-total", _("Largest amount")),
            ("total", _("Smallest amount")),
            ("customer", _("Customer")),
            ("-customer", _("Customer, from the end")),
        ],
    )

    @property
    def is_narrowed(self) -> bool:
        """Whether the list shows less than all there is."""
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    @property
    def order_name(self) -> str:
        """The name of the order asked for, else of the inbox's own."""
        return str(self.cleaned_data.get("sort") or DEFAULT_ORDER)


class OfferForm(forms.Form):
    """What a rep offers a customer: a percent, or a sum before tax."""

    percent = NumberField(label=_("Percent of what is left"), required=False, above_zero=True)
    amount = NumberField(label=_("Or an amount before tax"), required=False, above_zero=True)
    words = forms.CharField(
        label=_("Words for the customer"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class HandOverForm(forms.Form):
    """Which colleague takes the request over."""

    to = forms.ChoiceField(label=_("Who takes it"))
    comment = forms.CharField(
        label=_("Words for them"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, note: CreditNote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = who_can_have(note).exclude(pk=note.owner_id or 0)
        self.people: dict[str, User] = {str(person.pk): person for person in people}
        choices = [(key, str(person)) for key, person in self.people.items()]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]

    def clean_to(self) -> User:
        """The person themselves."""
        return self.people[self.cleaned_data["to"]]
