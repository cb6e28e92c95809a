"""The live process: tells open pages that something changed for whoever looks at them.

    python -m config.live --port 8001

Server-sent events, one line each, that name what to ask for again and nothing else. The
session, the person and what they may see are checked here as on every page (rule 7).
One event loop serves every page: no thread, no database connection each.

``hub`` knows who listens, ``access`` asks the database, ``feed`` hears of changes through
Redis, ``stream`` speaks with one browser, ``app`` puts them together.
"""
