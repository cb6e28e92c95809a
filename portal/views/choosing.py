"""What a request is about: the customer's own invoices, deliveries and goods, to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from creditnotes import services
from creditnotes.models import CreditableLine, CreditNote
from customers.access import REQUEST
from customers.models import Customer, InvoiceLine, User
from customers.paging import Page, page_of
from customers.text import number_in
from portal import access
from portal.access import visitor_of
from portal.asking import Typed, finding
from portal.asking.deliveries import billed
from portal.asking.forms import FindForm

#: Rows to choose from on a page.
ROWS = 20
#: Invoices that one request may be about: more are asked for apart.
MOST_INVOICES = 12


def choose(request: HttpRequest) -> HttpResponse:
    """What was it? To begin a request, or to add to the draft that the address names."""
    user = visitor_of(request)
    draft = _draft_named(request, user)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = draft.customer if draft else access.chosen(request, customers, right=REQUEST)
    form = FindForm(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    words = form.cleaned_data.get("q", "")
    by = form.cleaned_data.get("by") or "invoice"
    page = _found(request, user, customer, by, words, draft.currency if draft else "")
    page = replace(page, rows=_choices(by, page.rows))
    context = {
        "customer": customer,
        "draft": draft,
        "form": form,
        "words": words,
        "by": by,
        "page": page,
    }
    return render(request, "portal/choose.html", context)


def _draft_named(request: HttpRequest, user: User) -> CreditNote | None:
    if not request.GET.get("draft"):
        return None
    pk = number_in(request.GET["draft"])
    if pk is None:
        raise Http404
    return access.draft_or_404(user, pk)


def _found(
    request: HttpRequest, user: User, customer: Customer, by: str, words: str, currency: str
) -> Page:
    rows: Any
    match by:
        case "delivery":
            rows = finding.deliveries(customer, words, currency)
        case "line":
            rows = finding.lines(customer, words, currency)
        case _:
            rows = finding.invoices(user, customer, words, currency)
    return page_of(rows, finding.ORDERS[by], request.GET, ROWS)


@dataclass(frozen=True)
class Choice:
    """Something that a request may be about, and how a request about it begins."""

    thing: Any
    begins: str
    left: CreditableLine | None = None
    is_used_up: bool = False

    @property
    def pk(self) -> int:
        """Its number, for a form to name it."""
        return int(self.thing.pk)


def _choices(by: str, rows: Sequence[Any]) -> list[Choice]:
    match by:
        case "delivery":
            return [Choice(row, f"delivery={row.pk}") for row in rows]
        case "line":
            left = CreditableLine.objects.in_bulk([row.pk for row in rows])
            return [_line_choice(row, left.get(row.pk)) for row in rows]
    return [Choice(row, f"invoice={row.pk}", is_used_up=not row.left_to_credit) for row in rows]


def _line_choice(line: InvoiceLine, left: CreditableLine | None) -> Choice:
    """A line; without a counter, nothing of its invoice was ever asked for."""
    used_up = left is not None and not (left.quantity_left or left.net_left)
    return Choice(line, f"invoice={line.invoice_id}&line={line.pk}", left, used_up)


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an invoice, a delivery's invoices, or one line's, to a request that is begun."""
    user = visitor_of(request)
    draft = access.draft_or_404(user, pk)
    typed = Typed.kept(draft.unsent.typed)
    numbers, picked = _wanted(request, user, draft)
    known = {*typed.invoices, *numbers}
    if len(known) > MOST_INVOICES:
        limit = {"most": MOST_INVOICES}
        messages.error(
            request,
            _("One request is about %(most)s invoices at most. Please ask for the rest apart.")
            % limit,
        )
        return redirect("portal:draft", draft.pk)
    invoices = access.invoices_or_404(user, [str(number) for number in known])
    access.require_of_draft(draft, invoices)
    typed = typed.with_invoices(invoice.pk for invoice in invoices).with_new_lines(picked)
    services.keep_typed(draft, typed.to_keep(), actor=user, moment=timezone.now())
    return redirect("portal:draft", draft.pk)


def _wanted(
    request: HttpRequest, user: User, draft: CreditNote
) -> tuple[set[int], dict[int, tuple[str, str]]]:
    """The invoices that were chosen, and the lines that are to be picked at once."""
    what = {name: number_in(request.POST.get(name, "")) for name in ("invoice", "line", "delivery")}
    if what["invoice"]:
        return {what["invoice"]}, {}
    if what["line"]:
        line = access.invoice_line_or_404(user, what["line"])
        return {line.invoice_id}, {line.pk: ("1", "quantity")}
    if what["delivery"]:
        delivery = access.delivery_or_404(user, what["delivery"])
        lines = access.lines_of(user, billed(delivery, draft.customer))
        return {line.invoice_id for line in lines}, {}
    raise Http404
