"""The embedded servers: started once however many ask, and stopped by the last who leaves."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from config.embedded import ROOT, Embedded

ASK = """
import sys
from pathlib import Path
from config.embedded import Embedded
Embedded("test", Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] or None).ensure()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    """Servers beside those that these tests run on, with a data folder that is still empty."""
    if not settings.EMBEDDED_SERVERS:
        pytest.skip("these tests run on real servers")
    # Not in pytest's own folder: PostgreSQL's user may not enter that one.
    folder = Path(tempfile.mkdtemp(prefix="creditdesk-", dir="/var/tmp"))
    folder.chmod(0o755)
    servers = replace(settings.EMBEDDED_SERVERS, data=folder / "data", sockets=folder / "sockets")
    yield servers
    servers.reset()
    shutil.rmtree(folder)


def ask(embedded: Embedded) -> subprocess.Popen[str]:
    """A process that asks for the servers and uses them until its input ends."""
    where = [str(embedded.data), str(embedded.sockets), embedded.user or ""]
    return subprocess.Popen(
        [sys.executable, "-c", ASK, *where],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_four_at_once_get_the_same_servers(embedded: Embedded) -> None:
    processes = [ask(embedded) for _ in range(4)]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        with psycopg.connect(embedded.app_url) as database:
            roles = "SELECT current_user, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = USER"
            assert database.execute(roles).fetchone() == ("creditdesk_app", False, False)

        assert not embedded.stop(only_if_idle=True), "others still use them"
    finally:
        for process in processes:
            process.communicate()
    assert embedded.stop(only_if_idle=True)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(embedded.app_url)


def test_data_outlive_a_stop_but_not_a_reset(embedded: Embedded) -> None:
    embedded.ensure()
    with psycopg.connect(embedded.owner_url) as database:
        database.execute("CREATE TABLE kept ()")
    embedded.stop()
    embedded.ensure()
    with psycopg.connect(embedded.owner_url) as database:
        database.execute("SELECT FROM kept")
    embedded.reset()
    assert not embedded.data.exists()
