"""Logs: one line an event, JSON in production, readable elsewhere."""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

# What comes every few seconds and says only that all is well.
ROUTINE = ("request_started", "GET /health/", "creditnotes.tasks.sweep")


class NotRoutine(logging.Filter):
    """Leaves out what would hide the rest; warnings are never routine."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO:
            return True
        told = record.getMessage()
        return not any(words in told for words in ROUTINE)


#: Addresses that open something to whoever has them: what follows is as good as a password.
_OPENING = re.compile(
    r"(/(?:portal/invitations|portal/photos|decide|password/reset/key)/)[^/?\s\"]+"
)


def without_keys(_logger: Any, _method: str, told: EventDict) -> EventDict:
    """Leave out of the log what opens a page without a sign-in."""
    for name, value in told.items():
        if isinstance(value, str):
            told[name] = _OPENING.sub(r"\1…", value)
    return told


def configure(production: bool, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's ``LOGGING`` that renders everybody's logs alike."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        without_keys,
        structlog.processors.TimeStamper(fmt="iso" if production else "%H:%M:%S", utc=production),
    ]
    # Tracebacks without the values of variables: those are people's data.
    console = structlog.dev.ConsoleRenderer(
        colors=False,
        pad_event_to=0,
        pad_level=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
    renderers: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if production
        else [console]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"not routine": {"()": NotRoutine}},
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderers,
                ],
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["not routine"],
                "formatter": "structured",
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # They tell each task three times, and every table of every font.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
        },
    }
