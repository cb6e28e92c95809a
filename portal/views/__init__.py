"""The customer's pages: what they asked for, what they were credited, and asking for more."""

from portal.views.account import account, payments
from portal.views.adding import add_photos
from portal.views.aftermath import acknowledge, rate
from portal.views.answering import answer
from portal.views.appealing import appeal
from portal.views.asking import ask, discard, draft, estimate, keep, photos, sent
from portal.views.choosing import add
from portal.views.contacts import (
    contact,
    contacts,
    end_access,
    send_again,
    withdraw_invitation,
)
from portal.views.inviting import invitation
from portal.views.lists import credit_notes, invoices
from portal.views.offers import accept_offer, decline_offer
from portal.views.overview import portal
from portal.views.photo_links import send_photos
from portal.views.policy import policy
from portal.views.reading import (
    attachment,
    credit_note,
    credit_note_pdf,
    debit_note_pdf,
    invoice,
    thumbnail,
)
from portal.views.statement import statement, statement_pdf
from portal.views.wishing import apply_credit, ask_refund, entry, question, withdraw_wish
from portal.views.withdrawing import withdraw
from portal.views.writing import message_file, write

__all__ = [
    "accept_offer",
    "account",
    "acknowledge",
    "add",
    "add_photos",
    "answer",
    "appeal",
    "apply_credit",
    "ask",
    "ask_refund",
    "attachment",
    "contact",
    "contacts",
    "credit_note",
    "credit_note_pdf",
    "credit_notes",
    "debit_note_pdf",
    "decline_offer",
    "discard",
    "draft",
    "end_access",
    "entry",
    "estimate",
    "invitation",
    "invoice",
    "invoices",
    "keep",
    "message_file",
    "payments",
    "photos",
    "policy",
    "portal",
    "question",
    "rate",
    "send_again",
    "send_photos",
    "sent",
    "statement",
    "statement_pdf",
    "thumbnail",
    "withdraw",
    "withdraw_invitation",
    "withdraw_wish",
    "write",
]
