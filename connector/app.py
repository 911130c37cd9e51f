"""The web process: pages, consent flow and the door of the webhooks in one Flask app."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from connector.jobs.context import make_context, utc_now
from connector.logs import configure_logs
from connector.oauth.mail import mailer_for
from connector.oauth.oidc import OidcSignIn
from connector.oauth.sign_in import LinkDesk
from connector.oauth.vault import Vault
from connector.settings import PRIVATE, Settings, load_settings
from connector.storage.database import Database
from connector.storage.inbox import Inbox
from connector.web.pages import install_pages
from connector.web.site import Site
from webhooks.blueprint import IntakeConfig, webhook_blueprint

WEB = Path(__file__).parent / "web"


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    inbox: Inbox | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """The app for `settings`. `database` and `inbox` are opened from the settings when not given; their tables must
    be there (`leadassay db upgrade`). `clock` returns the present as aware UTC.

    Raises ConfigError, StorageBusy or StorageFailed when the storage cannot be opened.
    """
    store = database or Database.open(settings.database_url, timeout_s=settings.storage_timeout_s)
    intake = inbox or Inbox.open(settings.inbox_url, timeout_s=settings.storage_timeout_s)
    app = Flask("leadassay", root_path=str(WEB), template_folder="templates", static_folder="static")
    context = make_context(settings, holder=f"web-{uuid.uuid4().hex}", clock=clock, database=store, inbox=intake)
    site = Site(
        jobs=context,
        vault=Vault(settings.keys),
        links=LinkDesk(store, mailer_for(settings), settings, clock),
        company=OidcSignIn(settings, store, Vault(settings.keys)) if settings.oidc else None,
    )
    if settings.trusted_proxies:
        # The caller's address alone, by which sign-ins are limited; scheme and host come from the settings.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0
        )
    csrf = install_pages(app, site)
    webhooks = webhook_blueprint(
        intake,
        IntakeConfig(
            public_url=settings.public_url,
            secrets={crm: app.secrets for crm, app in settings.crm_apps.items()},
            recognise=context.hooks.recognise,
            max_body_bytes=settings.max_webhook_bytes,
        ),
        now=clock,
    )
    # Senders have no session and no token of ours; they prove themselves by their signature.
    csrf.exempt(webhooks)
    app.register_blueprint(webhooks)
    return app


@lru_cache(maxsize=1)
def app() -> Flask:
    """The app of this process, by the environment: `granian --interface wsgi --factory connector.app:app`."""
    os.umask(PRIVATE)
    settings = load_settings(os.environ)
    configure_logs(settings.log_level)
    return create_app(settings)
