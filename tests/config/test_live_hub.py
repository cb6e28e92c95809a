"""Who is told what, without network or database."""

from __future__ import annotations

import pytest

from config.live.hub import MEMORY, Hub, Listener
from customers.live import Change
from tests.listening import run


class Clock:
    """Time that stands still until a test moves it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(clock: Clock) -> Hub:
    """A hub that has heard everything for longer than it remembers."""
    made = Hub(clock)
    made.begin_to_hear()
    clock.now += 2 * MEMORY
    return made


def page(hub: Hub, user: int, *notes: int, age: float = 0) -> Listener:
    listener = Listener(user, f"session of {user}", frozenset(notes))
    hub.add(listener, age)
    return listener


def told(listener: Listener) -> list[str]:
    return run(listener.words(0))


def test_a_word_is_for_the_people_it_names(hub: Hub) -> None:
    first, second, other = page(hub, 1), page(hub, 1), page(hub, 2)
    hub.tell("news", {1})
    assert [told(each) for each in (first, second, other)] == [["news"], ["news"], []]


def test_a_note_is_for_those_who_follow_it_and_may_see_it(hub: Hub) -> None:
    follows, elsewhere, may_not = page(hub, 1, 7), page(hub, 1, 8), page(hub, 2, 7)
    assert hub.followers(7) == {1, 2}
    hub.tell_followers(7, {1})
    assert [told(each) for each in (follows, elsewhere, may_not)] == [["note 7"], [], []]


def test_what_a_slow_page_was_not_told_yet_is_told_once(hub: Hub) -> None:
    slow = page(hub, 1, 7)
    for _ in range(1000):
        hub.tell("news", {1})
        hub.tell_followers(7, {1})
    assert told(slow) == ["news", "note 7"]
    assert told(slow) == []


def test_a_page_hears_what_happened_since_it_was_made(hub: Hub, clock: Clock) -> None:
    hub.tell("news", {1})
    clock.now += 10
    hub.note_changed(7)
    clock.now += 1
    hub.tell("queue", {2})
    assert told(page(hub, 1, 7, age=12)) == ["news", "note 7"]
    assert told(page(hub, 1, 7, age=5)) == ["note 7"]
    assert told(page(hub, 2, 8, age=5)) == ["queue"]
    assert told(page(hub, 1, 7, age=0.5)) == []


def test_what_is_internal_is_for_our_own_alone(hub: Hub, clock: Clock) -> None:
    contact, rep = page(hub, 1, 7), page(hub, 2, 7)
    rep.is_staff = True
    assert hub.followers(7) == {1, 2}
    assert hub.followers(7, staff_only=True) == {2}
    hub.note_changed(7, staff_only=True)
    clock.now += 1
    late_rep = Listener(2, "another", frozenset({7}), is_staff=True)
    hub.add(late_rep, 2)
    assert told(late_rep) == ["note 7"]
    assert told(page(hub, 1, 7, age=2)) == []
    assert told(contact) == []


def test_beyond_its_memory_everything_may_have_changed(hub: Hub) -> None:
    assert told(page(hub, 1, age=MEMORY - 1)) == []
    assert told(page(hub, 1, age=MEMORY + 1)) == ["everything"]


def test_what_could_not_be_heard_may_be_anything(hub: Hub, clock: Clock) -> None:
    stays = page(hub, 1)
    hub.cease_to_hear()
    assert told(stays) == ["away"]
    assert told(page(hub, 2)) == ["away"]
    clock.now += 5
    hub.begin_to_hear()
    assert told(stays) == ["everything"]
    clock.now += 1
    assert told(page(hub, 3, age=2)) == ["everything"]
    assert told(page(hub, 3, age=0.5)) == []


def test_a_slow_page_hears_how_it_stands_at_last(hub: Hub) -> None:
    slow = page(hub, 1)
    hub.cease_to_hear()
    hub.begin_to_hear()
    hub.cease_to_hear()
    assert told(slow) == ["away"]


def test_pages_that_left_leave_nothing_behind(hub: Hub) -> None:
    pages = [page(hub, 1, 7, 8), page(hub, 1, 7)]
    assert (hub.count, hub.pages_of(1, "session of 1")) == (2, 2)
    for each in pages:
        hub.remove(each)
    assert (hub.count, hub.pages_of(1, "session of 1"), hub.followers(7)) == (0, 0, set())
    assert not hub._by_user
    assert not hub._by_note


def test_what_is_remembered_is_forgotten_in_time(hub: Hub, clock: Clock) -> None:
    for _ in range(100):
        hub.tell("news", {1})
        clock.now += MEMORY / 10
    assert len(hub._recent) <= 11


def test_a_change_survives_the_way() -> None:
    change = Change(note=7, news=(1, 2), signed_out=(3,))
    assert Change.from_json(change.to_json()) == change
