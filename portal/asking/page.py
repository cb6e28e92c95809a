"""The request page: its rows, what it comes to, and sending it once and whole, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from approvals import services as approval_services
from creditnotes import creditable, services
from creditnotes.content import Content
from creditnotes.creditable import Claim, Quote
from creditnotes.models import Attachment, CreditNote, State
from creditnotes.services.guards import missing
from customers.errors import Refusal
from customers.models import Delivery, Invoice, InvoiceLine, User
from portal.asking.deliveries import billed
from portal.asking.forms import RequestForm
from portal.asking.reasons import Why, why
from portal.asking.rows import Row, sales_of
from portal.asking.typed import Typed


class Asking:
    """The request page about some invoices of one customer: what was typed, and what becomes of it.

    What is kept before it is sent, words and photos, is in a draft that nobody else sees.
    Without ``data`` it shows what was ``typed``; with it, it also says what is wrong.
    """

    def __init__(
        self,
        user: User,
        invoices: Sequence[Invoice],
        typed: Typed,
        draft: CreditNote | None = None,
        data: Any = None,
        files: MultiValueDict[str, Any] | None = None,
    ) -> None:
        self.user, self.typed = user, typed
        self.files = files if files is not None else MultiValueDict()
        self.data_of = data.get("of", "") if data is not None else ""
        self.customer, self.currency = invoices[0].customer, invoices[0].currency
        token = draft.start_token if draft else uuid4()
        self.head = RequestForm(
            data,
            files,
            company=self.customer.company,
            initial={**typed.head, "token": token},
        )
        self.delivery = self._delivery()
        came = billed(self.delivery, self.customer) if self.delivery else {}
        self.sales, self.counters = sales_of(invoices, typed, data, came)
        self.is_typed = data is not None
        if self.is_typed:
            self.head.is_valid()
        self.draft = draft or self._known()
        for row in self.rows:
            row.photos = self.photos_of(row)
        self.quoted = Quote()

    def _delivery(self) -> Delivery | None:
        """The delivery that it began from, if that is the customer's."""
        if self.typed.delivery is None:
            return None
        own = Delivery.objects.filter(order__customer=self.customer)
        return own.filter(pk=self.typed.delivery).first()

    @property
    def rows(self) -> list[Row]:
        """The lines of all its invoices."""
        return [row for sale in self.sales for row in sale.all_rows]

    @property
    def reasons(self) -> list[Why]:
        """What can have gone wrong, in the customer's words."""
        offered = self.head.fields["reason"].queryset  # type: ignore[attr-defined]
        chosen = str(self.head["reason"].value() or "")
        return [why(reason, chosen=chosen) for reason in offered]

    def _known(self) -> CreditNote | None:
        """What this very page sent before: a draft, or the request itself."""
        token = self.head.cleaned_data.get("token") if self.is_typed else None
        if token is None:
            return None
        mine = CreditNote.objects.filter(created_by=self.user, customer=self.customer)
        known: CreditNote | None = mine.filter(start_token=token).first()
        return known

    @cached_property
    def revision(self) -> int:
        """How often the draft was saved; 0 for none."""
        unsent = getattr(self.draft, "unsent", None) if self.draft else None
        return unsent.revision if unsent else 0

    @cached_property
    def all_photos(self) -> list[Attachment]:
        """The files kept so far, of lines and of the whole."""
        return list(self.draft.attachments.all()) if self.draft else []

    def photos_of(self, row: Row | None = None) -> list[Attachment]:
        """The files kept so far that show a line; without one, those of the whole."""
        pk = row.line.pk if row else None
        return [photo for photo in self.all_photos if photo.invoice_line_id == pk]

    @property
    def photos(self) -> list[Attachment]:
        """The files kept so far that show no line of those on the page."""
        pks = {row.line.pk for row in self.rows if not row.is_used_up}
        return [photo for photo in self.all_photos if photo.invoice_line_id not in pks]

    @property
    def is_sent(self) -> bool:
        """Whether this page was sent already: the second of two clicks."""
        if self.draft is None or self.is_given_up:
            return False
        return self.draft.state != State.DRAFT or self.draft.owner_id is not None

    @property
    def is_given_up(self) -> bool:
        """Whether the draft was deleted since the page was opened."""
        draft = self.draft
        return draft is not None and draft.state == State.WITHDRAWN and draft.reason_id is None

    # Keeping it for later ------------------------------------------------------------

    def keep(self, moment: datetime, revision: int | None = None, writer: str = "") -> CreditNote:
        """Keep what was typed, right or wrong, in the private draft; raises what refuses it.

        ``revision`` and ``writer`` are those of the open page: see ``services.keep_typed``.
        """
        if self.draft is None:
            services.require_room(self.user)
        draft = self.draft = self.draft or self._start(Content(), moment)
        kept = services.keep_typed(
            draft,
            self.typed.to_keep(),
            actor=self.user,
            moment=moment,
            revision=revision,
            writer=writer,
        )
        self.revision = kept.revision
        return draft

    def keep_photos(self, moment: datetime) -> None:
        """Keep the files that came along; one that can't be is named beside the field."""
        for upload in self.head.cleaned_data.get("photos", []):
            self._keep_photo(upload, moment, self._shown(self.data_of))
        for row in self.rows:
            for upload in self.files.getlist(f"photos-{row.line.pk}"):
                self._keep_photo(upload, moment, row.line)

    def _shown(self, of: str) -> InvoiceLine | None:
        """The line that a photo sent by itself says that it shows."""
        return next((row.line for row in self.rows if str(row.line.pk) == of), None)

    def _keep_photo(self, upload: Any, moment: datetime, line: InvoiceLine | None) -> None:
        try:
            begun = self._begun(moment)
            services.attach(begun, upload, actor=self.user, moment=moment, line=line)
        except Refusal as refusal:
            self.head.add_error("photos", str(refusal))
        self.__dict__.pop("all_photos", None)

    def _begun(self, moment: datetime) -> CreditNote:
        """The draft, which photos may join before anything was typed."""
        return self.draft or self.keep(moment)

    def drop_photo(self, pk: str, moment: datetime) -> None:
        """Take a kept file off again."""
        for attachment in self.all_photos:
            if str(attachment.pk) == pk:
                services.detach(attachment, actor=self.user, moment=moment)
        self.__dict__.pop("all_photos", None)

    # Changing what it is about -------------------------------------------------------

    def take_whole(self, what: str) -> None:
        """Type all that is left of an invoice, by its number, or of the ``"delivery"``."""
        reason = self.head.cleaned_data.get("reason") if self.is_typed else None
        rows = [
            row
            for sale in self.sales
            for row in sale.all_rows
            if (row.delivered is not None if what == "delivery" else str(sale.invoice.pk) == what)
        ]
        said = {row.line.pk: row.all_left(reason) for row in rows}
        self.typed = self.typed.with_lines(
            {pk: all_left for pk, all_left in said.items() if all_left}
        )

    def drop_invoice(self, pk: str) -> None:
        """Leave out an invoice with what was typed for it; the last one stays."""
        gone = [sale for sale in self.sales if str(sale.invoice.pk) == pk]
        if not gone or len(self.sales) == 1:
            return
        self.sales.remove(gone[0])
        self.typed = self.typed.without_lines(row.line.pk for row in gone[0].all_rows)
        self.typed = self.typed.with_invoices(sale.invoice.pk for sale in self.sales)

    # Sending it ----------------------------------------------------------------------

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
        token = self.head.cleaned_data.get("token") if self.is_typed else self.head["token"].value()
        return services.start(
            self.customer,
            content,
            actor=self.user,
            moment=moment,
            currency=self.currency,
            token=token,
        )

    # What it comes to, and what is wrong with it -------------------------------------

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
        for refusal in missing(reason, lines=True, photos=bool(self.all_photos)):
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
