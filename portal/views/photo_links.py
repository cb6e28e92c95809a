"""Sending photos by a link, without a sign-in: whoever has the link may, and sees nothing else.

The link alone is what lets somebody in, no cookie; so no other site can misuse a visitor's
browser, and the form needs no further mark. To open the page changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from creditnotes import photo_links, services
from creditnotes.emails import invoices_to_name
from creditnotes.models import PhotoLink
from creditnotes.photo_links import BadLink
from creditnotes.services import LinkEnded
from portal.forms import PhotosForm

View = Callable[[HttpRequest, str], HttpResponse]


def _unseen(view: View) -> View:
    """Tell neither other sites nor search engines of the address."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answer


@csrf_exempt  # the address is the permission, and not the browser's cookies
@login_not_required
@never_cache
@_unseen
@require_http_methods(["GET", "HEAD", "POST"])
def send_photos(request: HttpRequest, token: str) -> HttpResponse:
    """What the photos are for, and the form that sends them; 410 once the link takes none."""
    link = _link_or_404(token)
    company = link.note.company
    with (
        translation.override(_language(request, link)),
        timezone.override(ZoneInfo(company.time_zone)),
    ):
        if not link.is_open(timezone.now()):
            return _ended(request)
        if request.method == "POST":
            return _sent(request, link)
        return _page(request, link, PhotosForm())


def _link_or_404(token: str) -> PhotoLink:
    try:
        pk = photo_links.read(token)
    except BadLink as error:
        raise Http404 from error
    links = PhotoLink.objects.select_related("note__company", "note__customer", "made_by")
    found: PhotoLink = get_object_or_404(links, pk=pk)
    return found


def _language(request: HttpRequest, link: PhotoLink) -> str:
    """The customer's, unless the page was asked for in another."""
    wanted = request.GET.get("language", "")
    return wanted if wanted in dict(settings.LANGUAGES) else link.note.language


def _sent(request: HttpRequest, link: PhotoLink) -> HttpResponse:
    """Keep the photos; for the script the part of the page that tells of them."""
    form = PhotosForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            arrival = services.receive_photos(
                link, form.cleaned_data["photos"], moment=timezone.now()
            )
        except LinkEnded:
            return _ended(request)
        for refusal in arrival.refusals:
            form.add_error("photos", str(refusal))
    is_part = bool(request.headers.get("HX-Request"))
    if form.errors or is_part:
        return _page(request, link, form, is_part=is_part)
    return redirect(request.get_full_path())


def _page(
    request: HttpRequest, link: PhotoLink, form: PhotosForm, *, is_part: bool = False
) -> HttpResponse:
    context = {
        "link": link,
        "note": link.note,
        "company": link.note.company,
        "invoices": invoices_to_name(link.note),
        "photos": list(link.photos.all()),
        "form": form,
    }
    template = "portal/photos_arrived.html" if is_part else "portal/send_photos.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, template, context, status=status)


def _ended(request: HttpRequest) -> HttpResponse:
    """That the link works no more, and nothing of what it was for."""
    if request.headers.get("HX-Request"):
        return HttpResponse(_("This link takes no photos any more."), status=HTTPStatus.GONE)
    return render(request, "portal/photo_link_ended.html", status=HTTPStatus.GONE)
