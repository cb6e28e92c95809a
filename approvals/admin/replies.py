"""Reply templates: an admin's to tune."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from approvals.models import ReplyTemplate
from approvals.replying import PLACES, unknown_places
from customers.administration import OwnCompanyAdmin
from customers.administration.forms import TidyForm


class ReplyTemplateForm(TidyForm[ReplyTemplate]):
    """A text in both languages, with places that can be filled in."""

    class Meta:
        model = ReplyTemplate
        fields = ("company", "name", "used_for", "text_en", "text_fr", "position", "is_active")
        help_texts = {
            "text_en": _("{customer}, {contact}, {reference} and {expected} are filled in."),
            "text_fr": _("{customer}, {contact}, {reference} and {expected} are filled in."),
        }

    def clean_text_en(self) -> str:
        return _checked(self.cleaned_data["text_en"])

    def clean_text_fr(self) -> str:
        return _checked(self.cleaned_data["text_fr"])


def _checked(text: str) -> str:
    if unknown := unknown_places(text):
        words = _("Nothing fills in %(place)s; known are %(places)s.")
        places = ", ".join(f"{{{name}}}" for name in PLACES)
        raise forms.ValidationError(words % {"place": f"{{{unknown[0]}}}", "places": places})
    return text


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(OwnCompanyAdmin[ReplyTemplate]):
    """What is written to customers again and again."""

    about = _("What is written to customers again and again, in both languages.")
    follows_deleting = _("It is offered no more. What was written with it stays.")
    form = ReplyTemplateForm
    list_display = ("name", "used_for", "position", "is_active", "company")
    list_select_related = ("company",)
    list_filter = ("used_for", "is_active")
    search_fields = ("name", "text_en", "text_fr")
    search_help_text = _("Name or text")
    ordering = ("position", "name")
