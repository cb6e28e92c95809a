"""Giving up what an invoice owes: at once where it is small, else by two people."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers import write_offs as services
from customers.errors import Refusal
from customers.models import BadDebtProposal, Invoice, User
from customers.views.books.finding import owed_invoice_or_404, proposal_or_404
from customers.views.books.forms import BadDebtForm, SmallBalanceForm
from customers.views.finding import signed_in


@require_http_methods(["GET", "POST"])
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a small balance off, or propose a bad debt; what is open of the invoice stands by."""
    invoice = owed_invoice_or_404(request, pk)
    if request.method == "POST" and "small" in request.POST:
        made = services.write_off_small_balance(
            invoice,
            by=signed_in(request),
            moment=timezone.now(),
            why=request.POST.get("why", "")[:500],
        )
        messages.success(request, _("Written off as %(number)s.") % {"number": made.number})
        return redirect("customers:invoice", pk)
    if request.method == "POST":
        return _propose(request, invoice)
    return _page(request, invoice, BadDebtForm(initial={"amount": _open(invoice)}))


def _propose(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    form = BadDebtForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = services.propose_bad_debt(
                invoice,
                form.cleaned_data["amount"],
                form.as_evidence(),
                by=signed_in(request),
                moment=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Somebody else in finance can confirm it now."))
            return redirect("books:bad_debt", made.pk)
    return _page(request, invoice, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: HttpRequest, invoice: Invoice, form: BadDebtForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    limit = services.limit_of(signed_in(request), invoice.company)
    left = _open(invoice)
    context = {
        "invoice": invoice,
        "open": left,
        "limit": limit,
        "is_small": 0 < _base_open(invoice) <= limit,
        "small_form": SmallBalanceForm(),
        "form": form,
        "proposal": services.open_proposal(invoice),
        "currency": invoice.company.base_currency,
    }
    return render(request, "customers/books/give_up.html", context, status=status)


def _open(invoice: Invoice) -> Decimal:
    assert invoice.entry  # noqa: S101 - the page is of posted invoices
    left: Decimal = invoice.entry.open_item.open
    return left


def _base_open(invoice: Invoice) -> Decimal:
    assert invoice.entry  # noqa: S101 - the page is of posted invoices
    left: Decimal = invoice.entry.open_item.base_open
    return left


@require_http_methods(["GET", "POST"])
def bad_debt(request: HttpRequest, pk: int) -> HttpResponse:
    """A bad debt proposed: what shows it, the tax it gives back; a second person answers."""
    proposal = proposal_or_404(request, pk)
    user = signed_in(request)
    if request.method == "POST":
        return _answer(request, proposal, user)
    is_open = not (hasattr(proposal, "write_off") or hasattr(proposal, "refusal"))
    context = {
        "proposal": proposal,
        "invoice": proposal.invoice,
        "taxes": services.relief_of(proposal.invoice, proposal.amount) if is_open else {},
        "is_open": is_open,
        "may_confirm": is_open and proposal.proposed_by_id != user.pk,
        "write_off": getattr(proposal, "write_off", None),
        "refusal": getattr(proposal, "refusal", None),
    }
    return render(request, "customers/books/bad_debt.html", context)


def _answer(request: HttpRequest, proposal: BadDebtProposal, user: User) -> HttpResponse:
    if request.POST.get("answer") == "confirm":
        made = services.confirm_bad_debt(proposal, by=user, moment=timezone.now())
        messages.success(request, _("Written off as %(number)s.") % {"number": made.number})
        return redirect("books:write_off", made.pk)
    services.refuse_bad_debt(
        proposal, by=user, moment=timezone.now(), why=request.POST.get("why", "")[:1000]
    )
    messages.success(request, _("The invoice stays open."))
    return redirect("books:bad_debt", proposal.pk)


@require_GET
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The file that shows a bad debt, as it was sent."""
    proposal = proposal_or_404(request, pk)
    if proposal.file_content is None:
        raise Http404
    return HttpResponse(
        bytes(proposal.file_content),
        content_type=proposal.file_type,
        headers={"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"},
    )
