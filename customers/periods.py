"""Fiscal periods: where an entry of a given day is posted, and who opens and closes (rule 4)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.access import FINANCE, is_in
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import Company, FiscalPeriod, PeriodChange, ReopeningProposal, User

ONE_DAY = timedelta(days=1)
State = FiscalPeriod.State

#: What says how many documents of a period are not posted; a module adds its own.
UNPOSTED: list[Callable[[FiscalPeriod], int]] = []

_FOUND = """
    SELECT * FROM customers_fiscalperiod
    WHERE company_id = %s AND starts_on <= %s AND ends_on >= %s FOR SHARE
"""


def period_for(company: Company, day: date, by: User | None = None) -> tuple[FiscalPeriod, date]:
    """The period into which a document of ``day`` is posted, and the posting date.

    The posting date is the document's, or the first day of the next period that takes
    postings ``by`` that person where the document's own does not. The period stays as it
    is until the transaction ends. Months that nobody has laid out yet are made, open.
    """
    takes = {State.OPEN, State.FINANCE_ONLY} if by and is_in(by, FINANCE) else {State.OPEN}
    period = _containing(company, day)
    while period.state not in takes:
        day = period.ends_on + ONE_DAY
        period = _containing(company, day)
    return period, day


def _containing(company: Company, day: date) -> FiscalPeriod:
    return _found(company, day) or _month(company, day)


def _found(company: Company, day: date) -> FiscalPeriod | None:
    return next(iter(FiscalPeriod.objects.raw(_FOUND, [company.pk, day, day])), None)


def _month(company: Company, day: date) -> FiscalPeriod:
    """A new period for the day's month, or as much of it as other periods leave."""
    others = FiscalPeriod.objects.filter(company=company)
    before = others.filter(ends_on__lt=day).order_by("-ends_on").first()
    after = others.filter(starts_on__gt=day).order_by("starts_on").first()
    first = day.replace(day=1)
    last = day.replace(day=monthrange(day.year, day.month)[1])
    if before:
        first = max(first, before.ends_on + ONE_DAY)
    if after:
        last = min(last, after.starts_on - ONE_DAY)
    FiscalPeriod.objects.bulk_create(
        [FiscalPeriod(company=company, starts_on=first, ends_on=last)], ignore_conflicts=True
    )
    return _found(company, day) or _month(company, day)


# Opening and closing ----------------------------------------------------------


def may_change(user: User, period: FiscalPeriod) -> bool:
    """Finance of the same company."""
    return is_in(user, FINANCE) and user.company_id == period.company_id


@transaction.atomic
def set_state(period: FiscalPeriod, state: str, *, by: User, moment: datetime) -> PeriodChange:
    """Open the period, keep it for finance, or close it; what is being posted goes first.

    Raises :class:`~customers.errors.NotAllowed` for anybody but finance, and
    :class:`~customers.errors.Refusal` for a closed one, for one that changes nothing, and
    for closing while something of it is missing (:func:`hindrances`).
    """
    period = _locked(period, by)
    if period.state == State.CLOSED != state:
        raise Refusal(_("A closed period stays closed; reopening takes two people."), field="state")
    if period.state == state:
        raise WrongState(_("The period is in this state already."))
    if state == State.CLOSED and (hindered := hindrances(period, moment)):
        raise Refusal(hindered[0], field="state")
    return _change(period, state, by, moment)


def hindrances(period: FiscalPeriod, moment: datetime) -> list[str]:
    """Why the period can't be closed yet, in the order in which to see to it."""
    found: list[str] = []
    if period.state == State.CLOSED:
        return found
    if period.ends_on >= period.company.day_of(moment):
        found.append(_("The period is not over yet."))
    earlier = period.company.periods.filter(ends_on__lt=period.starts_on)
    if count := earlier.exclude(state=State.CLOSED).count():
        found.append(_("Close earlier periods first: %(count)d are not closed.") % {"count": count})
    if unposted := sum(count_of(period) for count_of in UNPOSTED):
        found.append(_("%(count)d documents of the period are not posted.") % {"count": unposted})
    return found


@transaction.atomic
def propose_reopening(
    period: FiscalPeriod, why: str, *, by: User, moment: datetime
) -> ReopeningProposal:
    """Ask a second person to open the closed period again, for finance only."""
    period = _locked(period, by)
    if period.state != State.CLOSED:
        raise WrongState(_("The period is not closed."))
    if open_proposal(period):
        raise WrongState(_("Reopening is proposed already."))
    if not why.strip():
        raise Incomplete(_("Say why the period must be opened again."), field="why")
    return ReopeningProposal.objects.create(
        period=period, proposed_by=by, proposed_at=moment, why=why.strip()
    )


@transaction.atomic
def confirm_reopening(proposal: ReopeningProposal, *, by: User, moment: datetime) -> PeriodChange:
    """Open the period for finance, as another person proposed (rule 4)."""
    period = _locked(proposal.period, by)
    _require_open(proposal)
    if proposal.proposed_by_id == by.pk:
        raise NotAllowed(_("Reopening takes two people: somebody else in finance confirms it."))
    return _change(period, State.FINANCE_ONLY, by, moment, proposal)


@transaction.atomic
def turn_down_reopening(proposal: ReopeningProposal, *, by: User, moment: datetime) -> PeriodChange:
    """Leave the period closed; who proposed it may take it back so."""
    period = _locked(proposal.period, by)
    _require_open(proposal)
    return _change(period, State.CLOSED, by, moment, proposal)


def open_proposal(period: FiscalPeriod) -> ReopeningProposal | None:
    """The proposal to reopen the period that waits for an answer."""
    waiting = period.proposals.filter(answer__isnull=True)
    return waiting.select_related("proposed_by").first()


def all_open_proposals(company: Company) -> list[ReopeningProposal]:
    """The proposals to reopen a period of the company that wait for an answer."""
    waiting = ReopeningProposal.objects.filter(period__company=company, answer__isnull=True)
    return list(waiting.select_related("period", "proposed_by").order_by("pk"))


def _require_open(proposal: ReopeningProposal) -> None:
    if PeriodChange.objects.filter(proposal=proposal).exists():
        raise WrongState(_("The proposal is answered already."))


def _locked(period: FiscalPeriod, by: User) -> FiscalPeriod:
    if not may_change(by, period):
        raise NotAllowed(_("Only finance opens and closes periods."))
    periods = FiscalPeriod.objects.select_related("company")
    locked: FiscalPeriod = periods.select_for_update(of=("self",)).get(pk=period.pk)
    return locked


def _change(
    period: FiscalPeriod,
    state: str,
    by: User,
    moment: datetime,
    proposal: ReopeningProposal | None = None,
) -> PeriodChange:
    return PeriodChange.objects.create(
        period=period,
        old_state=period.state,
        new_state=state,
        changed_by=by,
        changed_at=moment,
        proposal=proposal,
    )
