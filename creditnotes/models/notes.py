"""The credit note: its lifecycle, and what a change of it does to the counters."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from creditnotes.models.reasons import Reason
from creditnotes.querysets import CreditNoteQuerySet
from customers.models import LANGUAGES, Company, Customer, User
from customers.models.base import money, percent


class State(models.TextChoices):
    """Where a credit note is on its way from request or draft to issued."""

    DRAFT = "draft", _("Draft")
    REQUESTED = "requested", _("Requested")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned for changes")
    APPROVED = "approved", _("Approved")
    ISSUED = "issued", _("Issued")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CANCELLED = "cancelled", _("Cancelled")
    REVERSED = "reversed", _("Reversed")


class Hold(models.TextChoices):
    """What the note holds of its invoices' counters."""

    NONE = "none", _("Nothing")
    RESERVED = "reserved", _("Reserved")
    ISSUED = "issued", _("Credited")


class Origin(models.TextChoices):
    """Who began it."""

    REP = "rep", _("Sales")
    PORTAL = "portal", _("Customer portal")


#: The ways between states, as the database's guard knows them. The model's methods say the same.
TRANSITIONS: list[tuple[str, str]] = [
    (State.DRAFT, State.REQUESTED),
    (State.DRAFT, State.SUBMITTED),
    (State.DRAFT, State.WITHDRAWN),
    (State.REQUESTED, State.DRAFT),
    (State.REQUESTED, State.REJECTED),
    (State.REQUESTED, State.WITHDRAWN),
    (State.SUBMITTED, State.APPROVED),
    (State.SUBMITTED, State.RETURNED),
    (State.SUBMITTED, State.DRAFT),
    (State.SUBMITTED, State.REJECTED),
    (State.SUBMITTED, State.WITHDRAWN),
    (State.RETURNED, State.SUBMITTED),
    (State.RETURNED, State.WITHDRAWN),
    (State.APPROVED, State.ISSUED),
    (State.APPROVED, State.CANCELLED),
    (State.ISSUED, State.REVERSED),
]

#: States in which the content may still be written.
EDITABLE = (State.DRAFT, State.RETURNED)
#: States with nothing more to come, in which nothing of an invoice is held.
CLOSED = (State.REJECTED, State.WITHDRAWN, State.CANCELLED, State.REVERSED)

_HOLD_FITS_STATE = (
    models.Q(state__in=[State.SUBMITTED, State.APPROVED], hold=Hold.RESERVED)
    | models.Q(state=State.RETURNED, hold__in=[Hold.NONE, Hold.RESERVED])
    | models.Q(state=State.ISSUED, hold=Hold.ISSUED)
    | models.Q(state__in=[State.DRAFT, State.REQUESTED, *CLOSED], hold=Hold.NONE)
)


