"""The start page of the admin site: what needs attention, and the policy in force in words.

Each check is one or two cheap queries, asked only for those who may see what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.models import ApprovalLimit, OfferTerms, Policy, PolicyStep, Proposal, Role
from creditnotes.models import Dispatch, Reason
from creditnotes.tasks import FAILING
from customers.access import FINANCE, MANAGERS, REPS
from customers.models import (
    Account,
    Company,
    Customer,
    Department,
    FiscalPeriod,
    TaxExemption,
    TaxRate,
    User,
)

#: How long before a tax rate ends without another after it this is said.
NOTICE = timedelta(days=60)


@dataclass(frozen=True)
class Point:
    """Something an administrator should look at; ``url`` leads to where it is mended."""

    tone: str
    title: str
    text: str
    url: str


Check = Callable[[Company], Iterator[Point]]
_checks: list[tuple[str, Check]] = []


def _seen_with(permission: str) -> Callable[[Check], Check]:
    """Register a check for those who have the permission."""

    def register(check: Check) -> Check:
        _checks.append((permission, check))
        return check

    return register


def attention(request: Any) -> list[Point]:
    """What the person may see and should look at, in the order of the sections."""
    user = request.user
    if not user.company_id:
        return []
    asked = [check for permission, check in _checks if user.has_perm(permission)]
    points = [point for check in asked for point in check(user.company)]
    return sorted(points, key=lambda point: point.tone != "bad")


@_seen_with("approvals.view_policy")
def _policy(company: Company) -> Iterator[Point]:
    policy = _last_policy(company)
    url = _list("approvals_policy")
    if policy is None:
        text = _("Without one nobody can submit a credit note.")
        yield Point("bad", _("No approval policy is active"), text, url)
    elif not policy.steps.exists():
        text = _("It asks nobody, so nothing above the auto-approval limit can be submitted.")
        yield Point("bad", _("The active policy has no steps"), text, url)
    elif not _decides_on_all(company, policy):
        text = _("Credits above the highest limit of its steps find nobody who may approve them.")
        yield Point(
            "warn", _("Nobody may approve without a limit"), text, _list("approvals_approvallimit")
        )


def _decides_on_all(company: Company, policy: Policy) -> bool:
    """Whether somebody whom the policy asks may approve any amount."""
    roles = list(policy.steps.values_list("role", flat=True))
    unlimited = ApprovalLimit.objects.filter(company=company, amount__isnull=True)
    return unlimited.filter(Q(role__in=roles) | Q(user__is_active=True)).exists()


def _last_policy(company: Company) -> Policy | None:
    """The policy that takes what no other does."""
    policies = Policy.objects.filter(company=company, is_active=True)
    return policies.order_by("-position", "-pk").first()


@_seen_with("customers.view_department")
def _managers(company: Company) -> Iterator[Point]:
    asked = PolicyStep.objects.filter(
        policy__company=company, policy__is_active=True, role=Role.DEPARTMENT_MANAGER
    )
    without = Department.objects.filter(company=company).exclude(manager__is_active=True)
    names = list(without.order_by("name").values_list("name", flat=True)[:6])
    if names and asked.exists():
        text = _("Credit notes of their customers skip the manager, or find nobody to decide.")
        title = _("Without an active manager: %(names)s") % {"names": ", ".join(names)}
        yield Point("bad", title, text, _list("customers_department"))


@_seen_with("customers.view_user")
def _people(company: Company) -> Iterator[Point]:
    staff = User.objects.filter(company=company, is_active=True)
    asked = PolicyStep.objects.filter(
        policy__company=company, policy__is_active=True, role=Role.FINANCE
    )
    if asked.exists() and not staff.filter(groups__name=FINANCE).exists():
        text = _("The active policy asks finance, and nobody is in that group.")
        yield Point("bad", _("Nobody is in Finance"), text, _list("customers_user"))
    serving = staff.filter(groups__name__in=[REPS, MANAGERS], departmentusergrant__isnull=True)
    if count := serving.filter(customerusergrant__isnull=True).distinct().count():
        title = ngettext(
            "%(count)d person serves no department", "%(count)d people serve no department", count
        ) % {"count": count}
        text = _("They sign in and see no customer.")
        yield Point("warn", title, text, f"{_list('customers_user')}?work=no_department")
    if count := staff.filter(groups__isnull=True, is_superuser=False).count():
        title = ngettext(
            "%(count)d person is in no group", "%(count)d people are in no group", count
        ) % {"count": count}
        text = _("They look at things, and can neither compose nor decide.")
        yield Point("warn", title, text, f"{_list('customers_user')}?work=no_group")


@_seen_with("creditnotes.view_reason")
def _reasons(company: Company) -> Iterator[Point]:
    active = Reason.objects.filter(company=company, is_active=True)
    odd = active.exclude(account__kind__in=[Account.Kind.ALLOWANCE, Account.Kind.REVENUE])
    names = [str(reason) for reason in odd[:6]]
    if names:
        title = _("Reasons with an odd account: %(names)s") % {"names": ", ".join(names)}
        text = _("Credits should reduce sales: returns and allowances, or revenue.")
        yield Point("warn", title, text, _list("creditnotes_reason"))
    if not active.filter(customer_visible=True).exists():
        text = _("So nobody can ask for a credit in the portal.")
        yield Point(
            "warn", _("No reason is offered to customers"), text, _list("creditnotes_reason")
        )


@_seen_with("approvals.view_proposal")
def _proposals(company: Company) -> Iterator[Point]:
    if count := Proposal.objects.filter(company=company, answer=None).count():
        title = ngettext("%d proposed change", "%d proposed changes", count) % count
        text = _("Policies and limits stay as they are until a second administrator has answered.")
        yield Point("warn", title, text, _list("approvals_proposal"))


@_seen_with("approvals.view_offerterms")
def _offers(company: Company) -> Iterator[Point]:
    if not OfferTerms.objects.filter(company=company).exists():
        text = _("The composer proposes nothing, and a manager has no offer to compare with.")
        yield Point("info", _("No standard offer"), text, _list("approvals_offerterms"))


@_seen_with("customers.view_taxrate")
def _taxes(_company: Company) -> Iterator[Point]:
    soon = timezone.localdate() + NOTICE
    later = TaxRate.objects.filter(
        kind=OuterRef("kind"), province=OuterRef("province"), valid_from__gt=OuterRef("valid_to")
    )
    ending = TaxRate.objects.filter(valid_to__lte=soon, valid_to__gte=soon - 2 * NOTICE)
    for rate in ending.exclude(Exists(later)).order_by("valid_to")[:4]:
        title = _("%(rate)s ends on %(day)s") % {"rate": rate, "day": rate.valid_to.isoformat()}  # type: ignore[union-attr]
        text = _("No rate follows it. If the tax goes on, add the next rate.")
        yield Point("warn", title, text, reverse("admin:customers_taxrate_change", args=[rate.pk]))


@_seen_with("customers.view_taxexemption")
def _certificates(company: Company) -> Iterator[Point]:
    today = company.day_of(timezone.now())
    later = TaxExemption.objects.filter(customer=OuterRef("customer")).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=OuterRef("valid_to"))
    )
    ending = TaxExemption.objects.filter(
        customer__company=company, valid_to__range=(today - NOTICE, today + NOTICE)
    )
    rows = ending.exclude(Exists(later)).select_related("customer").order_by("valid_to", "pk")
    for certificate in rows[:4]:
        told = {"customer": certificate.customer, "day": certificate.valid_to}
        title = _("A tax exemption of %(customer)s ends on %(day)s") % told
        if certificate.valid_to and certificate.valid_to < today:
            title = _("A tax exemption of %(customer)s ended on %(day)s") % told
        text = _("Without another certificate their invoices bear the tax.")
        url = reverse("admin:customers_taxexemption_change", args=[certificate.pk])
        yield Point("warn", title, text, url)


@_seen_with("customers.view_company")
def _company(company: Company) -> Iterator[Point]:
    url = reverse("admin:customers_company_change", args=[company.pk])
    if not company.gst_number:
        text = _("The law wants it on every credit note that gives tax back.")
        yield Point("bad", _("The company has no GST/HST number"), text, url)


@_seen_with("customers.view_fiscalperiod")
def _periods(company: Company) -> Iterator[Point]:
    today = company.day_of(timezone.now())
    periods = FiscalPeriod.objects.filter(company=company)
    if periods.filter(starts_on__lte=today, ends_on__gte=today).exclude(state="open").exists():
        text = _("What is issued today is posted on the first day of the next open period.")
        yield Point("warn", _("Today’s period is not open"), text, _list("customers_fiscalperiod"))
    past = periods.filter(state="open", ends_on__lt=today.replace(day=1) - timedelta(days=31))
    if count := past.count():
        title = ngettext(
            "%(count)d period of long ago is open", "%(count)d periods of long ago are open", count
        ) % {"count": count}
        text = _("Close what is reported, so that nothing is posted into it any more.")
        yield Point("info", title, text, f"{_list('customers_fiscalperiod')}?state__exact=open")


@_seen_with("creditnotes.view_dispatch")
def _dispatches(company: Company) -> Iterator[Point]:
    failing = Dispatch.objects.filter(
        event__note__company=company, done_at__isnull=True, attempts__gte=FAILING
    )
    if count := failing.count():
        title = ngettext(
            "%(count)d message or file fails again and again",
            "%(count)d messages or files fail again and again",
            count,
        ) % {"count": count}
        text = _("They are tried ever more rarely. Look at the error, mend it, and try again.")
        yield Point("bad", title, text, f"{_list('creditnotes_dispatch')}?done=failing")


@_seen_with("customers.view_customer")
def _customers(company: Company) -> Iterator[Point]:
    told = Count("contacts", filter=Q(contacts__gets_credit_notes=True))
    unheard = Customer.objects.filter(company=company).annotate(told=told).filter(told=0)
    if count := unheard.count():
        title = ngettext(
            "%(count)d customer has nobody who is sent the credit notes",
            "%(count)d customers have nobody who is sent the credit notes",
            count,
        ) % {"count": count}
        text = _("What is issued to them waits in the portal, unread.")
        yield Point("info", title, text, f"{_list('customers_customer')}?told=nobody")


def _list(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


# The policy in force -------------------------------------------------------------------


@dataclass(frozen=True)
class StepInWords:
    """Whom the policy asks, how long they have, and up to what they may approve."""

    who: str
    hours: int
    limit: Any
    has_limit: bool


@dataclass(frozen=True)
class InForce:
    """The active policy, as a person would tell it."""

    policy: Policy
    url: str
    steps: list[StepInWords]
    offer: Any
    currency: str


def policy_in_force(request: Any) -> InForce | None:
    """The company's policy of today, for those who may look at it."""
    user = request.user
    if not user.company_id or not user.has_perm("approvals.view_policy"):
        return None
    policy = _last_policy(user.company)
    if policy is None:
        return None
    limits = ApprovalLimit.objects.filter(company=user.company_id, user__isnull=True)
    amounts = {limit.role: limit.amount for limit in limits}
    terms = OfferTerms.objects.filter(company=user.company_id, reason=None, tier="").first()
    return InForce(
        policy,
        reverse("admin:approvals_policy_change", args=[policy.pk]),
        [
            StepInWords(
                step.get_role_display(), step.hours, amounts.get(step.role), step.role in amounts
            )
            for step in policy.steps.all()
        ],
        terms.percent if terms else None,
        user.company.base_currency,
    )
