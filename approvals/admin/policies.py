"""Policies: an admin's to tune."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import services
from approvals.admin.conditions import ROWS
from approvals.admin.policy_forms import PolicyForm, PolicyStepForm, PolicyStepFormSet
from approvals.admin.proposals import proposed
from approvals.admin.rehearsal import Rehearsals, warn_of_gaps
from approvals.admin.switching import Switching
from approvals.models import Policy, PolicyStep, Proposal
from approvals.revising import save_as_new_version
from customers.administration import (
    OwnCompanyAdmin,
    OwnCompanyInline,
    day_of,
    money_of,
    number_of,
)
from customers.models import User
from customers.text import number_in


class PolicyStepInline(OwnCompanyInline):
    """Whom the policy asks, in this order."""

    model = PolicyStep
    form = PolicyStepForm
    formset: Any = PolicyStepFormSet
    min_num = 1

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Active staff of one's own company."""
        if db_field.name == "person":
            staff = User.objects.filter(is_active=True, company__isnull=False)
            if not request.user.is_superuser:
                staff = staff.filter(company=request.user.company_id)
            kwargs["queryset"] = staff.order_by("full_name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Policy)
class PolicyAdmin(Rehearsals, Switching, OwnCompanyAdmin[Policy]):
    """Who decides. Saving a change makes a new version; notes in flight keep theirs."""

    about = _("Who decides on which credit notes, in which order, and how long they have.")
    form = PolicyForm
    list_display = (
        "name",
        number_of("version", _("version")),
        "is_active",
        number_of("position", _("order")),
        day_of("valid_from", _("valid from")),
        day_of("valid_to", _("valid to")),
        money_of("auto_approval_limit", _("auto-approval limit"), "company__base_currency"),
        "issues_at_once",
    )
    list_select_related = ("company",)
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("-is_active", "position", "name", "-version")
    inlines = (PolicyStepInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    "name",
                    "is_active",
                    "position",
                    "valid_from",
                    "valid_to",
                    "auto_approval_limit",
                    "issues_at_once",
                ),
                "description": _(
                    "Saving makes a new version, which counts from the next submission on."
                    " Credit notes that were submitted earlier keep theirs."
                ),
            },
        ),
        (
            _("Conditions"),
            {
                "fields": ROWS,
                "description": _(
                    "All of them must hold; what is left empty is no condition. Of several ticked"
                    " in one, any will do. What is not known of a credit note never holds."
                ),
            },
        ),
        (_("Time"), {"fields": ("remind_hours", "escalate_hours")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        """A policy that no longer counts is switched off: what it routed refers to it."""
        return False

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the choices of the policy's company."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        replaced = self._replaced(request)
        company = (obj or replaced or request.user).company
        return type("PolicyForm", (form,), {"company": company, "replaces": replaced})

    def _replaced(self, request: Any) -> Policy | None:
        """The version that is on the page, which the one to be saved follows."""
        pk = getattr(request.resolver_match, "kwargs", {}).get("object_id")
        return self.get_queryset(request).filter(pk=number_in(pk or "")).first() if pk else None

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

    def save_model(self, request: Any, obj: Policy, form: Any, change: bool) -> None:
        """Saves the next version; where it takes two administrators, it is a draft till then."""
        replaced, is_wanted = self._replaced(request), obj.is_active
        obj.is_active = is_wanted and not services.takes_two()
        save_as_new_version(obj, replaced)
        if is_wanted and services.takes_two():
            kind, now = Proposal.Kind.IN_FORCE, timezone.now()
            services.propose_policy(obj, kind, by=request.user, moment=now, replaces=replaced)

    def response_add(self, request: Any, obj: Policy, *arguments: Any) -> HttpResponse:
        """What was only proposed is not said to count."""
        is_proposed = services.takes_two() and obj.proposals.exists()
        return proposed(request) if is_proposed else super().response_add(request, obj, *arguments)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Saves the steps, and says in words what they cannot finish; of a draft, nothing."""
        super().save_related(request, form, formsets, change)
        if form.cleaned_data["is_active"]:
            warn_of_gaps(request, form.instance)
