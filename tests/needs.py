"""What some tests need beside Python. Missing in CI it is a failure; elsewhere those tests are skipped and named."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from connector.reporting import pdf

#: Root may not use Chromium's own sandbox; the other flags keep it from calling its maker.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing(what: str) -> NoReturn:
    """Fail with CI=true, skip otherwise; `what` names the thing and how to get it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def pango() -> None:
    """What prints PDF is there."""
    if (lacking := pdf.missing_library()) is not None:
        missing(f"{lacking} Install Debian's packages {pdf.PACKAGES}, or run `make test` where that may be done.")


def chromium_path() -> str:
    """Debian's Chromium, or another that is installed."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    missing("Chromium is missing: install Debian's package chromium, or run `make test` where that may be done.")
