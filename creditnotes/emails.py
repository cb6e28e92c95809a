"""What is mailed about a credit note: to its rep, to the customer, to those who serve them.

One function a letter; its templates are named after it. Mails to customers hold
nothing but what the portal shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from creditnotes import access, photo_links
from creditnotes.documents.debit import stored_debit_pdf
from creditnotes.documents.rendering import stored_pdf
from creditnotes.events import consumer
from creditnotes.models import Appeal, CreditNote, Event, Origin, State
from creditnotes.services import reversing
from creditnotes.telling import asked_total_of, facts_for_customer
from customers.access import represents
from customers.mailing import Enclosure, Letter, Reader, address_of, send
from customers.models import Contact, Invoice, User

KINDS_FOR_REP = {
    Event.Kind.APPROVED: "approved",
    Event.Kind.RETURNED: "returned",
    Event.Kind.REJECTED: "rejected",
    Event.Kind.CANCELLED: "cancelled",
    Event.Kind.REVERSED: "reversed",
}
KINDS_FOR_REQUESTER = {
    Event.Kind.REQUESTED: "request_received",
    Event.Kind.PICKED_UP: "request_picked_up",
    Event.Kind.REJECTED: "request_declined",
}


def letter(
    name: str,
    event: Event,
    consumer_name: str,
    reader: Reader,
    enclosures: Sequence[Enclosure] = (),
    **context: Any,
) -> Letter:
    """A letter about the event, with the facts that every letter states."""
    note = event.note
    return Letter(
        name,
        reader,
        key=f"{event.pk} {event.happened_at.isoformat()} {consumer_name}",
        thread=note.reference,
        company=note.company,
        context={
            "note": note,
            "event": event,
            "invoices": invoices_of(note),
            "reference": note.customer_reference,
            **context,
        },
        enclosures=enclosures,
    )


def invoices_of(note: CreditNote) -> list[str]:
    """The numbers of the invoices that the note credits."""
    numbers = Invoice.objects.filter(creditable_lines__credit_lines__note=note)
    return list(numbers.distinct().order_by("number").values_list("number", flat=True))


def invoices_to_name(note: CreditNote) -> list[str]:
    """Those by which the customer knows it: as they asked, else as the note credits them."""
    return facts_for_customer(note).get("invoices") or invoices_of(note)


@consumer("rep_mail", *KINDS_FOR_REP)
def tell_rep(event: Event) -> None:
    """Tell the rep who owns the note what was decided on it, unless they did it.

    Of what is returned and nobody has, such as an accepted offer of policy's, those who pick
    requests up are told. A rep who serves the customer no more may not see it, so the mail says
    nothing either.
    """
    name, note = KINDS_FOR_REP[Event.Kind(event.kind)], event.note
    is_edited = event.kind == Event.Kind.RETURNED and note.owner is not None
    url = address_of(f"creditnotes:{'edit' if is_edited else 'credit_note'}", note.pk)
    asked_total = _asked_before(event)
    send(
        letter(name, event, "rep_mail", Reader.of(rep), url=url, asked_total=asked_total)
        for rep in _reps_told(event)
        if CreditNote.objects.visible_to(rep).filter(pk=note.pk).exists()
    )


def _reps_told(event: Event) -> list[User]:
    """Who handles the note, else those who could; but not who did it, nor who left."""
    is_returned = event.kind == Event.Kind.RETURNED
    owner = [event.note.owner] if event.note.owner else []
    people = _who_handle(event.note) if is_returned else owner
    return [each for each in people if each.is_active and each.pk != event.actor_id]


def _who_handle(note: CreditNote) -> list[User]:
    """Who has the note; those who pick requests up, where it waits for one of them."""
    if access.is_nobodys(note):
        reps = User.objects.filter(access.who_pick_up(note))
        return list(reps.distinct().order_by("pk"))
    return [note.owner] if note.owner and note.owner.is_active else []


def _asked_before(event: Event) -> Decimal | None:
    """What was submitted, with tax, where the event approved less."""
    return Decimal(event.payload["asked_total"]) if event.is_for_less else None


@consumer("request_mail", Event.Kind.REQUESTED)
def tell_of_request(event: Event) -> None:
    """Tell the reps who serve the customer that a request waits, if it still does."""
    if event.note.state != State.REQUESTED:
        return
    url = address_of("creditnotes:credit_note", event.note_id)
    send(
        letter("new_request", event, "request_mail", Reader.of(rep), url=url)
        for rep in User.objects.filter(access.who_pick_up(event.note)).distinct().order_by("pk")
    )


@consumer("requester_mail", *KINDS_FOR_REQUESTER)
def tell_requester(event: Event) -> None:
    """Tell the contact who asked for the credit how it stands with their request."""
    note = event.note
    contact = note.created_by
    if note.origin != Origin.PORTAL or not represents(contact, note.customer):
        return
    if event.kind == Event.Kind.REQUESTED and _is_offered_at_once(event):
        return
    name = KINDS_FOR_REQUESTER[Event.Kind(event.kind)]
    url = address_of("portal:credit_note", note.pk)
    asked = facts_for_customer(note)
    send([letter(name, event, "requester_mail", Reader.of(contact), url=url, **asked)])


def _is_offered_at_once(requested: Event) -> bool:
    """Whether an offer was made with the request: its letter says that the request has come."""
    made = requested.note.events.filter(kind=Event.Kind.OFFER_MADE, pk__gt=requested.pk)
    return bool(made.filter(happened_at=requested.happened_at).exists())


@consumer("requester_mail", Event.Kind.APPROVED)
def tell_of_less(event: Event) -> None:
    """Tell the contact who asked that less is granted, and why; of the rest, the credit tells."""
    note = event.note
    contact = note.created_by
    is_theirs = note.origin == Origin.PORTAL and represents(contact, note.customer)
    if not (event.is_for_less and is_theirs):
        return
    url = address_of("portal:credit_note", note.pk)
    asked = asked_total_of(note)
    reader = Reader.of(contact)
    send([letter("request_granted_less", event, "requester_mail", reader, url=url, wished=asked)])


@consumer("appeal_mail", Event.Kind.APPEALED)
def tell_of_appeal(event: Event) -> None:
    """Tell the contact that their appeal arrived, and a manager who has it to handle now."""
    if "raised" in event.payload:
        return  # its own note tells of it
    note, actor = event.note, event.actor
    letters = []
    contact = actor if actor and actor.company_id is None else note.created_by
    if represents(contact, note.customer) and note.origin == Origin.PORTAL:
        url, asked = address_of("portal:credit_note", note.pk), facts_for_customer(note)
        reader = Reader.of(contact)
        letters.append(letter("appeal_received", event, "appeal_mail", reader, url=url, **asked))
    if event.payload["kind"] == Appeal.Of.DECLINE:
        url = address_of("creditnotes:credit_note", note.pk)
        letters += [
            letter("appeal_to_handle", event, "appeal_mail", Reader.of(person), url=url)
            for person in _who_handle(note)
            if person.pk != note.appeal.against_id
        ]
    send(letters)


@consumer("photo_link_mail", Event.Kind.PHOTOS_ASKED)
def send_photo_link(event: Event) -> None:
    """Send the link for photos to the address that was given, if it still takes any."""
    link = event.note.photo_links.select_related("made_by").get(pk=event.payload["link"])
    if not (link.email and link.is_open(timezone.now())):
        return
    reader = Reader(link.whom, link.email, event.note.language)
    context = {
        "link": link,
        "url": photo_links.url_of(link),
        "invoices": invoices_to_name(event.note),
    }
    send([letter("photos_asked", event, "photo_link_mail", reader, **context)])


@consumer("customer_mail", Event.Kind.ISSUED)
def send_credit_note(event: Event) -> None:
    """Send the document to the customer's contacts who get them, with the way to the portal."""
    contacts = _recipients(event.note)
    if not contacts:
        return
    document = event.note.document
    content = bytes(stored_pdf(document).content)
    enclosures = [Enclosure(f"{document.number}.pdf", content, "application/pdf")]
    send(
        letter(
            "credit_note",
            event,
            "customer_mail",
            Reader.of(contact),
            enclosures,
            document=document,
            url=_portal_address(event.note, contact),
        )
        for contact in contacts
    )


