"""The people who sign in."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, cast

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers import access
from customers.admin.leaving import close_account_page
from customers.admin.people_forms import (
    NewStaffForm,
    PasswordForm,
    StaffForm,
    changes_of_access,
    leaves_work,
)
from customers.administration import moment_of
from customers.administration.base import Page
from customers.models import Contact, User


class Work(admin.SimpleListFilter):
    """What people are here for, and what they lack."""

    title = _("work")
    parameter_name = "work"
    conditions: ClassVar[dict[str, Q]] = {
        "staff": Q(company__isnull=False),
        "contact": Q(company__isnull=True),
        "no_group": Q(company__isnull=False, is_active=True, groups__isnull=True),
        "no_department": Q(
            is_active=True,
            groups__name__in=[access.REPS, access.MANAGERS],
            departmentusergrant__isnull=True,
            customerusergrant__isnull=True,
        ),
    }

    def lookups(self, *_request: Any) -> list[tuple[str, Any]]:
        return [
            ("staff", _("Staff")),
            ("contact", _("Customers’ contacts")),
            ("no_group", _("In no group")),
            ("no_department", _("Serves no department")),
        ]

    def queryset(self, _request: HttpRequest, rows: QuerySet[User]) -> QuerySet[User]:
        condition = self.conditions.get(self.value() or "")
        return rows.filter(condition).distinct() if condition else rows


@admin.register(User)
class StaffAdmin(Page, UserAdmin[User]):
    """People: staff of the company, and contacts of its customers.

    Only a superuser makes superusers, or touches one.
    """

    about = _("Everybody who signs in: colleagues, and contacts of customers.")
    instead_of_deleting = _("Untick “Active” instead: the person can no longer sign in.")
    company_lookup = ""
    form = StaffForm
    add_form = NewStaffForm
    change_password_form = PasswordForm
    ordering = ("full_name", "email")
    list_display = (
        "full_name",
        "email",
        "works_as",
        "company",
        "is_active",
        "is_staff",
        moment_of("last_login", _("last sign-in")),
    )
    list_display_links = ("full_name", "email")
    list_select_related = ("company",)
    list_filter = (Work, "is_active", "is_staff", "groups", "language")
    search_fields = ("email", "full_name")
    search_help_text = _("Name or e-mail")
    filter_horizontal = ()
    autocomplete_fields = ("reports_to",)
    readonly_fields = ("last_login", "date_joined", "leaving")
    actions = ("deactivate",)
    fieldsets = (
        (None, {"fields": ("email", "password", "full_name", "language")}),
        (_("Work"), {"fields": ("company", "groups", "serves", "reports_to")}),
        (
            _("Account"),
            {"fields": ("is_active", "is_staff", "last_login", "date_joined", "leaving")},
        ),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "email",
                    "full_name",
                    "language",
                    "company",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    @admin.display(description=_("work"))
    def works_as(self, user: User) -> str:
        groups = ", ".join(sorted(group.name for group in user.groups.all()))
        return groups or str(_("Customer’s contact") if user.company_id is None else "–")

    @admin.display(description=_("leaving"))
    def leaving(self, user: User) -> str:
        """The way to hand over what somebody has open, and to close their account."""
        if user.company_id is None or not user.is_active:
            return "–"
        address = reverse("admin:close_account", args=[user.pk])
        words = _("Close this account and hand over the open work")
        return format_html('<a class="btn" href="{}">{}</a>', address, words)

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(partial(close_account_page, self))
        return [path("<int:pk>/close/", page, name="close_account"), *super().get_urls()]

    @admin.action(description=_("Deactivate: they sign in no more"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End people's access; what they did stays. Who has open work hands it over first."""
        others = queryset.filter(is_active=True).exclude(pk=cast("User", request.user).pk)
        busy = [user for user in others if leaves_work(user)]
        people = [user for user in others if user not in busy]
        for user in people:
            user.is_active = False
            user.save(update_fields=["is_active"])
            self.log_change(request, user, [{"changed": {"fields": [str(_("active"))]}}])
        if busy:
            told = _("Something waits for %(names)s: close their accounts and hand it over.")
            names = ", ".join(map(str, busy))
            self.message_user(request, told % {"names": names}, messages.WARNING)
        if not people:
            return
        words = ngettext(
            "%(count)d person was deactivated.", "%(count)d people were deactivated.", len(people)
        )
        self.message_user(request, words % {"count": len(people)}, messages.SUCCESS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request).prefetch_related("groups")
        user = cast("User", request.user)
        if user.is_superuser:
            return cast("QuerySet[User]", people)
        contacts = Contact.objects.filter(customer__company=user.company_id, user__isnull=False)
        own = Q(company=user.company_id) | Q(pk__in=contacts.values("user"))
        return cast("QuerySet[User]", people.filter(own, is_superuser=False))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        sets = list(super().get_fieldsets(request, obj))
        if obj is not None and getattr(request.user, "is_superuser", False):
            sets.append((_("All companies"), {"fields": ("is_superuser",)}))
        return sets

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        """With what the person might see and do before, and may now."""
        message = super().construct_change_message(request, form, formsets, add)
        told = [] if add else changes_of_access(form)
        return [*message, {"changed": {"fields": told}}] if told else message

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who is given another address no longer signs in with the old one."""
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "serves" in form.cleaned_data:
            access.serve_exactly(form.instance, form.cleaned_data["serves"])
