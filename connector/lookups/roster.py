"""Who can be asked: one line for each look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from connector.lookups.mx import MxLookup
from connector.lookups.port import Lookup
from connector.settings import Settings
from connector.storage.lookups import LookupChoice, LookupKind

#: What makes a look-up: of the settings, the clock, and what the account chose.
Maker = Callable[[Settings, Callable[[], datetime], str, LookupChoice], Lookup | None]


def _mx(settings: Settings, clock: Callable[[], datetime], _install_id: str, _choice: LookupChoice) -> Lookup:
    return MxLookup(clock, settings.dns_servers)


LOOKUPS: Mapping[LookupKind, Maker] = {LookupKind.MX: _mx}


def lookup_for(
    settings: Settings, clock: Callable[[], datetime], install_id: str, choice: LookupChoice
) -> Lookup | None:
    """Who answers what the account has switched on; None where he cannot be asked as things stand."""
    return LOOKUPS[choice.kind](settings, clock, install_id, choice)
