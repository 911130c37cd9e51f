"""Real processes for tests. A fork server imports our modules once; children start in a moment, without threads."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

_PRELOADED = [
    "connector.catalog",
    "connector.oauth.tokens",
    "connector.oauth.vault",
    "connector.storage.timeline",
    "psycopg",
    "tests.oauth.conftest",
]


def process_context() -> ForkServerContext:
    """Where to get Process, Barrier and Queue from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context
