"""Approvals on the admin site: policies, limits, offers and stand-ins to tune; the rest to see."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from approvals.models import (
    ApprovalLimit,
    Assignment,
    Decision,
    Delegation,
    OfferTerms,
    Policy,
    PolicyStep,
    Step,
)
from approvals.revising import save_as_new_version
from customers.administration import (
    OwnCompanyAdmin,
    OwnCompanyInline,
    ReadOnlyAdmin,
    ReadOnlyInline,
)


class PolicyForm(forms.ModelForm[Policy]):
    """A policy. That only one is active is seen to when it is saved."""

    class Meta:
        model = Policy
        fields = ("company", "name", "is_active", "auto_approval_limit", "issues_at_once")

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_active"}  # type: ignore[misc]


class PolicyStepInline(OwnCompanyInline):
    """Whom the policy asks, in this order."""

    model = PolicyStep
    min_num = 1


@admin.register(Policy)
class PolicyAdmin(OwnCompanyAdmin[Policy]):
    """Who decides. Saving a change makes a new version; notes in flight keep theirs."""

    form = PolicyForm
    list_display = ("name", "version", "is_active", "auto_approval_limit", "issues_at_once")
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


class ApprovalLimitForm(forms.ModelForm[ApprovalLimit]):
    """A limit of a role or of one person, never both."""

    class Meta:
        model = ApprovalLimit
        fields = ("company", "role", "user", "amount")

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

    form = ApprovalLimitForm
    list_display = ("__str__", "role", "user", "amount", "company")
    list_select_related = ("user", "company")
    list_filter = ("role",)
    search_fields = ("user__full_name", "user__email")
    autocomplete_fields = ("user",)


class OfferTermsForm(forms.ModelForm[OfferTerms]):
    """What is offered, in general or for one reason."""

    class Meta:
        model = OfferTerms
        fields = ("company", "reason", "percent")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, reason = values.get("company"), values.get("reason")
        if company and reason and reason.company_id != company.pk:
            self.add_error("reason", _("The reason belongs to another company."))
        return values


@admin.register(OfferTerms)
class OfferTermsAdmin(OwnCompanyAdmin[OfferTerms]):
    """The standard offers."""

    form = OfferTermsForm
    list_display = ("__str__", "reason", "percent", "company")
    list_select_related = ("reason", "company")


class DelegationForm(forms.ModelForm[Delegation]):
    """Somebody stands in for a colleague of the same company."""

    class Meta:
        model = Delegation
        fields = ("delegator", "delegate", "starts_at", "ends_at")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        delegator, delegate = values.get("delegator"), values.get("delegate")
        starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
        if delegator and not delegator.company_id:
            self.add_error("delegator", _("Only staff decide."))
        if delegator and delegate and delegator.company_id != delegate.company_id:
            self.add_error("delegate", _("The person works for another company."))
        if delegator and delegator == delegate:
            self.add_error("delegate", _("Choose somebody else."))
        if starts_at and ends_at and starts_at >= ends_at:
            self.add_error("ends_at", _("The end must come after the beginning."))
        return values


@admin.register(Delegation)
class DelegationAdmin(OwnCompanyAdmin[Delegation]):
    """Who decides for whom while they are away."""

    form = DelegationForm
    company_lookup = "delegator__company_id"
    list_display = ("delegator", "delegate", "starts_at", "ends_at")
    list_select_related = ("delegator", "delegate")
    search_fields = ("delegator__full_name", "delegate__full_name")
    autocomplete_fields = ("delegator", "delegate")
    date_hierarchy = "starts_at"


class AssignmentInline(ReadOnlyInline):
    model = Assignment
    fields = ("user",)
    related = ("user",)


class DecisionInline(ReadOnlyInline):
    model = Decision
    fields = ("verdict", "actor", "on_behalf_of", "limit", "comment", "decided_at")
    related = ("actor", "on_behalf_of")


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin[Step]):
    """What was asked of whom, and why."""

    company_lookup = "note__company_id"
    list_display = ("note", "submission", "position", "role", "is_final", "status", "due_at")
    list_select_related = ("note",)
    list_filter = ("status", "role", "is_final")
    search_fields = ("=note__pk",)
    ordering = ("-pk",)
    inlines = (AssignmentInline, DecisionInline)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """Who decided what, for whom, under which limit."""

    company_lookup = "note__company_id"
    list_display = ("note", "verdict", "actor", "on_behalf_of", "limit", "decided_at")
    list_select_related = ("note", "actor", "on_behalf_of")
    list_filter = ("verdict",)
    search_fields = ("=note__pk", "actor__full_name", "actor__email")
    date_hierarchy = "decided_at"
