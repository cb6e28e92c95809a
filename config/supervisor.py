"""The demo: the product's real processes, started, watched and stopped together.

    python -m config.supervisor [--port 8000] [--reset] | --stop

One web server, one process for live updates, one Celery worker and one Celery beat, on
the embedded servers or on those that ``DATABASE_URL`` and ``REDIS_URL`` name. Each process
has a session of its own, so that stopping it takes its children along; each is told by the
kernel when the supervisor is killed. For one machine and one person: a real installation
has its own supervisor (see docker-compose.yml).
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg

from config.embedded import ROOT, Embedded, EmbeddedServerError, servers

LOCK = ROOT / "var" / "supervisor.lock"
ASSETS_STATE = ROOT / "var" / "static" / ".state"
COLOURS = {"web": 36, "live": 32, "worker": 33, "beat": 35}
WEB = ["--preload", "--workers=2", "--worker-class=gthread", "--threads=4", "--no-control-socket"]
# One worker needs no news of others, and starts a second sooner without.
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
# The kernel stops what we started should we be killed (Linux).
TIED = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
PATIENCE = 60
"""Seconds to wait for the first page, and after which a process counts as healthy again."""
LONGEST_PAUSE = 30
SIGN_INS = """\
  rep@demo.test       a rep           finds the invoice, composes, submits
  manager@demo.test   a manager       decides
  finance@demo.test   receivables     second approvals, issuing
  admin@demo.test     an admin        /admin/
  customer@demo.test  a customer      /portal/
  password of all: demo        mail that was sent: /demo/mail/"""


class Stopped(BaseException):
    """A signal asked us to stop."""


@dataclass
class Service:
    """One process of the product, and how it fares."""

    name: str
    command: list[str]
    process: subprocess.Popen[str] | None = None
    started: float = 0
    failures: int = 0
    due: float = 0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*TIED, *self.command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(target=self._relay, args=(self.process,), daemon=True).start()

    def check(self) -> None:
        """Start again a process that died, after a pause that grows while it keeps dying."""
        if self.process is None:
            if time.monotonic() >= self.due:
                self.start()
        elif (code := self.process.poll()) is not None:
            self.signal(signal.SIGKILL)  # whatever children it left
            self.process = None
            healthy = time.monotonic() - self.started > PATIENCE
            self.failures = 1 if healthy else self.failures + 1
            pause = min(2 ** (self.failures - 1), LONGEST_PAUSE)
            self.due = time.monotonic() + pause
            say(self.name, f"ended with {code}; starting again in {pause} s")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def _relay(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout  # noqa: S101 - a pipe was asked for
        with process.stdout:
            for line in process.stdout:
                say(self.name, line.rstrip())


def main() -> None:
    options = _options()
    if options.stop:
        stop_other()
        return
    listen_to_signals()
    os.environ["CREDITDESK_ENV"] = "demo"
    os.environ["PYTHONUNBUFFERED"] = "1"
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{options.port}")  # for links in mails
    os.environ["PYTHONWARNINGS"] = "ignore:You're running the worker"  # as root, in a container
    try:
        with only_one(), embedded_servers(options.reset) as embedded:
            require_free(options.port)
            live_port = free_port_after(options.port)
            os.environ["LIVE_URL"] = f"http://{{host}}:{live_port}/live/"
            prepare(os.environ.get("DATABASE_URL") or embedded.app_url)
            run(options.port, live_port, embedded)
    except Stopped:
        tell("Stopped.")
    except EmbeddedServerError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"The demo could not be prepared: {error.cmd[len(TIED) + 2]} failed.")


def run(port: int, live_port: int, embedded: Embedded) -> None:
    """Keep the product's processes, and the embedded servers, running until a signal comes."""
    bin_folder = Path(sys.executable).parent
    gunicorn = [str(bin_folder / "gunicorn"), *WEB]
    celery = [str(bin_folder / "celery"), "--app", "config", "--quiet"]
    services = [
        Service("web", [*gunicorn, f"--bind=127.0.0.1:{port}", "config.wsgi"]),
        Service("live", [sys.executable, "-m", "config.live", f"--port={live_port}"]),
        Service("worker", [*celery, "worker", "--concurrency=2", *ALONE, "--loglevel=INFO"]),
        Service("beat", [*celery, "beat", "--pidfile=", "--loglevel=INFO"]),
    ]
    real_servers = os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
    parent = os.getppid()
    try:
        for service in services:
            service.start()
        wait_until_ready(port, services)
        tell(f"\nReady: http://127.0.0.1:{port}\n{SIGN_INS}\n")
        while True:
            time.sleep(1)
            for service in services:
                service.check()
            if not real_servers:
                revive(embedded)
            if os.environ.get("MAKELEVEL") and os.getppid() != parent:
                raise Stopped
    finally:
        stop(services)


