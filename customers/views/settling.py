"""A payment or credit on account: what it settled, applying the rest, taking back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from creditnotes.fields import NumberField
from customers import applied, settling
from customers.access import may_settle
from customers.errors import Refusal
from customers.matching import number_like
from customers.models import Application, OpenItem
from customers.money import CENT, ZERO
from customers.refunding import refundable
from customers.templatetags.display import money
from customers.views.finding import signed_in, today_of

#: So many open documents, those due first, are offered at once; others are found by number.
MOST = 100


class AmountsForm(forms.Form):
    """So much for each open document, on a day."""

    day = forms.DateField(
        label=gettext_lazy("Applied on"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        localize=False,
    )

    def __init__(self, *args: Any, items: list[OpenItem], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items, self.today = items, today
        for item in items:
            label = _("Amount for %(document)s") % {"document": item.entry.reference}
            self.fields[name_of(item.pk)] = NumberField(required=False, label=label)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError(_("Not in the future."))
        return day

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for item in self.items:
            amount = values.get(name_of(item.pk))
            if amount is not None and amount != amount.quantize(CENT):
                self.add_error(name_of(item.pk), _("Enter whole cents."))
        if not self.errors and not self.amounts():
            self.add_error(None, _("Enter an amount for at least one document."))
        return values

    def amounts(self) -> dict[int, Decimal]:
        """What was entered, by the item's id; zero is nothing."""
        entered = {item.pk: self.cleaned_data.get(name_of(item.pk)) for item in self.items}
        return {pk: amount for pk, amount in entered.items() if amount}

    def rows(self) -> list[tuple[OpenItem, BoundField]]:
        """Each item with its field, for the page."""
        return [(item, self[name_of(item.pk)]) for item in self.items]

    def take(self, refusal: Refusal) -> None:
        """Say a refusal beside the field that it is about."""
        field = name_of(refusal.line) if refusal.line else refusal.field
        self.add_error(field if field in self.fields else None, str(refusal))


NAME = re.compile(r"amount-(\d{1,18})", re.ASCII)


def name_of(item_id: int) -> str:
    """The name of the field for an item's amount."""
    return f"amount-{item_id}"


@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """What a payment or credit settled; finance applies what is left of it."""
    item = payer_or_404(request, pk)
    today = today_of(signed_in(request))
    owed = _offered(request, item) if item.open else []
    if request.method == "GET":
        initial = {"day": today, **_filled(request, item, owed)}
        return _page(request, item, AmountsForm(initial=initial, items=owed, today=today))
    settling.require_may_settle(signed_in(request), item.customer)
    form = AmountsForm(request.POST, items=owed, today=today)
    if form.is_valid():
        try:
            rows = settling.apply_many(
                item, form.amounts(), form.cleaned_data["day"], signed_in(request)
            )
        except Refusal as refusal:
            form.take(refusal)
        else:
            total = sum((row.amount for row in rows), ZERO)
            sentence = _("%(amount)s is applied.") % {"amount": money(total, item.currency)}
            messages.success(request, sentence)
            return redirect("customers:apply", item.pk)
    return _page(request, item, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _offered(request: HttpRequest, item: OpenItem) -> list[OpenItem]:
    """The documents that it could pay: those found by number, or those due first; those sent."""
    owed = applied.owed_in(item)
    if words := request.GET.get("q", "").strip():
        owed = owed.filter(number_like("entry__reference", words))
    sent = [int(found[1]) for name in request.POST if (found := NAME.fullmatch(name))]
    return list(owed.filter(pk__in=sent[:MOST]) if sent else owed[:MOST])


def _filled(request: HttpRequest, item: OpenItem, owed: list[OpenItem]) -> Mapping[str, Decimal]:
    """The amounts that settle the oldest first, where the address asks for them."""
    if request.GET.get("fill") != "oldest":
        return {}
    amounts = applied.oldest_first(item.open, owed)
    return {name_of(pk): amount for pk, amount in amounts.items()}


def _page(
    request: HttpRequest, item: OpenItem, form: AmountsForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    user = signed_in(request)
    context = {
        "item": item,
        "customer": item.customer,
        "base_currency": item.customer.company.base_currency,
        "form": form,
        "today": today_of(user),
        "owed_count": applied.owed_in(item).count() if item.open else 0,
        "words": request.GET.get("q", ""),
        "entered": sum(_entered(form), ZERO),
        "settled": applied.applications_of(item),
        "refunds": item.refunds.select_related("proposed_by").order_by("pk"),
        "may_settle": may_settle(user, item.customer),
        "refundable": refundable(item),
    }
    return render(request, "customers/apply.html", context, status=status)


def _entered(form: AmountsForm) -> list[Decimal]:
    """The amounts that stand in the form, as far as they are numbers."""
    if form.is_bound:
        return list(form.amounts().values())
    return [amount for name, amount in form.initial.items() if name != "day"]


def payer_or_404(request: HttpRequest, pk: int) -> OpenItem:
    """The payment or credit, if this person serves its customer."""
    items = OpenItem.objects.visible_to(signed_in(request)).filter(side=OpenItem.Side.PAYS)
    item: OpenItem = get_object_or_404(
        items.select_related("entry", "customer__company", "customer__department"), pk=pk
    )
    return item


# Taking back --------------------------------------------------------------------


class ReasonForm(forms.Form):
    """Why, in a sentence."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, widget=forms.Textarea({"rows": 3})
    )


@dataclass(frozen=True)
class Effect:
    """One of the two documents, before and after."""

    item: OpenItem
    after: Decimal


@require_http_methods(["GET", "POST"])
def unapply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an application back, with a reason; both documents are open again."""
    application = _application_or_404(request, pk)
    user = signed_in(request)
    settling.require_may_settle(user, application.payer.customer)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        settling.unapply(
            application, by=user, day=today_of(user), reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("It is taken back; both documents are open again."))
        return redirect("customers:apply", application.payer_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {
        "application": application,
        "form": form,
        "is_done": hasattr(application, "undone_by") or application.undoes_id,
        "effects": [
            Effect(item, item.open + application.amount)
            for item in (application.payer, application.invoice)
        ],
    }
    return render(request, "customers/unapply.html", context, status=status)


def _application_or_404(request: HttpRequest, pk: int) -> Application:
    visible = OpenItem.objects.visible_to(signed_in(request))
    rows = Application.objects.filter(payer__in=visible).select_related(
        "payer__entry", "payer__customer__company", "invoice__entry", "undone_by", "applied_by"
    )
    application: Application = get_object_or_404(rows, pk=pk)
    return application
