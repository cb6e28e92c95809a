"""The demo's credit notes: each row of ``stories.csv`` is told through the product's services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from approvals import services as approvals
from approvals.models import Step
from config.demo.days import Calendar
from config.demo.photos import photo
from config.demo.tables import Row
from config.demo.trade import Item
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditNote, Reason
from customers.models import Invoice, InvoiceLine, User

#: What happened longer ago than this many days is history: nobody is told of it any more.
TOLD_OF = 7


@dataclass
class Story:
    """One credit note, from what went wrong to where it stands today."""

    row: Row
    item: Item
    invoice: Invoice
    people: dict[str, User]
    days: Calendar
    chance: Random

    @property
    def begins(self) -> datetime:
        """When somebody starts the credit note."""
        return self._at("10:05")

    @property
    def quiet(self) -> bool:
        return int(self.row["started"]) > TOLD_OF

    def tell(self) -> None:
        """Do all that happened, in order."""
        author = self.people[self.row["by"]]
        note = creditnotes.start(
            self.invoice.customer,
            self._content(),
            actor=author,
            moment=self.begins,
            quiet=self.quiet,
        )
        for number in range(1, int(self.row["photos"]) + 1):
            upload = photo(self.chance, f"IMG_{self.invoice.number[-4:]}_{number}.jpg")
            creditnotes.attach(note, upload, actor=author, moment=self.begins)
        FATES[self.row["fate"]](self, note, author)

    def _content(self) -> Content:
        return Content(
            reason=Reason.objects.get(company=self.invoice.company, code=self.row["reason"]),
            claims=[self._claim()],
            explanation="" if self.row["by"] == "customer" else self.row["explanation"],
        )

    def _claim(self) -> Claim:
        """What the trouble takes: the pieces affected, the right price, or a percentage."""
        line = self.invoice.lines.get(position=1)
        percent = Decimal(self.row["percent"] or 0)
        if self.item.trouble == "overpriced":
            price = line.order_line.unit_price if line.order_line else None
            return Claim(line.pk, Basis.UNIT_PRICE, unit_price=price)
        if self.item.affected:
            return Claim(line.pk, quantity=self.item.affected)
        if self.row["reason"] == "freight":
            freight = self.invoice.lines.filter(kind=InvoiceLine.Kind.FREIGHT)[0]
            return Claim(freight.pk, Basis.PERCENT, percent=percent)
        if self.row["reason"] == "goodwill":
            return Claim(line.pk, Basis.PERCENT, percent=percent)
        return Claim(line.pk, quantity=(line.quantity * percent / 100).quantize(Decimal(1)))

    def _at(self, clock: str) -> datetime:
        return self.days.at(int(self.row["started"]), clock)

    # What may become of it ----------------------------------------------------

    def submit(self, note: CreditNote, author: User) -> CreditNote:
        return approvals.submit(note, actor=author, moment=self._at("10:20"), quiet=self.quiet)

    def endorse(self, note: CreditNote, author: User) -> CreditNote:
        """The first step's yes, where others decide after it."""
        note = self.submit(note, author)
        step, approver = _asked(note)
        if step.is_final:
            return note
        return approvals.endorse(
            note,
            actor=approver,
            moment=self._at("13:10"),
            comment=self.row["comment"],
            quiet=self.quiet,
        )

    def approve(self, note: CreditNote, author: User) -> CreditNote:
        note = self.endorse(note, author)
        _, approver = _asked(note)
        return approvals.approve(note, actor=approver, moment=self._at("15:25"), quiet=self.quiet)

    def issue(self, note: CreditNote, author: User) -> CreditNote:
        note = self.approve(note, author)
        return creditnotes.issue(note, actor=None, moment=self._at("15:26"), quiet=self.quiet)

    def cancel(self, note: CreditNote, author: User) -> CreditNote:
        note = self.approve(note, author)
        return creditnotes.cancel(
            note,
            actor=self.people["finance"],
            moment=self._at("16:05"),
            comment=self.row["comment"],
        )

    def send_back(self, note: CreditNote, author: User) -> CreditNote:
        note = self.submit(note, author)
        return approvals.return_for_changes(
            note, actor=_asked(note)[1], moment=self._at("14:15"), comment=self.row["comment"]
        )

    def reject(self, note: CreditNote, author: User) -> CreditNote:
        note = self.submit(note, author)
        return approvals.reject(
            note, actor=_asked(note)[1], moment=self._at("14:40"), comment=self.row["comment"]
        )

    def withdraw(self, note: CreditNote, author: User) -> CreditNote:
        note = self.submit(note, author)
        return approvals.withdraw(note, actor=author, moment=self._at("11:45"))

    def request(self, note: CreditNote, author: User) -> CreditNote:
        return creditnotes.request(
            note, actor=author, moment=self._at("10:20"), comment=self.row["explanation"]
        )

    def pick_up(self, note: CreditNote, author: User) -> CreditNote:
        note = self.request(note, author)
        return creditnotes.pick_up(note, actor=self.people["rep"], moment=self._at("11:30"))

    def leave(self, note: CreditNote, author: User) -> CreditNote:
        return note


def _asked(note: CreditNote) -> tuple[Step, User]:
    """The open step and the first of those whom it asks."""
    step = Step.objects.get(note=note, status=Step.Status.OPEN)
    return step, User.objects.filter(assignments__step=step).order_by("pk")[0]


#: What ``fate`` in ``stories.csv`` means.
FATES: dict[str, Callable[[Story, CreditNote, User], CreditNote]] = {
    "started": Story.leave,
    "draft": Story.leave,
    "requested": Story.request,
    "picked up": Story.pick_up,
    "waiting": Story.submit,
    "endorsed": Story.endorse,
    "approved": Story.approve,
    "issued": Story.issue,
    "cancelled": Story.cancel,
    "returned": Story.send_back,
    "rejected": Story.reject,
    "withdrawn": Story.withdraw,
}