@consumer("customer_mail", Event.Kind.REVERSED)
def send_debit_note(event: Event) -> None:
    """Send the customer's contacts the debit note that takes their credit back."""
    note = event.note
    contacts = _recipients(note)
    if not contacts:
        return
    debit_note = note.debit_note
    content = bytes(stored_debit_pdf(debit_note).content)
    enclosures = [Enclosure(f"{debit_note.number}.pdf", content, "application/pdf")]
    send(
        letter(
            "debit_note",
            event,
            "customer_mail",
            Reader.of(contact),
            enclosures,
            document=debit_note,
            credit_note=note.document,
            url=_portal_address(note, contact),
        )
        for contact in contacts
    )


@consumer("reversal_mail", Event.Kind.REVERSAL_PROPOSED)
def ask_for_second_person(event: Event) -> None:
    """Tell the company's other finance people that a reversal waits for one of them."""
    if reversing.proposed_on(event.note) is None:
        return
    url = address_of("creditnotes:credit_note", event.note_id)
    others = access.who_reverse(event.note).exclude(pk=event.actor_id or 0)
    send(
        letter("reversal_wanted", event, "reversal_mail", Reader.of(person), url=url)
        for person in others
        if CreditNote.objects.visible_to(person).filter(pk=event.note_id).exists()
    )


def _recipients(note: CreditNote) -> list[Contact]:
    wanted = note.customer.contacts.filter(gets_credit_notes=True).select_related("user")
    return list(wanted.order_by("pk"))


def _portal_address(note: CreditNote, contact: Contact) -> str:
    """Where the contact sees the note; nothing for somebody who can't sign in."""
    user = contact.user
    if user is None or not represents(user, note.customer):
        return ""
    return address_of("portal:credit_note", note.pk)
