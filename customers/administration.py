"""What every page of the admin site builds on: one's own company only, and history read-only."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

AnyModel = TypeVar("AnyModel", bound=Model)


def _of_company(lookup: str, user: Any) -> Q:
    return Q(**{lookup: user.company_id})


class OwnCompanyAdmin(admin.ModelAdmin[AnyModel], Generic[AnyModel]):
    """Shows and offers only what belongs to the administrator's company; a superuser sees all."""

    #: The path to the company's id; empty for what all companies share.
    company_lookup: ClassVar[str] = "company_id"
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnyModel]:
        rows = super().get_queryset(request)
        if not self.company_lookup or getattr(request.user, "is_superuser", False):
            return rows
        return rows.filter(_of_company(self.company_lookup, request.user))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        choices = choices_of(self.admin_site, db_field, request)
        if choices is not None:
            kwargs.setdefault("queryset", choices)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row belongs to the administrator's company."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        return {"company": getattr(request.user, "company_id", None)} | initial


def choices_of(
    site: admin.AdminSite, db_field: ForeignKey[Any, Any], request: Any
) -> QuerySet[Any] | None:
    """The rows that a field may point at: those that the administrator may see in the lists."""
    related: Any = db_field.remote_field.model
    return (
        site.get_model_admin(related).get_queryset(request) if site.is_registered(related) else None
    )


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

    actions = None


class OwnCompanyInline(admin.TabularInline[Any, Any]):
    """Rows of a parent; what they point at belongs to the administrator's company."""

    extra = 0

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        choices = choices_of(self.admin_site, db_field, request)
        if choices is not None:
            kwargs.setdefault("queryset", choices)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyInline(ReadOnly, admin.TabularInline[Any, Any]):
    """Rows of a parent, to be looked at."""

    extra = 0
    can_delete = False
    show_change_link = False
    #: What the rows' words need, so that a long table stays one query.
    related: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.related)
