"""Every component in every state, on one page: what designers look at and browsers test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from config.charts import Chart, bar_chart
from creditnotes.models import State
from customers.paging import Page

LONG_NAME = (
    "Les Entreprises de construction et de rénovation Saint-Barthélemy-des-Érables (1998) ltée"
)
ICONS = [
    "house",
    "list-checks",
    "file-minus",
    "receipt-text",
    "truck",
    "building-2",
    "search",
    "bell",
    "plus",
    "download",
    "settings",
    "circle-check",
    "triangle-alert",
    "info",
    "camera",
    "calendar",
    "clock",
    "message-square",
    "trending-up",
    "x",
]


class Sample(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As it stands on the invoice."))
    amount = forms.DecimalField(label=_("Amount"), min_value=0)
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", "---------"), ("d", _("Damaged")), ("s", _("Shortage"))]
    )
    basis = forms.ChoiceField(
        label=_("Basis"),
        choices=[("q", _("Quantity")), ("p", _("Percent"))],
        widget=forms.RadioSelect,
    )
    told = forms.BooleanField(label=_("Tell the customer"), required=False)
    words = forms.CharField(label=_("Explanation"), widget=forms.Textarea, required=False)
    photo = forms.FileField(label=_("Photo"), required=False)


class SampleFilter(forms.Form):
    """What narrows the sample list."""

    q = forms.CharField(label=_("Number or customer"), required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("Any")), *State.choices], required=False
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    late = forms.BooleanField(label=_("Overdue only"), required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        choices=[("number", _("Number")), ("-total", _("Amount"))],
        required=False,
    )


@dataclass
class SampleNote:
    """As much of a credit note as the components ask for."""

    reference: str
    customer: str
    state: str
    total: Decimal
    currency: str = "CAD"

    def get_state_display(self) -> str:
        return str(State(self.state).label)


@dataclass
class SampleEvent:
    """As much of an event as the timeline asks for."""

    kind: str
    label: Any
    actor: str
    happened_at: datetime
    comment: str = ""
    on_behalf_of: str = ""
    payload: dict[str, Any] = field(default_factory=dict)

    def get_kind_display(self) -> str:
        return str(self.label)


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The page; a form that was sent empty shows how errors look."""
    context = {
        "form": Sample(),
        "wrong": Sample({"name": "", "amount": "-3", "reason": "x"}),
        "filters": SampleFilter(request.GET or None),
        "sort": request.GET.get("sort", "number"),
        "notes": _notes(),
        "page": Page([], before="x", after="y"),
        "events": _events(),
        "chart": _chart(),
        "icons": ICONS,
        "long_name": LONG_NAME,
        "amounts": [Decimal("1234.5"), Decimal(0), Decimal("-87.05"), Decimal("1234567.89"), None],
        "deltas": [Decimal(18), Decimal("-4.2"), Decimal(0), None],
    }
    return render(request, "demo/components.html", context)


def _notes() -> list[SampleNote]:
    names = ["Épicerie Beauséjour", "Aciers Labelle inc.", LONG_NAME]
    return [
        SampleNote(f"CR-{42 + at:06}", names[at % 3], state, Decimal("1234.56") * (at + 1))
        for at, state in enumerate(State.values)
    ]


def _events() -> list[SampleEvent]:
    start = timezone.now() - timedelta(days=2)
    return [
        SampleEvent("started", _("Started"), "Priya Castellane", start),
        SampleEvent("submitted", _("Submitted"), "Rachel Whitcombe", start + timedelta(hours=1)),
        SampleEvent(
            "returned",
            _("Returned for changes"),
            "Luc Beaumarchais",
            start + timedelta(hours=5),
            comment=str(_("Please add a photo of the label.")),
            on_behalf_of="Margaret Oyelaran",
        ),
        SampleEvent("approved", _("Approved"), "", start + timedelta(hours=9)),
    ]


def _chart() -> Chart:
    counts = [(31, 5), (22, 3), (33, 6), (30, 7), (38, 3), (0, 0), (19, 1), (27, 4)]
    return bar_chart(
        [
            (f"{at + 1}", [("", on_time), ("bars-late", late)])
            for at, (on_time, late) in enumerate(counts)
        ]
    )
