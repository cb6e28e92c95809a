"""The customer's appeal: once, in time, to somebody above whoever said no."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from approvals.appealing import Answer, above_of, answer_on, rest_of, sees_and_may
from approvals.models import Role
from approvals.planning import in_words_for, plan_for, roster_for
from approvals.recording import record_routing
from approvals.services.submitting import fix, routed_now, write_steps
from creditnotes import access, events
from creditnotes import services as creditnote_services
from creditnotes.content import Content, wish_of
from creditnotes.models import Appeal, Attachment, CreditNote, Event, Participant, State
from creditnotes.services import CONTENT, locked, require, require_transition
from creditnotes.services.rebilling import require_current
from creditnotes.timelimits import limits_passed_by
from customers.access import serves
from customers.errors import Incomplete, Refusal, WrongState
from customers.models import User


@transaction.atomic
def appeal(note: CreditNote, *, actor: User, moment: datetime, words: str) -> CreditNote:
    """Object to what was answered; answers the note that is looked at from now on.

    What was rejected is submitted anew as it was, one tier up, and reserves its credit again. A
    request that was declined becomes a draft of the manager's. Where a part was granted, a linked
    new note asks for the rest. Raises :class:`~customers.errors.WrongState` once it was appealed
    or its time is over, and :class:`~customers.errors.Refusal` where the credit is gone meanwhile.
    """
    note = locked(note)
    require(sees_and_may(actor, note))
    answer = _open_answer(note, moment)
    if not words.strip():
        raise Incomplete(_("Say why, please."), field="words")
    match answer.kind:
        case Appeal.Of.LESS:
            appealed = _ask_for_the_rest
        case Appeal.Of.DECLINE:
            appealed = _hand_to_manager
        case _:
            appealed = _ask_above
    with in_words_for(actor):
        return appealed(note, answer, actor, moment, words)


def _open_answer(note: CreditNote, moment: datetime) -> Answer:
    if hasattr(note, "appeal") or hasattr(note, "appeal_for"):
        raise WrongState(_("This was appealed already; an appeal is made once."))
    answer = answer_on(note)
    if answer is None:
        raise WrongState(_("There is nothing here to appeal."))
    if not answer.is_open(note.company.day_of(moment)):
        raise WrongState(_("The time to appeal is over since %(day)s.") % {"day": answer.until})
    return answer


def _ask_above(
    note: CreditNote, answer: Answer, actor: User, moment: datetime, words: str
) -> CreditNote:
    """The same content, decided on by somebody above whoever rejected it."""
    _record(note, answer, actor, moment, words)
    note.owner = _keeper_of(note)
    note.reopen()
    note.save()
    _submit_above(note, moment)
    events.record(
        note,
        Event.Kind.APPEALED,
        actor=actor,
        moment=moment,
        old_state=State.REJECTED,
        comment=words,
        payload={"kind": answer.kind},
    )
    return note


def _submit_above(note: CreditNote, moment: datetime) -> None:
    """Reserve it and route it anew, by the policy of now, past those who may approve no more."""
    prefetch_related_objects([note], *CONTENT)
    fix(note, moment)
    require_current(note)
    note.submitted_at, note.reserved_until = moment, None
    note.submissions += 1
    late = limits_passed_by(note, note.company.day_of(moment))
    routed, decides = routed_now(note, moment), Role.FINANCE if late else ""
    roster, above = roster_for(note, routed.policy), above_of(note)
    plan = plan_for(note, routed.policy, roster, routed.counted, decides, above)
    require_transition(note.submit, note)
    note.submit()
    note.changed_at = moment
    note.version += 1
    note.save()
    write_steps(note, routed, plan, moment, late)
    record_routing(note, routed, moment, plan=plan, roster=roster, decides=decides, above=above)


def _hand_to_manager(
    note: CreditNote, answer: Answer, actor: User, moment: datetime, words: str
) -> CreditNote:
    """A request that a rep declined: a manager has it now, and nothing is decided yet.

    Where no manager or rep of the customer's own can have it, it is nobody's, as it was once.
    """
    heir = _heir_of(note, answer)
    _record(note, answer, actor, moment, words)
    require_transition(note.reopen, note)
    note.owner = heir
    note.reopen()
    note.changed_at = moment
    note.version += 1
    note.save()
    if heir is None:
        note.request()
        note.save()
    events.record(
        note,
        Event.Kind.APPEALED,
        actor=actor,
        moment=moment,
        old_state=State.REJECTED,
        comment=words,
        payload={"kind": answer.kind},
    )
    return note


def _heir_of(note: CreditNote, answer: Answer) -> User | None:
    """The customer's manager, the superior of whoever declined, or the customer's own rep.

    None where none of them can have it, so that whoever serves the customer picks it up. Raises
    :class:`~customers.errors.Refusal` where nobody but whoever declined could.
    """
    declined_by, customer = answer.event.actor, note.customer
    superior = declined_by.reports_to if declined_by else None
    for person in (customer.department.manager, superior, customer.account_manager):
        if person != declined_by and _may_handle(person, note):
            return person
    others = creditnote_services.who_can_have(note)
    if not others.exclude(pk=declined_by.pk if declined_by else 0).exists():
        raise Refusal(_("There is nobody above those who decided on it. Please call us."))
    return None


def _keeper_of(note: CreditNote) -> User | None:
    """Whoever had it, while they are here and serve the customer; else the customer's own rep.

    None where neither does: nobody's work is left with somebody who left.
    """
    both = (note.owner, note.customer.account_manager)
    return next((person for person in both if _may_handle(person, note)), None)


def _may_handle(person: User | None, note: CreditNote) -> bool:
    """Whether they are here, compose credit notes and serve the customer."""
    if person is None or not person.is_active:
        return False
    return access.may_compose(person) and serves(person, note.customer)


def _ask_for_the_rest(
    note: CreditNote, answer: Answer, actor: User, moment: datetime, words: str
) -> CreditNote:
    """A linked new note about what was not granted, decided on above whoever granted the part."""
    rest = _new_note(note, actor, moment, words)
    rest.owner = _keeper_of(note)
    _record(note, answer, actor, moment, words, raised=rest)
    _submit_above(rest, moment)
    told = {"kind": answer.kind, "raised": rest.pk}
    events.record(
        rest,
        Event.Kind.APPEALED,
        actor=actor,
        moment=moment,
        old_state=State.DRAFT,
        comment=words,
        payload={"kind": answer.kind, "appeals": note.pk},
    )
    events.record(note, Event.Kind.APPEALED, actor=actor, moment=moment, payload=told)
    return rest


def _new_note(note: CreditNote, actor: User, moment: datetime, words: str) -> CreditNote:
    """The note that asks for the rest, with the evidence of the first one."""
    content = Content(
        reason=note.reason, claims=rest_of(note), customer_reference=note.customer_reference
    )
    started = creditnote_services.start(
        note.customer, content, actor=actor, moment=moment, currency=note.currency, quiet=True
    )
    for file in note.attachments.order_by("pk"):
        kept = {name: getattr(file, name) for name in ("name", "content_type", "size", "sha256")}
        Attachment.objects.create(
            note=started,
            file=file.file.name,
            added_by=file.added_by,
            link=file.link,
            added_at=file.added_at,
            **kept,
        )
    rest = locked(started)
    if actor.company_id is None:
        _request_quietly(rest, actor, moment, words)
    return rest


def _request_quietly(note: CreditNote, actor: User, moment: datetime, words: str) -> None:
    """The contact's own note is asked for like every other; whoever handled the first has it."""
    creditnote_services.move(
        note,
        note.request,
        Event.Kind.REQUESTED,
        actor=actor,
        moment=moment,
        comment=words,
        payload={"wish": wish_of(note)},
        quiet=True,
    )
    note.pick_up()
    note.save()


def _record(
    note: CreditNote,
    answer: Answer,
    actor: User,
    moment: datetime,
    words: str,
    raised: CreditNote | None = None,
) -> Appeal:
    """Write the appeal; whoever said no, and whoever appeals, took part from now on (rule 6)."""
    event, about = answer.event, raised or note
    said_no: User | None = event.actor or note.owner  # the policy let pass what a rep lowered
    if said_no is None:
        raise WrongState(_("There is nothing here to appeal."))
    for person in filter(None, (said_no, event.on_behalf_of, actor)):
        Participant.objects.get_or_create(note=about, user=person, defaults={"since": moment})
    return Appeal.objects.create(
        note=note,
        raised=raised,
        kind=answer.kind,
        words=words,
        against=said_no,
        against_for=event.on_behalf_of,
        said_no=event.comment,
        said_no_at=event.happened_at,
        appealed_by=actor,
        appealed_at=moment,
    )
