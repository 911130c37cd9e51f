"""Who can be asked: one line for each look-up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from connector.lookups.mx import MxLookup
from connector.lookups.port import Lookup, Price
from connector.lookups.twilio import TwilioLookup
from connector.settings import Settings
from connector.storage.lookups import LookupChoice, LookupKind

#: What makes a look-up: of the settings, the clock, what the account chose, and its key ("" = none).
Maker = Callable[[Settings, Callable[[], datetime], LookupChoice, str], Lookup | None]


def _mx(settings: Settings, clock: Callable[[], datetime], _choice: LookupChoice, _secret: str) -> Lookup:
    return MxLookup(clock, settings.dns_servers)


def _phone(_settings: Settings, clock: Callable[[], datetime], choice: LookupChoice, secret: str) -> Lookup | None:
    if not secret or choice.price_milli <= 0:
        return None
    key_id, key = unpacked(secret)
    return TwilioLookup(clock, Price(milli=choice.price_milli, currency=choice.currency), key_id, key)


LOOKUPS: Mapping[LookupKind, Maker] = {LookupKind.MX: _mx, LookupKind.PHONE: _phone}


def packed(key_id: str, secret: str) -> str:
    """The two parts of a key as one text, to be sealed."""
    return json.dumps([key_id, secret])


def unpacked(text: str) -> tuple[str, str]:
    """What `packed` made."""
    key_id, secret = json.loads(text)
    return str(key_id), str(secret)


def lookup_for(settings: Settings, clock: Callable[[], datetime], choice: LookupChoice, secret: str) -> Lookup | None:
    """Who answers what the account has switched on; `secret`: its key there, "" = none. None where he cannot be asked
    as things stand."""
    return LOOKUPS[choice.kind](settings, clock, choice, secret)
