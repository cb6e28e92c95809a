"""What was asked of whom, and what they decided: to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from approvals.models import (
    Assignment,
    ClockStop,
    Decision,
    Step,
)
from customers.administration import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    data_of,
    moment_of,
    money_of,
    number_of,
)


class AssignmentInline(ReadOnlyInline):
    model = Assignment
    fields = ("user", "cause", "asked_as", "replaces", "given_by", "comment")
    related = ("user", "replaces__user", "replaces__step", "given_by")


class ClockStopInline(ReadOnlyInline):
    model = ClockStop
    fields = ("since", "until", "due_before", "due_after")


class DecisionInline(ReadOnlyInline):
    model = Decision
    fields = ("verdict", "actor", "on_behalf_of", "limit_then", "comment", "decided_at")
    readonly_fields = ("limit_then",)
    related = ("actor", "on_behalf_of")
    limit_then = money_of("limit", _("limit then"))


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin[Step]):
    """What was asked of whom, and why."""

    about = _("Whom each submission asked, why, and until when; frozen when it was submitted.")
    company_lookup = "note__company_id"
    customer_lookup = "note__customer"
    list_display = (
        "note",
        number_of("submission", _("submission")),
        number_of("position", _("position")),
        "role",
        "is_final",
        "status",
        moment_of("due_at", _("due")),
    )
    list_select_related = ("note",)
    list_filter = ("status", "role", "is_final")
    reference_prefix = "CR-"
    search_fields = ("=note__pk",)
    search_help_text = _("CR-…")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("note", "submission", "position", "role", "is_final", "status")}),
        (
            _("When"),
            {
                "fields": (
                    "hours",
                    "remind_hours",
                    "escalate_hours",
                    "opened_at",
                    "due_at",
                    "reminded_at",
                    "escalated_at",
                    "stopped_at",
                )
            },
        ),
        (_("Why"), {"fields": ("policy", "counted", "reasons")}),
    )
    readonly_fields = ("counted", "reasons")
    inlines = (AssignmentInline, ClockStopInline, DecisionInline)
    counted = money_of("amount_counted", _("amount counted"))
    reasons = data_of("why", _("why"))


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """Who decided what, for whom, under which limit."""

    about = _("Who decided what, on whose behalf, and under which limit.")
    company_lookup = "note__company_id"
    customer_lookup = "note__customer"
    list_display = (
        "note",
        "verdict",
        "actor",
        "on_behalf_of",
        money_of("limit", _("limit then")),
        moment_of("decided_at", _("decided")),
    )
    list_select_related = ("note", "actor", "on_behalf_of")
    list_filter = ("verdict",)
    reference_prefix = "CR-"
    search_fields = ("=note__pk", "actor__full_name", "actor__email")
    search_help_text = _("CR-…, or person")
    date_hierarchy = "decided_at"
    ordering = ("-pk",)
