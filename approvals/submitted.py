"""What became of a submission, in a sentence for whoever submitted it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from creditnotes.models import CreditNote, Event


def submitted_words(note: CreditNote) -> str:
    """A sentence with a place for the ``note``; of one that was returned, where it goes and why."""
    submissions = list(note.events.filter(kind=Event.Kind.SUBMITTED).order_by("-pk")[:2])
    if submissions and submissions[0].payload.get("resumed"):
        return _(
            "%(note)s is submitted. Nothing was changed, so it goes back to the step that returned"
            " it; who said yes to it before need not say it again."
        )
    if len(submissions) > 1 and _was_changed(note):
        return _("%(note)s is submitted. It was changed, so it is decided from the start.")
    if len(submissions) > 1:
        return _("%(note)s is submitted. It is decided from the start.")
    return _("%(note)s is submitted.")


def _was_changed(note: CreditNote) -> bool:
    """Whether it is another content than what was last decided on."""
    last = note.decisions.last()
    return last is not None and last.content_hash != note.content_hash
