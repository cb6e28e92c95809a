"""What routing is fed with, read from the database: policies, people, limits, the amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, Q
from django.utils.translation import gettext as _

from approvals.conditions import Condition, Considered, Facts, NoPolicy, Rule, choose
from approvals.models import Policy, PolicyStep
from approvals.roster import About, Roster, roster_of, superiors_of
from approvals.routing import NobodyCan, Plan, Stage, plan
from approvals.tiers import Above
from creditnotes.models import Basis, CreditLine, CreditNote, CreditTax, Hold
from creditnotes.shares import base_of_lines, base_total_of
from customers.access import is_staff_member
from customers.errors import Refusal, WrongState
from customers.models import Company, User
from customers.tuned import tuned

#: How far back other credits on the same invoices count against a limit (rule 6).
NO_SPLITTING = timedelta(days=30)


class Unroutable(Refusal):
    """Nobody could decide on it. The words are for our own people; customers read others."""


@contextmanager
def in_words_for(actor: User) -> Iterator[None]:
    """Within the block, a contact is refused without what policies, limits and figures say."""
    try:
        yield
    except Unroutable as refusal:
        if is_staff_member(actor):
            raise
        words = _("This can’t be settled online just now. Please call us; nothing was changed.")
        raise WrongState(words) from refusal


def policies_in_force(company: Company, day: date) -> list[Policy]:
    """The company's policies of the day, in the order in which they are looked at."""
    return [policy for policy in _active_policies(company) if policy.lasts_on(day)]


@tuned
def _active_policies(company: Company) -> list[Policy]:
    """With their steps; at most two queries."""
    policies = Policy.objects.filter(company=company, is_active=True)
    return list(policies.order_by("position", "pk").prefetch_related("steps"))


def rule_of(policy: Policy) -> Rule:
    """The policy as choosing sees it."""
    conditions = [Condition.from_record(record) for record in policy.conditions]
    return Rule(policy.pk, policy.name, policy.version, conditions)


def chosen_for(facts: Facts, policies: Sequence[Policy]) -> tuple[Policy, list[Considered]]:
    """The policy under which the facts fall, and all that were looked at.

    Raises :class:`Unroutable` where there is none.
    """
    try:
        considered = choose(facts, map(rule_of, policies))
    except NoPolicy as error:
        raise Unroutable(_("No approval policy is active. Ask an administrator.")) from error
    return policies[len(considered) - 1], considered


def roster_for(note: CreditNote, policy: Policy) -> Roster:
    """The people whom the policy's steps may ask about the note, and finance where it must be."""
    steps = list(policy.steps.all())
    return roster_of(note.company, steps, [note.customer.account_manager_id])


def plan_for(
    note: CreditNote,
    policy: Policy,
    roster: Roster,
    counted: Decimal,
    decides: str,
    above: Above | None = None,
) -> Plan:
    """The steps that the note takes under the policy, for an appeal those ``above`` alone.

    ``decides`` is a role that must be asked; a policy without it is given such a step at
    its end, as law goes before policy. Raises :class:`Unroutable` where
    nobody's limit covers the amount, up the line of management neither.
    """
    steps = steps_with(policy, decides)
    about = About(note.customer.department_id, note.customer.account_manager_id)
    stages = roster.stages(steps, about)
    try:
        return _planned(note, roster, stages, counted, decides, above)
    except NobodyCan as error:
        if above:
            words = _("There is nobody above those who decided on it. Please call us.")
            raise Refusal(words) from error
        words = _("Nobody's approval limit covers %(amount)s. Ask an administrator.")
        raise Unroutable(words % {"amount": counted}) from error


def _planned(
    note: CreditNote,
    roster: Roster,
    stages: Sequence[Stage],
    counted: Decimal,
    decides: str,
    above: Above | None,
) -> Plan:
    barred = _participants(note)
    asked = above.stages(stages) if above else stages
    try:
        return plan(counted, asked, barred, decides)
    except NobodyCan:
        superiors = superiors_of(note.company, roster.limits)
        if above:
            superiors = above.superiors(superiors)
        return plan(counted, asked, barred, decides, superiors, line_from=stages)


def steps_with(policy: Policy, decides: str) -> list[PolicyStep]:
    """The policy's steps, with one for the role that must be asked."""
    steps = list(policy.steps.all())
    if decides and all(step.role != decides for step in steps):
        last = max((step.position for step in steps), default=0)
        steps.append(PolicyStep(policy=policy, position=last + 1, role=decides))
    return steps


def _participants(note: CreditNote) -> set[int]:
    return {each.user_id for each in note.participants.all()}


def amount_counted(note: CreditNote, moment: datetime) -> Decimal:
    """What counts against a limit: the note with tax, and what else its invoices were credited.

    In base currency, each invoice's part at its own rate.

    All credits on the same invoices count that are reserved now or were issued within
    30 days, so that a large credit can't be split into small ones (rule 6); where the
    note gives goodwill, so does the customer's other goodwill on no invoice.
    """
    invoices = note.lines.filter(invoice__isnull=False).values("invoice")
    goodwill = Q(basis=Basis.GOODWILL)
    same = Q(invoice__in=invoices) | (
        goodwill & Q(note__customer=note.customer_id) & Exists(note.lines.filter(goodwill))
    )
    day = note.company.day_of(moment)
    lately = Q(note__hold=Hold.ISSUED, note__document__issued_on__gte=day - NO_SPLITTING)
    others = (Q(note__hold=Hold.RESERVED) | lately) & ~Q(note=note)
    counted = base_of_lines(
        CreditLine.objects.filter(others, same),
        CreditTax.objects.filter(others, invoice__in=invoices),
        note.company,
        day,
    )
    return base_total_of(note, day) + counted
