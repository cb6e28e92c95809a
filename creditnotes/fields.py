"""Form fields that the composer and the portal share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from creditnotes.numerals import number_for, number_from


class NumberField(forms.Field):
    """A number in the person's own notation, exact to four decimals.

    Not negative, and with ``above_zero`` not nothing either.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, *, above_zero: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.above_zero = above_zero

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, Decimal):
            return value
        try:
            number = number_from(str(value), get_language() or "en")
        except ValueError as error:
            raise forms.ValidationError(_("Enter a number."), code="invalid") from error
        self._check_size(number)
        return number

    def prepare_value(self, value: Any) -> Any:
        """A number in the person's notation; what they typed themselves as they typed it."""
        is_number = isinstance(value, Decimal)
        return number_for(value, get_language() or "en") if is_number else value

    def _check_size(self, number: Decimal) -> None:
        if self.above_zero and number <= 0:
            raise forms.ValidationError(
                _("Enter a number above zero, with four decimals at most."), code="nothing"
            )
        if number < 0:
            raise forms.ValidationError(_("Enter a number, zero or above."), code="negative")
        if number >= 10**10:
            raise forms.ValidationError(_("This number is too large."), code="large")
        if number != round(number, 4):
            raise forms.ValidationError(_("At most four decimals, please."), code="decimals")


class _SeveralFilesInput(forms.ClearableFileInput):
    """A file input that takes several; phones offer the camera."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Several files at once; how each must be is checked when it is stored."""

    widget = _SeveralFilesInput(
        attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf", "multiple": True}
    )

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        if self.required and not data:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(SeveralFilesField, self).clean(each, initial) for each in data or []]


class ReasonSelect(forms.Select):
    """Reasons that carry what they ask for, so that the page can follow the choice."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if reason := getattr(value, "instance", None):
            option["attrs"]["data-bases"] = " ".join(reason.bases)
            if reason.needs_photo:
                option["attrs"]["data-needs-photo"] = "yes"
            if reason.needs_return:
                option["attrs"]["data-needs-return"] = "yes"
        return option
