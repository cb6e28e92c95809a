"""Why a credit note went where it did, years later too: a page, and the same as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals.course import Stop, course_of
from approvals.explaining import Explanation, Said, explanation_of
from approvals.views.finding import note_or_404
from customers.spreadsheets import as_csv


@require_GET
def explained(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The policies looked at, the facts then, whom each submission asked, what they decided."""
    note = note_or_404(request, pk)
    explanations = [explanation_of(each) for each in note.routings.order_by("submission")]
    course = course_of(note, timezone.now())
    if request.GET.get("as") == "csv":
        header = [_("Submission"), _("What"), _("Subject"), _("Wanted"), _("Then"), _("Result")]
        return as_csv(f"{note.reference}-why", header, _rows(explanations, course))
    context = {
        "note": note,
        "explanations": explanations,
        "course": course,
        "currency": note.company.base_currency,
    }
    return render(request, "approvals/explained.html", context)


def _rows(explanations: Sequence[Explanation], course: Sequence[Stop]) -> Iterator[list[Any]]:
    for each in explanations:
        yield from _policies(each)
        for fact in each.facts:
            yield [each.submission, _("Fact"), fact.label, "", _there(fact), ""]
        yield from _chain(each)
    for stop in course:
        yield from _because(stop)
        yield from _given(stop)
        yield from _escalated(stop)
        yield from _decided(stop)


def _policies(explanation: Explanation) -> Iterator[list[Any]]:
    number = explanation.submission
    for policy in explanation.policies:
        name = f"{policy.name} ({policy.version})"
        result = _("applies") if policy.holds else _("does not apply")
        yield [number, _("Policy"), name, "", "", result]
        for check in policy.checks:
            held = _("holds") if check.holds else _("does not hold")
            subject = f"{name}: {check.label}"
            yield [number, _("Condition"), subject, _wanted(check), _there(check), held]


def _chain(explanation: Explanation) -> Iterator[list[Any]]:
    if explanation.automatic is not None:
        yield [
            explanation.submission,
            _("Auto-approval limit"),
            "",
            explanation.automatic,
            "",
            _("approved at once"),
        ]
    if explanation.above:
        who, limit = explanation.above
        limit_then = _("no limit") if limit is None else str(limit)
        yield [explanation.submission, _("Appeal"), who, _("above them"), limit_then, ""]
    for step in explanation.chain:
        result = _("decides") if step.is_final else _("endorses")
        for name, kind, limit in step.people:
            then = {"limit": limit, "unlimited": _("no limit")}.get(kind, "")
            role = f"{step.position}. {step.role}"
            yield [explanation.submission, _("Step"), name, role, then, result]
    for role, reason in explanation.skipped:
        yield [explanation.submission, _("Left out"), role, "", "", reason]


def _because(stop: Stop) -> Iterator[list[Any]]:
    if stop.because:
        step = stop.step
        role = f"{step.position}. {step.get_role_display()}"
        yield [step.submission, _("Why"), role, "", "", stop.because]


def _given(stop: Stop) -> Iterator[list[Any]]:
    for before, after in stop.given:
        instead_of = _("in place of %(who)s") % {"who": before.name}
        given_by = after.given_by or ""
        what = _("Reassigned") if given_by else _("Taken over")
        yield [stop.step.submission, what, after.name, instead_of, given_by, after.comment]


def _escalated(stop: Stop) -> Iterator[list[Any]]:
    if stop.step.escalated_at is None:
        return
    people = ", ".join(stop.escalated_to)
    result = _("nobody had decided in time") if people else _("nobody comes after them")
    when = _when(stop.step.escalated_at)
    yield [stop.step.submission, _("Escalated"), people, "", when, result]


def _decided(stop: Stop) -> Iterator[list[Any]]:
    decision = stop.decision
    if decision is None:
        return
    who = str(decision.actor or _("by policy"))
    if decision.on_behalf_of:
        told = {"who": who, "principal": decision.on_behalf_of}
        who = _("%(who)s for %(principal)s") % told
    when = _when(decision.decided_at)
    yield [stop.step.submission, _("Decision"), who, decision.limit, when, decision.words]


def _when(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes")


def _wanted(check: Said) -> str:
    if check.measure == "words":
        return check.wanted
    return (
        f"{'' if check.least is None else check.least}…{'' if check.most is None else check.most}"
    )


def _there(check: Said) -> Any:
    if check.measure == "words":
        return check.there
    return _("not known") if check.figure is None else check.figure
