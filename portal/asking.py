"""Asking for a credit: the page's rows, and sending it once, whole, or saying why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import services as approval_services
from creditnotes import creditable, services
from creditnotes.content import Content
from creditnotes.creditable import Claim, Quote
from creditnotes.models import Basis, CreditableLine, CreditNote, Reason, State
from creditnotes.services.guards import missing
from customers import units
from customers.errors import Refusal
from customers.models import Invoice, InvoiceLine, User
from portal.forms import LineForm, RequestForm

#: A drawing and a few plain words for the trade's usual reasons, by their code.
EXPLAINED: Mapping[str, tuple[str, Promise]] = {
    "wrong-price": ("badge-dollar-sign", gettext_lazy("It costs less on the quote or the order.")),
    "shortage": ("package-minus", gettext_lazy("Less arrived than was invoiced.")),
    "damaged": ("package-x", gettext_lazy("It is broken, wet, bent or doesn’t work.")),
    "wrong-items": ("replace", gettext_lazy("Something else arrived than was ordered.")),
    "returned-goods": ("undo-2", gettext_lazy("You send something back.")),
    "freight": ("truck", gettext_lazy("The delivery charge is wrong.")),
    "duplicate-invoice": ("copy", gettext_lazy("The same was invoiced twice.")),
}
ANY_OTHER = ("message-square", "")


@dataclass(frozen=True)
class Why:
    """A reason to choose, with what goes by it."""

    reason: Reason
    icon: str
    words: str
    is_chosen: bool


@dataclass
class Row:
    """An invoice line, what is left of it, and what is asked for it."""

    line: InvoiceLine
    left: CreditableLine
    form: LineForm

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more can be credited of it."""
        return not (self.left.quantity_left or self.left.net_left)

    @property
    def is_asked_for(self) -> bool:
        """Whether anything was typed for it."""
        return bool(self.form["value"].value())


