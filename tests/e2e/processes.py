"""Processes of the product as the browser tests run them, and the browser's own flags."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The live updates of a page whose answer a test has altered still come from this machine.
    "--disable-features=LocalNetworkAccessChecks",
]


@contextmanager
def process(
    environment: Mapping[str, str], program: str, *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of the virtual environment, running within the block."""
    started = subprocess.Popen(
        [str(BIN / program), *arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def web_server(environment: Mapping[str, str], port: int, *options: str) -> Iterator[str]:
    """The product's pages; the block starts when they answer, and gets their address."""
    address = f"http://127.0.0.1:{port}"
    flags = [
        "--threads=4",
        "--no-control-socket",
        "--log-level=warning",
        f"--bind=127.0.0.1:{port}",
    ]
    with process(environment, "gunicorn", *flags, *options, "config.wsgi"):
        wait_for(lambda: answers(f"{address}/health/"), "the web server")
        yield address


@contextmanager
def live_server(environment: Mapping[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process of the live updates, once it answers."""
    with process(environment, "python", "-m", "config.live", f"--port={port}") as started:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/live/health/"), "the live process")
        yield started


def answers(address: str) -> bool:
    """Whether a server of ours is up there; one that is up and unwell is up."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(address).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
