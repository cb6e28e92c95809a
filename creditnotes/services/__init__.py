"""The credit note's verbs: each opens its transaction, locks, guards, writes, records.

``moment`` is when it happens; nothing here asks the clock. Locks are taken in one
order everywhere: the note, its lines' counters by id, its taxes' counters by id,
the ledger, the number series last.
"""

from creditnotes.services.aftermath import acknowledge, rate
from creditnotes.services.closing import cancel, expire_reservation, withdraw
from creditnotes.services.corresponding import open_until, remark, send_message
from creditnotes.services.drafting import (
    CONTENT,
    edit,
    fix_content,
    lock_counters,
    start,
    write,
)
from creditnotes.services.evidence import attach, detach, takes_evidence
from creditnotes.services.guards import (
    locked,
    move,
    require,
    require_comment,
    require_complete,
    require_editable,
    require_transition,
    require_version,
)
from creditnotes.services.issuing import issue
from creditnotes.services.lowering import lower
from creditnotes.services.photo_links import (
    Arrival,
    LinkEnded,
    ask_for_photos,
    end_photo_link,
    receive_photos,
)
from creditnotes.services.rebilling import edit_rebill, start_rebill
from creditnotes.services.receiving import Came, receive_goods
from creditnotes.services.requesting import (
    decline,
    hand_over,
    is_returned_to_nobody,
    pick_up,
    request,
    who_can_have,
)
from creditnotes.services.reversing import (
    confirm_reversal,
    decline_reversal,
    propose_reversal,
    withdraw_reversal,
)
from creditnotes.services.unsent import MOST_UNSENT, discard, keep_typed, require_room

__all__ = [
    "CONTENT",
    "MOST_UNSENT",
    "Arrival",
    "Came",
    "LinkEnded",
    "acknowledge",
    "ask_for_photos",
    "attach",
    "cancel",
    "confirm_reversal",
    "decline",
    "decline_reversal",
    "detach",
    "discard",
    "edit",
    "edit_rebill",
    "end_photo_link",
    "expire_reservation",
    "fix_content",
    "hand_over",
    "is_returned_to_nobody",
    "issue",
    "keep_typed",
    "lock_counters",
    "locked",
    "lower",
    "move",
    "open_until",
    "pick_up",
    "propose_reversal",
    "rate",
    "receive_goods",
    "receive_photos",
    "remark",
    "request",
    "require",
    "require_comment",
    "require_complete",
    "require_editable",
    "require_room",
    "require_transition",
    "require_version",
    "send_message",
    "start",
    "start_rebill",
    "takes_evidence",
    "who_can_have",
    "withdraw",
    "withdraw_reversal",
    "write",
]
