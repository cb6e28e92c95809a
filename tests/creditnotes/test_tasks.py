"""The outbox: what a change asks for happens once, later if need be, and never for nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from celery import Celery
from django.conf import LazySettings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from approvals import services as approval_services
from config.embedded import _answers, _valkey
from creditnotes import services, tasks
from creditnotes.models import CreditNote, Dispatch, DocumentFile, Event, News, State
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all, mail_server
from tests.racing import at_once, refusals
from tests.waiting import wait_for

Outbox = list[EmailMultiAlternatives]
ROOT = Path(__file__).resolve().parents[2]


def undone(note: CreditNote) -> list[str]:
    """The consumers that have not acted yet."""
    waiting = Dispatch.objects.filter(event__note=note, done_at__isnull=True)
    return sorted(waiting.values_list("consumer", flat=True))


def time_passes(note: CreditNote) -> None:
    """What waits for its next attempt is due, and past the grace of the first."""
    waiting = Dispatch.objects.filter(event__note=note, done_at__isnull=True)
    waiting.update(due_at=timezone.now() - 2 * tasks.GRACE)


# Delivering -----------------------------------------------------------------------------


def test_a_change_asks_for_its_effects_in_its_own_transaction(
    rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    assert undone(note) == ["approver_mail"]
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    assert undone(note) == ["approver_mail", "issue", "news", "rep_mail", "requester_mail"]


def test_what_is_delivered_again_is_done_once(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    mails, news = message_ids(mailoutbox), News.objects.count()
    for dispatch in Dispatch.objects.all():
        tasks.deliver(dispatch.pk)
    assert mails
    assert (message_ids(mailoutbox), News.objects.count()) == (mails, news)
    assert Event.objects.filter(note=note, kind=Event.Kind.ISSUED).count() == 1
    assert set(Dispatch.objects.values_list("attempts", flat=True)) == {1}


def message_ids(outbox: Outbox) -> set[str]:
    """What tells mails apart; a reader's program shows two of one name once."""
    return {message.extra_headers["Message-ID"] for message in outbox}


