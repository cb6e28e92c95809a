"""Company, departments and the people who sign in."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers import access
from customers.administration import OwnCompanyAdmin
from customers.models import Company, Contact, Department, User


@admin.register(Company)
class CompanyAdmin(OwnCompanyAdmin[Company]):
    """The supplier's own facts, as they stand on documents."""

    company_lookup = "pk"
    list_display = ("legal_name", "code", "province", "base_currency", "time_zone")
    search_fields = ("legal_name", "code")


class DepartmentForm(forms.ModelForm[Department]):
    """A department and its manager, who must work for the same company."""

    class Meta:
        model = Department
        fields = ("company", "name", "manager")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, manager = values.get("company"), values.get("manager")
        if company and manager and manager.company_id != company.pk:
            self.add_error("manager", _("The manager works for another company."))
        return values


@admin.register(Department)
class DepartmentAdmin(OwnCompanyAdmin[Department]):
    """Who decides on which customers' credit notes."""

    form = DepartmentForm
    list_display = ("name", "manager", "company")
    list_select_related = ("manager", "company")
    list_filter = ("company",)
    search_fields = ("name", "manager__full_name", "manager__email")
    autocomplete_fields = ("manager",)

    def save_model(
        self, request: HttpRequest, obj: Department, form: ModelForm[Department], change: bool
    ) -> None:
        """A manager also serves the department, else they could not look at its customers."""
        super().save_model(request, obj, form, change)
        if obj.manager:
            access.let_serve_department(obj.manager, obj)


class _ServesDepartments(forms.Form):
    """The departments whose customers a member of staff serves: object permissions, as a field."""

    serves = forms.ModelMultipleChoiceField(
        label=_("serves the departments"),
        queryset=Department.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whose customers, invoices and credit notes the person sees and works on."),
    )


class StaffForm(UserChangeForm[User], _ServesDepartments):
    """A person who signs in."""

    class Meta:
        model = User
        fields = "__all__"

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

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class StaffAdmin(UserAdmin[User]):
    """People: staff of the company, and contacts of its customers.

    Only a superuser makes superusers, or touches one.
    """

    form = StaffForm
    add_form = NewStaffForm
    ordering = ("email",)
    list_display = ("email", "full_name", "company", "is_active", "is_staff", "last_login")
    list_select_related = ("company",)
    list_filter = ("is_active", "is_staff", "groups", "language")
    search_fields = ("email", "full_name")
    filter_horizontal = ("groups",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "full_name", "language")}),
        (_("Work"), {"fields": ("company", "groups", "serves")}),
        (_("Account"), {"fields": ("is_active", "is_staff", "last_login", "date_joined")}),
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        user = cast("User", request.user)
        if user.is_superuser:
            return people
        contacts = Contact.objects.filter(customer__company=user.company_id, user__isnull=False)
        own = Q(company=user.company_id) | Q(pk__in=contacts.values("user"))
        return people.filter(own, is_superuser=False)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        sets = list(super().get_fieldsets(request, obj))
        if obj is not None and getattr(request.user, "is_superuser", False):
            sets.append((_("All companies"), {"fields": ("is_superuser",)}))
        return sets

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "company":
            kwargs["queryset"] = self.admin_site.get_model_admin(Company).get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        return {"company": getattr(request.user, "company_id", None)} | initial

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who is given another address no longer signs in with the old one."""
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "serves" in form.cleaned_data:
            access.serve_exactly(form.instance, form.cleaned_data["serves"])
