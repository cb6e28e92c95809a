"""The credit notes' pages; the name of a view is that of its address and template."""

from creditnotes.views.acting import (
    appeal,
    cancel,
    decline,
    issue,
    pick_up,
    recall,
    submit,
    withdraw,
)
from creditnotes.views.autosaving import attach, autosave
from creditnotes.views.composing import compose, edit, preview
from creditnotes.views.files import (
    attachment,
    credit_note_pdf,
    pdf_state,
    remove_attachment,
    thumbnail,
)
from creditnotes.views.invoices import other_invoices
from creditnotes.views.news import news, news_count
from creditnotes.views.photo_links import ask_for_photos, end_photo_link
from creditnotes.views.reading import credit_note, credit_notes
from creditnotes.views.rebilling import edit_rebill, rebill
from creditnotes.views.receiving import receive_goods
from creditnotes.views.reversing import (
    confirm_reversal,
    debit_note_pdf,
    decline_reversal,
    propose_reversal,
    withdraw_reversal,
)
from creditnotes.views.writing import message_file, remark, write

__all__ = [
    "appeal",
    "ask_for_photos",
    "attach",
    "attachment",
    "autosave",
    "cancel",
    "compose",
    "confirm_reversal",
    "credit_note",
    "credit_note_pdf",
    "credit_notes",
    "debit_note_pdf",
    "decline",
    "decline_reversal",
    "edit",
    "edit_rebill",
    "end_photo_link",
    "issue",
    "message_file",
    "news",
    "news_count",
    "other_invoices",
    "pdf_state",
    "pick_up",
    "preview",
    "propose_reversal",
    "rebill",
    "recall",
    "receive_goods",
    "remark",
    "remove_attachment",
    "submit",
    "thumbnail",
    "withdraw",
    "withdraw_reversal",
    "write",
]
