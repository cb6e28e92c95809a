"""Live updates: a real process with real database and broker tells the right pages, at once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import redis
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone

from approvals import services as approvals
from approvals.models import Delegation
from config.embedded import _valkey
from config.live.access import ask
from config.live.hub import Listener
from config.live.stream import tell
from creditnotes import services as creditnotes
from creditnotes.models import CreditNote, News
from customers import access, settling
from customers.models import Company, Invoice, OpenItem, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT
from tests.listening import LiveProcess, Page, live_process, run
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], Client]
#: How long a stranger's page is watched before silence counts as silence.
A_WHILE = 0.5


@pytest.fixture(scope="module")
def processes() -> Iterator[ExitStack]:
    """What runs until the last test of this file."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def live(
    process_environment: dict[str, str], processes: ExitStack, _running: dict[str, LiveProcess]
) -> Iterator[LiveProcess]:
    """One process for all tests; each leaves it without open pages."""
    if "live" not in _running:
        _running["live"] = processes.enter_context(live_process(process_environment))
    yield _running["live"]
    _running["live"].close_pages()


@pytest.fixture(scope="module")
def _running() -> dict[str, LiveProcess]:
    return {}


def seconds_until(page: Page, word: str, done_at: float) -> float:
    """How long after ``done_at`` the page was told."""
    wait_for(lambda: word in page.told, f"{word!r}; told was {page.told}")
    return page.moments[page.words.index(word)] - done_at


def test_whoever_follows_a_note_is_told_within_a_second_and_no_stranger(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    manager: User,
    other_rep: User,
    foreign_rep: User,
    stranger_contact: User,
) -> None:
    note = factories.submitted_note(invoice, rep)
    elsewhere = factories.draft_note(invoice, rep)
    following = live.open(client_of(rep), note.pk)
    besides = live.open(client_of(rep), elsewhere.pk)
    strangers = [
        live.open(client_of(user), note.pk) for user in (other_rep, foreign_rep, stranger_contact)
    ]
    done_at = time.monotonic()
    approvals.approve(note, actor=manager, moment=MOMENT)
    assert seconds_until(following, f"note {note.pk}", done_at) < 1
    time.sleep(A_WHILE)
    assert [page.told for page in [besides, *strangers]] == [[], [], [], []]


def test_whoever_lost_sight_of_a_note_since_is_told_nothing_more(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    colleague: User,
    contact: User,
) -> None:
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    theirs, still = live.open(client_of(contact), note.pk), live.open(client_of(rep), note.pk)
    access.stop_representing(contact, invoice.customer)
    creditnotes.pick_up(note, actor=colleague, moment=MOMENT)
    seconds_until(still, f"note {note.pk}", 0)
    time.sleep(A_WHILE)
    assert theirs.told == []


def test_a_contact_follows_their_own_request(
    live: LiveProcess, client_of: SignIn, invoice: Invoice, rep: User, contact: User
) -> None:
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    page = live.open(client_of(contact), note.pk)
    done_at = time.monotonic()
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    assert seconds_until(page, f"note {note.pk}", done_at) < 1


def test_a_contact_hears_for_whom_it_waits_now(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    colleague: User,
    contact: User,
) -> None:
    """A colleague's name is seen where the company shows names, so the page follows it."""
    Company.objects.update(shows_names=True)
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    deliver_all()
    page = live.open(client_of(contact), note.pk)
    done_at = time.monotonic()
    creditnotes.hand_over(note, actor=rep, to=colleague, moment=MOMENT)
    assert seconds_until(page, f"note {note.pk}", done_at) < 1


def test_a_contact_hears_what_their_credit_is_applied_to(
    live: LiveProcess, client_of: SignIn, invoice: Invoice, rep: User, contact: User
) -> None:
    note = factories.unapply(factories.issued_note(invoice, rep))
    page = live.open(client_of(contact), note.pk)
    credit = OpenItem.objects.get(entry__credit_document__note=note)
    owed = OpenItem.objects.get(entry__invoice=invoice)
    done_at = time.monotonic()
    settling.apply(credit, owed, Decimal("1.00"), MOMENT.date())
    assert seconds_until(page, f"note {note.pk}", done_at) < 1


def test_a_contact_hears_nothing_of_what_is_internal(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    colleague: User,
    manager: User,
    contact: User,
) -> None:
    """Neither while they listen, nor on a page that they open just after."""
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    deliver_all()
    time.sleep(A_WHILE)  # what they may hear is told
    began = time.monotonic()
    theirs, ours = live.open(client_of(contact), note.pk), live.open(client_of(rep), note.pk)
    creditnotes.remark(note, actor=rep, moment=MOMENT, text="They always say so.")
    creditnotes.hand_over(note, actor=rep, to=colleague, moment=MOMENT)
    deliver_all()
    seconds_until(ours, f"note {note.pk}", 0)
    time.sleep(A_WHILE)
    assert theirs.told == []
    age = time.monotonic() - began + 0.1
    after, our_own = (live.open(client_of(user), note.pk, age=age) for user in (contact, rep))
    seconds_until(our_own, f"note {note.pk}", 0)
    time.sleep(A_WHILE)
    assert after.told == []
    factories.policy(invoice.company)
    approvals.submit(CreditNote.objects.get(), actor=colleague, moment=MOMENT)  # they are told
    seconds_until(theirs, f"note {note.pk}", 0)


