"""The demo's company: chart of accounts, departments, people, reasons and policy."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from approvals.models import (
    ApprovalLimit,
    Delegation,
    OfferTerms,
    Policy,
    PolicyStep,
    ReplyTemplate,
    Role,
)
from approvals.models.policies import LAST
from config.demo.days import Calendar
from config.demo.tables import table
from creditnotes.models import Reason
from customers import ledger
from customers.access import let_serve_department
from customers.groups import make_groups
from customers.models import Company, Department, User

CODE = "larchmere"
#: Account of what is given without an invoice line.
GOODWILL = "4140"
#: Up to this much passes by itself where a customer paid short.
AUTOMATIC = "75.00"
#: And so much where one settled for the standard offer in the portal.
OFFERED = "250.00"
#: The policy of which there is a draft, which counts from this much on.
LARGE, STRICTER = "Large credits", "1500.00"
PASSWORD = "demo"  # noqa: S105 - printed on the sign-in page; the demo's data are invented


def make_company() -> Company:
    """The company with its accounts, reasons and policy; nobody works there yet."""
    company = Company.objects.create(
        code=CODE,
        legal_name="Larchmere Building Materials Inc.",
        address="2600 Sawmill Road\nOttawa ON  K1B 4V6",
        province="ON",
        gst_number="123456782 RT0001",
        qst_number="1098765432 TQ0001",
        email="credit@larchmere.test",
        phone="613-555-0100",
        shows_offers=True,
    )
    ledger.open_accounts(company)
    _make_reasons(company)
    _make_policy(company)
    return company


def _make_reasons(company: Company) -> None:
    for position, row in enumerate(table("reasons"), start=1):
        Reason.objects.create(
            company=company,
            code=row["code"],
            name_en=row["name_en"],
            name_fr=row["name_fr"],
            position=position,
            is_active=row["active"] == "yes",
            customer_visible=row["customer_visible"] == "yes",
            bases=row["bases"].split("|"),
            needs_photo=row["needs_photo"] == "yes",
            needs_return=row["needs_return"] == "yes",
            account=ledger.account(company, row["account"]),
            restocking_fee=row["fee"] or 0,
            goodwill_cap=row["goodwill"] or None,
            goodwill_account=ledger.account(company, GOODWILL) if row["goodwill"] else None,
        )


def _make_policy(company: Company) -> None:
    _policy(company, "Standard", hours=(36, 27), position=LAST)
    _make_small_sums_pass(company)
    _make_small_offers_pass(company)
    _draft_a_stricter_one(company)
    for position, (name, condition, hours) in enumerate(_special_cases(company), start=1):
        doubtful = name == "Possible duplicates"
        _policy(
            company, name, condition, hours=hours, position=position * 10, both_in_any_case=doubtful
        )
    ApprovalLimit.objects.create(company=company, role=Role.DEPARTMENT_MANAGER, amount=1000)
    ApprovalLimit.objects.create(company=company, role=Role.FINANCE, amount=None)
    OfferTerms.objects.create(company=company, percent=10)
    for position, row in enumerate(table("replies"), start=1):
        ReplyTemplate.objects.create(company=company, position=position, **row)


def _make_small_sums_pass(company: Company) -> None:
    """What is short by a few dollars passes by itself; a fifth of it is looked at again."""
    among = _among(company, "short-payment")
    small = {"fact": "amount", "to": AUTOMATIC}
    _policy(
        company,
        "Small short payments",
        among,
        small,
        hours=(36, 27),
        position=5,
        auto_approval_limit=AUTOMATIC,
    )


def _make_small_offers_pass(company: Company) -> None:
    """A customer who settles for the standard offer is credited at once, up to a sum."""
    _policy(
        company,
        "Offers accepted in the portal",
        {"fact": "settled_for", "among": ["policy"]},
        {"fact": "offer", "among": ["within"]},
        {"fact": "doubled", "is": False},
        {"fact": "amount", "to": OFFERED},
        hours=(18, 18),
        position=6,
        auto_approval_limit=OFFERED,
    )


def _draft_a_stricter_one(company: Company) -> None:
    """What the admin thinks about: finance besides from a lower amount on, whoever's limit."""
    large = {"fact": "amount", "from": STRICTER}
    draft = {"version": 2, "is_active": False, "position": 20}
    _policy(company, LARGE, large, hours=(27, 18), both_in_any_case=True, **draft)


def _among(company: Company, code: str) -> dict[str, Any]:
    reason = Reason.objects.get(company=company, code=code)
    names = {str(reason.pk): [reason.name_en, reason.name_fr]}
    return {"fact": "reason", "among": [str(reason.pk)], "names": names}


def _special_cases(
    company: Company,
) -> list[tuple[str, dict[str, Any], tuple[int, int]]]:
    """What is looked at before the standard policy: name, condition, hours of the two steps."""
    return [
        ("Possible duplicates", {"fact": "doubled", "is": True}, (18, 18)),
        (LARGE, {"fact": "amount", "from": "5000.00"}, (27, 18)),
        ("Goodwill", _among(company, "goodwill"), (36, 27)),
        ("From the portal", {"fact": "origin", "among": ["portal"]}, (18, 18)),
        ("Québec", {"fact": "province", "among": ["QC"]}, (36, 27)),
    ]


def _policy(
    company: Company,
    name: str,
    *conditions: dict[str, Any],
    hours: tuple[int, int],
    both_in_any_case: bool = False,
    **fields: Any,
) -> None:
    """The manager, then finance where the manager's limit does not reach, or in any case."""
    policy = Policy.objects.create(company=company, name=name, conditions=conditions, **fields)
    roles = [Role.DEPARTMENT_MANAGER, Role.FINANCE]
    for at, (role, length) in enumerate(zip(roles, hours, strict=True), start=1):
        is_required = both_in_any_case and role == Role.FINANCE
        PolicyStep.objects.create(
            policy=policy, position=at, role=role, hours=length, is_required=is_required
        )


def make_people(company: Company) -> dict[str, User]:
    """Departments and staff; answers the people by the name before the ``@``."""
    make_groups()
    password = make_password(PASSWORD)
    departments = {
        row["name"]: Department.objects.create(company=company, name=row["name"])
        for row in table("departments")
    }
    people = {}
    for row in table("people"):
        user = make_user(row["email"], row["name"], row["language"], password, company)
        user.groups.add(Group.objects.get(name=row["group"]))
        for name in row["departments"].split("|"):
            let_serve_department(user, departments[name])
        people[row["email"].split("@")[0]] = user
        if row["limit"]:
            ApprovalLimit.objects.create(company=company, user=user, amount=row["limit"])
    for row in table("departments"):
        departments[row["name"]].manager = people[row["manager"].split("@")[0]]
        departments[row["name"]].save()
    return people


def make_delegations(people: dict[str, User], days: Calendar) -> None:
    """Who stands in for whom: ``from_days`` and ``until_days`` count from the anchor."""
    Delegation.objects.bulk_create(
        Delegation(
            delegator=people[row["delegator"]],
            delegate=people[row["delegate"]],
            starts_at=days.since(-int(row["from_days"])),
            ends_at=days.since(-int(row["until_days"])),
        )
        for row in table("delegations")
    )


def make_user(
    email: str, name: str, language: str, password: str, company: Company | None = None
) -> User:
    """Somebody who can sign in with a hashed password; staff where there is a company."""
    user = User(email=email, full_name=name, language=language, company=company, password=password)
    user.is_staff = company is not None and email.startswith(("admin@", "finance", "manager"))
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
