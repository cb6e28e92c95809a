"""Groups, the log of what was changed here, and what each group may do, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangosGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customers.access import FINANCE, MANAGERS, REPS, STAFF_GROUPS
from customers.administration import ReadOnlyAdmin, ReadOnlyInline, moment_of
from customers.groups import rights
from customers.models import User

if type(admin.site.get_model_admin(Group)) is DjangosGroupAdmin:  # registered by its import
    admin.site.unregister(Group)

#: What a group is for, in a sentence; the table says the rest.
DUTIES: dict[str, Any] = {
    REPS: _("Compose credit notes for the customers they serve, and pick up requests."),
    MANAGERS: _("Decide on the credit notes of their department, up to their limit."),
    FINANCE: _("Decide above the limits, issue or cancel what was approved, close periods."),
    "Admins": _("Tune policy, reasons, offers, limits, tax rates and people."),
}
WORDS: dict[str, Any] = {
    "tune": _("Add, change, delete what is not in use"),
    "give": _("Add, change, delete their own"),
    "change": _("Change"),
    "see": _("Look"),
}


class MemberInline(ReadOnlyInline):
    """Who is in the group."""

    model = User.groups.through
    fields = ("user",)
    related = ("user",)
    verbose_name_plural = _("members")

    def has_view_permission(self, *_request: Any) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        members = super().get_queryset(request).order_by("user__full_name")
        user: Any = request.user
        return members if user.is_superuser else members.filter(user__company=user.company_id)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin[Group]):
    """The product's groups; a person is put into them on the person's own page."""

    about = _("What each kind of colleague may do.")
    why_read_only = _(
        "What a group may do comes with the product. Who is in it is said on each person’s page."
    )
    company_lookup = ""
    list_display = ("name", "duty", "members")
    fields = ("name", "duty")
    readonly_fields = ("duty",)
    inlines = (MemberInline,)
    change_form_template = "admin/group.html"

    def get_queryset(self, request: Any) -> QuerySet[Group]:
        groups = super().get_queryset(request).filter(name__in=STAFF_GROUPS).order_by("name")
        own = Q() if request.user.is_superuser else Q(user__company=request.user.company_id)
        counted: QuerySet[Group] = groups.annotate(
            count=Count("user", filter=own & Q(user__is_active=True))
        )
        return counted

    @admin.display(description=_("what they do"))
    def duty(self, group: Group) -> str:
        return str(DUTIES.get(group.name, ""))

    @admin.display(description=_("people"), ordering="count")
    def members(self, group: Any) -> str:
        return format_html('<span class="number">{}</span>', group.count)

    def render_change_form(
        self, request: Any, context: dict[str, Any], *arguments: Any, **options: Any
    ) -> HttpResponse:
        context["rights"] = list(_rights_of(context["original"].name))
        return super().render_change_form(request, context, *arguments, **options)


def _rights_of(group: str) -> Iterator[tuple[Any, str]]:
    """What the group may do here, in words, and with which things."""
    table = list(rights())
    for key, word in WORDS.items():
        things = [_plural(label) for label, words in table if words.get(group) == key]
        if things:
            yield word, capfirst(", ".join(things))


def _plural(label: str) -> str:
    return str(apps.get_model(label)._meta.verbose_name_plural)  # noqa: SLF001


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin[LogEntry]):
    """Who changed what on the admin site."""

    named = _("Changes made here")
    about = _("Who changed what here, and when.")
    company_lookup = "user__company_id"
    list_display = (
        moment_of("action_time", _("when")),
        "user",
        "what",
        "content_type",
        "object_repr",
        "message",
    )
    list_select_related = ("user", "content_type")
    list_filter = ("action_flag",)
    search_fields = ("object_repr", "user__full_name", "user__email")
    search_help_text = _("Name of the thing, or of the person")
    date_hierarchy = "action_time"
    ordering = ("-action_time",)
    fields = ("action_time", "user", "what", "content_type", "object_repr", "message")
    readonly_fields = ("what", "message")

    @admin.display(description=_("change"), ordering="action_flag")
    def what(self, entry: LogEntry) -> str:
        words = {ADDITION: _("Added"), CHANGE: _("Changed"), DELETION: _("Deleted")}
        return str(words.get(entry.action_flag, ""))

    @admin.display(description=_("details"))
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()
