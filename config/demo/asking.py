"""What customers of the demo do before somebody reads it: a request begun, photos by a link."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from random import Random

from config.demo.days import Calendar
from config.demo.mistakes import People
from config.demo.photos import photos
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote, Reason, State
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
        services.attach(draft, photo, actor=contact, moment=at, line=line)


def ask_for_photos(people: People, days: Calendar) -> None:
    """A rep on the phone asks for photos by a link, at first to a mistyped address; two came."""
    rep, at = people["rep"], days.since(0) - timedelta(hours=6)
    drafts = CreditNote.objects.filter(owner=rep, state=State.DRAFT, attachments=None)
    note = drafts.order_by("-pk").first()
    if note is None:
        return
    caller = note.customer.contacts.order_by("pk").first()
    name, address = (caller.name, caller.email) if caller else ("Lesley", "")
    ask = partial(services.ask_for_photos, note, name, actor=rep)
    wrong = ask(moment=at, email=f"x{address}" if address else "")
    services.end_photo_link(wrong, actor=rep, moment=at + timedelta(minutes=2))
    link = ask(moment=at + timedelta(minutes=3), email=address)
    for minute, photo in enumerate(photos("door", 2, Random("asked"), "asked"), start=9):  # noqa: S311
        services.receive_photos(link, [photo], moment=at + timedelta(minutes=minute))
