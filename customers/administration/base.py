"""Pages of the admin site: one's own company only, history read-only, wrong forms answered 422."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.access import ADMINS, is_in, served_by
from customers.administration.forms import TidyForm
from customers.administration.widgets import OVERRIDES
from customers.models import Company

AnyModel = TypeVar("AnyModel", bound=Model)

#: The scripts that the lists, the search of related rows and the inlines need; no more.
SCRIPTS = ("vendor/jquery/jquery.min.js", "jquery.init.js", "core.js", "actions.js")


if TYPE_CHECKING:
    Options = admin.ModelAdmin[Any]
else:
    Options = object


class WithinCompany:
    """Shows and offers only what belongs to the person's company; a superuser sees all."""

    admin_site: admin.AdminSite
    #: The path to the company's id; empty for what all companies share.
    company_lookup: ClassVar[str] = "company_id"
    #: The path to the customer whom it is about; None where it is about none.
    customer_lookup: ClassVar[str | None] = None

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Rows of one's company, and of the customers one serves; admins serve them all."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        user = request.user
        if user.is_superuser:
            return rows
        if self.company_lookup:
            rows = rows.filter(Q(**{self.company_lookup: user.company_id}))
        if self.customer_lookup is not None and not is_in(user, ADMINS):
            rows = rows.filter(served_by(user, self.customer_lookup))
        return rows

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: Any, **kwargs: Any
    ) -> Any:
        """A field offers what the person sees in the lists."""
        related: Any = db_field.remote_field.model
        if self.admin_site.is_registered(related):
            rows = self.admin_site.get_model_admin(related).get_queryset(request)
            kwargs.setdefault("queryset", rows)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        return _own(field, request) if related is Company else field

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Without the links that open other forms in windows of their own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


def _own(field: Any, request: Any) -> Any:
    """Who works for one company need not, and cannot, choose it."""
    if not request.user.is_superuser:
        field.disabled = True
        field.initial = request.user.company_id
        field.widget = forms.HiddenInput()
    return field


class Page(WithinCompany, Options):
    """What all our pages have in common, whoever's page they are otherwise."""

    #: What these things are called here, where Django's own word says too little.
    named: ClassVar[Any] = ""
    #: What these things are for, below the heading of their list and on the start page.
    about: ClassVar[Any] = ""
    #: Why nothing can be changed here; empty where it can.
    why_read_only: ClassVar[Any] = ""
    #: What comes of deleting one, said before it is done.
    follows_deleting: ClassVar[Any] = ""
    #: What to do where one is in use and so cannot be deleted.
    instead_of_deleting: ClassVar[Any] = ""
    #: The product's page of such a thing.
    site_page: ClassVar[str] = ""
    #: What stands before an id where people write it, such as ``CR-``; search takes both.
    reference_prefix: ClassVar[str] = ""
    form: Any = TidyForm
    show_full_result_count = False
    list_per_page = 50
    formfield_overrides = OVERRIDES

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=[f"admin/js/{name}" for name in SCRIPTS])

    def get_list_display(self, request: Any) -> Any:
        """The company is a column only to those who see several."""
        columns = super().get_list_display(request)
        return columns if request.user.is_superuser else [c for c in columns if c != "company"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A reference is found as it is written, with its prefix and its zeros."""
        words, prefix = search_term.strip(), self.reference_prefix
        number = words[len(prefix) :]
        if prefix and words.upper().startswith(prefix) and number.isdecimal():
            exact = next(name for name in self.search_fields if name.startswith("="))
            return queryset.filter(**{exact[1:]: int(number)}), False
        return super().get_search_results(request, queryset, words)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row belongs to the administrator's company."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        return {"company": getattr(request.user, "company_id", None)} | initial

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request,
            {"about": self.about, "named": self.named, "why_read_only": self.why_read_only}
            | (extra_context or {}),
        )

    def render_change_form(
        self, request: Any, context: dict[str, Any], *arguments: Any, **options: Any
    ) -> HttpResponse:
        """With the way to the product's page; a form with something wrong is answered 422."""
        thing = context.get("original")
        context["site_url_of_it"] = self.site_address(request, thing) if thing else ""
        context["about"] = self.about
        context["why_read_only"] = self.why_read_only
        answer = super().render_change_form(request, context, *arguments, **options)
        if context.get("errors"):
            answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """With what follows, or what to do instead."""
        context["follows_deleting"] = self.follows_deleting
        context["instead_of_deleting"] = self.instead_of_deleting
        return super().render_delete_form(request, context)

    def site_address(self, request: Any, thing: Any) -> str:
        """The thing's page in the product, where the person may see it there (rule 7)."""
        if not self.site_page:
            return ""
        visible = type(thing)._default_manager.visible_to(request.user)  # noqa: SLF001
        return reverse(self.site_page, args=[thing.pk]) if _is_in(thing, visible) else ""

    def _get_obj_does_not_exist_redirect(self, *_request: Any) -> NoReturn:
        """What is not there, or not theirs to see, is not found."""
        raise Http404


def _is_in(thing: Model, rows: QuerySet[Any]) -> bool:
    return rows.filter(pk=thing.pk).exists()


class OwnCompanyAdmin(Page, admin.ModelAdmin[AnyModel], Generic[AnyModel]):
    """Things of the person's own company."""


class ReadOnly:
    """History and what only the services write: to be looked at, never changed here."""

    def has_add_permission(self, *_request: Any) -> bool:
        return False

    def has_change_permission(self, *_request: Any) -> bool:
        return False

    def has_delete_permission(self, *_request: Any) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, OwnCompanyAdmin[AnyModel], Generic[AnyModel]):
    """A list to look through."""

    actions: Any = None
    why_read_only = _(
        "This is kept as it happened: it can be looked at here, and neither changed nor deleted."
    )


class OwnCompanyInline(WithinCompany, admin.TabularInline[Any, Any]):
    """Rows of a parent; what they point at belongs to the administrator's company."""

    company_lookup = ""
    form = TidyForm
    extra = 0
    formfield_overrides = OVERRIDES


class ReadOnlyInline(ReadOnly, admin.TabularInline[Any, Any]):
    """Rows of a parent, to be looked at."""

    extra = 0
    can_delete = False
    show_change_link = False
    #: What the rows' words need, so that a long table stays one query.
    related: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.related)
