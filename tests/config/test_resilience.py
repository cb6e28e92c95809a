"""Without the broker, pages are as quick as with it and nothing breaks."""

import time
from collections.abc import Iterator

import pytest
from celery import Celery
from django.conf import settings
from django.test import Client
from kombu.exceptions import OperationalError

from config.cache import ForgivingRedisCache

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
def lost_broker() -> Iterator[Celery]:
    """An app like the product's, whose broker does not answer."""
    lost = Celery("lost", broker=NOWHERE, set_as_current=False)
    lost.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    lost.conf.task_publish_retry = settings.CELERY_TASK_PUBLISH_RETRY
    yield lost
    lost.close()


def test_a_lost_broker_is_noticed_within_a_second(lost_broker: Celery) -> None:
    started = time.monotonic()
    with pytest.raises(OperationalError):
        lost_broker.send_task("anything")
    assert time.monotonic() - started < 1


def test_a_lost_cache_is_an_empty_one() -> None:
    cache = ForgivingRedisCache(NOWHERE, {})
    cache.set("key", 1)
    assert cache.get("key", "nothing") == "nothing"
    assert cache.get_many(["key"]) == {}
    assert cache.set_many({"key": 1}) == ["key"]
    assert not cache.has_key("key")
    assert not cache.delete("key")
    assert not cache.touch("key")
    assert cache.add("key", 1), "as the first to come"
    assert cache.get_or_set("key", 7) == 7


@pytest.mark.django_db
def test_health_with_both(client: Client) -> None:
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "broker": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_health_without_the_broker_is_still_health(
    client: Client, lost_broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.health.app", lost_broker)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "broker": "away"})


@pytest.mark.django_db
def test_health_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.health._database_answers", lambda: False)
    assert client.get("/health/").status_code == 503
