"""The demo's credit notes: each row of ``stories.csv`` is told through the product's services.

A story is a list of chapters, each with its moment, so that those of all stories can
be told in the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from approvals import services as approvals
from approvals.models import Step
from config.demo.days import Calendar
from config.demo.photos import photos
from config.demo.tables import Row
from config.demo.trade import Sale
from config.demo.wishes import claim, goodwill_wanted, tax_wanted
from creditnotes import events
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditNote, Reason
from creditnotes.restocking import awaited
from creditnotes.services import Came
from customers.models import Invoice, InvoiceLine, User

#: What happened longer ago than this many days is history: nobody is mailed about it.
TOLD_OF = 3
Chapter = tuple[datetime, Callable[[], None]]

#: What ``fate`` in ``stories.csv`` means: the verbs after the start.
FATES: dict[str, Sequence[str]] = {
    "draft": [],
    "waiting": ["submit"],
    "endorsed": ["submit", "endorse"],
    "approved": ["submit", "endorse", "approve"],
    "issued": ["submit", "endorse", "approve", "issue"],
    "granted less": ["submit", "approve_less", "issue"],
    "automatic": ["submit", "issue"],
    "cancelled": ["submit", "endorse", "approve", "cancel"],
    "returned": ["submit", "send_back"],
    "submitted again": ["submit", "send_back", "submit_again"],
    "rejected": ["submit", "reject"],
    "withdrawn": ["submit", "withdraw"],
    "recalled": ["submit", "recall"],
    "started": [],
    "requested": ["request"],
    "picked up": ["request", "pick_up"],
    "declined": ["request", "decline"],
    "taken back": ["request", "withdraw"],
    "asked for more": ["request", "decline_offer"],
    "offer accepted": ["request", "accept_offer"],
    "offer issued": ["request", "accept_offer", "issue"],
}
#: Fates of requests that nobody at the company has taken over; before others somebody does.
NOT_TAKEN_OVER = (
    "started",
    "requested",
    "picked up",
    "declined",
    "taken back",
    "asked for more",
    "offer accepted",
    "offer issued",
)
#: Verbs that wait for the day in ``decided``.
DECISIONS = ("endorse", "approve", "approve_less", "send_back", "reject", "decline")


@dataclass(frozen=True)
class Cast:
    """Who and what the stories are told with."""

    people: dict[str, User]
    reasons: dict[str, Reason]
    days: Calendar
    album: str
    lines: dict[tuple[int, int], int] = field(default_factory=dict)

    def learn_lines(self, invoices: Sequence[Invoice]) -> None:
        """Look up the invoices' lines by position, once for all."""
        rows = InvoiceLine.objects.filter(invoice__in=invoices)
        for pk, invoice_id, position in rows.values_list("pk", "invoice_id", "position"):
            self.lines[invoice_id, position] = pk


