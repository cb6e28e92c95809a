"""Fiscal periods: their states, who changed them, and what their end cuts through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes import cutoff
from creditnotes.models import CreditNote
from customers import periods as services
from customers.errors import WrongState
from customers.models import FiscalPeriod, JournalEntry, PeriodChange, User
from customers.paging import both_ways
from customers.templatetags.display import day, money
from customers.views.books.finding import finance_or_404, period_or_404
from customers.views.books.forms import CutOffFilter, StateForm, WhyForm
from customers.views.finding import signed_in
from customers.views.listing import Cell, Column, Listing, answer

#: How many rows of each cut-off list the page of a period shows, and how many periods the list.
FEW, MANY = 5, 60


@require_GET
def periods(request: HttpRequest) -> HttpResponse:
    """The company's periods, the latest first."""
    _user, company = finance_or_404(request)
    found = FiscalPeriod.objects.filter(company=company).order_by("-starts_on")[:MANY]
    changes = PeriodChange.objects.filter(period__company=company).select_related("changed_by")
    counts = JournalEntry.objects.filter(company=company).values_list("period")
    context = {
        "periods": list(found),
        "last_changes": {change.period_id: change for change in changes.order_by("pk")},
        "counts": dict(counts.annotate(count=Count("pk")).order_by()),
        "waiting": services.all_open_proposals(company),
    }
    return render(request, "customers/books/periods.html", context)


@require_GET
def period(request: HttpRequest, pk: int) -> HttpResponse:
    """One period: what may be done with it, its history, and the cut-off."""
    return _page(request, period_or_404(request, pk), WhyForm())


