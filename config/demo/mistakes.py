"""What the demo's company got wrong and put right: credits taken back, invoices billed anew."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Count, F

from approvals import services as approvals
from approvals.models import Step
from config.demo.days import Calendar
from creditnotes import events
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.models import Basis, CreditNote, Reason, State
from creditnotes.rebilling import Corrected, Correction, lines_of
from creditnotes.services.reversing import applied_to
from customers.models import Company, Invoice, User
from customers.money import to_cent
from customers.settling import unapply

People = Mapping[str, User]

#: Why credits are taken back.
TWICE = "Credited twice: the driver's slip and the customer's call were one case."
#: Of which invoices one is billed anew: small enough for the manager alone.
SMALL, LINES = Decimal(1800), 2
#: What the quote had promised off the price charged, in percent.
PROMISED = Decimal(6)


def make_reversals(company: Company, people: People, days: Calendar) -> None:
    """One credit was taken back, and another is to be, once a second person says so.

    Both had lowered what their invoices owe; that was taken back first.
    """
    issued = CreditNote.objects.filter(
        company=company,
        state=State.ISSUED,
        receipts=None,
        document__issued_on__lt=days.day(9),
        document__entry__open_item__applied__gt=0,
    ).order_by("-document__issued_on", "-pk")
    with events.quietly():
        for position, note in enumerate(issued[:2]):
            for application in applied_to(note):
                unapply(application, by=people["finance2"], day=days.day(2), reason=TWICE)
            creditnotes.propose_reversal(
                note, actor=people["finance2"], moment=days.at(2, f"1{position}:20"), comment=TWICE
            )
            if position == 0:
                creditnotes.confirm_reversal(
                    note, actor=people["finance"], moment=days.at(1, "11:45")
                )


def make_rebills(company: Company, people: People, days: Calendar) -> None:
    """Two invoices ignored a quote: one is billed anew, the other waits for the manager."""
    wrong = (
        Invoice.objects.filter(
            company=company,
            customer__department__manager=people["manager"],
            total__lt=SMALL,
            issued_on__gte=days.day(30),
            issued_on__lt=days.day(6),
        )
        .annotate(many=Count("lines"), credits=Count("lines__creditable"))
        .filter(many__gte=LINES, credits=0, entry__open_item__applied__lt=F("total"))
        .order_by("-issued_on", "-pk")
    )
    with events.quietly():
        for position, invoice in enumerate(wrong[:2]):
            note = _correct(invoice, people["rep"], days, position)
            if position == 0:
                _approve_and_issue(note, days)


def _correct(invoice: Invoice, rep: User, days: Calendar, position: int) -> CreditNote:
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    dearest = max(range(len(lines)), key=lambda index: lines[index].line.net)
    line = lines[dearest].line
    price = to_cent(line.unit_price * (100 - PROMISED) / 100)
    lines[dearest] = Corrected(line, line.quantity, price)
    reasons = Reason.objects.filter(
        company=invoice.company, code="wrong-price", bases__contains=[Basis.WHOLE]
    )
    content = Content(
        reason=reasons.get(),
        explanation="The invoice ignored our quote; here it is as it should have been.",
        internal_note="Quote Q-6120 had six percent off.",
    )
    correction = Correction(invoice, lines, invoice.site, invoice.customer_reference)
    moment = days.at(1, f"17:{position}5")
    note = creditnotes.start_rebill(correction, content, actor=rep, moment=moment)
    return approvals.submit(note, actor=rep, moment=days.at(1, f"17:{position}8"))


def _approve_and_issue(note: CreditNote, days: Calendar) -> None:
    while step := note.steps.filter(status=Step.Status.OPEN).first():
        decide = approvals.approve if step.is_final else approvals.endorse
        approver = User.objects.filter(assignments__step=step).order_by("pk")[0]
        note = decide(note, actor=approver, moment=days.at(1, "17:40"))
    creditnotes.issue(note, actor=None, moment=days.at(1, "17:41"))