class CreditNote(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """One document with one lifecycle, from a request or draft to the issued credit.

    Amounts are positive, in ``currency``. From submission on the content and its
    hash are frozen; the database compares (rule 5).
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="credit_notes")
    state = FSMField(_("state"), choices=State.choices, default=State.DRAFT, protected=True)
    hold = models.CharField(
        _("holds"), max_length=8, choices=Hold, default=Hold.NONE, editable=False
    )
    reserved_until = models.DateTimeField(
        _("reserved until"),
        null=True,
        blank=True,
        help_text=_("When a returned credit note gives its reservation up."),
    )
    origin = models.CharField(_("origin"), max_length=6, choices=Origin, default=Origin.REP)
    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    currency = models.CharField(_("currency"), max_length=3)
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    explanation = models.TextField(
        _("explanation"), blank=True, help_text=_("The customer reads this on the credit note.")
    )
    internal_note = models.TextField(
        _("note for colleagues"), blank=True, help_text=_("The customer never sees this.")
    )
    net = money(verbose_name=_("net"), default=0)
    tax_total = money(verbose_name=_("tax"), default=0)
    total = money(verbose_name=_("total"), default=0)
    offer_percent = percent(
        verbose_name=_("offer in percent"),
        null=True,
        blank=True,
        help_text=_("What policy offered at submission, for comparison."),
    )
    offer_net = money(verbose_name=_("offer, net"), null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    submissions = models.PositiveSmallIntegerField(default=0, editable=False)
    start_token = models.UUIDField(
        null=True,
        editable=False,
        help_text=_("Made by the composer's page, so that a double click starts one note."),
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="credit_notes_started")
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="credit_notes_owned"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["created_by", "start_token"], name="credit_note_once_per_start"
            ),
            models.CheckConstraint(
                condition=models.Q(net__gte=0, tax_total__gte=0)
                & models.Q(total=models.F("net") + models.F("tax_total")),
                name="credit_note_total_adds_up",
            ),
            models.CheckConstraint(condition=_HOLD_FITS_STATE, name="credit_note_hold_fits_state"),
            models.CheckConstraint(
                condition=models.Q(state__in=[State.DRAFT, State.WITHDRAWN])
                | models.Q(reason__isnull=False),
                name="credit_note_has_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at", "-id"], name="credit_note_by_customer"),
            models.Index(fields=["company", "state", "-id"], name="credit_note_by_state"),
            models.Index(fields=["owner", "-changed_at"], name="credit_note_by_owner"),
            models.Index(
                fields=["reserved_until"],
                name="credit_note_expiring",
                condition=models.Q(state="returned", hold="reserved"),
            ),
            GinIndex(
                OpClass(Upper("customer_reference"), "gin_trgm_ops"),
                name="credit_note_reference_trigram",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(name="lifecycle", field="state", transitions=TRANSITIONS),
            pgtrigger.Trigger(
                name="starts_as_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.state <> 'draft' OR NEW.hold <> 'none' THEN
                        RAISE EXCEPTION 'a credit note starts as a draft';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="stays_in_its_company",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.company_id IS DISTINCT FROM (
                        SELECT company_id FROM customers_customer WHERE id = NEW.customer_id
                    ) OR NEW.reason_id IS NOT NULL AND NEW.company_id IS DISTINCT FROM (
                        SELECT company_id FROM creditnotes_reason WHERE id = NEW.reason_id
                    ) THEN
                        RAISE EXCEPTION 'customer or reason of another company';
                    END IF;
                    IF TG_OP = 'UPDATE' AND
                        (OLD.company_id, OLD.customer_id, OLD.currency, OLD.origin,
                         OLD.created_by_id, OLD.created_at)
                        IS DISTINCT FROM
                        (NEW.company_id, NEW.customer_id, NEW.currency, NEW.origin,
                         NEW.created_by_id, NEW.created_at) THEN
                        RAISE EXCEPTION 'a credit note stays with its customer';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="content_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    old__state__in=[s for s in State if s not in (*EDITABLE, State.REQUESTED)]
                ),
                func="""
                    IF (OLD.reason_id, OLD.language, OLD.customer_reference, OLD.explanation,
                        OLD.net, OLD.tax_total, OLD.total, OLD.content_hash, OLD.submissions,
                        OLD.submitted_at, OLD.offer_percent, OLD.offer_net)
                        IS DISTINCT FROM
                       (NEW.reason_id, NEW.language, NEW.customer_reference, NEW.explanation,
                        NEW.net, NEW.tax_total, NEW.total, NEW.content_hash, NEW.submissions,
                        NEW.submitted_at, NEW.offer_percent, NEW.offer_net) THEN
                        RAISE EXCEPTION 'what was submitted cannot change';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="submitted_adds_up",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__state=State.SUBMITTED)
                & ~pgtrigger.Q(old__state=State.SUBMITTED),
                declare=[("lines", "record"), ("taxes", "record")],
                func="""
                    SELECT sum(net) AS net, sum(tax) AS tax,
                        sum(net) FILTER (WHERE basis = 'goodwill') AS goodwill,
                        max(fee_percent) AS fee_percent
                        INTO lines FROM creditnotes_creditline WHERE note_id = NEW.id;
                    SELECT coalesce(sum(amount), 0) AS amount,
                        coalesce(sum(adjusted + recovered), 0) AS without_net
                        INTO taxes FROM creditnotes_credittax WHERE note_id = NEW.id;
                    IF (NEW.net, NEW.tax_total, lines.tax) IS DISTINCT FROM
                        (lines.net, taxes.amount, taxes.without_net) THEN
                        RAISE EXCEPTION 'what is submitted does not add up';
                    END IF;
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_reason WHERE id = NEW.reason_id
                            AND (lines.goodwill IS NULL OR lines.goodwill <= goodwill_cap)
                            AND (lines.fee_percent IS NULL OR lines.fee_percent <= restocking_fee)
                    ) THEN
                        RAISE EXCEPTION 'beyond what its reason allows';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="issued_has_document",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state=State.ISSUED),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_issueddocument
                            WHERE note_id = NEW.id AND content_hash = NEW.content_hash
                    ) THEN
                        RAISE EXCEPTION 'issued without its document';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="issued_once_goods_are_back",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(new__state=State.ISSUED),
                func="""
                    IF (SELECT needs_return FROM creditnotes_reason WHERE id = NEW.reason_id)
                        AND EXISTS (
                            SELECT FROM creditnotes_creditline c
                                JOIN customers_invoiceline i ON i.id = c.creditable_id
                                WHERE c.note_id = NEW.id AND i.kind = 'goods'
                                    AND c.quantity > coalesce((
                                        SELECT sum(r.quantity)
                                            FROM creditnotes_goodsreceiptline r
                                            WHERE r.credit_line_id = c.id
                                    ), 0)
                        ) THEN
                        RAISE EXCEPTION 'issued before the goods are back';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="issued_with_its_rebill",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state=State.ISSUED),
                func="""
                    IF EXISTS (SELECT FROM creditnotes_rebill WHERE note_id = NEW.id)
                        AND NOT EXISTS (
                            SELECT FROM creditnotes_rebilledinvoice WHERE note_id = NEW.id
                        ) THEN
                        RAISE EXCEPTION 'issued without its corrected invoice';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="reversed_has_debit_note",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state=State.REVERSED),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_debitnote WHERE note_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'reversed without its debit note';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="hold_moves_counters",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("hold"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(old__hold__df=pgtrigger.F("new__hold")),
                declare=[
                    (
                        "to_reserved",
                        "integer := (NEW.hold = 'reserved')::int - (OLD.hold = 'reserved')::int",
                    ),
                    (
                        "to_issued",
                        "integer := (NEW.hold = 'issued')::int - (OLD.hold = 'issued')::int",
                    ),
                ],
                func="""
                    -- An older snapshot would not see, and so not count, the newest lines.
                    IF current_setting('transaction_isolation') <> 'read committed' THEN
                        RAISE EXCEPTION 'counters move in read committed transactions only';
                    END IF;
                    PERFORM 1 FROM creditnotes_creditableline WHERE invoice_line_id IN (
                        SELECT creditable_id FROM creditnotes_creditline WHERE note_id = NEW.id
                    ) ORDER BY invoice_line_id FOR UPDATE;
                    UPDATE creditnotes_creditableline c SET
                        reserved_quantity = reserved_quantity + to_reserved * used.quantity,
                        issued_quantity = issued_quantity + to_issued * used.quantity,
                        reserved_net = reserved_net + to_reserved * used.net,
                        issued_net = issued_net + to_issued * used.net
                        FROM (
                            SELECT creditable_id, sum(quantity) AS quantity, sum(net + fee) AS net
                                FROM creditnotes_creditline WHERE note_id = NEW.id
                                GROUP BY creditable_id
                        ) used
                        WHERE c.invoice_line_id = used.creditable_id;
                    PERFORM 1 FROM creditnotes_creditabletax WHERE id IN (
                        SELECT creditable_id FROM creditnotes_credittax WHERE note_id = NEW.id
                    ) ORDER BY id FOR UPDATE;
                    UPDATE creditnotes_creditabletax c SET
                        reserved_base = reserved_base + to_reserved * (t.base + t.untaxed_base),
                        issued_base = issued_base + to_issued * (t.base + t.untaxed_base),
                        reserved_amount = reserved_amount + to_reserved * (t.amount + t.withheld),
                        issued_amount = issued_amount + to_issued * (t.amount + t.withheld),
                        reserved_kept = reserved_kept + to_reserved * t.kept,
                        issued_kept = issued_kept + to_issued * t.kept,
                        reserved_adjusted = reserved_adjusted + to_reserved * t.adjusted,
                        issued_adjusted = issued_adjusted + to_issued * t.adjusted,
                        reserved_recovered = reserved_recovered + to_reserved * t.recovered,
                        issued_recovered = issued_recovered + to_issued * t.recovered
                        FROM creditnotes_credittax t
                        WHERE t.note_id = NEW.id AND c.id = t.creditable_id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The one name that everybody sees from start to end, such as ``CR-001204``."""
        return f"CR-{self.pk:06d}"

    @property
    def required_reason(self) -> Reason:
        """The reason, which every note beyond a draft has."""
        if self.reason is None:
            raise ValueError(f"{self} has no reason yet")
        return self.reason

    @transition(field=state, source=State.DRAFT, target=State.REQUESTED)
    def request(self) -> None:
        """The customer's contact sends their draft to the company."""

    @transition(field=state, source=State.REQUESTED, target=State.DRAFT)
    def pick_up(self) -> None:
        """A rep takes the request over."""

    @transition(field=state, source=[State.DRAFT, State.RETURNED], target=State.SUBMITTED)
    def submit(self) -> None:
        """The rep asks for a decision; the credit is reserved."""
        self.hold = Hold.RESERVED

    @transition(field=state, source=State.SUBMITTED, target=State.APPROVED)
    def approve(self) -> None:
        """The last step said yes."""

    @transition(field=state, source=State.SUBMITTED, target=State.RETURNED)
    def return_for_changes(self) -> None:
        """An approver asks for something to be changed; the reservation stays for now."""

    @transition(field=state, source=State.SUBMITTED, target=State.DRAFT)
    def recall(self) -> None:
        """The rep takes it back before any decision."""
        self.hold = Hold.NONE

    @transition(field=state, source=[State.SUBMITTED, State.REQUESTED], target=State.REJECTED)
    def reject(self) -> None:
        """It will not be credited."""
        self.hold = Hold.NONE

    @transition(
        field=state,
        source=[State.DRAFT, State.REQUESTED, State.RETURNED, State.SUBMITTED],
        target=State.WITHDRAWN,
    )
    def withdraw(self) -> None:
        """Whoever raised it no longer wants it."""
        self.hold = Hold.NONE

    @transition(field=state, source=State.APPROVED, target=State.ISSUED)
    def issue(self) -> None:
        """It becomes a legal document."""
        self.hold = Hold.ISSUED

    @transition(field=state, source=State.APPROVED, target=State.CANCELLED)
    def cancel(self) -> None:
        """Finance stops an approved credit note before it is issued."""
        self.hold = Hold.NONE

    @transition(field=state, source=State.ISSUED, target=State.REVERSED)
    def reverse(self) -> None:
        """Two people took the issued credit back; what it credited can be credited again."""
        self.hold = Hold.NONE
