"""A customer's tax certificate, sent only after the check."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from customers.downloads import private
from customers.models import Customer, TaxExemption
from customers.views.finding import signed_in


@require_GET
def certificate(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of a certificate, to be saved."""
    visible = Customer.objects.visible_to(signed_in(request))
    exemptions = TaxExemption.objects.filter(customer__in=visible).exclude(file="")
    exemption = get_object_or_404(exemptions, pk=pk)
    response = FileResponse(exemption.file.open("rb"), content_type="application/octet-stream")
    return private(response, exemption.file_name, inline=False)
