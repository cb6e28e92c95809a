"""Policies, limits and offers: an admin's to tune."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from approvals.models import (
    ApprovalLimit,
    OfferTerms,
    Policy,
    PolicyStep,
)
from approvals.revising import save_as_new_version
from customers.administration import (
    OwnCompanyAdmin,
    OwnCompanyInline,
    money_of,
    number_of,
    rate_of,
)
from customers.administration.forms import TidyForm, not_negative


class PolicyForm(TidyForm[Policy]):
    """A policy. That only one is active is seen to when it is saved."""

    class Meta:
        model = Policy
        fields = (
            "company",
            "name",
            "is_active",
            "auto_approval_limit",
            "issues_at_once",
            "remind_hours",
            "escalate_hours",
        )
        help_texts = {
            "remind_hours": _(
                "So long before a step is due, those asked are reminded. Empty: they are not."
            ),
            "escalate_hours": _(
                "So long after a step was due, those who come next may decide it, too, and all are"
                " told. Empty: it waits for those asked."
            ),
            "is_active": _("It takes the place of the policy that is active now: there is one."),
            "auto_approval_limit": _(
                "Credits up to this total, tax included, are approved at once, on the record, by"
                " the policy itself. 0 lets a person decide on all."
            ),
            "issues_at_once": _(
                "What is approved gets its number and is posted at once. Otherwise finance issues"
                " it; so it is always where a reason needs the goods back."
            ),
        }

    def clean_auto_approval_limit(self) -> Any:
        return not_negative(self.cleaned_data["auto_approval_limit"])

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_active"}  # type: ignore[misc]


class PolicyStepForm(TidyForm[PolicyStep]):
    """One step, with what its fields mean."""

    class Meta:
        model = PolicyStep
        fields = ("position", "role", "hours")
        help_texts = {
            "position": _("1 is asked first."),
            "role": _("Whose limit covers the amount approves; those before them endorse."),
            "hours": _("From when it is their turn."),
        }


class PolicyStepInline(OwnCompanyInline):
    """Whom the policy asks, in this order."""

    model = PolicyStep
    form = PolicyStepForm
    min_num = 1


@admin.register(Policy)
class PolicyAdmin(OwnCompanyAdmin[Policy]):
    """Who decides. Saving a change makes a new version; notes in flight keep theirs."""

    about = _("Who decides on credit notes, in which order, and how long they have.")
    form = PolicyForm
    list_display = (
        "name",
        number_of("version", _("version")),
        "is_active",
        money_of("auto_approval_limit", _("auto-approval limit"), "company__base_currency"),
        "issues_at_once",
    )
    list_select_related = ("company",)
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("-is_active", "name", "-version")
    inlines = (PolicyStepInline,)
    fieldsets = (
        (
            None,
            {
                "fields": ("company", "name", "is_active", "auto_approval_limit", "issues_at_once"),
                "description": _(
                    "Saving makes a new version, which counts from the next submission on."
                    " Credit notes that were submitted earlier keep theirs."
                ),
            },
        ),
        (_("Time"), {"fields": ("remind_hours", "escalate_hours")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        """A policy that no longer counts is switched off: what it routed refers to it."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, *arguments: Any, **options: Any
    ) -> HttpResponse:
        if request.method == "POST":
            data = request.POST.copy()
            data["_saveasnew"] = "yes"
            request.POST = data  # type: ignore[assignment]
        return super().change_view(request, object_id, *arguments, **options)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, **options: Any
    ) -> HttpResponse:
        """There is one way to save, also after something was wrong."""
        context |= {"show_save": True, "show_save_and_continue": False}
        return super().render_change_form(request, context, *arguments, **options)

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        save_as_new_version(obj)


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
class ApprovalLimitAdmin(OwnCompanyAdmin[ApprovalLimit]):
    """The most that a role or a person may finally approve."""

    about = _("The most that a role or a person may finally approve, tax included.")
    follows_deleting = _(
        "From now on the person has only the limit of their role, and a role without a limit may"
        " finally approve nothing. What waits for them then goes to somebody whose limit covers it."
    )
    form = ApprovalLimitForm
    list_display = ("whose", "limit", "company")
    list_select_related = ("user", "company")
    list_filter = ("role",)
    search_fields = ("user__full_name", "user__email")
    search_help_text = _("Person")
    autocomplete_fields = ("user",)
    ordering = ("user__full_name", "role", "pk")

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
        fields = ("company", "reason", "percent")
        labels = {"reason": _("reason")}
        help_texts = {
            "reason": _("Empty for every reason without terms of its own."),
            "percent": _(
                "Of what is left of the claimed lines before tax; ten per cent is 10. The composer"
                " proposes it from now on, and the approver compares with it. What was submitted"
                " keeps the offer of its day."
            ),
        }

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
    list_display = ("for_what", rate_of("percent", _("percent")), "company")
    list_select_related = ("reason", "company")
    ordering = ("reason__position", "pk")

    @admin.display(description=_("reason"), ordering="reason__position")
    def for_what(self, terms: OfferTerms) -> str:
        return str(terms.reason or _("Every other reason"))