class Asking:
    """The request page of one invoice: what was typed, and what becomes of it.

    Photos are kept from the first attempt on, in a draft that nobody else sees:
    a browser forgets chosen files when a page comes back with a mistake.
    """

    def __init__(
        self,
        user: User,
        invoice: Invoice,
        data: Any = None,
        files: MultiValueDict[str, Any] | None = None,
    ) -> None:
        self.user, self.invoice = user, invoice
        self.head = RequestForm(
            data, files, company=invoice.customer.company, initial={"token": uuid4()}
        )
        lines = list(invoice.lines.select_related("product"))
        self.counters = creditable.look(line.pk for line in lines)
        self.rows = [self._row(line, data) for line in lines]
        self.is_typed = data is not None
        if self.is_typed:
            self.head.is_valid()
        self.draft = self._known()
        self.quoted = Quote()

    @property
    def reasons(self) -> list[Why]:
        """What can have gone wrong, in the customer's words."""
        offered = self.head.fields["reason"].queryset  # type: ignore[attr-defined]
        chosen = str(self.head["reason"].value() or "")
        return [
            Why(reason, icon, str(words), str(reason.pk) == chosen)
            for reason in offered
            for icon, words in [EXPLAINED.get(reason.code, ANY_OTHER)]
        ]

    def _row(self, line: InvoiceLine, data: Any) -> Row:
        goods = line.kind == InvoiceLine.Kind.GOODS
        initial = {"basis": Basis.QUANTITY if goods else Basis.AMOUNT}
        unit = units.written(line.unit, units.SEVERAL)
        form = LineForm(data, prefix=f"line-{line.pk}", initial=initial, unit=unit)
        return Row(line, self.counters.lines[line.pk], form)

    def _known(self) -> CreditNote | None:
        """What this very page sent before: a draft with photos, or the request itself."""
        token = self.head.cleaned_data.get("token") if self.is_typed else None
        if token is None:
            return None
        mine = CreditNote.objects.filter(created_by=self.user, customer=self.invoice.customer_id)
        known: CreditNote | None = mine.filter(start_token=token).first()
        return known

    @property
    def photos(self) -> list[Any]:
        """The files kept so far."""
        return list(self.draft.attachments.all()) if self.draft else []

    @property
    def is_sent(self) -> bool:
        """Whether this page was sent already: the second of two clicks."""
        return self.draft is not None and self.draft.state != State.DRAFT

    def send(self, moment: datetime) -> CreditNote | None:
        """The request, sent; None when the forms say what is wrong with it."""
        if self.is_sent:
            return self.draft
        self.keep_photos(moment)
        claims = self._claims()
        if not self._fits(claims):
            return None
        try:
            return self._request(claims, moment)
        except Refusal as refusal:
            self.refuse(refusal, claims)
            return None

    @transaction.atomic
    def _request(self, claims: list[Claim], moment: datetime) -> CreditNote:
        content = Content(
            reason=self.head.cleaned_data["reason"],
            claims=claims,
            customer_reference=self.head.cleaned_data["customer_reference"],
        )
        if self.draft is None:
            note = self._start(content, moment)
        else:
            note = services.edit(self.draft, content, actor=self.user, moment=moment)
        if note.state != State.DRAFT:  # the other of two clicks was faster
            return note
        words = self.head.cleaned_data["comment"]
        return approval_services.request(note, actor=self.user, moment=moment, comment=words)

    def _start(self, content: Content, moment: datetime) -> CreditNote:
        token = self.head.cleaned_data.get("token")
        return services.start(
            self.invoice.customer,
            content,
            actor=self.user,
            moment=moment,
            currency=self.invoice.currency,
            token=token,
        )

    def keep_photos(self, moment: datetime) -> None:
        """Keep the files that came along; one that can't be is named beside the field."""
        for upload in self.head.cleaned_data.get("photos", []):
            try:
                self.draft = self.draft or self._start(Content(), moment)
                services.attach(self.draft, upload, actor=self.user, moment=moment)
            except Refusal as refusal:
                self.head.add_error("photos", str(refusal))

    def drop_photo(self, pk: str, moment: datetime) -> None:
        """Take a kept file off again."""
        for attachment in self.photos:
            if str(attachment.pk) == pk:
                services.detach(attachment, actor=self.user, moment=moment)

    def check_lines(self) -> None:
        """Work out ``quoted``: what the lines typed so far come to; say of each what can't be."""
        claims = self._claims()
        self.quoted = creditable.quote(claims, self.counters)
        for refusal in self.quoted.refusals:
            self.refuse(refusal, claims)

    def _claims(self) -> list[Claim]:
        claims = [row.form.claim_on(row.line.pk) for row in self.rows if row.form.is_valid()]
        return [claim for claim in claims if claim is not None]

    def _fits(self, claims: list[Claim]) -> bool:
        """Whether all that was typed can be asked for; says of each line why not."""
        rows_fit = all(row.form.is_valid() for row in self.rows)
        if rows_fit and not claims:
            self.head.add_error(None, _("Say for at least one line how much it is about."))
        self._ask_for_photo()
        self.check_lines()
        return rows_fit and not self.quoted.refusals and not self.head.errors

    def _ask_for_photo(self) -> None:
        reason = self.head.cleaned_data.get("reason")
        for refusal in missing(reason, lines=True, photos=bool(self.photos)):
            if refusal.field == "photos" and "photos" not in self.head.errors:
                self.head.add_error("photos", str(refusal))

    @property
    def is_unclear(self) -> bool:
        """Whether something typed for a line can't be read, so that no sum would be true."""
        return any(row.form.errors for row in self.rows)

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """All that is wrong: the field's place on the page, and what to do about it."""
        if not self.is_typed:
            return []
        first = next((row.form["value"].id_for_label for row in self.rows), "")
        found = [
            (self.head[name].id_for_label if name in self.head.fields else first, str(error))
            for name, errors in self.head.errors.items()
            for error in errors
        ]
        for row in self.rows:
            for name, errors in row.form.errors.items():
                place = row.form[name].id_for_label
                found += [(place, f"{row.line.name}: {error}") for error in errors]
        return found

    def refuse(self, refusal: Refusal, claims: list[Claim]) -> None:
        """Say beside the field why not."""
        if refusal.line is not None:
            asked = claims[refusal.line].invoice_line_id
            row = next(row for row in self.rows if row.line.pk == asked)
            row.form.add_error("basis" if refusal.field == "basis" else "value", str(refusal))
        else:
            field = refusal.field if refusal.field in self.head.fields else None
            self.head.add_error(field, str(refusal))
