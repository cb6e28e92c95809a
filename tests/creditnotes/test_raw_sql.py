"""What the app's own role must not bend past the services: each guard refuses by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F

from approvals import services as approvals
from approvals.models import Assignment, Decision, Policy, Step
from creditnotes.models import (
    Attachment,
    CreditNote,
    Dispatch,
    DocumentFile,
    Hold,
    IssuedDocument,
    State,
)
from creditnotes.services import attach
from customers.models import Account, FiscalPeriod, Invoice, OpenItem, User
from customers.numbering import take_number
from tests import factories
from tests.factories import MOMENT
from tests.refusing import database_refuses

pytestmark = pytest.mark.usefixtures("policy")


def test_sums_that_are_not_those_of_the_lines(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    with database_refuses("does not add up"):
        CreditNote.objects.filter(pk=note.pk).update(
            state=State.SUBMITTED, hold=Hold.RESERVED, net=5000, tax_total=0, total=5000
        )


def test_a_step_is_routed_once(invoice: Invoice, rep: User) -> None:
    step = factories.submitted_note(invoice, rep).steps.get()
    changes: tuple[dict[str, Any], ...] = (
        {"amount_counted": 0},
        {"why": {}},
        {"role": "policy"},
        {"hours": 99},
    )
    for change in changes:
        with database_refuses("update rows|read-only|Cannot update"):
            Step.objects.filter(pk=step.pk).update(**change)
    with database_refuses("permission denied|immutable"):
        Assignment.objects.filter(step=step).delete()


def test_a_policy_that_routed_stays_as_it_was(invoice: Invoice, rep: User, policy: Policy) -> None:
    factories.submitted_note(invoice, rep)
    with database_refuses("notes were routed by it"):
        Policy.objects.filter(pk=policy.pk).update(auto_approval_limit=5000)


def test_accounts_and_periods_that_were_posted_to(invoice: Invoice, rep: User) -> None:
    factories.issued_note(invoice, rep)
    with database_refuses("entries refer to it"):
        Account.objects.filter(lines__isnull=False).update(kind="bank")
    with database_refuses("entries refer to it"):
        FiscalPeriod.objects.update(ends_on=F("starts_on"))


def test_an_open_item_of_what_was_not_posted(invoice: Invoice, rep: User) -> None:
    factories.issued_note(invoice, rep)
    item = OpenItem.objects.filter(side="pays").get()
    with database_refuses("of what was posted"):
        OpenItem.objects.create(
            customer=item.customer, entry=item.entry, side="pays", currency="CAD", amount=999
        )


def test_a_file_under_a_false_digest(invoice: Invoice, rep: User) -> None:
    document = factories.issued_note(invoice, rep).document
    with database_refuses("not that of the file"):
        DocumentFile.objects.create(
            document=document, content=b"%PDF-", sha256="0" * 64, rendered_at=MOMENT
        )


def test_evidence_stays_once_submitted(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    attach(note, factories.photo(), actor=rep, moment=MOMENT)
    with database_refuses("Cannot update"):
        Attachment.objects.update(file="../../etc/passwd")
    submitted = approvals.submit(note, actor=rep, moment=MOMENT)
    with database_refuses("what was submitted cannot change"):
        Attachment.objects.filter(note=submitted).delete()


def test_the_outbox_is_never_emptied(invoice: Invoice, rep: User) -> None:
    factories.submitted_note(invoice, rep)
    with database_refuses("Cannot delete"):
        Dispatch.objects.all().delete()


def decide(step: Step, actor: User, **fields: Any) -> Decision:
    """An approval past the service, right but for ``fields``."""
    facts: dict[str, Any] = {
        "step": step,
        "note": step.note,
        "actor": actor,
        "verdict": Decision.Verdict.APPROVE,
        "content_hash": step.note.content_hash,
        "limit": 1000,
        "decided_at": MOMENT,
    }
    return Decision.objects.create(**facts | fields)


def test_a_decision_that_claims_another_limit(invoice: Invoice, rep: User, manager: User) -> None:
    step = factories.submitted_note(invoice, rep).steps.get()
    for limit in (None, 999_999):
        with database_refuses("not the limit of the one who approves"):
            decide(step, manager, limit=limit)
    assert decide(step, manager).pk


def test_a_decision_for_somebody_who_did_not_delegate(
    invoice: Invoice, rep: User, manager: User, colleague: User, contact: User
) -> None:
    step = factories.submitted_note(invoice, rep).steps.get()
    for actor in (colleague, contact):
        with database_refuses("somebody else's step"):
            decide(step, actor, on_behalf_of=manager)


def test_a_decision_of_somebody_who_left(invoice: Invoice, rep: User, manager: User) -> None:
    step = factories.submitted_note(invoice, rep).steps.get()
    User.objects.filter(pk=manager.pk).update(is_active=False)
    with database_refuses("somebody else's step"):
        decide(step, manager)


def test_less_counted_than_is_credited(invoice: Invoice, rep: User, policy: Policy) -> None:
    note = factories.submitted_note(invoice, rep)
    forged = note.steps.create(
        submission=1,
        position=2,
        policy=policy,
        role="policy",
        is_final=True,
        status=Step.Status.DONE,
        hours=0,
        amount_counted=0,
    )
    with database_refuses("less was counted than is credited"):
        Decision.objects.create(
            step=forged,
            note=note,
            verdict=Decision.Verdict.APPROVE,
            content_hash=note.content_hash,
            limit=0,
            decided_at=MOMENT,
        )


def test_a_document_that_nobody_posted(invoice: Invoice, rep: User) -> None:
    note = factories.approved_note(invoice, rep)
    with database_refuses("not issued|not posted"):
        number = take_number(IssuedDocument, invoice.company, MOMENT)
        IssuedDocument.objects.create(
            note=note,
            company=note.company,
            series=number.series,
            sequence=number.sequence,
            number=str(number),
            issued_on=MOMENT.date(),
            issued_at=MOMENT,
            content_hash=note.content_hash,
            snapshot={},
        )
