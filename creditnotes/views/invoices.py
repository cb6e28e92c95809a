"""The invoices that a credit note is composed of: found, checked, and picked from a list."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from creditnotes import access
from creditnotes.models import CreditNote
from creditnotes.services import require
from creditnotes.views.finding import note_or_404, signed_in
from customers.browsing.invoices import invoices_matching, lines_with_product
from customers.models import Customer, Invoice, InvoiceLine, User
from customers.text import number_in, words_from

#: Rows of the list from which an invoice is picked, and from which another one is.
SUGGESTIONS, OTHERS = 20, 6


def invoices_asked_for(request: HttpRequest) -> list[Invoice]:
    """The invoices named by ``invoice=`` in what was sent or in the address, else 404."""
    return _visible(request, _asked(request))


def invoices_of(request: HttpRequest, note: CreditNote) -> list[Invoice]:
    """The invoices whose lines the note credits, and those asked for beside them.

    A page that was sent names all that it shows, so that one taken off it stays off.
    """
    sent = request.POST.getlist("invoice")
    of_invoices = note.lines.exclude(invoice=None).order_by("position")
    own = () if sent else of_invoices.values_list("invoice_id", flat=True)
    invoices = _visible(request, [*map(str, own), *_asked(request)])
    if any(invoice.customer_id != note.customer_id for invoice in invoices):
        raise Http404
    return invoices


def _asked(request: HttpRequest) -> list[str]:
    return request.POST.getlist("invoice") or request.GET.getlist("invoice")


def _visible(request: HttpRequest, keys: Sequence[str]) -> list[Invoice]:
    wanted = list(dict.fromkeys(keys))
    if any(number_in(key) is None for key in wanted):
        raise Http404
    may_see = Invoice.objects.visible_to(signed_in(request)).filter(pk__in=wanted)
    found = {str(invoice.pk): invoice for invoice in with_lines(may_see)}
    with suppress(KeyError):
        return [found[key] for key in wanted]
    raise Http404


def with_lines(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The invoices with all that the composer shows of them."""
    lines = InvoiceLine.objects.select_related("product").order_by("position")
    return invoices.select_related(
        "customer__company", "order", "entry__open_item"
    ).prefetch_related(Prefetch("lines", lines))


def customer_of(invoices: Sequence[Invoice]) -> Customer:
    """The one customer of all these invoices, else 404."""
    if len({(invoice.customer_id, invoice.currency) for invoice in invoices}) != 1:
        raise Http404
    return invoices[0].customer


def customer_for(
    request: HttpRequest, note: CreditNote | None, invoices: Sequence[Invoice]
) -> Customer:
    """Whose credit it is: the note's, the invoices', or that of goodwill without any; else 404."""
    if note is not None:
        return note.customer
    if invoices:
        return customer_of(invoices)
    if (customer := goodwill_customer(request)) is None:
        raise Http404
    return customer


def goodwill_customer(request: HttpRequest) -> Customer | None:
    """The customer for whom goodwill is composed without an invoice, if that is asked for."""
    asked = request.POST.get("customer", "")
    if "goodwill" in request.GET or "goodwill" in request.POST:
        asked = asked or request.GET.get("customer", "")
    return _customer(request, asked)


def invoice_to_add(user: User, customer: Customer, pk: str) -> Invoice | None:
    """The customer's invoice that a button names."""
    own = with_lines(Invoice.objects.visible_to(user)).filter(customer=customer)
    found: Invoice | None = own.filter(pk=number_in(pk) or 0).first()
    return found


def invoice_by_number(user: User, customer: Customer, number: str) -> Invoice | None:
    """The customer's invoice of that number, in any case of its letters, or of its end alone.

    On the telephone people say 21223 for INV-21223; where two end so, neither is meant.
    """
    own = with_lines(Invoice.objects.visible_to(user)).filter(customer=customer)
    words = words_from(number)
    found: Invoice | None = own.filter(number__iexact=words).first()
    if found is None and words:
        alike = list(own.filter(number__iendswith=f"-{words}")[:2])
        found = alike[0] if len(alike) == 1 else None
    return found


def others_of(
    user: User, customer: Customer, shown: Sequence[Invoice], words: str = ""
) -> QuerySet[Invoice]:
    """The customer's latest invoices that could join those shown and that ``words`` find."""
    currency = shown[0].currency if shown else customer.currency
    invoices: QuerySet[Invoice] = Invoice.objects.visible_to(user).filter(
        customer=customer, currency=currency
    )
    if words:
        products = lines_with_product(user, words).values("invoice")
        invoices = invoices.filter(invoices_matching(user, words) | Q(pk__in=products))
    others = invoices.exclude(pk__in=[invoice.pk for invoice in shown])
    return others.order_by("-issued_on", "-pk")[:OTHERS]


@require_GET
def other_invoices(request: HttpRequest) -> HttpResponse:
    """The customer's other invoices while somebody looks for one to add; a fragment."""
    pk = number_in(request.GET.get("note", ""))
    note = note_or_404(request, pk) if pk is not None else None
    shown = invoices_of(request, note) if note else invoices_asked_for(request)
    customer = customer_for(request, note, shown)
    user, words = signed_in(request), words_from(request.GET.get("add_number", ""))
    context = {"other_invoices": others_of(user, customer, shown, words), "words": words}
    return render(request, "creditnotes/other_invoices.html", context)


def pick_an_invoice(request: HttpRequest) -> HttpResponse:
    """How to begin: find the invoice to credit."""
    user = signed_in(request)
    require(access.may_compose(user))
    words, customer = words_from(request.GET.get("q", "")), _customer_asked_for(request)
    invoices = Invoice.objects.visible_to(user).select_related("customer", "entry__open_item")
    if customer:
        invoices = invoices.filter(customer=customer)
    if words:
        invoices = invoices.filter(invoices_matching(user, words))
    found = list(invoices.order_by("-issued_on", "-pk")[:SUGGESTIONS])
    is_sent = "open" in request.GET and "HX-Request" not in request.headers
    if is_sent and words and len(found) == 1:
        return redirect(f"{reverse('creditnotes:compose')}?invoice={found[0].pk}")
    context = {"invoices": found, "words": words, "customer": customer}
    return render(request, "creditnotes/pick_invoice.html", context)


def _customer_asked_for(request: HttpRequest) -> Customer | None:
    """The customer named by ``customer=`` in the address, whom one may see, else 404."""
    return _customer(request, request.GET.get("customer", ""))


def _customer(request: HttpRequest, asked: str) -> Customer | None:
    if not asked:
        return None
    customers = Customer.objects.visible_to(signed_in(request))
    found: Customer = get_object_or_404(customers, pk=number_in(asked))
    return found
