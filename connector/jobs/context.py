"""What a job works with, and the lease that lets it commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.crm.port import CrmAdapter
from connector.oauth.tokens import TokenKeeper
from connector.settings import Settings
from connector.storage.database import Database
from connector.storage.inbox import Inbox
from connector.storage.installs import Install, check_fence, get_install, take_fence


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """Everything a job may use. `clock` returns the present as aware UTC; tests give their own."""

    settings: Settings
    database: Database
    inbox: Inbox
    tokens: TokenKeeper
    clock: Callable[[], datetime]
    adapter_for: Callable[[Install], CrmAdapter]
    uninstall_at_crm: Callable[[Install], None] | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to commit for one install, until another worker takes it."""

    context: JobContext
    install_id: str
    fence: int

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


def take_lease(context: JobContext, install_id: str, holder: str) -> Lease:
    """Take the install for `holder`; whoever held it before can no longer commit."""
    with context.database.write() as connection:
        fence = take_fence(connection, install_id, holder, context.clock())
    return Lease(context, install_id, fence)
