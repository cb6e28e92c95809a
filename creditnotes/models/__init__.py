"""The credit note: its lines, counters, events and documents."""

from creditnotes.models.aftermath import Acknowledgement, Rating
from creditnotes.models.appeals import Appeal
from creditnotes.models.attachments import Attachment
from creditnotes.models.creditable import CreditableLine, CreditableTax
from creditnotes.models.documents import DocumentFile, IssuedDocument
from creditnotes.models.events import Dispatch, Event, News
from creditnotes.models.lines import CreditLine, CreditTax, Participant
from creditnotes.models.messages import Message, MessageFile, Remark
from creditnotes.models.notes import CreditNote
from creditnotes.models.photo_links import PhotoLink
from creditnotes.models.reasons import MEASURED, TAKING_PIECES, Basis, Reason
from creditnotes.models.rebills import BilledAnewProduct, Rebill, RebilledInvoice
from creditnotes.models.receipts import GoodsReceipt, GoodsReceiptLine
from creditnotes.models.reversals import DebitNote, DebitNoteFile, Reversal
from creditnotes.models.statements import StatementFile
from creditnotes.models.states import (
    CLOSED,
    EDITABLE,
    TAKES_PHOTOS,
    TRANSITIONS,
    Hold,
    Origin,
    State,
)
from creditnotes.models.unsent import UnsentRequest

__all__ = [
    "CLOSED",
    "EDITABLE",
    "MEASURED",
    "TAKES_PHOTOS",
    "TAKING_PIECES",
    "TRANSITIONS",
    "Acknowledgement",
    "Appeal",
    "Attachment",
    "Basis",
    "BilledAnewProduct",
    "CreditLine",
    "CreditNote",
    "CreditTax",
    "CreditableLine",
    "CreditableTax",
    "DebitNote",
    "DebitNoteFile",
    "Dispatch",
    "DocumentFile",
    "Event",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "Hold",
    "IssuedDocument",
    "Message",
    "MessageFile",
    "News",
    "Origin",
    "Participant",
    "PhotoLink",
    "Rating",
    "Reason",
    "Rebill",
    "RebilledInvoice",
    "Remark",
    "Reversal",
    "State",
    "StatementFile",
    "UnsentRequest",
]
