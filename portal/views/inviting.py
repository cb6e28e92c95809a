"""Accepting an invitation. To open the link accepts nothing, however it is opened."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from customers import contacts
from customers.contacts import accepting, links
from customers.contacts.accepting import NewSignIn
from customers.contacts.links import BadLink
from customers.errors import Refusal
from customers.models import Invitation, User
from portal.access import VISITED
from portal.signing_up import SignUpForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites to what, and the form by which the person invited accepts."""
    invited = _invitation_or_404(token)
    with translation.override(_language(request, invited)):
        if request.method == "POST":
            return _accepted(request, invited)
        return _page(request, invited)


def _invitation_or_404(token: str) -> Invitation:
    try:
        pk = links.read(token)
    except BadLink as error:
        raise Http404 from error
    related = ("contact__customer__company", "invited_by")
    found: Invitation = get_object_or_404(Invitation.objects.select_related(*related), pk=pk)
    return found


def _language(request: HttpRequest, invited: Invitation) -> str:
    """The contact's, unless they chose another in this browser or have an account."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if request.user.is_authenticated:
        return request.user.language
    return chosen if chosen in dict(settings.LANGUAGES) else invited.contact.language


def _page(
    request: HttpRequest,
    invited: Invitation,
    form: SignUpForm | None = None,
    refusal: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page; it names the address alone to somebody whom the link is not for."""
    user = request.user if request.user.is_authenticated else None
    is_other = user is not None and (
        user.company_id is not None or not accepting.is_for(user, invited)
    )
    why_not = refusal or accepting.why_not(invited, timezone.now())
    if is_other:
        status = HTTPStatus.FORBIDDEN
    context = {
        "invitation": invited,
        "customer": invited.contact.customer,
        "company": invited.contact.customer.company,
        "why_not": why_not,
        "is_other": is_other,
        "signs_in": user is None and accepting.known_user(invited) is not None,
        "form": form or SignUpForm(initial={"name": invited.contact.name}),
    }
    return render(request, "portal/invitation.html", context, status=status)


def _accepted(request: HttpRequest, invited: Invitation) -> HttpResponse:
    """Add the customer to who is signed in; else make a sign-in, and sign them in."""
    if request.user.is_authenticated:
        return _done(request, invited, request.user)
    form = SignUpForm(request.POST, email=invited.email)
    if not accepting.why_not(invited, timezone.now()) and not form.is_valid():
        return _page(request, invited, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = form.cleaned_data if form.is_valid() else {"name": "", "password": ""}
    new = NewSignIn(given["name"], given["password"], translation.get_language() or "en")
    return _done(request, invited, None, new)


def _done(
    request: HttpRequest, invited: Invitation, user: User | None, new: NewSignIn | None = None
) -> HttpResponse:
    try:
        person = contacts.accept(invited, moment=timezone.now(), user=user, new=new)
    except Refusal as refusal:
        return _page(request, invited, refusal=str(refusal), status=refusal.status)
    customer = invited.contact.customer
    if user is None:
        login(request, person, backend=BACKEND)
    request.session[VISITED] = customer.pk
    messages.success(request, _("Welcome. You see %(customer)s here.") % {"customer": customer})
    return redirect("portal:portal")
