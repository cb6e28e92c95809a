"""How many statements the two commonest verbs take: the same for a short note and a long one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services
from creditnotes.models import CreditNote
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy")


@pytest.mark.parametrize("pieces", [1, 4])
def test_submitting_and_approving_take_as_many_however_long_the_note_is(
    invoice: Invoice, rep: User, manager: User, pieces: int
) -> None:
    _remember_the_rules(invoice, rep, manager)
    claims = [claim(invoice, 1 + n % invoice.lines.count(), "1") for n in range(pieces)]
    drafted = factories.draft_note(invoice, rep, *claims)
    note = CreditNote.objects.get(pk=drafted.pk)
    with CaptureQueriesContext(connection) as submitting:
        services.submit(note, actor=rep, moment=MOMENT)
    submitted = CreditNote.objects.get(pk=drafted.pk)
    with CaptureQueriesContext(connection) as approving:
        services.approve(submitted, actor=manager, moment=MOMENT + timedelta(hours=1))
    # Each with the two that hold it together.
    assert (len(submitting) - 2, len(approving) - 2) == (18, 7)


def _remember_the_rules(invoice: Invoice, rep: User, manager: User) -> None:
    """As a process does that has worked for a while."""
    first = factories.submitted_note(invoice, rep, claim(invoice, 1, "1"), moment=MOMENT)
    services.approve(first, actor=manager, moment=MOMENT)
