"""For tools that read the settings but must not need, or start, any server."""

import os

os.environ["CREDITDESK_ENV"] = "build"

from config.settings import *
