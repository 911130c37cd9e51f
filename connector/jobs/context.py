"""What a job works with, and the lease that lets it commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection

from connector.catalog import CRMS, adapter_for_install, oauth_for
from connector.crm.port import CrmAdapter
from connector.logs import get_logger
from connector.lookups.port import Lookup
from connector.lookups.roster import lookup_for
from connector.oauth.hooks import HookKeys
from connector.oauth.mail import admin_teller
from connector.oauth.tokens import TokenKeeper
from connector.oauth.vault import LOOKUPS, SealBroken, UnknownKey, Vault
from connector.settings import Settings
from connector.storage import field_roles, value_mappings
from connector.storage.database import Database
from connector.storage.inbox import Inbox
from connector.storage.installs import Install, check_fence, get_install, take_fence
from connector.storage.lookups import LookupChoice

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """Everything a job may use. `clock` returns the present as aware UTC; tests give their own."""

    settings: Settings
    database: Database
    inbox: Inbox
    tokens: TokenKeeper
    clock: Callable[[], datetime]
    adapter_for: Callable[[Install], CrmAdapter]
    hooks: HookKeys
    lookup_for: Callable[[str, LookupChoice], Lookup | None]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to commit for one install, until another worker takes it.

    `is_isolating`: the job failed several times in a row by a fault of our own. Leads are then taken one by one, so
    that a single one that we cannot handle is parked and the others go on.
    """

    context: JobContext
    install_id: str
    fence: int
    is_isolating: bool = False

    @contextmanager
    def commit(self) -> Iterator[Connection]:
        """One write transaction, only if this lease still holds. Raises InstallLost or InstallNotActive."""
        with self.context.database.write() as connection:
            check_fence(connection, self.install_id, self.fence)
            yield connection

    def check(self) -> None:
        """Raise InstallLost or InstallNotActive when the lease is gone; called before each write to the CRM."""
        with self.context.database.write() as connection:
            check_fence(connection, self.install_id, self.fence)

    def install(self) -> Install:
        """The install as it stands now."""
        with self.context.database.read() as connection:
            return get_install(connection, self.install_id)


def take_lease(context: JobContext, install_id: str, holder: str, *, is_isolating: bool = False) -> Lease:
    """Take the install for `holder`; whoever held it before can no longer commit. Raises InstallNotActive."""
    with context.database.write() as connection:
        fence = take_fence(connection, install_id, holder, context.clock())
        check_fence(connection, install_id, fence)
    return Lease(context, install_id, fence, is_isolating)


def utc_now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


def _adapter_for(settings: Settings, database: Database, tokens: TokenKeeper, install: Install) -> CrmAdapter:
    with database.read() as connection:
        chosen = value_mappings.chosen_meanings(connection, install.install_id)
        roles = field_roles.chosen_roles(connection, install.install_id)
    return adapter_for_install(settings, tokens, install, chosen, roles)


def _lookup_for(
    settings: Settings, clock: Callable[[], datetime], install_id: str, choice: LookupChoice
) -> Lookup | None:
    secret = ""
    if choice.sealed is not None:
        try:
            secret = Vault(settings.keys).open_packed(install_id, choice.sealed, purpose=LOOKUPS).decode()
        except (SealBroken, UnknownKey) as lost:
            # Nobody is asked; everything else of the install goes on.
            _log.warning("lookup_key_lost", install_id=install_id, kind=choice.kind.value, reason=str(lost))
    return lookup_for(settings, clock, choice, secret)


def make_context(
    settings: Settings,
    *,
    holder: str,
    clock: Callable[[], datetime] = utc_now,
    database: Database | None = None,
    inbox: Inbox | None = None,
) -> JobContext:
    """Everything that a job needs, or the pages to start one. `holder` names this process in token refreshes.

    `database` and `inbox` are opened from the settings, with a worker's patience, when not given.
    Raises ConfigError, StorageBusy or StorageFailed when the storage cannot be opened.
    """
    store = database or Database.open(settings.database_url, timeout_s=30.0)
    tokens = TokenKeeper(
        store,
        Vault(settings.keys),
        partial(oauth_for, settings),
        holder=holder,
        clock=clock,
        on_paused=admin_teller(settings, store),
    )
    return JobContext(
        settings=settings,
        database=store,
        inbox=inbox or Inbox.open(settings.inbox_url, timeout_s=30.0),
        tokens=tokens,
        clock=clock,
        adapter_for=partial(_adapter_for, settings, store, tokens),
        hooks=HookKeys(settings.keys, settings.public_url, _own_urls(settings)),
        lookup_for=partial(_lookup_for, settings, clock),
    )


def _own_urls(settings: Settings) -> dict[str, str]:
    """Sites that customers host may reach us otherwise than the open internet does."""
    if settings.private_url is None:
        return {}
    return {crm: settings.private_url for crm, entry in CRMS.items() if entry.is_self_hosted}
