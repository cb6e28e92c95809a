"""Policies: an admin's to tune."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import services
from approvals.admin.conditions import ROWS, ConditionsForm
from approvals.admin.conditions import fields as condition_fields
from approvals.admin.proposals import proposed
from approvals.admin.rehearsal import Rehearsals
from approvals.admin.switching import Switching
from approvals.models import Policy, PolicyStep, Proposal, Role
from approvals.models.policies import LAST
from approvals.revising import save_as_new_version
from approvals.soundness import gaps_of, hidden_by, hides, highest_limits, takes_all
from customers.administration import (
    OwnCompanyAdmin,
    OwnCompanyInline,
    day_of,
    money_of,
    number_of,
)
from customers.administration.forms import TidyForm, not_negative
from customers.models import User
from customers.text import number_in


class PolicyForm(ConditionsForm):
    """A policy: for which credits, from when to when, and what becomes of them."""

    replaces: Policy | None = None

    class Meta:
        model = Policy
        fields = (
            "company",
            "name",
            "is_active",
            "position",
            "valid_from",
            "valid_to",
            "auto_approval_limit",
            "issues_at_once",
            "remind_hours",
            "escalate_hours",
        )
        help_texts = {
            "remind_hours": _(
                "So long before a step is due, those asked are reminded. Empty: they are not. A"
                " step may have hours of its own."
            ),
            "escalate_hours": _(
                "So long after a step was due, those who come next may decide it, too, and all are"
                " told. Empty: it waits for those asked."
            ),
            "is_active": _(
                "It takes the place of its version that is active now. Not ticked, it is a draft:"
                " rehearse it on the past, and put it in force then."
            ),
            "position": _(
                "The lowest number is looked at first; the first policy whose conditions all hold"
                " is taken. The one without conditions comes last. Empty for last."
            ),
            "valid_from": _("The first day on which it counts; empty for at once."),
            "valid_to": _("The last day on which it counts; empty for no end."),
            "auto_approval_limit": _(
                "Credits up to this total, tax included, are approved at once, on the record, by"
                " the policy itself. 0 lets a person decide on all."
            ),
            "issues_at_once": _(
                "What is approved gets its number and is posted at once. Otherwise finance issues"
                " it; so it is always where a reason needs the goods back."
            ),
        }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "position" in self.fields:
            self.fields["position"].required = False

    def clean_position(self) -> int:
        """Left empty it is the last."""
        position = self.cleaned_data["position"]
        return LAST if position is None else position

    def clean_auto_approval_limit(self) -> Any:
        return not_negative(self.cleaned_data["auto_approval_limit"])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.errors or not values.get("company"):
            return values
        policy = self._as_written(values)
        others = self._others(policy)
        if policy.is_active and not any(map(takes_all, [*others, policy])):
            self.add_error(
                None,
                _(
                    "One active policy must be without conditions and always valid: it takes what"
                    " no other does, so that every credit note finds somebody."
                ),
            )
        if policy.is_active:
            self._require_reachable(policy, others)
        return values

    def _as_written(self, values: dict[str, Any]) -> Policy:
        names = [name for name in PolicyForm.Meta.fields if name in values]
        return Policy(
            pk=self.replaces.pk if self.replaces else None,
            conditions=self.instance.conditions,
            **{name: values[name] for name in names},
        )

    def _others(self, policy: Policy) -> list[Policy]:
        """The policies that are active beside it, in order."""
        active = Policy.objects.filter(company=policy.company_id, is_active=True)
        replaced = Q(name=policy.name) | Q(pk=policy.pk)
        return list(active.exclude(replaced).order_by("position", "pk"))

    def _require_reachable(self, policy: Policy, others: Sequence[Policy]) -> None:
        if earlier := hidden_by(policy, others):
            told = {"other": earlier.name}
            words = _("Nothing is left for it: “%(other)s” comes before it and takes all of this.")
            self.add_error("position", words % told)
        if later := hides(policy, others):
            told = {"others": ", ".join(each.name for each in later)}
            words = _(
                "It would leave nothing for: %(others)s. Give it conditions, or a later place."
            )
            self.add_error("position", words % told)

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_active"}  # type: ignore[misc]


PolicyForm.declared_fields |= condition_fields()  # as if each were written down above


PolicyForm.base_fields |= PolicyForm.declared_fields


class PolicyStepForm(TidyForm[PolicyStep]):
    """One step, with what its fields mean."""

    class Meta:
        model = PolicyStep
        fields = (
            "position",
            "role",
            "person",
            "pool",
            "needs_all",
            "is_required",
            "hours",
            "remind_hours",
            "escalate_hours",
        )
        help_texts = {
            "position": _("1 is asked first; steps of one number are asked at once."),
            "role": _("Whose limit covers the amount approves; those before them endorse."),
            "hours": _("Business hours, from when it is their turn."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for role, name, words in (
            (Role.PERSON, "person", _("Choose the person, and only where one is named.")),
            (Role.POOL, "pool", _("Choose the pool, and only where one is asked.")),
        ):
            if "role" in values and (values["role"] == role) != bool(values.get(name)):
                self.add_error(name, words)
        pool, person = values.get("pool"), values.get("person")
        if pool and not pool.members.filter(is_active=True).exists():
            self.add_error("pool", _("Nobody is in it, so it could never be asked."))
        if person and not person.is_active:
            self.add_error("person", _("The person can no longer sign in."))
        return values


class PolicyStepFormSet(forms.BaseInlineFormSet[PolicyStep, Policy, PolicyStepForm]):
    """The chain as a whole: somebody must be able to decide at its end."""

    def clean(self) -> None:
        super().clean()
        policy = self.instance
        if any(self.errors) or not policy.company_id or not policy.is_active:
            return
        limits = highest_limits(policy.company, policy, self.written())
        if limits and all(each.is_nobody for each in limits):
            raise forms.ValidationError(
                _("Nobody whom these steps ask has an approval limit, nor anybody above them.")
            )

    def written(self) -> list[PolicyStep]:
        """The steps as they would be saved, in order."""
        forms_kept = [
            form
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if not form.cleaned_data.get("DELETE")
        ]
        return sorted((form.instance for form in forms_kept), key=lambda step: step.position)


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
        """Saves the steps, and says in words what they cannot finish."""
        super().save_related(request, form, formsets, change)
        for words in gaps_of(form.instance):
            messages.warning(request, words)