def test_every_effect_may_happen_twice_without_harm(
    rep: User, manager: User, contact: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    """As after a worker that was killed before it could note what it had done."""
    note = factories.submitted_note(invoice, rep)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    mails, news = len(mailoutbox), News.objects.count()
    Dispatch.objects.update(done_at=None, attempts=0)
    deliver_all()
    assert (len(mailoutbox), News.objects.count()) == (mails, news)
    assert Event.objects.filter(note=note, kind=Event.Kind.ISSUED).count() == 1
    assert DocumentFile.objects.count() == 1


def test_what_failed_is_kept_and_tried_again_later(
    rep: User, invoice: Invoice, mailoutbox: Outbox, settings: LazySettings
) -> None:
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    note = factories.submitted_note(invoice, rep)
    deliver_all()
    dispatch = Dispatch.objects.get(event__note=note)
    assert dispatch.done_at is None
    assert "ConnectionRefusedError" in dispatch.last_error
    assert dispatch.due_at > timezone.now() + tasks.GRACE / 2
    tasks.sweep()
    assert Dispatch.objects.get(pk=dispatch.pk).attempts == 1  # not yet
    settings.EMAIL_BACKEND = backend
    tasks.deliver(dispatch.pk)  # offered twice
    assert Dispatch.objects.get(pk=dispatch.pk).attempts == 1  # still not
    time_passes(note)
    assert tasks.sweep() == 1
    tasks.deliver(dispatch.pk)  # as the worker does to which the sweep offered it
    assert undone(note) == []
    assert Dispatch.objects.get(pk=dispatch.pk).last_error == ""
    assert len(mailoutbox) == 1


def test_what_a_sweep_has_offered_the_next_one_leaves_alone(rep: User, invoice: Invoice) -> None:
    note = factories.submitted_note(invoice, rep)
    time_passes(note)
    assert (tasks.sweep(), tasks.sweep()) == (1, 0)
    time_passes(note)  # nobody took it
    assert tasks.sweep() == 1


def test_the_sweep_survives_a_broker_that_goes_away(
    rep: User, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = factories.submitted_note(invoice, rep)
    time_passes(note)
    monkeypatch.setattr("customers.outbox.current_app", _nobodys_broker())
    assert tasks.sweep() == 1
    assert undone(note) == ["approver_mail"]
    time_passes(note)
    assert tasks.sweep() == 1


def _nobodys_broker() -> Celery:
    """An app whose broker does not exist."""
    app = Celery(broker="redis+socket:///nowhere/valkey.sock", set_as_current=False)
    app.conf.broker_transport_options = {"max_retries": 0}
    app.conf.task_publish_retry = False
    return app


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_act_once(rep: User, invoice: Invoice, mailoutbox: Outbox) -> None:
    factories.submitted_note(invoice, rep)
    dispatch = Dispatch.objects.get(consumer="approver_mail")
    outcomes = at_once(*[lambda: tasks.deliver(dispatch.pk)] * 4)
    assert not refusals(outcomes)
    assert len(mailoutbox) == 1
    assert Dispatch.objects.get(pk=dispatch.pk).done_at is not None


def test_attempts_are_spaced_further_and_further_and_never_given_up() -> None:
    waits = [tasks.wait_after(attempts) for attempts in (1, 2, 3, 9, 10, 10_000)]
    assert [wait.total_seconds() for wait in waits] == [10, 20, 40, 2560, 3600, 3600]


def test_one_failing_effect_does_not_hold_up_the_others(
    rep: User, manager: User, invoice: Invoice, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    note = factories.submitted_note(invoice, rep)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    note = CreditNote.objects.get(pk=note.pk)
    assert note.state == State.ISSUED
    assert DocumentFile.objects.filter(document__note=note).exists()
    assert undone(note) == ["rep_mail"]


# Nothing for what did not happen ----------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_for_a_change_that_rolled_back(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    before = Dispatch.objects.count()
    with transaction.atomic():
        approval_services.approve(note, actor=manager, moment=factories.MOMENT)
        assert Dispatch.objects.count() > before
        transaction.set_rollback(True)
    assert Dispatch.objects.count() == before
    assert tasks.sweep() == 0
    assert mailoutbox == []
    assert CreditNote.objects.get(pk=note.pk).state == State.SUBMITTED


def test_replayed_history_tells_nobody(rep: User, invoice: Invoice, mailoutbox: Outbox) -> None:
    note = factories.draft_note(invoice, rep, quiet=True)
    factories.policy(invoice.company)
    approval_services.submit(note, actor=rep, moment=factories.MOMENT, quiet=True)
    deliver_all()
    assert mailoutbox == []


def test_the_sweep_releases_reservations_whose_time_is_up(
    rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    approval_services.return_for_changes(
        note, actor=manager, moment=factories.MOMENT, comment="Please look."
    )
    tasks.sweep()
    note = CreditNote.objects.get(pk=note.pk)
    assert note.hold == "none"  # returned in March 2026, long ago by any clock


# A broker that goes away, and a worker that is a process of its own ----------------------------


class Broker:
    """An embedded Valkey for one test, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        place = ["--port", "0", "--unixsocket", str(self.socket)]
        self.process = subprocess.Popen(
            [_valkey(), *place, "--save", "", "--appendonly", "no"],
            cwd=self.socket.parent,
            stdout=subprocess.DEVNULL,
        )
        wait_for(lambda: _answers(self.socket), "the broker")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def broker() -> Iterator[Broker]:
    with TemporaryDirectory(prefix="cd-", dir="/tmp") as folder:
        made = Broker(Path(folder))
        made.start()
        yield made
        made.stop()


@contextmanager
def worker(environment: dict[str, str], *options: str) -> Iterator[None]:
    """A real Celery worker with two children."""
    command = [sys.executable, "-m", "celery", "--app", "config", "worker", "--concurrency=2"]
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    process = subprocess.Popen([*command, *quick, *options], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:  # it may wait for a child that was killed
            process.kill()
            process.wait()


APPROVE = """
import sys, django
django.setup()
from django.utils import timezone
from approvals import services
from creditnotes.models import CreditNote
from customers.models import User
note, manager = CreditNote.objects.get(pk=sys.argv[1]), User.objects.get(pk=sys.argv[2])
services.approve(note, actor=manager, moment=timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_an_approval_while_the_broker_is_down_is_not_lost(
    rep: User,
    manager: User,
    contact: User,
    invoice: Invoice,
    broker: Broker,
    process_environment: dict[str, str],
    settings: LazySettings,
) -> None:
    """The broker stops, a manager approves, the broker starts: issue, PDF and mails follow."""
    note = factories.submitted_note(invoice, rep)
    Dispatch.objects.update(done_at=timezone.now())  # this is about the approval alone
    with mail_server() as (mailbox, port):
        environment = process_environment | {
            "REDIS_URL": broker.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}?tls=no",
        }
        with worker(environment):
            broker.stop()
            began = time.monotonic()
            subprocess.run(
                [sys.executable, "-c", APPROVE, str(note.pk), str(manager.pk)],
                cwd=ROOT,
                env=environment,
                check=True,
            )
            assert time.monotonic() - began < 60  # nobody waits for a broker that is not there
            assert CreditNote.objects.get(pk=note.pk).state == State.APPROVED
            assert undone(note) == ["issue", "news", "rep_mail", "requester_mail"]
            assert mailbox.messages == []

            broker.start()
            time_passes(note)
            _ask_for_sweep(broker)
            wait_for(lambda: CreditNote.objects.get(pk=note.pk).state == State.ISSUED, "the issue")
            wait_for(lambda: len(mailbox.messages) == 2, "both mails")
            wait_for(lambda: undone(note) == [], "all of it done")
        assert sorted(mailbox.sent_to()) == sorted([rep.email, contact.email])
    assert DocumentFile.objects.filter(document__note=note).count() == 1
    assert News.objects.filter(user=rep, event__note=note).exists()


def _ask_for_sweep(broker: Broker) -> None:
    """What beat does every 15 seconds."""
    options = {"global_keyprefix": os.environ["REDIS_PREFIX"]}
    app = Celery(broker=broker.url.replace("unix://", "redis+socket://"), set_as_current=False)
    app.conf.broker_transport_options = options

    def sent() -> bool:
        try:
            app.send_task("creditnotes.tasks.sweep")
        except OperationalError:
            return False
        return True

    wait_for(sent, "the mails")
    app.close()


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_up_it_all_happens_by_itself(
    rep: User,
    manager: User,
    contact: User,
    invoice: Invoice,
    broker: Broker,
    process_environment: dict[str, str],
) -> None:
    note = factories.submitted_note(invoice, rep)
    Dispatch.objects.update(done_at=timezone.now())
    with mail_server() as (mailbox, port):
        environment = process_environment | {
            "REDIS_URL": broker.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}?tls=no",
        }
        with worker(environment):
            subprocess.run(
                [sys.executable, "-c", APPROVE, str(note.pk), str(manager.pk)],
                cwd=ROOT,
                env=environment,
                check=True,
            )
            wait_for(lambda: undone(note) == [] and len(mailbox.messages) == 2, "both mails")
    note = CreditNote.objects.get(pk=note.pk)
    assert note.state == State.ISSUED
    (document,) = [m for who, m in mailbox.messages if who == contact.email]
    (attached,) = document.iter_attachments()
    assert attached.get_content().startswith(b"%PDF-")
    assert services.issue(note, actor=None, moment=timezone.now()).state == State.ISSUED


# A worker that is killed in mid-task ------------------------------------------------------------


def dispatched(note: CreditNote, consumer: str) -> Dispatch:
    """One more effect of the note's start, due and past its grace."""
    return Dispatch.objects.create(
        event=note.events.get(kind=Event.Kind.STARTED),
        consumer=consumer,
        due_at=timezone.now() - 3 * tasks.GRACE,
    )


@pytest.mark.django_db(transaction=True)
def test_what_kills_its_worker_is_counted_and_holds_up_nothing_else(
    rep: User,
    invoice: Invoice,
    broker: Broker,
    process_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """The oldest dispatch kills whoever takes it; another did so once; a mail waits behind."""
    note = factories.submitted_note(invoice, rep)
    poison, once = dispatched(note, "poison"), dispatched(note, "killed_once")
    time_passes(note)
    with mail_server() as (mailbox, port):
        environment = process_environment | {
            "REDIS_URL": broker.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}?tls=no",
            "DIED_ONCE": str(tmp_path / "died"),
        }
        with worker(environment, "--include=tests.creditnotes.deadly"):
            _ask_for_sweep(broker)
            wait_for(lambda: len(mailbox.messages) == 1, "a mail")
            wait_for(lambda: _attempts(poison) == 1 and _attempts(once) == 1, "an attempt at each")
            assert not News.objects.exists()  # half of the work left nothing behind
            time_passes(note)
            asked_again = timezone.now()
            _ask_for_sweep(broker)
            wait_for(lambda: _attempts(poison) == 2, "a second attempt")
            wait_for(lambda: undone(note) == ["poison"], "all but one")
    assert News.objects.count() == 1
    assert _attempts(once) == 2
    poison.refresh_from_db()
    assert poison.last_error == tasks.UNFINISHED
    assert poison.due_at > asked_again


def _attempts(dispatch: Dispatch) -> int:
    return Dispatch.objects.get(pk=dispatch.pk).attempts
