"""The people who sign in."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, cast

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    ReadOnlyPasswordHashField,
    UserChangeForm,
)
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from approvals.services.leaving import open_work_of
from customers import access
from customers.admin.leaving import close_account_page
from customers.administration import moment_of
from customers.administration.base import Page
from customers.models import Contact, Department, User


class _ServesDepartments(forms.Form):
    """The departments whose customers a member of staff serves: object permissions, as a field."""

    serves = forms.ModelMultipleChoiceField(
        label=_("serves the departments"),
        queryset=Department.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whose customers, invoices and credit notes the person sees and works on."),
    )


class PasswordLink(forms.Widget):
    """The way to a new password; of the present one nothing is shown."""

    read_only = True

    def render(self, *_arguments: Any, **_options: Any) -> SafeString:
        return format_html('<a class="btn" href="../password/">{}</a>', _("Set a new password"))

    def id_for_label(self, _id: str | None) -> str:
        return ""


class StaffForm(UserChangeForm[User], _ServesDepartments):
    """A person who signs in."""

    password = ReadOnlyPasswordHashField(
        label=_("Password"),
        widget=PasswordLink,
        help_text=_(
            "Nobody can look at it. Better let the person choose it by “Forgot your password?”;"
            " where you set one, it is recorded that you did."
        ),
    )

    class Meta:
        model = User
        fields = "__all__"
        widgets = {"groups": forms.CheckboxSelectMultiple}
        help_texts = {
            "email": _("The person signs in with it, and is written to there."),
            "language": _("Of the pages and mails that this person gets."),
            "groups": _(
                "Reps compose, Managers decide for their department, Finance decides above the"
                " limits and issues, Admins tune what is here."
            ),
            "is_active": _("Untick it when somebody leaves: what they did stays on record."),
            "is_staff": _(
                "Lets the person in here. What they find depends on their groups: Admins tune,"
                " Finance and Managers mostly look."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "serves" in self.fields:
            self.fields["serves"].queryset = Department.objects.filter(  # type: ignore[attr-defined]
                company=self.instance.company_id
            ).order_by("name")
            self.initial["serves"] = access.departments_served_by(self.instance)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class NewStaffForm(AdminUserCreationForm[User]):
    """A new person; what they serve is said on the next page."""

    class Meta:
        model = User
        fields = ("email", "full_name", "language", "company")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen_by = self.fields["usable_password"]
        chosen_by.label = _("first password")
        chosen_by.help_text = _("Nobody but the person needs to know it.")
        chosen_by.initial = "false"
        chosen_by.choices = [  # type: ignore[attr-defined]
            ("false", _("They choose it themselves, by “Forgot your password?”")),
            ("true", _("I set it here")),
        ]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # has none at run time
    """A colleague's new password; to take it away, the account is deactivated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True


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
        busy = [user for user in others if open_work_of(user, timezone.now())]
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

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who is given another address no longer signs in with the old one."""
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "serves" in form.cleaned_data:
            access.serve_exactly(form.instance, form.cleaned_data["serves"])
