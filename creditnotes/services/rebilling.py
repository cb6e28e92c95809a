"""Credit and rebill: a wrong invoice is credited whole and billed anew, as one decision.

The note and the corrected invoice are written, submitted, approved and issued together:
either both exist afterwards, or neither.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import creditable
from creditnotes.content import Content, claims_of
from creditnotes.creditable import Claim, whole_invoice
from creditnotes.models import Basis, CreditNote, Hold, Reason, Rebill, RebilledInvoice
from creditnotes.ordered import tied_to_order
from creditnotes.rebilling import Correction, correction_of, rebill_of
from creditnotes.services.drafting import edit, start
from customers.errors import Incomplete, Refusal, StaleContent
from customers.models import Invoice, JournalEntry, OpenItem, User
from customers.money import ZERO
from customers.numbering import numbered, take_number
from customers.services import post_invoice
from customers.settling import Settlement, write


@transaction.atomic
def start_rebill(
    correction: Correction,
    content: Content,
    *,
    actor: User,
    moment: datetime,
    token: UUID | None = None,
) -> CreditNote:
    """Start a draft that credits all that is left of the invoice and bills it anew.

    ``content`` says why; its claims are left out. With a ``token`` seen before, answers the
    note that it started then.
    """
    _require_fitting(correction, content.reason)
    invoice = correction.invoice
    note = start(
        invoice.customer,
        _with_claims(content, _all_left(invoice)),
        actor=actor,
        moment=moment,
        token=token,
    )
    if rebill_of(note) is None:
        _write(note, correction)
    return note


@transaction.atomic
def edit_rebill(
    note: CreditNote,
    correction: Correction,
    content: Content,
    *,
    actor: User,
    moment: datetime,
    version: int | None = None,
) -> CreditNote:
    """Change what is billed anew, on a draft or returned note; see :func:`start_rebill`."""
    _require_fitting(correction, content.reason)
    claims = _all_left(correction.invoice, besides=note)
    content = _with_claims(content, claims)
    note = edit(note, content, actor=actor, moment=moment, version=version)
    held, note.hold = note.hold, Hold.NONE
    note.save()
    _write(note, correction)
    note.hold = held
    note.save()
    return note


def require_current(note: CreditNote) -> None:
    """Raise :class:`~customers.errors.StaleContent` where the note no longer credits all.

    To be asked when it is submitted, once its amounts are fixed: if somebody credited
    the invoice meanwhile, what is billed anew must be looked at again.
    """
    rebill = rebill_of(note)
    if rebill is None:
        return
    is_whole = all(line.basis in (Basis.WHOLE, Basis.TAX) for line in note.lines.all())
    if not is_whole or note.net != rebill.credited_net:
        raise StaleContent(
            _("What can be credited of the invoice has changed. Look at the correction again.")
        )


def bill_anew(
    note: CreditNote, entry: JournalEntry | None, *, actor: User | None, moment: datetime
) -> RebilledInvoice | None:
    """Post the corrected invoice of a note that is being issued; None where it has none.

    What the wrong invoice leaves of the credit, mostly because it was paid, settles the new one.
    """
    rebill = rebill_of(note)
    if rebill is None:
        return None
    correction = correction_of(rebill)
    if correction.amounts()["total"] != rebill.total:
        raise StaleContent(
            _("The taxes on the new invoice have changed since it was approved. Cancel it.")
        )
    number = take_number(RebilledInvoice, note.company, moment)
    invoice = _post(correction, str(number), moment)
    _settle(entry, invoice, actor)
    return RebilledInvoice.objects.create(
        **numbered(note.company, number, moment), note=note, invoice=invoice, issued_by=actor
    )


def _require_fitting(correction: Correction, reason: Reason | None) -> None:
    if reason is None:
        raise Incomplete(_("Choose a reason."), field="reason")
    if reason.needs_return or reason.restocking_fee:
        raise Refusal(_("This reason takes goods back; it corrects no invoice."), field="reason")
    if not correction.added and not any(each.quantity for each in correction.lines):
        raise Incomplete(_("Nothing would be billed anew; credit the invoice instead."))
    others = {each.product.company_id for each in correction.added} - {
        correction.invoice.company_id
    }
    if others or any(each.quantity <= 0 or each.unit_price < 0 for each in correction.added):
        raise Refusal(_("An added line needs a product of the company, a quantity and a price."))
    same_place = correction.site is None or correction.site.pk == correction.invoice.site_id
    same_words = correction.customer_reference == correction.invoice.customer_reference
    same_lines = not correction.added and not any(each.is_changed for each in correction.lines)
    if same_place and same_words and same_lines:
        raise Incomplete(_("Nothing is changed: correct a quantity, price, reference or site."))


def _all_left(invoice: Invoice, besides: CreditNote | None = None) -> list[Claim]:
    """The claims on all that is left; what the note itself reserves counts as left."""
    line_ids = list(invoice.lines.values_list("pk", flat=True))
    counters = creditable.lock(line_ids, [invoice.pk])
    if besides is not None and besides.hold == Hold.RESERVED:
        return claims_of(besides)
    claims = whole_invoice(invoice.pk, counters)
    if not claims:
        raise Refusal(_("Nothing is left to credit of this invoice."))
    return claims


def _with_claims(content: Content, claims: list[Claim]) -> Content:
    return Content(
        reason=content.reason,
        claims=tuple(claims),
        explanation=content.explanation,
        internal_note=content.internal_note,
        customer_reference=content.customer_reference,
    )


def _write(note: CreditNote, correction: Correction) -> None:
    fields = {
        "invoice": correction.invoice,
        "site": correction.site,
        "customer_reference": correction.customer_reference,
        "lines": correction.written(),
        "credited_net": note.net,
        **correction.amounts(),
    }
    Rebill.objects.update_or_create(note=note, defaults=fields)


def _post(correction: Correction, number: str, moment: datetime) -> Invoice:
    wrong = correction.invoice
    return post_invoice(
        wrong.customer,
        number,
        moment,
        tied_to_order(correction).new_lines(),
        tax_rounding=wrong.tax_rounding,
        order=wrong.order,
        site=correction.site or wrong.site,
        handover=wrong.handover,
        province=correction.province,
        currency=wrong.currency,
        customer_reference=correction.customer_reference,
    )


def _settle(entry: JournalEntry | None, invoice: Invoice, actor: User | None) -> None:
    if entry is None or invoice.entry is None:
        return
    items = OpenItem.objects.select_for_update().order_by("pk")
    credit, owed = items.filter(entry__in=[entry, invoice.entry])
    if (amount := min(credit.open, owed.open)) > ZERO:
        settlement = Settlement(credit, owed, amount, invoice.issued_on)
        write(invoice.company, [settlement], actor)
