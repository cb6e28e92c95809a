"""What customers of the demo do before somebody reads it: a request that is begun."""

from __future__ import annotations

from random import Random

from config.demo.days import Calendar
from config.demo.mistakes import People
from config.demo.photos import photos
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import Reason
from customers.models import Company, Invoice, InvoiceLine
from portal.asking import Typed


def begin_a_request(company: Company, people: People, days: Calendar) -> None:
    """The customer's contact typed half a request on the phone, with a photo, and left it."""
    contact, at = people["customer"], days.at(1, "17:50")
    invoices = Invoice.objects.represented_by(contact).filter(company=company)
    lines = InvoiceLine.objects.filter(invoice__in=invoices, kind=InvoiceLine.Kind.GOODS)
    line = lines.filter(creditable__isnull=True).order_by("-invoice__issued_on", "-pk").first()
    if line is None:
        return
    draft = services.start(
        line.invoice.customer,
        Content(),
        actor=contact,
        moment=at,
        currency=line.invoice.currency,
        quiet=True,
    )
    damaged = Reason.objects.get(company=company, code="damaged")
    typed = Typed(
        (line.invoice_id,),
        head={"reason": str(damaged.pk), "comment": "The corner of the lift was wet."},
        lines={line.pk: ("1", "quantity")},
    )
    services.keep_typed(draft, typed.to_keep(), actor=contact, moment=at)
    for photo in photos("lumber", 1, Random("begun"), "begun"):  # noqa: S311
        services.attach(draft, photo, actor=contact, moment=at)
