"""Logs: one line an event, JSON in production, readable elsewhere."""

from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# What comes every few seconds and says only that all is well.
ROUTINE = ("request_started", "/health/", "creditnotes.tasks.sweep")


def drop_routine(_logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
    """Leave out what hides the rest; warnings are never routine."""
    told = f"{event.get('event')} {event.get('request')}"
    if level == "info" and any(words in told for words in ROUTINE):
        raise structlog.DropEvent
    return event


def configure(production: bool, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's ``LOGGING`` that renders everybody's logs alike."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso" if production else "%H:%M:%S", utc=production),
    ]
    renderers: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if production
        else [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            drop_routine,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
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
