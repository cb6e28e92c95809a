"""The forms of a policy and its steps: what can't be meant is refused beside its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.admin.conditions import ConditionsForm
from approvals.admin.conditions import fields as condition_fields
from approvals.models import Policy, PolicyStep, Role
from approvals.models.policies import LAST
from approvals.soundness import out_of_reach, takes_all, unfinishable
from customers.administration.forms import TidyForm, not_negative


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
            for words in out_of_reach(policy, others):
                self.add_error("position", words)
        return values

    def _as_written(self, values: dict[str, Any]) -> Policy:
        """As it would be saved: a new version, so the last among those of its number."""
        names = [name for name in PolicyForm.Meta.fields if name in values]
        return Policy(
            conditions=self.instance.conditions,
            **{name: values[name] for name in names},
        )

    def _others(self, policy: Policy) -> list[Policy]:
        """The policies that are active beside it, in order."""
        active = Policy.objects.filter(company=policy.company_id, is_active=True)
        replaced = Q(name=policy.name) | Q(pk=self.replaces.pk if self.replaces else None)
        return list(active.exclude(replaced).order_by("position", "pk"))

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
        if words := unfinishable(policy, self.written()):
            raise forms.ValidationError(words)

    def written(self) -> list[PolicyStep]:
        """The steps as they would be saved, in order."""
        forms_kept = [
            form
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if not form.cleaned_data.get("DELETE")
        ]
        return sorted((form.instance for form in forms_kept), key=lambda step: step.position)
