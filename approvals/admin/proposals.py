"""Changes that wait for a second administrator: what would change, and the two buttons."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import services
from approvals.models import ApprovalLimit, Policy, Proposal
from approvals.revising import gaps_without
from approvals.soundness import gaps_of
from customers.administration import ReadOnlyAdmin, moment_of, money_in_words
from customers.errors import Refusal


class AnswerForm(forms.Form):
    """Words that go with the answer; a must where the change is refused."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed to refuse it; it stays on record."),
    )


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin[Proposal]):
    """What administrators proposed to each other, and what became of it."""

    about = gettext_lazy(
        "Changes of policies and approval limits that count only once a second administrator has"
        " confirmed them."
    )
    list_display = (
        "what",
        "proposed_by",
        moment_of("proposed_at", gettext_lazy("proposed")),
        "state",
    )
    list_select_related = ("company", "policy", "user", "proposed_by", "answer__answered_by")
    list_filter = ("kind",)
    search_fields = ("policy__name", "user__full_name", "proposed_by__full_name")
    search_help_text = gettext_lazy("Policy or person")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("what"))
    def what(self, proposal: Proposal) -> str:
        return str(proposal)

    @admin.display(description=gettext_lazy("state"))
    def state(self, proposal: Proposal) -> str:
        answer = getattr(proposal, "answer", None)
        if answer is None:
            return _("waits for a second administrator")
        words = _("confirmed by %(who)s") if answer.is_confirmed else _("refused by %(who)s")
        return words % {"who": answer.answered_by}

    def change_view(
        self, request: Any, object_id: str, *_arguments: Any, **_options: Any
    ) -> HttpResponse:
        """What is and what would be; a second administrator confirms or refuses it here."""
        if not self.has_view_permission(request):
            raise Http404
        rows = self.get_queryset(request).select_related(*self.list_select_related, "replaces")
        proposal = get_object_or_404(rows, pk=int(object_id) if object_id.isdecimal() else 0)
        form = AnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._answered(request, proposal, form.cleaned_data["comment"])
            except Refusal as refusal:
                form.add_error("comment" if refusal.field == "comment" else None, str(refusal))
                return self._page(request, proposal, form, refusal.status)
        return self._page(request, proposal, form)

    def _answered(self, request: Any, proposal: Proposal, comment: str) -> HttpResponse:
        told = {"by": request.user, "moment": timezone.now(), "comment": comment}
        if "confirm" in request.POST:
            services.confirm(proposal, **told)
            messages.success(request, _("Confirmed: it counts from now on."))
        else:
            services.refuse(proposal, **told)
            messages.success(request, _("Refused: everything stays as it is."))
        return redirect(reverse("admin:approvals_proposal_changelist"))

    def _page(
        self, request: Any, proposal: Proposal, form: AnswerForm, status: int = HTTPStatus.OK
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "original": proposal,
            "title": str(proposal),
            "form": form,
            "answer": getattr(proposal, "answer", None),
            "is_own": proposal.proposed_by_id == request.user.pk,
            "may_answer": request.user.has_perm("approvals.change_policy"),
            "gaps": [] if getattr(proposal, "answer", None) else gaps_from(proposal),
            "before": said(proposal, proposal.before),
            "after": said(proposal, proposal.after),
        }
        return render(request, "admin/approvals/proposal.html", context, status=status)


def gaps_from(proposal: Proposal) -> list[tuple[Policy, str]]:
    """What would find nobody who may decide, were the change of a policy to count."""
    policy = proposal.policy
    if policy is None:
        return []
    if proposal.kind == Proposal.Kind.SWITCH_OFF:
        return gaps_without(policy)
    return [(policy, words) for words in gaps_of(policy)]


def said(proposal: Proposal, values: dict[str, Any]) -> str:
    """What is so, or would be, in words."""
    if "policies" in values:
        return ", ".join(values["policies"]) or _("not in force")
    if "limit" not in values:
        return _("no limit of their own: they may finally approve nothing, or what their role may")
    if values["limit"] is None:
        return _("without limit")
    return str(money_in_words(Decimal(values["limit"]), proposal.company.base_currency))


class LimitsByTwo(admin.ModelAdmin[ApprovalLimit]):
    """Where two administrators are needed, what is typed is proposed instead of saved."""

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Whose limit it is stays, so that the proposal is about one thing."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        if obj and services.takes_two():
            for name in ("role", "user"):
                form.base_fields[name].disabled = True
        return form

    def save_model(self, request: Any, obj: ApprovalLimit, form: Any, change: bool) -> None:
        if not services.takes_two():
            super().save_model(request, obj, form, change)
            return
        self._propose(request, obj, Proposal.Kind.SET_LIMIT)

    def delete_model(self, request: Any, obj: ApprovalLimit) -> None:
        if not services.takes_two():
            super().delete_model(request, obj)
            return
        self._propose(request, obj, Proposal.Kind.DROP_LIMIT)

    def _propose(self, request: Any, limit: ApprovalLimit, kind: str) -> None:
        services.propose_limit(limit, kind, by=request.user, moment=timezone.now())

    def get_actions(self, request: Any) -> dict[str, Any]:
        """Many at once are not taken away where each is to be confirmed."""
        return {} if services.takes_two() else super().get_actions(request)

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        return None if services.takes_two() else super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        return None if services.takes_two() else super().log_change(request, obj, message)

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        return None if services.takes_two() else super().log_deletions(request, queryset)

    def response_add(self, request: Any, obj: Any, *arguments: Any) -> HttpResponse:
        if services.takes_two():
            return proposed(request)
        return super().response_add(request, obj, *arguments)

    def response_change(self, request: Any, obj: Any) -> HttpResponse:
        return proposed(request) if services.takes_two() else super().response_change(request, obj)

    def response_delete(self, request: Any, obj_display: str, obj_id: int) -> HttpResponse:
        if services.takes_two():
            return proposed(request)
        return super().response_delete(request, obj_display, obj_id)


def proposed(request: HttpRequest) -> HttpResponse:
    """To what waits, saying that nothing has changed yet."""
    messages.info(request, _("Proposed. It counts once another administrator has confirmed it."))
    return redirect(reverse("admin:approvals_proposal_changelist"))
