"""A customer's people: inviting them to the portal, what they may do there, and ending it.

Who may: reps, managers and finance who serve the customer, and its contacts who manage
contacts. ``granting`` keeps sign-in and contact in step; the other modules are the verbs,
each of which leaves a :class:`~customers.models.ContactEvent`.
"""

from customers.contacts.accepting import accept
from customers.contacts.access import may_manage
from customers.contacts.inviting import Invitee, invite, send_again, withdraw
from customers.contacts.rights import change_rights, end_access

__all__ = [
    "Invitee",
    "accept",
    "change_rights",
    "end_access",
    "invite",
    "may_manage",
    "send_again",
    "withdraw",
]
