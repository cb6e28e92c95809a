"""The shapes of what approvers send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.absence import stand_ins_for
from approvals.reassigning import Successor
from approvals.whose import Whose
from creditnotes.fields import NumberField
from creditnotes.lowering import figure_of
from creditnotes.models import CreditLine, CreditNote, Origin, Reason
from customers.administration.widgets import Day
from customers.models import Company, Department, User
from customers.text import sort_key


class DecisionForm(forms.Form):
    """Words that go with a decision, and the hash of what the person saw when deciding."""

    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class LessForm(DecisionForm):
    """What an approver grants of each line, by its own figure; empty leaves the line out."""

    def __init__(self, *args: Any, note: CreditNote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].required = True
        lines = note.lines.select_related("creditable__invoice_line__product", "invoice")
        self.lines: list[CreditLine] = list(lines.order_by("position"))
        for position, line in enumerate(self.lines):
            asked = f"{figure_of(line).normalize():f}"
            figure = NumberField(required=False, initial=asked)
            figure.widget.attrs["class"] = "form-control"
            self.fields[f"line-{position}"] = figure

    @property
    def rows(self) -> list[tuple[CreditLine, forms.BoundField]]:
        """Each line with its field."""
        return [(line, self[f"line-{place}"]) for place, line in enumerate(self.lines)]

    @property
    def wanted(self) -> dict[int, Decimal | None]:
        """The figures, by position; those that were not understood are left as asked for."""
        names = {place: f"line-{place}" for place in range(len(self.lines))}
        return {
            place: self.cleaned_data[name]
            for place, name in names.items()
            if name in self.cleaned_data
        }


class AskForm(forms.Form):
    """A question before deciding: to the rep, to another colleague, or to the customer."""

    CUSTOMER = "customer"

    to = forms.ChoiceField(label=_("Whom"))
    text = forms.CharField(
        label=_("Question"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, note: CreditNote, asker: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(user.pk): user for user in _colleagues(note, asker)}
        choices = [(key, str(user)) for key, user in self.people.items()]
        if note.origin == Origin.PORTAL:
            choices.insert(
                0, (self.CUSTOMER, _("The customer, %(name)s") % {"name": note.customer})
            )
        self.fields["to"].choices = choices  # type: ignore[attr-defined]

    @property
    def person(self) -> User | None:
        """Who is asked; None is the customer."""
        return self.people.get(self.cleaned_data["to"])


def _colleagues(note: CreditNote, asker: User) -> list[User]:
    """Everybody of the company, the rep of the note first."""
    people = User.objects.filter(company=note.company_id, is_active=True).exclude(pk=asker.pk)
    rep = note.owner_id or note.created_by_id
    return sorted(people, key=lambda user: (user.pk != rep, sort_key(str(user))))


class ReassignForm(forms.Form):
    """Who decides instead, of those who could, and why."""

    to = forms.ChoiceField(label=_("Who decides instead"))
    comment = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("They read it with the credit note, and it stays on record."),
    )

    def __init__(self, *args: Any, successors: Sequence[Successor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(each.user.pk): each.user for each in successors}
        choices = [(key, str(user)) for key, user in self.people.items()]
        first = [("", _("Choose"))] if len(choices) > 1 else []
        self.fields["to"].choices = [*first, *choices]  # type: ignore[attr-defined]

    def clean_to(self) -> User:
        """The person themselves."""
        return self.people[self.cleaned_data["to"]]


class AnswerForm(forms.Form):
    """An answer to a question."""

    text = forms.CharField(
        label=_("Your answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


class BulkForm(forms.Form):
    """What is to become of several notes at once; to return them needs words."""

    do = forms.ChoiceField(
        choices=[("approve", _("Approve")), ("return", _("Return for changes"))],
        widget=forms.HiddenInput,
    )
    comment = forms.CharField(
        label=_("Comment on each of them"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why, please.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].required = self.verdict == "return"

    @property
    def verdict(self) -> str:
        """*approve* or *return*; whatever was not understood approves nothing by itself."""
        chosen = self.data.get("do", "") if self.is_bound else self.initial.get("do", "")
        return "approve" if chosen == "approve" else "return"


#: The orders of :data:`approvals.queue.ORDERS`, in words.
SORTS = [
    ("left", _("Least time left")),
    ("-left", _("Most time left")),
    ("-total", _("Largest amount")),
    ("total", _("Smallest amount")),
    ("customer", _("Customer")),
    ("-customer", _("Customer, from the end")),
    ("submitted", _("Longest waiting")),
    ("-submitted", _("Latest submitted")),
]


class AfterReviewForm(forms.Form):
    """Whether an automatic approval was right, and what was wrong where it was not."""

    is_right = forms.CharField(required=False, max_length=5)
    comment = forms.CharField(required=False, max_length=500)

    def clean_is_right(self) -> bool:
        """Only a plain yes is one."""
        return bool(self.cleaned_data["is_right"] == "True")


#: The last day that somebody may be away: the day after it is a date still.
LAST_DAY = date(9999, 12, 30)


class AwayForm(forms.Form):
    """From when until when one is away, and who decides meanwhile."""

    #: The fields that the rules know by other names.
    NAMES: ClassVar[dict[str, str]] = {"starts_at": "first_day", "ends_at": "last_day"}

    first_day = forms.DateField(label=_("First day away"), widget=Day())
    last_day = forms.DateField(label=_("Last day away"), widget=Day())
    delegate = forms.ModelChoiceField(
        label=_("Who decides for you"),
        queryset=User.objects.none(),
        help_text=_("Within your limit, and never on a credit note in which they took part."),
    )
    department = forms.ModelChoiceField(
        label=_("Only for customers of"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=_("All departments"),
    )
    up_to = NumberField(
        label=_("Only up to"),
        required=False,
        above_zero=True,
        help_text=_("Tax included. What counts as more stays with you."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = cast("Company", user.company)
        people = User.objects.filter(stand_ins_for(user)).distinct().order_by("full_name", "pk")
        self.fields["delegate"].queryset = people  # type: ignore[attr-defined]
        departments = Department.objects.filter(company=self.company).order_by("name")
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]
        self.fields["first_day"].initial = self.company.day_of(timezone.now())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("first_day"), values.get("last_day")
        if last and last > LAST_DAY:
            self.add_error("last_day", _("So far ahead is no day away; choose an earlier one."))
        if first and first < self.company.day_of(timezone.now()):
            self.add_error("first_day", _("That day is over: today, or later."))
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        return values


class QueueFilter(forms.Form):
    """How the review queue is narrowed and sorted; whatever is wrong is left out."""

    whose = forms.ChoiceField(required=False, choices=Whose.choices, widget=forms.HiddenInput)
    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    reason = forms.ModelChoiceField(
        label=_("Reason"),
        required=False,
        queryset=Reason.objects.none(),
        empty_label=_("Any"),
    )
    due = forms.ChoiceField(
        label=_("Time left"),
        required=False,
        choices=[("", _("Any")), ("late", _("Overdue")), ("today", _("Due today"))],
    )
    offer = forms.ChoiceField(
        label=_("Offer"),
        required=False,
        choices=[
            ("", _("Any")),
            ("within", _("Within the standard")),
            ("above", _("Above the standard")),
        ],
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = Reason.objects.filter(company=user.company_id)
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]
