"""What the demo starts is watched, and nothing of it is left running."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.supervisor import Service, assets_state, require_free, stop
from tests.waiting import wait_for

PARENT = """
import os, sys, time
child = os.fork()
if child:
    open(sys.argv[1], "w").write(f"{os.getpid()} {child}")
time.sleep(60)
"""


def runs(process: int) -> bool:
    """Whether the process exists and is more than a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(") ")[2][0] != "Z"


@pytest.fixture
def family(tmp_path: Path) -> Iterator[tuple[Service, Callable[[], list[int]]]]:
    """A service with a child of its own, and a way to ask for both process ids."""
    note = tmp_path / "family"
    service = Service("web", [sys.executable, "-c", PARENT, str(note)])

    def ids() -> list[int]:
        wait_for(lambda: note.exists() and " " in note.read_text(), "both numbers")
        found = [int(word) for word in note.read_text().split()]
        note.unlink()
        return found

    yield service, ids
    stop([service])


def test_stopping_takes_the_children_along(
    family: tuple[Service, Callable[[], list[int]]],
) -> None:
    service, ids = family
    service.start()
    both = ids()
    assert all(map(runs, both))
    stop([service])
    wait_for(lambda: not any(map(runs, both)), "the end of both")


def test_a_killed_process_comes_back_and_leaves_no_orphan(
    family: tuple[Service, Callable[[], list[int]]],
) -> None:
    service, ids = family
    service.start()
    parent, child = ids()
    os.kill(parent, signal.SIGKILL)
    assert service.process
    service.process.wait()
    service.check()
    wait_for(lambda: not runs(child), "the child's end")
    time.sleep(service.due - time.monotonic())
    service.check()
    again = ids()
    assert parent not in again
    assert all(map(runs, again))


def test_the_pause_grows_while_a_process_keeps_dying() -> None:
    service = Service("web", [sys.executable, "-c", ""])
    pauses = []
    for _ in range(3):
        service.start()
        assert service.process
        service.process.wait()
        service.check()
        pauses.append(round(service.due - time.monotonic()))
    assert pauses == [1, 2, 4]


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} of 127.0.0.1 can't be used"):
            require_free(port)


@pytest.mark.parametrize("port", ["0", "65536", "web"])
def test_no_port_at_all(port: str) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "config.supervisor", "--port", port],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert f"'{port}' is not a port number" in refused.stderr


def test_static_files_are_collected_again_only_when_something_changed() -> None:
    assert assets_state() == assets_state()