def revive(embedded: Embedded) -> None:
    """Start again an embedded server that died; a killed one may need a moment until it can."""
    with suppress(EmbeddedServerError):
        embedded.ensure()


def wait_until_ready(port: int, services: list[Service]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _healthy(port):
        for service in services:
            if service.process and service.process.poll() is not None:
                sys.exit(f"{service.name} ended with {service.process.returncode} while starting.")
        if time.monotonic() > deadline:
            sys.exit(f"No page after {PATIENCE} seconds.")
        time.sleep(0.1)


def stop(services: list[Service], seconds: float = 10) -> None:
    """Ask all to finish what they do; end those that take too long."""
    deadline = time.monotonic() + seconds
    for service in services:
        service.signal(signal.SIGTERM)
    for service in services:
        if service.process:
            with suppress(subprocess.TimeoutExpired):
                service.process.wait(max(0.1, deadline - time.monotonic()))
            service.signal(signal.SIGKILL)
            service.process.wait()


def prepare(database_url: str) -> None:
    """Bring static files, database and demo data up to date."""
    state = assets_state()
    if not ASSETS_STATE.exists() or ASSETS_STATE.read_text() != state:
        manage("collectstatic", "--no-input", "--clear", "--verbosity=0")
        ASSETS_STATE.write_text(state)
    manage("migrate", "--verbosity=0")
    if is_empty(database_url):
        manage("seed_demo")


def is_empty(database_url: str) -> bool:
    """Whether nobody could sign in: the demo's data are still to be made."""
    with psycopg.connect(database_url) as database:
        return database.execute("SELECT FROM customers_user LIMIT 1").fetchone() is None


def manage(*arguments: str) -> None:
    subprocess.run(
        [*TIED, sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        check=True,
        start_new_session=True,
    )


def assets_state() -> str:
    """A fingerprint of all that collected static files are made from."""
    sources = [
        ROOT / "requirements.lock",
        ROOT / "package-lock.json",
        ROOT / "config" / "assets.py",
    ]
    sources += sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    facts = [f"{path} {(stat := path.stat()).st_size} {stat.st_mtime_ns}" for path in sources]
    return sha256("\n".join(facts).encode()).hexdigest()


@contextmanager
def embedded_servers(reset: bool) -> Iterator[Embedded]:
    """The embedded servers, left running afterwards only for others who use them."""
    embedded = servers("demo")
    if reset:
        if os.environ.get("DATABASE_URL"):
            sys.exit("DATABASE_URL names a real database: only its owner may empty that.")
        embedded.reset()
        for folder in ("media", "mail"):
            shutil.rmtree(ROOT / "var" / folder, ignore_errors=True)
    try:
        yield embedded
    finally:
        embedded.stop(only_if_idle=True)


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock that says a demo of this clone is running, with its process id inside."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("The demo of this clone is already running; `make stop` ends it.")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def stop_other() -> None:
    """Stop the demo of this clone, wherever it runs, and all embedded servers."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(lock.read()), signal.SIGTERM)
            fcntl.flock(lock, fcntl.LOCK_EX)
    for name in ("demo", "test"):
        servers(name).stop()


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(
                f"Port {port} of 127.0.0.1 can't be used ({error.strerror});"
                f" choose another, as in: make demo PORT={port + 1 if port < 65535 else 8000}"
            )


def free_port_after(port: int) -> int:
    """A port for the live updates; the next one, if nobody else has it."""
    for candidate in (*range(port + 1, min(port + 20, 65536)), 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", candidate)) as probe:
            found: int = probe.getsockname()[1]
            return found
    sys.exit("No port of 127.0.0.1 is free.")


def say(name: str, line: str) -> None:
    """Show a line of a process under its name."""
    prefix = f"{name:<6} |"
    if sys.stdout.isatty():
        prefix = f"\033[{COLOURS[name]}m{prefix}\033[0m"
    tell(f"{prefix} {line}")


def tell(text: str) -> None:
    """Show a text, or carry on where nobody reads any more."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def listen_to_signals() -> None:
    """Turn the first request to stop into :class:`Stopped`; later ones change nothing."""
    asked = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        asked.append(signal.SIGHUP)

    def stop_once(*_signal: object) -> None:
        for number in asked:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    for number in asked:
        signal.signal(number, stop_once)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description="Run the product's demo.")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--reset", action="store_true", help="forget the demo's data first")
    parser.add_argument("--stop", action="store_true", help="stop what runs")
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number (1 to 65535)")
    return int(text)


def _healthy(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError), opener.open(f"http://127.0.0.1:{port}/health/", timeout=5):
        return True
    return False


if __name__ == "__main__":
    main()