@dataclass(eq=False)
class Story:
    """One credit note, from what went wrong to where it stands today."""

    row: Row
    sales: Sequence[Sale]
    claimed: Sequence[int]
    cast: Cast
    chance: Random
    note: CreditNote = field(init=False)

    @property
    def author(self) -> User:
        """Who starts it."""
        return self.cast.people[self.row["by"]]

    @property
    def is_customers(self) -> bool:
        """Whether a customer's contact starts it."""
        return self.author.company_id is None

    def chapters(self) -> Iterator[Chapter]:
        """All that happened, in order."""
        started, decided = int(self.row["started"]), int(self.row["decided"] or 1)
        moment = self._morning(started, self.row["at"])
        yield self._chapter("start", moment)
        day = started
        for verb in self._verbs():
            day = self._day_of(verb, day, decided)
            moment = self._next(moment, day, verb)
            yield self._chapter(verb, moment)

    def _verbs(self) -> Sequence[str]:
        verbs = FATES[self.row["fate"]]
        if self.is_customers and self.row["fate"] not in NOT_TAKEN_OVER:
            return ["request", "pick_up", *verbs]
        return verbs

    def _chapter(self, verb: str, moment: datetime) -> Chapter:
        def tell() -> None:
            with self._voice(moment):
                getattr(self, verb)(moment)

        return moment, tell

    def _voice(self, moment: datetime) -> AbstractContextManager[None]:
        told = moment >= self.cast.days.since(TOLD_OF)
        return nullcontext() if told else events.quietly()

    # When it happens ----------------------------------------------------------

    def _morning(self, days_ago: int, clock: str) -> datetime:
        if clock:
            return self.cast.days.at(days_ago, clock)
        minutes = timedelta(minutes=self.chance.randrange(190))
        return self.cast.days.at(days_ago, "07:30") + minutes

    def _day_of(self, verb: str, day: int, decided: int) -> int:
        """How many days ago the verb comes, after what came ``day`` days ago."""
        if verb in DECISIONS:
            return min(day, decided)
        if verb == "issue" and self._waits_for_goods:
            return max(1, day - 4)
        return max(1, day - 1) if verb in ("cancel", "submit_again") else day

    def _next(self, moment: datetime, day: int, verb: str) -> datetime:
        if verb == "issue" and not self._waits_for_goods:
            return moment + timedelta(minutes=1)
        soon = moment + timedelta(minutes=self.chance.randint(3, 34))
        return max(soon, self._morning(day, "")) if verb in (*DECISIONS, "cancel") else soon

    @property
    def _waits_for_goods(self) -> bool:
        return self.cast.reasons[self.row["reason"]].needs_return

    # What happens -------------------------------------------------------------

    def start(self, moment: datetime) -> None:
        """Somebody writes it down, with photos."""
        customer = self.sales[0].account.customer
        author = self.author
        self.note = creditnotes.start(customer, self._content(), actor=author, moment=moment)
        subject, _, number = self.row["photos"].partition(":")
        for upload in photos(subject, int(number or 0), self.chance, self.cast.album):
            line = self._first_line()
            creditnotes.attach(self.note, upload, actor=author, moment=moment, line=line)

    def _first_line(self) -> InvoiceLine | None:
        """What the photos show."""
        first = self.note.lines.filter(creditable__isnull=False).order_by("position").first()
        return first.counter.invoice_line if first else None

    def _content(self) -> Content:
        own = self.is_customers
        return Content(
            reason=self.cast.reasons[self.row["reason"]],
            claims=list(self._claims()),
            explanation="" if own else self.row["words"],
            internal_note=self.row["note"],
            customer_reference=f"R-{self.chance.randint(210, 989)}" if own else "",
        )

    def _claims(self) -> Iterator[Claim]:
        if kind := tax_wanted(self.row["credit"]):
            for sale in self.sales:
                yield Claim(basis=Basis.TAX, invoice_id=sale.invoice.pk, tax_kind=kind)
            return
        if amount := goodwill_wanted(self.row["credit"]):
            words = self.row["words"]
            yield Claim(basis=Basis.GOODWILL, amount=amount, description=words)
            return
        for sale, count in zip(self.sales, self.claimed, strict=True):
            for index in self._claimed_of(sale, count):
                line_id = self.cast.lines[sale.invoice.pk, index + 1]
                yield claim(line_id, sale.items[index], self.row["credit"], sale.lines[index])

    def _claimed_of(self, sale: Sale, count: int) -> Sequence[int]:
        """Which lines it is about: the first ones, but for freight, or all of an invoice."""
        match self.row["reason"]:
            case "freight":
                return [len(sale.items) - 1]
            case "duplicate-invoice":
                return range(len(sale.items))
        return range(count)

    def request(self, moment: datetime) -> None:
        words = self.row["words"]
        approvals.request(self.note, actor=self.author, moment=moment, comment=words)

    def accept_offer(self, moment: datetime) -> None:
        """The customer settles for what policy offered them at once."""
        offer = self.note.customer_offers.get()
        approvals.accept_offer(offer, actor=self.author, moment=moment)

    def decline_offer(self, moment: datetime) -> None:
        """The customer would rather have what they asked for."""
        offer = self.note.customer_offers.get()
        approvals.decline_offer(offer, actor=self.author, moment=moment)

    def pick_up(self, moment: datetime) -> None:
        creditnotes.pick_up(self.note, actor=self._handler, moment=moment)

    def decline(self, moment: datetime) -> None:
        comment = self.row["comment"]
        creditnotes.decline(self.note, actor=self._handler, moment=moment, comment=comment)

    @property
    def _handler(self) -> User:
        return self.cast.people[self.row["handler"]]

    def submit(self, moment: datetime) -> None:
        approvals.submit(self.note, actor=self._owner, moment=moment)

    def submit_again(self, moment: datetime) -> None:
        """What was asked is answered in the note for colleagues; the amounts stay."""
        creditnotes.edit(self.note, self._content(), actor=self._owner, moment=moment)
        approvals.submit(self.note, actor=self._owner, moment=moment)

    @property
    def _owner(self) -> User:
        return self._handler if self.is_customers else self.author

    def recall(self, moment: datetime) -> None:
        approvals.recall(self.note, actor=self._owner, moment=moment)

    def withdraw(self, moment: datetime) -> None:
        approvals.withdraw(self.note, actor=self.author, moment=moment)

    def endorse(self, moment: datetime) -> None:
        """The first step's yes, where others decide after it."""
        step, actor = self._asked()
        if not step.is_final:
            comment = self.row["comment"]
            approvals.endorse(self.note, actor=actor, moment=moment, comment=comment)

    def approve(self, moment: datetime) -> None:
        step, actor = self._asked()
        comment = self.row["comment"] if step.position == 1 else ""
        approvals.approve(self.note, actor=actor, moment=moment, comment=comment)

    def approve_less(self, moment: datetime) -> None:
        """Yes to half of the first line, by whoever decides alone."""
        line, actor = self.note.lines.earliest("position"), self._asked()[1]
        approvals.approve_for_less(
            self.note,
            actor=actor,
            moment=moment,
            wanted={0: line.quantity and line.quantity // 2},
            comment=self.row["comment"],
        )

    def send_back(self, moment: datetime) -> None:
        actor, comment = self._asked()[1], self.row["comment"]
        approvals.return_for_changes(self.note, actor=actor, moment=moment, comment=comment)

    def reject(self, moment: datetime) -> None:
        actor, comment = self._asked()[1], self.row["comment"]
        approvals.reject(self.note, actor=actor, moment=moment, comment=comment)

    def issue(self, moment: datetime) -> None:
        actor = self.cast.people["finance"] if self._waits_for_goods else None
        if actor:
            self._receive_goods(actor, moment)
        creditnotes.issue(self.note, actor=actor, moment=moment)

    def _receive_goods(self, actor: User, moment: datetime) -> None:
        """All that was credited is back in the yard, and on the shelf."""
        came = [Came(each.line.pk, each.missing) for each in awaited(self.note)]
        token = UUID(int=self.chance.getrandbits(128))
        creditnotes.receive_goods(self.note, came, actor=actor, moment=moment, token=token)

    def cancel(self, moment: datetime) -> None:
        actor, comment = self.cast.people["finance"], self.row["comment"]
        creditnotes.cancel(self.note, actor=actor, moment=moment, comment=comment)

    def _asked(self) -> tuple[Step, User]:
        """The open step and who decides it: somebody whom it asks, or their stand-in."""
        step = Step.objects.get(note=self.note, status=Step.Status.OPEN)
        if self.row["decider"] and step.role == "department_manager":
            return step, self.cast.people[self.row["decider"]]
        people = list(User.objects.filter(assignments__step=step).order_by("pk"))
        return step, self.chance.choice(people)
