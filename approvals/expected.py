"""By when a customer's request should be decided, as the policy has it today."""

from __future__ import annotations

from django.db.models import Sum

from approvals.models import Policy, PolicyStep
from customers.models import Company


def hours_to_decide(company: Company) -> int:
    """How long all the steps of the company's last policy take at most; 0 without a policy."""
    policies = Policy.objects.filter(company=company, is_active=True)
    last = policies.order_by("-position", "-pk").values("pk")[:1]
    steps = PolicyStep.objects.filter(policy__in=last)
    return steps.aggregate(sum=Sum("hours"))["sum"] or 0