def test_contacts_get_no_news_of_what_is_internal(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    manager: User,
    contact: User,
) -> None:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    approvals.submit(CreditNote.objects.get(), actor=rep, moment=MOMENT)
    deliver_all()
    News.objects.all().delete()
    page = live.open(client_of(contact), note.pk)
    approvals.return_for_changes(note, actor=manager, moment=MOMENT, comment="Too much.")
    deliver_all()
    time.sleep(A_WHILE)
    assert page.told == [f"note {note.pk}"]  # it waits for sales again
    assert News.objects.filter(user=rep).exists()
    assert not News.objects.filter(user=contact).exists()


def test_the_queue_of_who_may_decide_and_of_their_stand_in(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    colleague: User,
    manager: User,
    other_manager: User,
) -> None:
    Delegation.objects.create(
        delegator=manager,
        delegate=other_manager,
        starts_at=timezone.now() - timedelta(hours=1),
        ends_at=timezone.now() + timedelta(hours=1),
    )
    pages = [live.open(client_of(user)) for user in (manager, other_manager, colleague)]
    note = factories.draft_note(invoice, rep)
    factories.policy(invoice.company)
    done_at = time.monotonic()
    approvals.submit(note, actor=rep, moment=MOMENT)
    assert seconds_until(pages[0], "queue", done_at) < 1
    assert seconds_until(pages[1], "queue", done_at) < 1
    time.sleep(A_WHILE)
    assert pages[2].told == []


def test_news_reach_the_people_they_are_for(
    live: LiveProcess,
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    colleague: User,
    manager: User,
) -> None:
    note = factories.submitted_note(invoice, rep)
    deliver_all()
    mine, theirs = live.open(client_of(rep)), live.open(client_of(colleague))
    approvals.approve(note, actor=manager, moment=MOMENT)
    done_at = time.monotonic()
    deliver_all()
    assert News.objects.filter(user=rep).exists()
    assert seconds_until(mine, "news", done_at) < 5  # the PDF is rendered in between, here
    assert theirs.told == []


def test_news_seen_on_one_page_are_seen_on_the_others(
    live: LiveProcess, client_of: SignIn, invoice: Invoice, rep: User
) -> None:
    News.objects.create(user=rep, event=factories.draft_note(invoice, rep).events.get())
    browser = client_of(rep)
    page = live.open(browser)
    browser.post("/news/")
    done_at = time.monotonic()
    assert seconds_until(page, "news", done_at) < 1


