"""What happened, and what follows from it: to be looked at, and tried again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from creditnotes.models import (
    Dispatch,
    Event,
    News,
)
from creditnotes.tasks import FAILING, try_again
from customers.administration import (
    ReadOnlyAdmin,
    data_of,
    moment_of,
    number_of,
)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """Everything that happened."""

    about = _("Everything that happened to credit notes, by whom and when.")
    company_lookup = "note__company_id"
    customer_lookup = "note__customer"
    list_display = (
        moment_of("happened_at", _("when")),
        "note",
        "kind",
        "actor",
        "on_behalf_of",
        "new_state",
    )
    list_select_related = ("note", "actor", "on_behalf_of")
    list_filter = ("kind",)
    reference_prefix = "CR-"
    search_fields = ("=note__pk", "actor__full_name", "actor__email")
    search_help_text = _("CR-…, or person")
    date_hierarchy = "happened_at"
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("happened_at", "note", "kind", "actor", "on_behalf_of")}),
        (_("What changed"), {"fields": ("old_state", "new_state", "comment", "details")}),
    )
    readonly_fields = ("details",)
    details = data_of("payload", _("details"))


class Done(admin.SimpleListFilter):
    """How far a dispatch is."""

    title = _("state")
    parameter_name = "done"

    def lookups(self, *_request: Any) -> list[tuple[str, Any]]:
        return [("done", _("Done")), ("waiting", _("Waiting")), ("failing", _("Failing"))]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Dispatch]) -> QuerySet[Dispatch]:
        waiting = Q(done_at__isnull=True)
        wanted = {"done": ~waiting, "waiting": waiting}
        wanted["failing"] = waiting & Q(attempts__gte=FAILING)
        return rows.filter(wanted[self.value() or ""]) if self.value() in wanted else rows


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin[Dispatch]):
    """The outbox: what is to be done about events, and what went wrong."""

    about = _("Mails, files and news that follow from events: what is done, waits, or fails.")
    why_read_only = _(
        "What is not done is tried again by itself, ever more rarely. Tick rows and choose"
        " “Try again now” after mending what made them fail."
    )
    company_lookup = "event__note__company_id"
    customer_lookup = "event__note__customer"
    actions = ("try_again",)
    list_display = (
        "event",
        "consumer",
        number_of("attempts", _("attempts")),
        moment_of("due_at", _("next attempt")),
        moment_of("done_at", _("done")),
        "last_error",
    )
    list_select_related = ("event__note",)
    list_filter = (Done, "consumer")
    reference_prefix = "CR-"
    search_fields = ("=event__note__pk",)
    search_help_text = _("CR-…")
    ordering = ("-pk",)

    def has_retry_permission(self, request: Any) -> bool:
        return bool(request.user.has_perm("creditnotes.change_dispatch"))

    @admin.action(description=_("Try again now"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Dispatch]) -> None:
        """Offer what is not done to the workers at once."""
        count = try_again(queryset)
        words = ngettext("%(count)d is tried again.", "%(count)d are tried again.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)


@admin.register(News)
class NewsAdmin(ReadOnlyAdmin[News]):
    """Who was told what."""

    about = _("Who was told what in the product, and when they saw it.")
    company_lookup = "event__note__company_id"
    customer_lookup = "event__note__customer"
    list_display = ("user", "event", moment_of("seen_at", _("seen")))
    list_select_related = ("user", "event__note")
    list_filter = (("seen_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__full_name", "user__email")
    search_help_text = _("Person")
    ordering = ("-pk",)
