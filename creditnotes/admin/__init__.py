"""Credit notes on the admin site: reasons to tune, everything else to be looked at."""

from creditnotes.admin import notes, reasons, record

__all__ = ["notes", "reasons", "record"]
