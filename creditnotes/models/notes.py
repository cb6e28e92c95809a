"""The credit note and its lifecycle; what guards it in the database is in ``note_guards``."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from creditnotes.models.note_guards import TRIGGERS
from creditnotes.models.reasons import Reason
from creditnotes.models.states import CLOSED, Hold, Origin, State
from creditnotes.querysets import CreditNoteQuerySet
from customers.models import LANGUAGES, Company, Customer, User
from customers.models.base import money, percent

_HOLD_FITS_STATE = (
    models.Q(state__in=[State.SUBMITTED, State.APPROVED], hold=Hold.RESERVED)
    | models.Q(state=State.RETURNED, hold__in=[Hold.NONE, Hold.RESERVED])
    | models.Q(state=State.ISSUED, hold=Hold.ISSUED)
    | models.Q(state__in=[State.DRAFT, State.REQUESTED, *CLOSED], hold=Hold.NONE)
)


def _is_asked_for_or_submitted(note: Any) -> bool:
    """Whether anybody waits for an answer: a draft of one's own is withdrawn, not rejected."""
    is_taken_over = note.origin == Origin.PORTAL and note.owner_id is not None
    return bool(note.state != State.DRAFT or is_taken_over)


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
        triggers: ClassVar = TRIGGERS

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

    @transition(field=state, source=State.REQUESTED, target=State.DRAFT)
    def settle(self) -> None:
        """The customer accepts an offer: its lines are written, and submitted at once."""

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

    @transition(
        field=state,
        source=[State.SUBMITTED, State.REQUESTED, State.DRAFT],
        target=State.REJECTED,
        conditions=[_is_asked_for_or_submitted],
    )
    def reject(self) -> None:
        """It will not be credited; of drafts, only what a customer asks for and a rep took over."""
        self.hold = Hold.NONE

    @transition(field=state, source=State.REJECTED, target=State.DRAFT)
    def reopen(self) -> None:
        """An appeal, once: from here it is submitted one tier up, or handled by a manager."""

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
