"""Pools, approval limits and offers: an admin's to tune."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from approvals.admin.proposals import LimitsByTwo
from approvals.admin.rehearsal import warn_of_endless_offers, warned_of_new_gaps
from approvals.models import (
    ApprovalLimit,
    OfferTerms,
    PolicyStep,
    Pool,
)
from customers.administration import (
    OwnCompanyAdmin,
    money_of,
    rate_of,
)
from customers.administration.forms import TidyForm, not_negative
from customers.models import User


class PoolForm(TidyForm[Pool]):
    """People of the same company."""

    class Meta:
        model = Pool
        fields = ("company", "name", "members")
        widgets = {"members": forms.CheckboxSelectMultiple}
        help_texts = {"members": _("Who leaves the pool decides no more in its name.")}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        members = values.get("members")
        is_asked = self.instance.pk and PolicyStep.objects.filter(
            pool=self.instance, policy__is_active=True
        )
        if is_asked and members is not None and not members.exists():
            self.add_error("members", _("A policy in force asks this pool; keep somebody in it."))
        return values


@admin.register(Pool)
class PoolAdmin(OwnCompanyAdmin[Pool]):
    """People of whom a policy asks any one, or all."""

    about = _("People of whom a policy’s step asks any one, or all.")
    form = PoolForm
    list_display = ("name", "company")
    list_select_related = ("company",)
    search_fields = ("name", "members__full_name")
    search_help_text = _("Name of the pool or of a member")
    instead_of_deleting = _("A policy asks it: take it out of the policy first.")
    ordering = ("name",)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Active staff of one's own company."""
        staff = User.objects.filter(is_active=True, company__isnull=False)
        if not request.user.is_superuser:
            staff = staff.filter(company=request.user.company_id)
        kwargs["queryset"] = staff.order_by("full_name")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ApprovalLimitForm(TidyForm[ApprovalLimit]):
    """A limit of a role or of one person, never both."""

    class Meta:
        model = ApprovalLimit
        fields = ("company", "role", "user", "amount")
        labels = {"user": _("person")}
        help_texts = {
            "role": _("For everybody whom a step of this role asks. Leave it empty for a person."),
            "user": _("A person’s own limit wins over the one of their role."),
            "amount": _(
                "In the company’s currency, tax included; all credits on the same invoice of 30"
                " days count together. Empty for no limit. It counts at once, also for credit"
                " notes that wait for a decision: who is asked stays, and what they may finally"
                " approve is the limit of the moment in which they decide."
            ),
        }

    def clean_amount(self) -> Any:
        return not_negative(self.cleaned_data["amount"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, user = values.get("company"), values.get("user")
        if bool(values.get("role")) == bool(user):
            self.add_error("role", _("Choose a role or a person, not both."))
        if company and user and user.company_id != company.pk:
            self.add_error("user", _("The person works for another company."))
        return values


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(LimitsByTwo, OwnCompanyAdmin[ApprovalLimit]):
    """The most that a role or a person may finally approve."""

    about = _("The most that a role or a person may finally approve, tax included.")
    follows_deleting = _(
        "From now on the person has only the limit of their role, and a role without a limit may"
        " finally approve nothing. What waits for them stays with them, though they may no longer"
        " approve what is above: hand it to somebody whose limit covers it."
    )
    form = ApprovalLimitForm
    list_display = ("whose", "limit", "company")
    list_select_related = ("user", "company")
    list_filter = ("role",)
    search_fields = ("user__full_name", "user__email")
    search_help_text = _("Person")
    autocomplete_fields = ("user",)
    ordering = ("user__full_name", "role", "pk")

    def save_model(self, request: Any, obj: ApprovalLimit, form: Any, change: bool) -> None:
        """Saves it, and says what finds nobody since."""
        with warned_of_new_gaps(request, obj.company_id):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: Any, obj: ApprovalLimit) -> None:
        """Takes it away, and says what finds nobody since."""
        with warned_of_new_gaps(request, obj.company_id):
            super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: QuerySet[ApprovalLimit]) -> None:
        """Takes them away one by one, so that the same is said."""
        for limit in queryset:
            self.delete_model(request, limit)

    @admin.display(description=_("who"), ordering="role")
    def whose(self, limit: ApprovalLimit) -> str:
        return str(limit.user or limit.get_role_display())

    @admin.display(description=_("limit"), ordering="amount")
    def limit(self, limit: ApprovalLimit) -> str:
        if limit.amount is None:
            return str(_("no limit"))
        return money_of("amount", "", "company__base_currency")(limit)


class OfferTermsForm(TidyForm[OfferTerms]):
    """What is offered, in general or for one reason."""

    class Meta:
        model = OfferTerms
        fields = (
            "company",
            "reason",
            "tier",
            "percent",
            "cap",
            "times",
            "days",
            "days_open",
        )
        labels = {"reason": _("reason")}
        help_texts = {
            "reason": _("Empty for every reason without terms of its own."),
            "percent": _(
                "Of what is left of the claimed lines before tax; ten per cent is 10. The composer"
                " proposes it from now on, and the approver compares with it. What was submitted"
                " keeps the offer of its day."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days_open"].required = False

    def clean_days_open(self) -> Any:
        """Left empty it stays as it is."""
        return self.cleaned_data["days_open"] or self.instance.days_open

    def clean_percent(self) -> Any:
        percent = self.cleaned_data["percent"]
        if not 0 < percent <= 100:
            raise forms.ValidationError(_("More than 0, and 100 at most."))
        return percent

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, reason = values.get("company"), values.get("reason")
        if company and reason and reason.company_id != company.pk:
            self.add_error("reason", _("The reason belongs to another company."))
        return values


@admin.register(OfferTerms)
class OfferTermsAdmin(OwnCompanyAdmin[OfferTerms]):
    """The standard offers."""

    about = _("What is proposed at once, in full settlement, and compared with when it is decided.")
    follows_deleting = _(
        "From now on the standard offer holds for this reason; without a standard offer nothing is"
        " proposed. What was submitted keeps the offer of its day."
    )
    form = OfferTermsForm
    list_display = (
        "for_what",
        "tier",
        rate_of("percent", _("percent")),
        "cap",
        "times",
        "days",
        "days_open",
        "company",
    )
    list_select_related = ("reason", "company")
    ordering = ("reason__position", "pk")

    def save_model(self, request: Any, obj: OfferTerms, form: Any, change: bool) -> None:
        """Saves them, and says which offers pass by themselves without end."""
        super().save_model(request, obj, form, change)
        warn_of_endless_offers(request, obj.company_id)

    @admin.display(description=_("reason"), ordering="reason__position")
    def for_what(self, terms: OfferTerms) -> str:
        return str(terms.reason or _("Every other reason"))
