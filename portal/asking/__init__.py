"""Asking for a credit: the request page, what was typed on it, and sending it once."""

from portal.asking.page import Asking
from portal.asking.typed import Typed

__all__ = ["Asking", "Typed"]
