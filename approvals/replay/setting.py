"""What a company needs before its credits can take the usual way: a reason, a policy, limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import ApprovalLimit, OfferTerms, Policy, PolicyStep, Role
from creditnotes.models import Reason
from customers import ledger
from customers.access import REPS
from customers.importing import Unusable
from customers.importing.company import person
from customers.importing.mapping import Supplier
from customers.models import Company, User

RETURNS = "4110"
#: What the department's manager approves alone; above it finance decides.
MANAGERS_LIMIT = Decimal(500)


@dataclass(frozen=True)
class Setting:
    """Whose credits are replayed, who raises them, and for what reason."""

    company: Company
    rep: User
    reason: Reason


@transaction.atomic
def setting_of(supplier: Supplier) -> Setting:
    """The imported company, made ready; what it has already is left as it is.

    Raises :class:`~customers.importing.Unusable` where nothing was imported.
    """
    company = Company.objects.filter(code=supplier.code).first()
    if company is None:
        raise Unusable(
            _("There is no company %(code)s: run import_sales first.") % {"code": supplier.code}
        )
    _ensure_policy(company)
    return Setting(company, person(company, REPS), _reason(company))


def _reason(company: Company) -> Reason:
    reason, _made = Reason.objects.get_or_create(
        company=company,
        code="returned-or-corrected",
        defaults={
            "name_en": "Returned or corrected",
            "name_fr": "Retour ou correction",
            "account": ledger.account(company, RETURNS),
        },
    )
    return reason


def _ensure_policy(company: Company) -> None:
    if Policy.objects.filter(company=company, is_active=True).exists():
        return
    policy = Policy.objects.create(company=company, name="Standard")
    for position, role in enumerate([Role.DEPARTMENT_MANAGER, Role.FINANCE], start=1):
        PolicyStep.objects.create(policy=policy, position=position, role=role)
    ApprovalLimit.objects.create(
        company=company, role=Role.DEPARTMENT_MANAGER, amount=MANAGERS_LIMIT
    )
    ApprovalLimit.objects.create(company=company, role=Role.FINANCE)
    OfferTerms.objects.create(company=company, percent=10)