def test_what_happened_while_the_page_was_on_its_way(
    live: LiveProcess, client_of: SignIn, invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    early = live.open(client_of(rep), note.pk)
    began = time.monotonic()
    approvals.approve(note, actor=manager, moment=MOMENT)
    seconds_until(early, f"note {note.pk}", 0)
    older = live.open(client_of(rep), note.pk, age=time.monotonic() - began + 0.1)
    newer = live.open(client_of(rep), note.pk, age=0)
    long_ago = live.open(client_of(rep), note.pk, age=3600)
    seconds_until(older, f"note {note.pk}", 0)
    seconds_until(long_ago, "everything", 0)
    time.sleep(A_WHILE)
    assert newer.told == []


def test_nothing_is_told_of_a_change_that_was_undone(
    live: LiveProcess, client_of: SignIn, invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    page = live.open(client_of(rep), note.pk)
    with transaction.atomic():
        approvals.approve(note, actor=manager, moment=MOMENT)
        transaction.set_rollback(True)
    time.sleep(A_WHILE)
    assert page.told == []
    assert CreditNote.objects.get().state == "submitted"


# Who is let in --------------------------------------------------------------------------


def test_nobody_who_is_not_signed_in(live: LiveProcess, client_of: SignIn, rep: User) -> None:
    forged = Client()
    forged.cookies["sessionid"] = "0123456789abcdefghijklmnopqrstuv"
    left = client_of(rep)
    rep.is_active = False
    rep.save()
    assert [live.open(client).status for client in (Client(), forged, left)] == [401, 401, 401]


def test_only_pages_of_the_site(live: LiveProcess, client_of: SignIn, rep: User) -> None:
    own = live.open(client_of(rep), Origin="http://127.0.0.1:8000")
    assert own.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8000"
    assert own.headers["Access-Control-Allow-Credentials"] == "true"
    other = live.open(client_of(rep), Origin="http://127.0.0.1:8001")
    assert other.status == 403
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize("query", ["note=x", "note=0", f"note={2**70}", "age=soon"])
def test_what_no_page_sends(live: LiveProcess, query: str) -> None:
    assert live.get(f"/live/?{query}")[0] == 400


def test_more_notes_than_a_page_may_follow(live: LiveProcess, client_of: SignIn, rep: User) -> None:
    assert live.open(client_of(rep), *range(1, 102)).status == 400


def test_other_addresses(live: LiveProcess) -> None:
    assert live.get("/live/nowhere/")[0] == 404
    assert live.get("/live/", "POST")[0] == 405


def test_one_sign_in_does_not_take_all_the_room(
    live: LiveProcess, client_of: SignIn, rep: User, colleague: User
) -> None:
    browser = client_of(rep)
    pages = [live.open(browser) for _ in range(20)]
    assert live.open(browser).status == 429
    assert live.open(client_of(colleague)).status == 200
    pages[0].close()
    wait_for(lambda: live.open(browser).status == 200, "room again")


# Who has to go --------------------------------------------------------------------------


def test_signing_out_ends_the_stream_of_that_sign_in_alone(
    live: LiveProcess, client_of: SignIn, rep: User
) -> None:
    here, there = client_of(rep), client_of(rep)
    ending, staying = live.open(here), live.open(there)
    here.post("/accounts/logout/")
    wait_for(lambda: ending.has_ended, "the end of the stream", 1)
    assert ending.told == ["goodbye"]
    time.sleep(A_WHILE)
    assert not staying.has_ended


def test_a_session_that_expires_ends_the_stream(
    client_of: SignIn, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is heard of that; the stream itself looks at the session now and then."""
    monkeypatch.setattr("config.live.stream.BEAT", 0.1)
    session = client_of(rep).session.session_key
    assert session
    said: list[str] = []

    async def send(message: Any) -> None:
        said.append(message["body"].decode())
        if len(said) == 3:
            await ask(Session.objects.update, expire_date=timezone.now())

    run(asyncio.wait_for(tell(Listener(rep.pk, session), send), PATIENCE))
    told = [word.removeprefix("data: ").strip() for word in said]
    assert told[:3] == ["hello", "beat", "beat"]
    assert told[-1] == "goodbye"


# What goes wrong ------------------------------------------------------------------------


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a broker of this test's own, which can be killed and started again."""
    path = tmp_path / "broker.sock"
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
        command = [str(_valkey()), *options]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        client = redis.Redis(unix_socket_path=str(path))

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        wait_for(answers, "the broker")
        client.close()
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_killed_broker_is_survived(
    broker: Callable[[], subprocess.Popen[bytes]],
    process_environment: dict[str, str],
    tmp_path: Path,
    client_of: SignIn,
    rep: User,
) -> None:
    address = {"REDIS_URL": f"unix://{tmp_path}/broker.sock"}
    running = broker()
    with live_process(process_environment | address) as live:
        page = live.open(client_of(rep))
        running.kill()
        running.wait()
        seconds_until(page, "away", 0)
        assert live.get("/live/health/") == (200, {"feed": "away"})
        seconds_until(live.open(client_of(rep)), "away", 0)
        broker()
        seconds_until(page, "everything", 0)
        wait_for(lambda: live.hears, "the feed")
        assert not page.has_ended


def test_a_broker_that_was_away_for_a_moment_was_away(
    broker: Callable[[], subprocess.Popen[bytes]],
    process_environment: dict[str, str],
    tmp_path: Path,
    client_of: SignIn,
    rep: User,
) -> None:
    """Whoever connects again behind our back would hide that something was missed."""
    address = {"REDIS_URL": f"unix://{tmp_path}/broker.sock"}
    running = broker()
    with live_process(process_environment | address) as live:
        page = live.open(client_of(rep))
        subscribers = redis.Redis(unix_socket_path=f"{tmp_path}/broker.sock")
        subscribers.client_kill_filter(_type="pubsub")
        subscribers.close()
        seconds_until(page, "everything", 0)
        wait_for(lambda: live.hears, "the feed")
        assert running.poll() is None


def test_stopping_is_quick_and_clean_with_open_pages(
    process_environment: dict[str, str], client_of: SignIn, rep: User
) -> None:
    with live_process(process_environment) as live:
        pages = [live.open(client_of(rep)) for _ in range(5)]
        began = time.monotonic()
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(5) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 2
        wait_for(lambda: all(page.has_ended for page in pages), "the end of all streams")


def test_pages_come_and_go_and_leave_nothing_behind(
    live: LiveProcess, client_of: SignIn, invoice: Invoice, rep: User, manager: User
) -> None:
    note, browser = factories.submitted_note(invoice, rep), client_of(rep)

    def visit() -> None:
        for _ in range(10):
            live.open(browser, note.pk).close()

    visitors = [Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    page = live.open(browser, note.pk)
    approvals.approve(note, actor=manager, moment=MOMENT)
    seconds_until(page, f"note {note.pk}", 0)
