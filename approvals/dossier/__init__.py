"""Everything a decision needs, gathered in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from approvals.course import Stop, course_of, stop_of
from approvals.dossier.comparisons import duplicates_of, similar_to
from approvals.dossier.customer import CustomerFacts, customer_facts
from approvals.dossier.lines import InvoiceFacts, by_invoice, facts_of, lines_of, sold
from approvals.margin import Margin, margin_of
from approvals.models import CustomerOffer, Decision
from approvals.offering import why_no_offer
from approvals.questions import Exchange, exchanges_in
from approvals.tendering import accepted_offer_on
from creditnotes.models import Attachment, Basis, CreditLine, CreditNote, CreditTax, Event
from creditnotes.telling import words_in
from customers.models import User

#: What stands in the conversation, not among what happened.
SAID = (Event.Kind.MESSAGE, Event.Kind.REMARK)


@dataclass(frozen=True)
class Dossier:
    """What the decision page shows."""

    note: CreditNote
    reader: User
    customer: CustomerFacts
    invoices: Sequence[InvoiceFacts]
    goodwill: Sequence[CreditLine]
    taxes: Sequence[CreditTax]
    attachments: Sequence[Attachment]
    events: Sequence[Event]
    course: Sequence[Stop]
    margin: Margin | None
    similar: Sequence[Decision]
    duplicates: Sequence[CreditNote]
    #: Why nothing was offered, where the customer had it as often as the terms allow.
    why_no_offer: str
    #: The offer that the customer accepted, where it is just this that waits.
    accepted_offer: CustomerOffer | None

    @property
    def stop(self) -> Stop | None:
        """The step that waits now; of several open at once the reader's."""
        return stop_of(self.course, self.reader)

    @property
    def happened(self) -> Sequence[Event]:
        """The note's history without what stands in the conversation."""
        return [event for event in self.events if event.kind not in SAID]

    @property
    def is_appeal(self) -> bool:
        """Whether the customer objected to an earlier answer."""
        return any(event.kind == Event.Kind.APPEALED for event in self.events)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What was asked before deciding, and answered."""
        return exchanges_in(self.events)

    @property
    def exchanges_among_us(self) -> Sequence[Exchange]:
        """What colleagues were asked; what the customer was asked stands in the conversation."""
        return [each for each in self.exchanges if not each.to_customer]

    @property
    def waits_for_customer(self) -> bool:
        """Whether the step's clock stands still, because the customer was asked something."""
        return self.stop is not None and self.stop.is_stopped

    @property
    def customers_words(self) -> str:
        """What the customer told us with their request."""
        return words_in(self.events)

    @property
    def has_words(self) -> bool:
        """Whether anything was written that goes with the note."""
        note = self.note
        written = (note.explanation, note.internal_note, note.customer_reference)
        return any([self.customers_words, *written])

    @property
    def following(self) -> Sequence[Stop]:
        """Who decides after it."""
        return [stop for stop in self.course if stop.is_waiting]

    @property
    def above_offer(self) -> Decimal | None:
        """By how much the credit exceeds the standard offer, before tax; negative is below."""
        return self.note.net - self.note.offer_net if self.note.offer_percent else None


def dossier_of(note: CreditNote, user: User, moment: datetime) -> Dossier:
    """All about ``note`` that ``user`` may see."""
    lines = list(lines_of(note))
    facts = facts_of(note, lines)
    return Dossier(
        note=note,
        reader=user,
        customer=customer_facts(note, moment),
        invoices=by_invoice(lines, facts),
        goodwill=[line for line in lines if line.basis == Basis.GOODWILL],
        taxes=list(note.taxes.select_related("creditable").order_by("creditable_id")),
        attachments=list(note.attachments.select_related("invoice_line__product")),
        events=list(note.events.select_related("actor", "on_behalf_of")),
        course=course_of(note, moment, user),
        margin=margin_of(sold(line, note) for line in facts),
        similar=list(similar_to(note, user)),
        duplicates=list(duplicates_of(note, user)),
        why_no_offer=_why_no_offer(note),
        accepted_offer=accepted_offer_on(note),
    )


def _why_no_offer(note: CreditNote) -> str:
    """That the offer was used up when it was submitted; no query where one was made."""
    if note.offer_percent or note.submitted_at is None:
        return ""
    return why_no_offer(note.customer, note.reason, note.submitted_at)
