"""What a process remembers of the rules: for as long as nobody changes any, and no longer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalLimit, OfferTerms, Policy, PolicyStep, Role
from approvals.roster import limits_of
from customers.models import Company, Customer, TaxTimeLimit
from customers.taxdata import load_time_limits
from tests import factories


def fresh(company: Company) -> Company:
    """The company as whoever comes next reads it."""
    return Company.objects.get(pk=company.pk)


def test_a_rule_is_read_once(company: Company) -> None:
    ApprovalLimit.objects.create(company=company, role=Role.FINANCE, amount="500.00")
    limits_of(fresh(company))
    again = fresh(company)
    with CaptureQueriesContext(connection) as queries:
        assert limits_of(again).amount(0, Role.FINANCE) == 500
    assert not queries.captured_queries


def test_a_changed_rule_is_read_anew_by_whoever_comes_next(company: Company) -> None:
    limit = ApprovalLimit.objects.create(company=company, role=Role.FINANCE, amount="500.00")
    limits_of(fresh(company))
    ApprovalLimit.objects.filter(pk=limit.pk).update(amount="600.00")
    assert limits_of(fresh(company)).amount(0, Role.FINANCE) == 600
    limit.delete()
    assert limits_of(fresh(company)).amount(0, Role.FINANCE) == 0


def test_what_was_undone_was_never_remembered(company: Company) -> None:
    ApprovalLimit.objects.create(company=company, role=Role.FINANCE, amount="500.00")
    with transaction.atomic():
        ApprovalLimit.objects.update(amount="600.00")
        assert limits_of(fresh(company)).amount(0, Role.FINANCE) == 600
        transaction.set_rollback(True)
    assert limits_of(fresh(company)).amount(0, Role.FINANCE) == 500


def test_each_company_has_rules_of_its_own(company: Company) -> None:
    other = factories.company("south")
    ApprovalLimit.objects.create(company=company, role=Role.FINANCE, amount="500.00")
    ApprovalLimit.objects.create(company=other, role=Role.FINANCE, amount="700.00")
    amounts = [limits_of(fresh(each)).amount(0, Role.FINANCE) for each in (company, other)]
    assert amounts == [500, 700]


def _policy(company: Company) -> Policy:
    return Policy.objects.create(company=company, name="Another")


RULES: list[Callable[[Company], object]] = [
    _policy,
    lambda company: PolicyStep.objects.create(policy=_policy(company), position=1, role="finance"),
    lambda company: ApprovalLimit.objects.create(company=company, role="finance", amount=1),
    lambda company: OfferTerms.objects.create(company=company, percent=5),
    lambda _company: load_time_limits(),
    lambda _company: TaxTimeLimit.objects.all().delete(),
    lambda company: Company.objects.filter(pk=company.pk).update(legal_name="Renamed"),
]


@pytest.mark.parametrize("change", RULES)
def test_every_rule_renews_the_stamp(
    company: Company, customer: Customer, change: Callable[[Company], object]
) -> None:
    load_time_limits()
    before = fresh(company).stamp
    change(company)
    assert fresh(company).stamp != before


def test_a_stamp_of_ones_own_is_not_taken(company: Company) -> None:
    before = fresh(company).stamp
    Company.objects.filter(pk=company.pk).update(stamp=before)
    assert fresh(company).stamp != before
