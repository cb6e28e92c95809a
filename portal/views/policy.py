"""The company's credit policy, for its customers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from portal import access
from portal.access import visitor_of
from portal.policy import policy_for


@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """What may be asked for, what it needs, what is offered, how long it takes, how to appeal."""
    customers = access.customers_of(visitor_of(request))
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers)
    told = policy_for(customer, customer.company.day_of(timezone.now()))
    context = {"customers": customers, "customer": customer, "policy": told}
    return render(request, "portal/policy.html", context)
