"""The demo's mail: one file a message, in a folder that a page shows."""

import time
from collections.abc import Sequence
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes each message as ``<nanoseconds>-<random>.eml``, so that names sort by time.

    A file appears whole or not at all: whoever reads the folder never meets half a message.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = settings.DEMO_MAIL_ROOT
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns()}-{uuid4().hex[:8]}"
            draft = folder / f".{name}"
            draft.write_bytes(message.message().as_bytes())
            draft.replace(folder / f"{name}.eml")
        return len(email_messages)