def _page(
    request: HttpRequest, period: FiscalPeriod, form: WhyForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    user = signed_in(request)
    approved, later = cutoff.approved_unissued(period), cutoff.later_credits(period)
    proposal = services.open_proposal(period)
    context = {
        "period": period,
        "form": form,
        "hindrances": services.hindrances(period, timezone.now()),
        "proposal": proposal,
        "may_confirm": proposal and proposal.proposed_by_id != user.pk,
        "changes": period.changes.select_related("changed_by", "proposal").order_by("-pk"),
        "entries": period.entries.count(),
        "currency": period.company.base_currency,
        "lists": [
            _short(
                _("Approved and not issued by the end"),
                reverse("books:approved_unissued", args=[period.pk]),
                approved,
                _approved_cells(user, approved.order_by("approved_at", "pk")[:FEW]),
            ),
            _short(
                _("Credited later"),
                reverse("books:later_credits", args=[period.pk]),
                later,
                _later_cells(user, period, later.order_by("issued_on", "pk")[:FEW]),
            ),
        ],
    }
    return render(request, "customers/books/period.html", context, status=status)


def _short(
    title: str, url: str, found: QuerySet[Any], cells: Iterable[Sequence[Cell]]
) -> dict[str, Any]:
    """The first rows of a cut-off list, and how many there are."""
    return {
        "title": title,
        "url": url,
        "count": found.order_by().count(),
        "rows": [(row[0], row[1:-1], row[-1]) for row in cells],
    }


# What is done with a period ----------------------------------------------------


@require_POST
def set_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Open it, keep it for finance, or close it."""
    period = period_or_404(request, pk)
    form = StateForm(request.POST)
    if not form.is_valid():
        return _page(request, period, WhyForm(), HTTPStatus.UNPROCESSABLE_ENTITY)
    change = services.set_state(
        period, form.cleaned_data["state"], by=signed_in(request), moment=timezone.now()
    )
    words = {"period": period, "state": change.get_new_state_display()}
    messages.success(request, _("%(period)s: %(state)s") % words)
    return redirect("books:period", pk)


@require_POST
def propose_reopening(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a second person to open a closed period again."""
    period = period_or_404(request, pk)
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, period, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    services.propose_reopening(
        period, form.cleaned_data["why"], by=signed_in(request), moment=timezone.now()
    )
    messages.success(request, _("Somebody else in finance can confirm it now."))
    return redirect("books:period", pk)


@require_POST
def answer_reopening(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm another's proposal to reopen, or turn it down."""
    period = period_or_404(request, pk)
    proposal = services.open_proposal(period)
    if proposal is None:
        raise WrongState(_("No proposal to reopen the period waits for an answer."))
    answers = {"confirm": services.confirm_reopening, "no": services.turn_down_reopening}
    give = answers.get(request.POST.get("answer", ""), services.turn_down_reopening)
    give(proposal, by=signed_in(request), moment=timezone.now())
    return redirect("books:period", pk)


# Cut-off -----------------------------------------------------------------------


@require_GET
def approved_unissued(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Credits agreed to by the end of the period and not issued by then."""
    period = period_or_404(request, pk)
    columns = [
        Column(_("Credit note"), "", "code wide"),
        Column(_("Customer")),
        Column(_("Approved"), "", "number-left"),
        Column(_("Issued"), "", "number-left"),
        Column(_("Total"), "", "number top-end"),
    ]
    found = cutoff.approved_unissued(period)
    cells = partial(_approved_cells, signed_in(request))
    orders = both_ways(date=("approved_at",))
    return _cut_off(request, period, found, orders, columns, cells)


@require_GET
def later_credits(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Credits posted after the period on invoices that were posted by its end."""
    period = period_or_404(request, pk)
    columns = [
        Column(_("Credit note"), "", "code wide"),
        Column(_("Customer")),
        Column(_("Date"), "", "number-left"),
        Column(_("Invoices"), css="numbers"),
        Column(_("Total"), "", "number top-end"),
    ]
    found = cutoff.later_credits(period)
    cells = partial(_later_cells, signed_in(request), period)
    return _cut_off(request, period, found, both_ways(date=("issued_on",)), columns, cells)


def _cut_off(
    request: HttpRequest,
    period: FiscalPeriod,
    found: QuerySet[Any],
    orders: Any,
    columns: Sequence[Column],
    cells: Any,
) -> HttpResponseBase:
    form = CutOffFilter(request.GET)
    form.is_valid()

    def export(rows: QuerySet[Any]) -> Iterator[list[Any]]:
        for row in cells(list(rows)):
            yield [cell.text for cell in row]

    listing = Listing(
        "customers/books/cut_off.html",
        form,
        found,
        orders,
        columns,
        cells,
        export,
        [column.label for column in columns],
    )
    name = request.resolver_match.url_name if request.resolver_match else ""
    return answer(request, listing, period=period, is_approved=name == "approved_unissued")


def _approved_cells(user: User, rows: Iterable[Any]) -> Iterator[list[Cell]]:
    notes = list(rows)
    seen = _seen(user, [note.pk for note in notes])
    for note in notes:
        document = getattr(note, "document", None)
        yield [
            Cell(note.reference, _url(note.pk, seen)),
            Cell(note.customer.name),
            Cell(day(note.approved_at)),
            Cell(day(document.issued_on) if document else _("not yet")),
            Cell(money(note.total, note.currency)),
        ]


def _later_cells(user: User, period: FiscalPeriod, rows: Iterable[Any]) -> Iterator[list[Cell]]:
    documents = list(rows)
    seen = _seen(user, [document.note_id for document in documents])
    numbers = cutoff.invoices_of(documents, period)
    for document in documents:
        note = document.note
        yield [
            Cell(document.number, _url(note.pk, seen)),
            Cell(note.customer.name),
            Cell(day(document.issued_on)),
            Cell(numbers.get(note.pk, "")),
            Cell(money(note.total, note.currency)),
        ]


def _seen(user: User, notes: Sequence[int]) -> set[int]:
    visible = CreditNote.objects.visible_to(user).filter(pk__in=notes)
    return set(visible.values_list("pk", flat=True))


def _url(note: int, seen: set[int]) -> str:
    return reverse("creditnotes:credit_note", args=[note]) if note in seen else ""
