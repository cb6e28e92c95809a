"""A policy's conditions as fields of a form: what is left empty is no condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.conditions import CHOICES, FLAGS, RANGES, SUMS, Against, Condition, Fact, OfferOf
from approvals.models import Policy
from creditnotes.models import Basis, Origin, Reason
from customers.administration.forms import TidyForm
from customers.models import PROVINCES, Company, Department, Product
from customers.models.parties import Tier

_YES_OR_NO = [
    ("", gettext_lazy("either way")),
    ("yes", gettext_lazy("yes")),
    ("no", gettext_lazy("no")),
]

_HELP = {
    Fact.AMOUNT: gettext_lazy(
        "In the company’s currency, tax included, with all credits on the same invoices of 30 days."
    ),
    Fact.PERCENT: gettext_lazy(
        "Of the net of the invoice of which most is credited; 10 is ten per cent."
    ),
    Fact.CREDITS: gettext_lazy("In the company’s currency, tax included."),
    Fact.LOSES: gettext_lazy("Of what is credited; unknown where no cost is known."),
    Fact.DOUBLED: gettext_lazy("Another open or issued credit note credits one of the lines."),
}


def _range(fact: Fact, label: Any) -> forms.DecimalField:
    places = 2 if fact in (*SUMS, Fact.PERCENT) else 0
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_digits=14, decimal_places=places
    )


def _several(label: Any, choices: Sequence[tuple[str, Any]] = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=list(choices), widget=forms.CheckboxSelectMultiple
    )


def fields() -> dict[str, forms.Field]:
    """All fields of conditions, by name: ``amount_from``, ``amount_to``, ``tier``, ``doubled`` …"""
    made: dict[str, forms.Field] = {}
    for fact in RANGES:
        made[f"{fact}_from"] = _range(fact, _from(fact))
        made[f"{fact}_to"] = _range(fact, _to(fact))
        made[f"{fact}_from"].help_text = _HELP.get(fact, "")
    fixed: dict[Fact, Any] = {
        Fact.TIER: Tier.choices,
        Fact.PROVINCE: PROVINCES,
        Fact.BASIS: Basis.choices,
        Fact.ORIGIN: Origin.choices,
        Fact.OFFER: Against.choices,
        Fact.SETTLED_FOR: OfferOf.choices,
    }
    for fact in CHOICES:
        made[fact.value] = _several(fact.label, fixed.get(fact, ()))
    for fact in FLAGS:
        made[fact.value] = forms.ChoiceField(
            label=fact.label, required=False, choices=_YES_OR_NO, help_text=_HELP.get(fact, "")
        )
    return made


_FROM_TO = {
    Fact.AMOUNT: (gettext_lazy("Amount with tax, from"), gettext_lazy("Amount with tax, to")),
    Fact.PERCENT: (
        gettext_lazy("Percent of the invoice, from"),
        gettext_lazy("Percent of the invoice, to"),
    ),
    Fact.AGE: (
        gettext_lazy("Age of the invoice in days, from"),
        gettext_lazy("Age of the invoice in days, to"),
    ),
    Fact.CREDITS: (
        gettext_lazy("Customer’s other credits of 90 days, from"),
        gettext_lazy("Customer’s other credits of 90 days, to"),
    ),
    Fact.CREDIT_COUNT: (
        gettext_lazy("Number of these credits, from"),
        gettext_lazy("Number of these credits, to"),
    ),
}


def _from(fact: Fact) -> Any:
    return _FROM_TO[fact][0]


def _to(fact: Fact) -> Any:
    return _FROM_TO[fact][1]


class ConditionsForm(TidyForm[Policy]):
    """The part of a policy's form that says for which credits it is."""

    company: Company | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        offered = self._offered()
        for record in self.instance.conditions:
            self._show(Condition.from_record(record), offered)
        for fact, choices in offered.items():
            self.fields[fact].choices = choices  # type: ignore[attr-defined]

    def _offered(self) -> dict[str, list[tuple[str, str]]]:
        """The company's own reasons, departments and product categories."""
        reasons = Reason.objects.filter(company=self.company)
        departments = Department.objects.filter(company=self.company).order_by("name")
        products = Product.objects.filter(company=self.company).exclude(category="").order_by()
        categories = sorted(products.values_list("category", flat=True).distinct())
        return {
            Fact.REASON.value: [(str(reason.pk), str(reason)) for reason in reasons],
            Fact.DEPARTMENT.value: [(str(each.pk), each.name) for each in departments],
            Fact.CATEGORY.value: [(category, category) for category in categories],
        }

    def _show(self, condition: Condition, offered: dict[str, list[tuple[str, str]]]) -> None:
        fact = condition.fact
        if fact in RANGES:
            self.initial[f"{fact}_from"] = condition.least
            self.initial[f"{fact}_to"] = condition.most
        elif fact in FLAGS:
            self.initial[fact] = "yes" if condition.wanted else "no"
        else:
            self.initial[fact] = sorted(condition.among)
            known = {value for value, _name in offered.get(fact, [])}
            if fact in offered:  # such as a category that nothing is in any more
                offered[fact] += [(each, each) for each in sorted(condition.among - known)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for fact in RANGES:
            least, most = values.get(f"{fact}_from"), values.get(f"{fact}_to")
            if least is not None and most is not None and most < least:
                self.add_error(f"{fact}_to", _("Less than where it begins: nothing is between."))
        self.instance.conditions = list(self._records(values))
        return values

    def _records(self, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for condition in _conditions(values):
            record = condition.as_record()
            if names := self._names(condition):
                record["names"] = names
            yield record

    def _names(self, condition: Condition) -> dict[str, Any]:
        """What the ids stand for, kept with the policy so that it explains itself later."""
        if condition.fact == Fact.REASON:
            reasons = Reason.objects.filter(pk__in=condition.among)
            return {str(each.pk): [each.name_en, each.name_fr] for each in reasons}
        if condition.fact == Fact.DEPARTMENT:
            departments = Department.objects.filter(pk__in=condition.among)
            return {str(each.pk): each.name for each in departments}
        return {}


def _conditions(values: dict[str, Any]) -> Iterator[Condition]:
    for fact in RANGES:
        least, most = values.get(f"{fact}_from"), values.get(f"{fact}_to")
        if least is not None or most is not None:
            yield Condition(fact.value, least, most)
    for fact in CHOICES:
        if among := values.get(fact.value):
            yield Condition(fact.value, among=frozenset(among))
    for fact in FLAGS:
        if answer := values.get(fact.value):
            yield Condition(fact.value, wanted=answer == "yes")


#: The fields in rows, for the page.
ROWS: list[Any] = [
    *[(f"{fact}_from", f"{fact}_to") for fact in RANGES],
    *[fact.value for fact in CHOICES],
    tuple(fact.value for fact in FLAGS),
]
