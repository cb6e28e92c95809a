"""The live process: ``python -m config.live [--host 127.0.0.1] [--port 8001]``."""

from __future__ import annotations

import argparse
import resource
from contextlib import suppress
from types import FrameType

import uvicorn

from config.asgi import application

#: Seconds in which streams are ended and answers finished when the process is to stop.
GRACE = 5


class Server(uvicorn.Server):
    """Ends its streams when it is told to stop; else it would wait for them."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by the signal's handler in the main thread, where the event loop runs."""
        application.hub.close()
        super().handle_exit(sig, frame)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.live")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    options = parser.parse_args()
    _allow_many_connections()
    config = uvicorn.Config(
        application,
        host=options.host,
        port=options.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    Server(config).run()


def _allow_many_connections() -> None:
    """Every open page is an open file: take all that the system lets us have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
