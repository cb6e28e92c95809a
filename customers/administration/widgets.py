"""Form controls of the admin site: the browser's own, so that no script needs to draw them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _


class Day(forms.DateInput):
    """The browser's own choice of a day."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class Time(forms.TimeInput):
    """The browser's own choice of a time."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class Moment(forms.SplitDateTimeWidget):
    """A day and a time beside each other."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        forms.MultiWidget.__init__(
            self, [Day({"aria-label": _("Day")}), Time({"aria-label": _("Time")})], attrs
        )


#: What stands in for the widgets that Django's admin draws with scripts of its own.
OVERRIDES: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.DateTimeField: {"form_class": forms.SplitDateTimeField, "widget": Moment},
    models.DateField: {"widget": Day},
    models.TimeField: {"widget": Time},
    models.TextField: {"widget": forms.Textarea(attrs={"rows": 4})},
}
