"""Whether a server of this machine is well: ``python deploy/probe.py 8000 /health/``.

What a container's health check runs. The first allowed host is named, for others are refused.
"""

from __future__ import annotations

import http.client
import os
import sys


def is_well(port: int, path: str, host: str) -> bool:
    """Whether it answers 200 within a few seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().removeprefix(".")
    sys.exit(not is_well(int(sys.argv[1]), sys.argv[2], first or "localhost"))
