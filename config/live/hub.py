"""Who listens, and what each is still to be told. No input or output here."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

NEWS, QUEUE = "news", "queue"
#: Whatever the page shows may have changed: something could not be heard.
EVERYTHING = "everything"
#: Nothing can be heard at present; the page had better ask by itself now and then.
AWAY = "away"

#: How long what happened is remembered for pages that were made before and listen only now.
MEMORY = 60.0


def note_word(note: int) -> str:
    """The word for "something happened to this credit note"."""
    return f"note {note}"


@dataclass(eq=False)
class Listener:
    """One open page. What it is to be told waits as a set, so a slow page costs no memory."""

    user: int
    session: str
    notes: frozenset[int] = frozenset()
    is_staff: bool = False
    #: The sign-in is to be looked at again before anything else is told.
    doubtful: bool = False
    closed: bool = False
    _words: set[str] = field(default_factory=set)
    _awake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, word: str) -> None:
        if word in (AWAY, EVERYTHING):  # the last of them is true
            self._words -= {AWAY, EVERYTHING}
        self._words.add(word)
        self._awake.set()

    def doubt(self) -> None:
        self.doubtful = True
        self._awake.set()

    def close(self) -> None:
        self.closed = True
        self._awake.set()

    async def words(self, seconds: float) -> list[str]:
        """What there is to tell, as soon as there is; nothing after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), seconds)
        self._awake.clear()
        words, self._words = sorted(self._words), set()
        return words


@dataclass(frozen=True)
class Told:
    """A word, when it was said, and to which people; nobody named is everybody who follows.

    ``staff_only`` is kept from customers, who may not know that anything happened.
    """

    moment: float
    word: str
    users: frozenset[int] | None = None
    staff_only: bool = False

    def is_for(self, listener: Listener) -> bool:
        """Whether the page is one of those to which it was said."""
        if self.users is not None:
            return listener.user in self.users
        follows = self.word in {note_word(note) for note in listener.notes}
        return follows and (listener.is_staff or not self.staff_only)


class Hub:
    """All open pages of this process, found by person and by credit note."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_user: dict[int, set[Listener]] = defaultdict(set)
        self._by_note: dict[int, set[Listener]] = defaultdict(set)
        self._recent: deque[Told] = deque()
        self._hearing_since: float | None = None
        self.count = 0

    def add(self, listener: Listener, age: float) -> None:
        """Let a page listen that was made ``age`` seconds ago, and tell it what it missed."""
        self.count += 1
        self._by_user[listener.user].add(listener)
        for note in listener.notes:
            self._by_note[note].add(listener)
        self._catch_up(listener, self._clock() - max(age, 0))

    def remove(self, listener: Listener) -> None:
        self.count -= 1
        _drop(self._by_user, listener.user, listener)
        for note in listener.notes:
            _drop(self._by_note, note, listener)

    def pages_of(self, user: int, session: str) -> int:
        """How many pages of one sign-in listen."""
        return sum(each.session == session for each in self._by_user.get(user, ()))

    def followers(self, note: int, *, staff_only: bool = False) -> set[int]:
        """The people with an open page that follows the note; with ``staff_only`` no customers."""
        pages = self._by_note.get(note, ())
        return {each.user for each in pages if each.is_staff or not staff_only}

    def tell(self, word: str, users: Collection[int]) -> None:
        """Tell every page of these people."""
        if users:
            self._remember(Told(self._clock(), word, frozenset(users)))
        for user in users:
            for listener in self._by_user.get(user, ()):
                listener.tell(word)

    def note_changed(self, note: int, *, staff_only: bool = False) -> None:
        """Remember it, for pages that start to follow the note only now."""
        self._remember(Told(self._clock(), note_word(note), staff_only=staff_only))

    def tell_followers(self, note: int, users: Collection[int]) -> None:
        """Tell those pages that follow the note and belong to these people."""
        for listener in self._by_note.get(note, ()):
            if listener.user in users:
                listener.tell(note_word(note))

    def doubt(self, users: Iterable[int]) -> None:
        """Have the sign-ins of these people looked at."""
        for user in users:
            for listener in self._by_user.get(user, ()):
                listener.doubt()

    @property
    def hears(self) -> bool:
        """Whether changes arrive at present."""
        return self._hearing_since is not None

    def begin_to_hear(self) -> None:
        """Changes arrive from now on; what came before may have been missed."""
        self._hearing_since = self._clock()
        self._tell_all(EVERYTHING)

    def cease_to_hear(self) -> None:
        """Changes do not arrive any more."""
        self._hearing_since = None
        self._recent.clear()
        self._tell_all(AWAY)

    def close(self) -> None:
        """End every stream: the process is to stop."""
        for listener in self._all():
            listener.close()

    def _catch_up(self, listener: Listener, since: float) -> None:
        if self._hearing_since is None:
            listener.tell(AWAY)
        elif since < max(self._hearing_since, self._clock() - MEMORY):
            listener.tell(EVERYTHING)
        else:
            for told in self._recent:
                if told.moment >= since and told.is_for(listener):
                    listener.tell(told.word)

    def _remember(self, told: Told) -> None:
        self._recent.append(told)
        while self._recent[0].moment < told.moment - MEMORY:
            self._recent.popleft()

    def _tell_all(self, word: str) -> None:
        for listener in self._all():
            listener.tell(word)

    def _all(self) -> list[Listener]:
        return [listener for pages in self._by_user.values() for listener in pages]


def _drop(index: dict[int, set[Listener]], key: int, listener: Listener) -> None:
    index[key].discard(listener)
    if not index[key]:
        del index[key]
