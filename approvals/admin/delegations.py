"""Who decides for whom: everybody gives their own, admins all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.absence import Absence, asked_in, cautions, objections, stand_ins_in
from approvals.models import (
    Delegation,
)
from customers.access import ADMINS, is_in
from customers.administration import (
    OwnCompanyAdmin,
    moment_of,
)
from customers.administration.forms import TidyForm
from customers.models import User


class DelegationForm(TidyForm[Delegation]):
    """Somebody stands in for a colleague of the same company."""

    class Meta:
        model = Delegation
        fields = ("delegator", "delegate", "starts_at", "ends_at", "department", "up_to")
        labels = {"delegator": _("who is away"), "delegate": _("who decides for them")}
        help_texts = {
            "delegator": _(
                "Their steps stay theirs; the decision says on whose behalf it was made."
            ),
            "delegate": _(
                "Decides under the limit of the one who is away, and never on a credit note in"
                " which either of them took part."
            ),
            "ends_at": _("The first moment in which it no longer counts."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        needed = ("delegator", "delegate", "starts_at", "ends_at")
        if values.get("delegator") and not values["delegator"].company_id:
            self.add_error("delegator", _("Only staff decide."))
        elif all(values.get(name) for name in needed):
            told = (*needed, "department", "up_to")
            chosen: dict[str, Any] = {name: values.get(name) for name in told}
            absence = Absence(**chosen)
            for refusal in objections(absence, timezone.now(), besides=self.instance.pk):
                self.add_error(refusal.field, str(refusal))
        return values


@admin.register(Delegation)
class DelegationAdmin(OwnCompanyAdmin[Delegation]):
    """Who decides for whom while they are away. But for admins, everybody gives their own."""

    about = _("Who decides for whom while they are away.")
    form = DelegationForm
    company_lookup = "delegator__company_id"
    list_display = (
        "delegator",
        "delegate",
        moment_of("starts_at", _("from")),
        moment_of("ends_at", _("until")),
        "department",
        "up_to",
    )
    list_select_related = ("delegator", "delegate", "department")
    search_fields = ("delegator__full_name", "delegate__full_name")
    search_help_text = _("Name of either")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-pk")

    def get_queryset(self, request: Any) -> QuerySet[Delegation]:
        rows: QuerySet[Delegation] = super().get_queryset(request)
        if _gives_for_all(request.user):
            return rows
        return rows.filter(Q(delegator=request.user) | Q(delegate=request.user))

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Who may be away and who may stand in, as on one's own page; of one's own company."""
        who = {"delegator": asked_in, "delegate": stand_ins_in}.get(db_field.name)
        if who and not request.user.is_superuser:
            people = User.objects.filter(who(request.user.company_id)).distinct()
            kwargs["queryset"] = people.order_by("full_name", "pk")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "delegator" and not _gives_for_all(request.user):
            field.initial = request.user.pk
            field.disabled = True
        return field

    def save_model(self, request: Any, obj: Delegation, form: Any, change: bool) -> None:
        """With who switched it on, and what to know about it."""
        if not change:
            obj.given_by = request.user
        super().save_model(request, obj, form, change)
        told = form.cleaned_data
        for caution in cautions(Absence(**told), timezone.now()):
            messages.warning(request, caution)

    def has_change_permission(self, request: Any, obj: Delegation | None = None) -> bool:
        """What one received is the other's to change."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or _is_theirs(request.user, obj))

    def has_delete_permission(self, request: Any, obj: Delegation | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or _is_theirs(request.user, obj))


def _gives_for_all(user: Any) -> bool:
    return bool(user.is_superuser or is_in(user, ADMINS))


def _is_theirs(user: Any, delegation: Delegation) -> bool:
    return _gives_for_all(user) or delegation.delegator_id == user.pk
