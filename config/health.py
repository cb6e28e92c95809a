"""What a load balancer or a container asks: may requests come here?"""

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from kombu.exceptions import OperationalError

from config.celery import app

log = structlog.get_logger(__name__)


@login_not_required
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """503 without the database. Without the broker work waits, but pages are fine: 200."""
    database, broker = _database_answers(), _broker_answers()
    facts = {"database": "ok" if database else "away", "broker": "ok" if broker else "away"}
    return JsonResponse(facts, status=200 if database else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.error("database_away", reason=str(error))
        return False
    return True


def _broker_answers() -> bool:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=0)
    except OperationalError:
        return False
    return True
