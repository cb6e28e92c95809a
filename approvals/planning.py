"""What routing is fed with, read from the database: policy, people, limits, the amount."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, Q
from django.utils.translation import gettext as _

from approvals.models import ApprovalLimit, Policy, PolicyStep, Role
from approvals.routing import Approver, Stage
from creditnotes.models import Basis, CreditLine, CreditNote, CreditTax, Hold
from creditnotes.shares import base_of_lines, base_total_of
from customers.access import FINANCE
from customers.errors import Refusal
from customers.models import Company, User
from customers.money import ZERO

#: How far back other credits on the same invoices count against a limit (rule 6).
NO_SPLITTING = timedelta(days=30)


def active_policy(company: Company) -> Policy:
    """The company's policy of today; raises :class:`~customers.errors.Refusal` without one."""
    policy = Policy.objects.filter(company=company, is_active=True).first()
    if policy is None:
        raise Refusal(_("No approval policy is active. Ask an administrator."))
    return policy


def stages_of(policy: Policy, note: CreditNote, decides: str = "") -> list[Stage]:
    """The policy's steps with the people whom each could ask about this note.

    ``decides`` is a role that must be asked; a policy without it is given such a step at
    its end, as law goes before policy.
    """
    limits = list(ApprovalLimit.objects.filter(company=policy.company_id))
    steps = list(policy.steps.all())
    if decides and all(step.role != decides for step in steps):
        steps.append(PolicyStep(policy=policy, position=len(steps) + 1, role=decides))
    return [
        Stage(step.role, step.hours, _approvers(_people(step, note), step.role, limits))
        for step in steps
    ]


def _people(step: PolicyStep, note: CreditNote) -> Iterable[User]:
    if step.role == Role.DEPARTMENT_MANAGER:
        return User.objects.filter(managed_departments=note.customer.department_id, is_active=True)
    return User.objects.filter(
        groups__name=FINANCE, company=note.company_id, is_active=True
    ).order_by("pk")


def _approvers(
    people: Iterable[User], role: str, limits: Iterable[ApprovalLimit]
) -> list[Approver]:
    return [
        Approver(person.pk, limit.amount)
        for person in people
        if (limit := _governing(person.pk, role, limits))
    ]


def _governing(user_id: int, role: str, limits: Iterable[ApprovalLimit]) -> ApprovalLimit | None:
    """A person's own limit, else their role's; without either they approve nothing."""
    own = [limit for limit in limits if limit.user_id == user_id]
    of_role = [limit for limit in limits if limit.role == role]
    return next(iter(own + of_role), None)


def limit_of(user: User, role: str) -> Decimal | None:
    """The most the person may finally approve on a step of ``role``; None is no limit."""
    limits = ApprovalLimit.objects.filter(company=user.company_id).filter(
        Q(user=user) | Q(role=role)
    )
    governing = _governing(user.pk, role, list(limits))
    return governing.amount if governing else ZERO


def amount_counted(note: CreditNote, moment: datetime) -> Decimal:
    """What counts against a limit: the note with tax, and what else its invoices were credited.

    In base currency, each invoice's part at its own rate.

    All reserved and issued credits on the same invoices of the last 30 days
    count, so that a large credit can't be split into small ones (rule 6); where the
    note gives goodwill, so does the customer's other goodwill on no invoice.
    """
    invoices = note.lines.filter(invoice__isnull=False).values("invoice")
    goodwill = Q(basis=Basis.GOODWILL)
    same = Q(invoice__in=invoices) | (
        goodwill & Q(note__customer=note.customer_id) & Exists(note.lines.filter(goodwill))
    )
    others = Q(
        note__submitted_at__gte=moment - NO_SPLITTING,
        note__hold__in=[Hold.RESERVED, Hold.ISSUED],
    ) & ~Q(note=note)
    day = note.company.day_of(moment)
    counted = base_of_lines(
        CreditLine.objects.filter(others, same),
        CreditTax.objects.filter(others, invoice__in=invoices),
        note.company,
        day,
    )
    return base_total_of(note, day) + counted
