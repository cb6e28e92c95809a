"""A real live process, and open pages that listen to it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from tests.waiting import wait_for

Answer = TypeVar("Answer")


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What the coroutine answers; also where a browser's driver has an event loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Page:
    """One open page: each word that the stream told it, with the moment."""

    def __init__(
        self, port: int, client: Client, *notes: int, age: float = 0, **headers: str
    ) -> None:
        cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie:
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={cookie.value}"
        query = urlencode([*(("note", note) for note in notes), ("age", age * 1000)])
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()
        self._socket = self._connection.sock
        self._connection.request("GET", f"/live/?{query}", headers=headers)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.headers = self._answer.headers
        self.words: list[str] = []
        self.moments: list[float] = []
        self.has_ended = self.status != 200
        self._reader = Thread(target=self._read, daemon=True)
        if self.has_ended:
            self._connection.close()
        else:
            self._reader.start()
            wait_for(lambda: "hello" in self.words, "the stream to begin")

    def _read(self) -> None:
        with suppress(OSError, http.client.HTTPException), self._answer:
            for line in self._answer:
                if line.startswith(b"data: "):
                    self.moments.append(time.monotonic())
                    self.words.append(line.decode().removeprefix("data: ").strip())
        self.has_ended = True

    @property
    def told(self) -> list[str]:
        """The words that say what changed."""
        return [word for word in self.words if word not in ("hello", "beat")]

    def close(self) -> None:
        """Hang up, as a browser does whose tab is closed."""
        if self._reader.is_alive():
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._reader.join(5)
        self._socket.close()
        self._connection.close()


@dataclass
class LiveProcess:
    """The running process."""

    port: int
    process: subprocess.Popen[bytes]
    pages: list[Page] = field(default_factory=list)

    def open(self, client: Client, *notes: int, **more: Any) -> Page:
        """A page of whoever is signed in there, which follows these credit notes."""
        page = Page(self.port, client, *notes, **more)
        self.pages.append(page)
        return page

    def close_pages(self) -> None:
        """Close all pages that were opened."""
        while self.pages:
            self.pages.pop().close()

    def get(self, path: str, method: str = "GET") -> tuple[int, Any]:
        """The status and the facts that another address answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path)
        answer = connection.getresponse()
        facts = json.loads(answer.read())
        connection.close()
        return answer.status, facts

    @property
    def hears(self) -> bool:
        with suppress(OSError):
            return bool(self.get("/live/health/") == (200, {"feed": "ok"}))
        return False


@contextmanager
def live_process(environment: dict[str, str]) -> Iterator[LiveProcess]:
    """Start the process, wait until it hears, and stop it in the end."""
    port = _free_port()
    command = [sys.executable, "-m", "config.live", f"--port={port}"]
    process = subprocess.Popen(
        command, cwd=settings.ROOT, env=environment, stdin=subprocess.DEVNULL
    )
    live = LiveProcess(port, process)
    try:
        wait_for(lambda: live.hears, "the live process")
        yield live
    finally:
        live.close_pages()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
