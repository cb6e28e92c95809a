"""The refusals of the house: each has one meaning, and says why in the user's language."""

from __future__ import annotations

from django.utils.functional import Promise


class Refusal(Exception):
    """A rule said no. ``str()`` is a sentence for the person who asked.

    ``field`` names the form field it belongs to, where there is one; ``line`` the
    position (from zero) of the credit line within what was sent.
    """

    status = 422

    def __init__(
        self, message: str | Promise, *, field: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.line = line

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refusal):
    """The person may see this, but may not do it."""

    status = 403


class WrongState(Refusal):
    """The document has moved on; the action is not possible in its state."""

    status = 409


class StaleContent(Refusal):
    """The page was made before somebody changed the document."""

    status = 409


class OverCredit(Refusal):
    """More would be credited than was invoiced."""


class Incomplete(Refusal):
    """Something that the rules ask for is missing: a line, a photo, a comment."""
