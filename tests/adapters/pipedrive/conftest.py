"""Fixtures: a running sandbox of Pipedrive's dialect, and our adapter on a company of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connector.adapters.pipedrive import MAPPABLE, RULES, PipedriveAdapter, PipedriveClient
from connector.crm.first_token import FixedToken
from connector.crm.lead_fields import FieldRoles
from connector.crm.values import ValueMap
from connector.day_quota import DayQuota
from connector.server_rules import Limits
from connector.transport import Transport
from tests.sides.pipedrive import ADMIN, FAST, PipedriveSide

BASE = "https://northwind.pipedrive.com/"


@dataclass(frozen=True)
class Connected:
    """An install as the adapter sees it."""

    zone: str = "Europe/Berlin"
    record_url_base: str = BASE
    missing_scopes: tuple[str, ...] = ()
    field_keys: Mapping[str, str] = field(default_factory=dict)
    installed_by: str = str(ADMIN)


@pytest.fixture
def side() -> Iterator[PipedriveSide]:
    """The sandbox; nothing is subscribed, so nothing is sent."""
    made = PipedriveSide(FAST)
    made.start("http://127.0.0.1:9")
    yield made
    made.stop()


@pytest.fixture
def quota(tmp_path: Path) -> Iterator[DayQuota]:
    """Of which 60 % stay for others."""
    made = DayQuota(tmp_path / "budget.sqlite", "test", 60, server="Pipedrive")
    yield made
    made.close()


Make = Callable[..., PipedriveAdapter]


@pytest.fixture
def make(side: PipedriveSide, quota: DayQuota) -> Make:
    """Make an adapter: `chosen` meanings, `scopes`, and what Connected holds."""

    def made(
        chosen: Mapping[tuple[str, str], str] | None = None,
        scopes: list[str] | None = None,
        roles: Mapping[str, str] | None = None,
        **details: object,
    ) -> PipedriveAdapter:
        granted = {} if scopes is None else {"scopes": scopes}
        token = side.grant(side.account, **granted).grant.access_token
        base = side.sandbox.base_url
        transport = Transport(
            base,
            allowed_origins=frozenset({base}),
            rules=RULES,
            quota=quota,
            tokens=FixedToken(token, "Pipedrive"),
            limits=Limits(attempt_s=5.0, total_s=8.0, first_pause_s=0.02),
        )
        return PipedriveAdapter(
            PipedriveClient(transport),
            install=Connected(**details),  # type: ignore[arg-type]
            values=ValueMap(MAPPABLE, chosen),
            revoke=lambda: None,
            roles=FieldRoles(roles),
        )

    return made


@pytest.fixture
def adapter(make: Make) -> PipedriveAdapter:
    """Our adapter with every scope."""
    return make()
