"""Who may see a credit note, and who may do what with it.

*When* something may be done is the lifecycle's business; here is *who*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from customers import access as customer_access
from customers.access import FINANCE, MANAGERS, REPS, REQUEST, is_in, is_staff_member

if TYPE_CHECKING:
    from creditnotes.models import CreditNote
    from customers.models import Customer, User

Ground = Callable[["User"], Q]

_further_grounds: list[Ground] = []

#: A contact's own that was never sent: being written, or given up. What was sent has a reason.
UNSENT = Q(origin="portal", owner__isnull=True) & (
    Q(state="draft") | Q(state="withdrawn", reason__isnull=True)
)


def further_ground(condition: Ground) -> Ground:
    """Register a further reason to see a note: a step or a delegation, say.

    The approvals above know such reasons; the credit notes below do not.
    """
    _further_grounds.append(condition)
    return condition


def staff_may_see(user: User | AnonymousUser) -> Q:
    """Notes of customers one serves, and those one has or had a part in.

    A contact's own draft is private until it is requested.
    """
    if not is_staff_member(user):
        return customer_access.NOBODY
    grounds = customer_access.served_by(user, "customer")
    for condition in _further_grounds:
        grounds |= condition(user)
    return Q(company=user.company_id) & grounds & ~UNSENT


def contact_may_see(user: User | AnonymousUser) -> Q:
    """One's own drafts, the customer's requests, and the company's credits once approved."""
    own = Q(created_by=user.pk)
    asked = Q(origin="portal") & ~UNSENT
    given = Q(state__in=["approved", "issued", "reversed"])
    return customer_access.represented_by(user, "customer") & (own | asked | given)


def may_compose(user: User) -> bool:
    """Whether the person's role composes credit notes at all."""
    return is_staff_member(user) and (is_in(user, REPS) or is_in(user, MANAGERS))


def may_start(user: User, customer: Customer) -> bool:
    """A rep or manager who serves the customer, or a contact who may ask for it."""
    from_sales = may_compose(user) and customer_access.serves(user, customer)
    return from_sales or customer_access.represents(user, customer, right=REQUEST)


def may_edit(user: User, note: CreditNote) -> bool:
    """Whoever may start one for the customer; a contact's private draft is theirs alone."""
    if is_staff_member(user):
        serves = may_compose(user) and customer_access.serves(user, note.customer)
        return serves and not _is_private(note)
    return may_request(user, note)


def may_add_evidence(user: User, note: CreditNote) -> bool:
    """The contact who raised it, though a colleague of ours has taken it over since."""
    own = note.created_by_id == user.pk
    return own and customer_access.represents(user, note.customer, right=REQUEST)


def may_ask_for_photos(user: User, note: CreditNote) -> bool:
    """A member of staff who may edit it, and so add photos themselves."""
    return is_staff_member(user) and may_edit(user, note)


def may_submit(user: User, note: CreditNote) -> bool:
    """A member of staff who may edit it; a contact requests instead."""
    return is_staff_member(user) and may_edit(user, note)


def may_request(user: User, note: CreditNote) -> bool:
    """The contact whose draft it is, while nobody at the company has taken it over."""
    own = note.created_by_id == user.pk and note.owner_id is None
    return own and customer_access.represents(user, note.customer, right=REQUEST)


def may_pick_up(user: User, note: CreditNote) -> bool:
    """A rep or manager who serves the customer takes a request over."""
    return may_compose(user) and customer_access.serves(user, note.customer)


def may_answer_offer(user: User, note: CreditNote) -> bool:
    """A contact who may ask for the customer; what they accept they have asked for."""
    return customer_access.represents(user, note.customer, right=REQUEST)


def who_pick_up(note: CreditNote) -> Q:
    """The condition on a user that they are told of the customer's request: its reps."""
    return customer_access.serving(note.customer) & Q(groups__name=REPS)


def is_nobodys(note: CreditNote) -> bool:
    """Whether a request, or what was returned, waits for somebody to pick it up."""
    return note.owner_id is None and note.state in ("requested", "returned")


def may_withdraw(user: User, note: CreditNote) -> bool:
    """Who raised it: its creator, or the rep who owns it; a contact while they may ask."""
    if user.pk not in (note.created_by_id, note.owner_id):
        return False
    return is_staff_member(user) or customer_access.represents(user, note.customer, right=REQUEST)


def may_appeal(user: User, note: CreditNote) -> bool:
    """A contact of the customer, or a rep or manager who serves them and does it for them."""
    if is_staff_member(user):
        return may_compose(user) and customer_access.serves(user, note.customer)
    return customer_access.represents(user, note.customer, right=REQUEST)


def is_known_to_customer(note: CreditNote) -> bool:
    """Whether the portal shows the note to its customer: a request, or what was granted."""
    if note.origin == "portal":
        return not _is_private(note)
    return note.state in ("approved", "issued", "reversed")


def may_write(user: User, note: CreditNote) -> bool:
    """A contact with a say about what the portal shows them; staff who may see the note."""
    if is_staff_member(user):
        return may_remark(user, note)
    says = customer_access.represents(user, note.customer, right=REQUEST)
    return says and is_known_to_customer(note)


def may_acknowledge(user: User, note: CreditNote) -> bool:
    """Whoever represents the customer and is shown the credit."""
    return customer_access.represents(user, note.customer) and is_known_to_customer(note)


def may_remark(user: User, note: CreditNote) -> bool:
    """Staff who may see the note."""
    seen = type(note).objects.filter(staff_may_see(user), pk=note.pk)
    return is_staff_member(user) and seen.exists()


def may_issue(user: User, note: CreditNote) -> bool:
    """Finance of the same company."""
    return is_in(user, FINANCE) and user.company_id == note.company_id


may_cancel = may_issue
may_reverse = may_issue
may_receive_goods = may_issue


def who_reverse(note: CreditNote) -> QuerySet[User]:
    """The people who may reverse the note, by name: finance of its company, while active."""
    from_finance = get_user_model().objects.filter(groups__name=FINANCE, is_active=True)
    return from_finance.filter(company=note.company_id).order_by("pk")


def _is_private(note: CreditNote) -> bool:
    return note.state == "draft" and note.origin == "portal" and note.owner_id is None
