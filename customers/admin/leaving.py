"""Closing the account of somebody who leaves, with their open work handed over."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.leaving import OpenWork, named_by_policies, open_work_of, why_not
from approvals.services.leaving import close_account
from customers.errors import Refusal
from customers.models import User
from customers.wording import first_of


class SuccessorForm(forms.Form):
    """Who takes over."""

    successor = forms.ModelChoiceField(
        label=gettext_lazy("Who takes over"), queryset=User.objects.none(), required=False
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = people  # type: ignore[attr-defined]


def close_account_page(site: ModelAdmin[User], request: HttpRequest, pk: int) -> HttpResponse:
    """What the person leaves behind, who takes it over, and the one button that does it."""
    person = site.get_object(request, str(pk))
    if person is None or person.company_id is None or not person.is_active:
        raise Http404
    if not site.has_change_permission(request, person):
        raise PermissionDenied
    people = site.get_queryset(request).filter(company=person.company_id, is_active=True)
    people = people.exclude(pk=person.pk).order_by("full_name")
    is_sent = request.method == "POST"
    form = SuccessorForm(request.POST if is_sent else request.GET or None, people=people)
    form.is_valid()
    successor = form.cleaned_data.get("successor") if form.is_bound else None
    if is_sent:
        return _close(site, request, person, form, successor)
    return _page(site, request, person, form, successor)


def _close(
    site: ModelAdmin[User],
    request: HttpRequest,
    person: User,
    form: SuccessorForm,
    successor: User | None,
) -> HttpResponse:
    actor = cast("User", request.user)
    try:
        close_account(person, successor, actor=actor, moment=timezone.now())
    except Refusal as refusal:
        form.add_error("successor", str(refusal))
        return _page(site, request, person, form, successor)
    site.log_change(
        request, person, [{"changed": {"fields": [_("account closed, work handed over")]}}]
    )
    words = _("%(who)s can no longer sign in, and their open work is handed over.")
    messages.success(request, words % {"who": person})
    return redirect("admin:customers_user_change", person.pk)


def _page(
    site: ModelAdmin[User],
    request: HttpRequest,
    person: User,
    form: SuccessorForm,
    successor: User | None,
) -> HttpResponse:
    work = open_work_of(person, timezone.now())
    objections = why_not(work, successor) if work and successor else [*named_by_policies(person)]
    context = {
        **site.admin_site.each_context(request),
        "title": _("Close the account of %(who)s") % {"who": person},
        "opts": site.opts,
        "original": person,
        "form": form,
        "work": work,
        "counts": _counts(work),
        "successor": successor,
        "objections": objections,
        "may": not objections and (successor is not None or not work),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "admin/customers/user/close_account.html", context, status=status)


def _counts(work: OpenWork) -> list[tuple[str, int, str]]:
    """What there is of each, and by what names."""
    kinds: list[tuple[str, list[Any]]] = [
        (_("Credit notes that they own"), list(work.notes)),
        (_("Decisions that wait for them"), [each.step.note for each in work.steps]),
        (_("Departments that they lead"), list(work.departments)),
        (_("Customers whose accounts they manage"), [each.name for each in work.customers]),
        (_("Pools that they belong to"), list(work.pools)),
        (_("Colleagues whom they stand in for"), [each.delegator for each in work.held]),
        (_("Absences of their own that end"), [each.delegate for each in work.given]),
    ]
    return [(name, len(of), first_of(of, MOST)) for name, of in kinds if of]


#: So many are named of each kind.
MOST = 12
