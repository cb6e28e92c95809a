"""Forms of the admin site: what the database would refuse is said beside the field, in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

AnyModel = TypeVar("AnyModel", bound=Model)


class TidyForm(forms.ModelForm[AnyModel]):
    """A form that says beside the field that there is such a row already."""

    def _update_errors(self, errors: ValidationError) -> None:
        whole = getattr(errors, "error_dict", {}).pop(NON_FIELD_ERRORS, [])
        for error in whole:
            field = self._named_by(error)
            words = _("There is one like this already.") if field else error
            self.add_error(field, words)
        if getattr(errors, "error_dict", None):
            super()._update_errors(errors)  # type: ignore[misc]

    def _named_by(self, error: ValidationError) -> str | None:
        """The last visible field of those that make a row unique, if that is what is wrong."""
        fields = (error.params or {}).get("unique_check", ())
        shown = [name for name in fields if name in self.fields and name != "company"]
        return shown[-1] if shown else None


def not_negative(amount: Decimal | None) -> Any:
    """The amount, which may be zero or nothing; raises the form's error otherwise."""
    if amount is not None and amount < 0:
        raise ValidationError(_("Zero or above, please."))
    return amount


class DaysField(forms.CharField):
    """Calendar days, one a line, kept in order; a day that stands twice counts once."""

    widget = forms.Textarea(attrs={"rows": 5, "placeholder": "2026-12-24"})

    def prepare_value(self, value: Any) -> Any:
        days = value if isinstance(value, list) else None
        return value if days is None else "\n".join(str(day) for day in days)

    def clean(self, value: Any) -> Any:
        words = str(super().clean(value)).replace(",", " ").split()
        return sorted({self._day(word) for word in words})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def _day(self, word: str) -> date:
        try:
            return date.fromisoformat(word)
        except ValueError:
            wrong = _("“%(word)s” is no day. Write one a line, such as 2026-12-24.")
            raise ValidationError(wrong % {"word": word}) from None
