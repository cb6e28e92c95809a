"""The looking commands; ``make screenshots``, ``make axe`` and ``make lighthouse`` run them.

python -m tests.looks pictures|axe|lighthouse [beginnings of pages' titles …]
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    """Set Django up, then do what is asked; fails if anything is wrong with a page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("CREDITDESK_ENV", "test")
    # Playwright's synchronous interface keeps an event loop running.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    from tests.looks import furnishing, measuring, walking

    name, *words = sys.argv[1:] or [""]
    commands = {
        "pictures": walking.pictures,
        "axe": walking.axe,
        "lighthouse": measuring.lighthouse,
        "furnish": furnishing.furnish,
    }
    if name not in commands:
        sys.exit(__doc__)
    sys.exit(1 if commands[name](words) else 0)


if __name__ == "__main__":
    main()
