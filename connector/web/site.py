"""What the pages are built on, made once by create_app and reached through `site()`."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app

from connector.jobs.context import JobContext
from connector.oauth.oidc import OidcSignIn
from connector.oauth.sign_in import LinkDesk
from connector.oauth.vault import Vault
from connector.settings import Settings
from connector.storage.database import Database
from connector.web.limits import CallerLimit

_KEY = "leadassay"


@dataclass(frozen=True, slots=True)
class Site:
    """The running app: what its jobs use, pages use too; and what signs people in."""

    jobs: JobContext
    vault: Vault
    links: LinkDesk
    company: OidcSignIn | None
    #: Links asked for, and sign-ins and installs begun, per caller. An office may share one address.
    asks: CallerLimit = field(default_factory=lambda: CallerLimit(most=30, span=timedelta(minutes=10)))
    #: Leads that are checked, per key of the API: ten a second, as a form of a large vendor sends at its peak.
    api_leads: CallerLimit = field(default_factory=lambda: CallerLimit(most=600, span=timedelta(minutes=1)))
    #: Wrong keys, per address. Whoever shares it and has a right one goes on.
    wrong_keys: CallerLimit = field(default_factory=lambda: CallerLimit(most=30, span=timedelta(minutes=10)))

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.jobs.settings

    @property
    def database(self) -> Database:
        """The main database."""
        return self.jobs.database

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return self.jobs.clock()

    def secret(self, purpose: str) -> bytes:
        """A key for `purpose`, derived from the first key of the ring: it changes when that key is rotated."""
        return hmac.digest(self.settings.keys[0][1], b"lead assay web: " + purpose.encode(), "sha256")

    def external(self, path: str) -> str:
        """The absolute address of one of our paths. Never taken from the request: its Host can be forged."""
        return self.settings.public_url + path


def put_site(extensions: dict[str, object], site: Site) -> None:
    """Hand `site` to the app whose extensions these are."""
    extensions[_KEY] = site


def site() -> Site:
    """The site of the running app."""
    found = current_app.extensions[_KEY]
    if not isinstance(found, Site):
        raise RuntimeError("create_app did not put the site into the app")
    return found
