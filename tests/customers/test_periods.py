"""Periods: open, for finance only, closed; each change on the record, reopening by two (rule 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from creditnotes import services
from customers import ledger, periods
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.ledger import Posting
from customers.models import (
    Company,
    Department,
    FiscalPeriod,
    Invoice,
    JournalEntry,
    PeriodChange,
    ReopeningProposal,
    User,
)
from customers.periods import period_for
from tests import factories
from tests.racing import at_once, refusals
from tests.refusing import committed, database_refuses, sql

DAY = date(2026, 3, 10)
#: When finance looks at its periods: March, April and May are over.
LATER = datetime(2026, 6, 3, 15, 0, tzinfo=UTC)
State = FiscalPeriod.State


@pytest.fixture
def second(department: Department) -> User:
    """Another person in finance."""
    return factories.person("Sven Second", "Finance", department.company, department)


@pytest.fixture
def march(company: Company) -> FiscalPeriod:
    return period_for(company, DAY)[0]


def change(period: FiscalPeriod, state: str, by: User) -> FiscalPeriod:
    periods.set_state(period, state, by=by, moment=LATER)
    period.refresh_from_db()
    return period


def post(company: Company, day: date = DAY, by: User | None = None) -> JournalEntry:
    postings = [
        Posting(ledger.account(company, ledger.BANK), debit=Decimal(1)),
        Posting(ledger.account(company, ledger.SALES), credit=Decimal(1)),
    ]
    return ledger.post(company, JournalEntry.Kind.PAYMENT, "TEST-1", day, postings, by)


# Where a document is posted ---------------------------------------------------


@pytest.mark.parametrize("state", [State.CLOSED, State.FINANCE_ONLY])
def test_a_document_of_a_period_not_open_is_posted_on_the_first_open_day(
    company: Company, march: FiscalPeriod, finance: User, state: str
) -> None:
    change(march, state, finance)
    with committed():
        entry = post(company)
    assert (entry.posted_on, entry.document_date) == (date(2026, 4, 1), DAY)


def test_finance_posts_into_a_period_kept_for_it_and_nobody_else_does(
    company: Company, march: FiscalPeriod, finance: User, manager: User
) -> None:
    change(march, State.FINANCE_ONLY, finance)
    assert period_for(company, DAY, finance) == (march, DAY)
    assert period_for(company, DAY, manager)[1] == date(2026, 4, 1)
    with committed():
        assert post(company, by=finance).posted_on == DAY


def test_nobody_posts_into_a_closed_one(
    company: Company, march: FiscalPeriod, finance: User
) -> None:
    change(march, State.CLOSED, finance)
    assert period_for(company, DAY, finance)[1] == date(2026, 4, 1)


def test_a_credit_that_finance_issues_is_posted_into_the_period_kept_for_it(
    invoice: Invoice, rep: User, finance: User
) -> None:
    march = period_for(invoice.company, DAY)[0]
    note, other = (factories.approved_note(invoice, rep) for _ in range(2))
    change(march, State.FINANCE_ONLY, finance)
    services.issue(note, actor=finance, moment=factories.MOMENT)
    services.issue(other, actor=None, moment=factories.MOMENT)
    days = JournalEntry.objects.filter(kind="credit_note").order_by("pk")
    assert list(days.values_list("posted_on", flat=True)) == [DAY, date(2026, 4, 1)]


def test_periods_do_not_overlap_within_a_company(
    company: Company, foreign_company: Company, march: FiscalPeriod
) -> None:
    days = {"starts_on": date(2026, 3, 15), "ends_on": date(2026, 4, 14)}
    FiscalPeriod.objects.create(company=foreign_company, **days)
    with database_refuses("period_no_overlap"):
        FiscalPeriod.objects.create(company=company, **days)


def test_a_month_that_nobody_laid_out_fits_between_those_that_somebody_did(
    company: Company,
) -> None:
    """A company may close half a month; the days around it still need a place."""
    FiscalPeriod.objects.create(
        company=company, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 5), state="closed"
    )
    found, posted_on = period_for(company, date(2026, 3, 2))
    assert posted_on == date(2026, 3, 6)
    assert found.starts_on <= posted_on <= found.ends_on


# Closing ----------------------------------------------------------------------


def test_each_change_is_on_the_record(march: FiscalPeriod, finance: User) -> None:
    change(march, State.FINANCE_ONLY, finance)
    change(march, State.OPEN, finance)
    change(march, State.CLOSED, finance)
    assert march.state == State.CLOSED
    assert list(march.changes.order_by("pk").values_list("old_state", "new_state")) == [
        ("open", "finance_only"),
        ("finance_only", "open"),
        ("open", "closed"),
    ]
    last = march.changes.latest("pk")
    assert (last.changed_by, last.changed_at) == (finance, LATER)


@pytest.mark.parametrize("who", ["rep", "manager", "admin", "foreign_finance"])
def test_only_the_companys_finance_changes_a_period(
    march: FiscalPeriod, request: pytest.FixtureRequest, who: str
) -> None:
    with pytest.raises(NotAllowed):
        change(march, State.FINANCE_ONLY, request.getfixturevalue(who))


def test_a_period_that_is_not_over_is_not_closed(march: FiscalPeriod, finance: User) -> None:
    with pytest.raises(Refusal, match="not over"):
        periods.set_state(march, State.CLOSED, by=finance, moment=factories.MOMENT)


def test_earlier_periods_are_closed_first(
    company: Company, march: FiscalPeriod, finance: User
) -> None:
    april = period_for(company, date(2026, 4, 4))[0]
    with pytest.raises(Refusal, match="1 are not closed"):
        change(april, State.CLOSED, finance)
    change(march, State.CLOSED, finance)
    assert change(april, State.CLOSED, finance).state == State.CLOSED


def test_what_is_in_that_state_already_is_refused(march: FiscalPeriod, finance: User) -> None:
    with pytest.raises(WrongState):
        change(march, State.OPEN, finance)


# Reopening --------------------------------------------------------------------


@pytest.fixture
def closed(march: FiscalPeriod, finance: User) -> FiscalPeriod:
    return change(march, State.CLOSED, finance)


@pytest.fixture
def proposal(closed: FiscalPeriod, finance: User) -> ReopeningProposal:
    return periods.propose_reopening(closed, "A bank file was late.", by=finance, moment=LATER)


def test_a_closed_period_stays_closed(closed: FiscalPeriod, finance: User) -> None:
    with pytest.raises(Refusal, match="two people"):
        change(closed, State.OPEN, finance)


def test_reopening_is_proposed_by_one_and_confirmed_by_another_for_finance_only(
    proposal: ReopeningProposal, second: User
) -> None:
    answer = periods.confirm_reopening(proposal, by=second, moment=LATER)
    proposal.period.refresh_from_db()
    assert proposal.period.state == State.FINANCE_ONLY
    assert (answer.proposal, answer.changed_by) == (proposal, second)
    assert periods.open_proposal(proposal.period) is None


def test_nobody_confirms_their_own_proposal(proposal: ReopeningProposal, finance: User) -> None:
    with pytest.raises(NotAllowed, match="somebody else"):
        periods.confirm_reopening(proposal, by=finance, moment=LATER)


def test_a_proposal_says_why(closed: FiscalPeriod, finance: User) -> None:
    with pytest.raises(Incomplete):
        periods.propose_reopening(closed, "  ", by=finance, moment=LATER)


def test_one_proposal_waits_at_a_time(proposal: ReopeningProposal, second: User) -> None:
    with pytest.raises(WrongState):
        periods.propose_reopening(proposal.period, "Me too.", by=second, moment=LATER)


def test_who_proposed_may_take_it_back_and_it_is_answered_once(
    proposal: ReopeningProposal, finance: User, second: User
) -> None:
    periods.turn_down_reopening(proposal, by=finance, moment=LATER)
    proposal.period.refresh_from_db()
    assert proposal.period.state == State.CLOSED
    with pytest.raises(WrongState):
        periods.confirm_reopening(proposal, by=second, moment=LATER)
    again = periods.propose_reopening(proposal.period, "Again.", by=finance, moment=LATER)
    assert periods.open_proposal(proposal.period) == again


@pytest.mark.parametrize("who", ["rep", "manager", "admin", "foreign_finance"])
def test_only_finance_proposes_and_answers(
    proposal: ReopeningProposal, request: pytest.FixtureRequest, who: str
) -> None:
    somebody = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        periods.confirm_reopening(proposal, by=somebody, moment=LATER)
    with pytest.raises(NotAllowed):
        periods.propose_reopening(proposal.period, "Please.", by=somebody, moment=LATER)


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_are_one(proposal: ReopeningProposal, second: User) -> None:
    confirm = lambda: periods.confirm_reopening(proposal, by=second, moment=LATER)  # noqa: E731
    assert len(refusals(at_once(confirm, confirm))) == 1
    assert PeriodChange.objects.filter(new_state=State.FINANCE_ONLY).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_posted_while_a_period_closes_is_in_it_or_after_it(
    company: Company, march: FiscalPeriod, finance: User
) -> None:
    """Nobody is told of a closed period: whoever comes late is posted into the next."""

    def close() -> object:
        return periods.set_state(march, State.CLOSED, by=finance, moment=LATER)

    def book(number: int) -> object:
        postings = [
            Posting(ledger.account(company, ledger.BANK), debit=Decimal(1)),
            Posting(ledger.account(company, ledger.SALES), credit=Decimal(1)),
        ]
        with committed():
            return ledger.post(company, "payment", f"T-{number}", DAY, postings)

    outcomes = at_once(*[lambda number=number: book(number) for number in range(6)], close)
    assert not refusals(outcomes)
    assert JournalEntry.objects.count() == 6
    assert set(JournalEntry.objects.values_list("posted_on", flat=True)) <= {
        DAY,
        date(2026, 4, 1),
    }


# What the database refuses ----------------------------------------------------


def test_an_entry_in_a_closed_period(company: Company, closed: FiscalPeriod) -> None:
    with database_refuses("period is closed"):
        entry(company, closed)


@pytest.mark.parametrize("who", [None, "manager"])
def test_an_entry_by_others_in_a_period_for_finance(
    company: Company,
    march: FiscalPeriod,
    finance: User,
    request: pytest.FixtureRequest,
    who: str | None,
) -> None:
    change(march, State.FINANCE_ONLY, finance)
    with database_refuses("period is for finance only"):
        entry(company, march, posted_by=who and request.getfixturevalue(who))


def entry(company: Company, period: FiscalPeriod, **fields: object) -> JournalEntry:
    facts: dict[str, object] = {
        "kind": "payment",
        "reference": "X",
        "posted_on": DAY,
        "document_date": DAY,
    }
    return JournalEntry.objects.create(company=company, period=period, **facts | fields)


def test_a_period_changed_past_the_record(march: FiscalPeriod) -> None:
    with database_refuses("through its changes only"):
        sql("UPDATE customers_fiscalperiod SET state = 'closed'")


def written(period: FiscalPeriod, by: User, **fields: object) -> PeriodChange:
    facts: dict[str, object] = {
        "old_state": period.state,
        "new_state": State.FINANCE_ONLY,
        "changed_at": LATER,
    }
    return PeriodChange.objects.create(period=period, changed_by=by, **facts | fields)


def test_reopening_without_a_proposal(closed: FiscalPeriod, second: User) -> None:
    with database_refuses("two people"):
        written(closed, second)


def test_reopening_by_who_proposed_it(proposal: ReopeningProposal, finance: User) -> None:
    with database_refuses("two people"):
        written(proposal.period, finance, proposal=proposal)


def test_days_cannot_be_taken_from_a_closed_period(closed: FiscalPeriod) -> None:
    """Else one person alone could have them in a period that is open."""
    for column in ("starts_on = starts_on + 5", "ends_on = ends_on - 5"):
        with database_refuses("days of a closed period are fixed|fixed once"):
            sql(f"UPDATE customers_fiscalperiod SET {column}")  # noqa: S608 - ours
    with database_refuses("foreign key"):
        sql("DELETE FROM customers_fiscalperiod")


def test_a_change_from_another_state(march: FiscalPeriod, finance: User) -> None:
    with database_refuses("changed meanwhile"):
        written(march, finance, old_state=State.CLOSED)


def test_a_change_of_nothing(march: FiscalPeriod, finance: User) -> None:
    with database_refuses("period_change_changes"):
        written(march, finance, new_state=State.OPEN)


def test_a_proposal_for_a_period_that_is_open(march: FiscalPeriod, finance: User) -> None:
    with database_refuses("only a closed period"):
        ReopeningProposal.objects.create(
            period=march, proposed_by=finance, proposed_at=LATER, why="x"
        )


def test_a_second_proposal(proposal: ReopeningProposal, second: User) -> None:
    with database_refuses("proposed already"):
        ReopeningProposal.objects.create(
            period=proposal.period, proposed_by=second, proposed_at=LATER, why="x"
        )


def test_a_change_of_history(closed: FiscalPeriod) -> None:
    for statement in (
        "DELETE FROM customers_periodchange",
        "UPDATE customers_periodchange SET changed_at = now()",
    ):
        with database_refuses("permission denied|history is immutable"):
            sql(statement)
