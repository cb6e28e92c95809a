"""The forms about the people who sign in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    ReadOnlyPasswordHashField,
    UserChangeForm,
)
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from approvals.leaving import named_by_policies, open_work_of
from approvals.reassigning import line_of, reports_in
from customers import access
from customers.models import Department, User

#: The fields that say what somebody sees and does.
ACCESS = ("company", "groups", "serves", "reports_to", "is_active", "is_staff", "is_superuser")


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
            "is_active": _(
                "Untick it when somebody leaves, or close the account below where something still"
                " waits for them: what they did stays on record."
            ),
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

    def clean_is_active(self) -> bool:
        """Whose work would be left lying hands it over, on the page that closes the account."""
        is_active = bool(self.cleaned_data["is_active"])
        person = User.objects.get(pk=self.instance.pk)
        if person.is_active and not is_active and leaves_work(person):
            words = _("Something waits for this person: <a href='{}'>hand it over</a> first.")
            address = reverse("admin:close_account", args=[person.pk])
            raise forms.ValidationError(format_html(str(words), address))
        return is_active

    def clean_reports_to(self) -> User | None:
        """The line of management ends with somebody (rule 11)."""
        superior: User | None = self.cleaned_data["reports_to"]
        if superior is None:
            return None
        if superior.pk == self.instance.pk:
            raise forms.ValidationError(_("Nobody reports to themselves."))
        if self.instance.pk in line_of(superior.pk, reports_in(superior.company_id)):
            words = _("%(who)s reports to this person, so this would be a circle.")
            raise forms.ValidationError(words % {"who": superior})
        return superior

    def clean(self) -> dict[str, Any] | None:
        values = super().clean()
        superior, company = self.cleaned_data.get("reports_to"), self.cleaned_data.get("company")
        if superior and superior.company_id != (company.pk if company else None):
            self.add_error("reports_to", _("The person works for another company."))
        return values


def changes_of_access(form: forms.BaseForm) -> list[str]:
    """What a saved form changed of what somebody sees and does, each as before → after."""
    changed = [name for name in ACCESS if name in form.changed_data]
    return [
        f"{name}: {_named(form, name, form.initial.get(name))}"
        f" → {_named(form, name, form.cleaned_data.get(name))}"
        for name in changed
    ]


def _named(form: forms.BaseForm, name: str, value: Any) -> str:
    """A field's value by the names of what it holds; what is chosen by id is looked up."""
    if isinstance(value, bool) or value is None:
        return str(value or "–").lower()
    field = form.fields[name]
    if not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
        return str(value)
    several = [value] if isinstance(value, (int, Model)) else list(value)
    ids = [each.pk if isinstance(each, Model) else each for each in several]
    rows = field.queryset.model._default_manager.filter(pk__in=ids)  # noqa: SLF001
    return ", ".join(sorted(map(str, rows))) or "–"


def leaves_work(person: User) -> bool:
    """Whether something would be left lying, or a policy ask nobody, if they were just gone."""
    if person.company_id is None:
        return False
    return bool(open_work_of(person, timezone.now())) or any(named_by_policies(person))


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
