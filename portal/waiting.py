"""For whom a request waits, as far as the company tells its customers: a role, or names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.access import still_stands
from approvals.models import Assignment, Question, Role, Step
from creditnotes.models import CreditNote, State

#: Who decides, in words that tell nothing of how the company is organised.
ROLES: Mapping[str, Promise] = {
    Role.DEPARTMENT_MANAGER: gettext_lazy("the manager"),
    Role.FINANCE: gettext_lazy("our accounting department"),
    Role.ACCOUNT_MANAGER: gettext_lazy("your account manager"),
}
SOMEBODY = gettext_lazy("our management")
SALES = gettext_lazy("our sales team")


def waits_for(note: Any) -> str:
    """Who has it now; nothing once nobody is waited for."""
    match note.state:
        case State.REQUESTED:
            return str(SALES)
        case State.DRAFT | State.RETURNED:
            shown = note.owner is not None and note.company.shows_names
            return str(note.owner) if shown else str(SALES)
        case State.SUBMITTED:
            return _waits_for_decision(note)
        case State.APPROVED:
            return str(ROLES[Role.FINANCE])
    return ""


def awaits_answer(note: Any) -> bool:
    """Whether the customer was asked something about it that they have not answered."""
    return Question.objects.waiting().of_customers().filter(note=note).exists()


def _waits_for_decision(note: CreditNote) -> str:
    if awaits_answer(note):
        return _("your answer")
    steps = list(note.steps.filter(status=Step.Status.OPEN).order_by("position", "branch"))
    if note.company.shows_names:
        asked = Assignment.objects.filter(still_stands(), step__in=steps).select_related("user")
        return ", ".join(dict.fromkeys(str(each.user) for each in asked.order_by("pk")))
    return ", ".join(dict.fromkeys(str(ROLES.get(step.role, SOMEBODY)) for step in steps))
