"""Notes that colleagues keep on a customer."""

from __future__ import annotations

from datetime import datetime

from customers.models import Customer, CustomerNote, User


def write_note(customer: Customer, text: str, *, author: User, moment: datetime) -> CustomerNote:
    """Keep what a colleague should know about the customer."""
    return CustomerNote.objects.create(
        customer=customer, author=author, text=text, written_at=moment
    )
