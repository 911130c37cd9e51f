"""Whether a mobile number is in service, by the home register of its network: Twilio Lookup v2, Line Status, as its
public documentation describes it. Costs money for each question.

Only mobile numbers are asked about: for others the register knows nothing, and its "inactive" would mean nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from connector.errors import CrmError, CrmRejected, RecordGone, UnexpectedPayload
from connector.lookups.port import Answer, Price
from connector.payloads import JsonValue
from connector.server_rules import Limits, ServerRules
from connector.storage.lookups import LookupKind, Told
from connector.transport import Transport

#: The one host that is called.
HOST = "https://lookups.twilio.com"
RULES = ServerRules(server="Twilio", hides_paths=True)
_LIMITS = Limits(connect_s=3.0, attempt_s=5.0, total_s=8.0, attempts=2, max_bytes=100_000, first_pause_s=0.2)
_IN_SERVICE = {"active": True, "reachable": True, "unreachable": True, "inactive": False}
MAX_AGE = timedelta(days=90)


class TwilioLookup:
    """Asks Twilio in the name of an account, by an API key of its own: its id and its secret."""

    kind = LookupKind.PHONE
    max_age = MAX_AGE

    def __init__(
        self,
        clock: Callable[[], datetime],
        price: Price,
        key_id: str,
        secret: str,
        *,
        host: str = HOST,
        limits: Limits = _LIMITS,
    ) -> None:
        """`host`: scheme://host[:port], nothing else is called; another one than Twilio's only to try this out."""
        self._clock = clock
        self.price = price
        self._key = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
        self._transport = Transport(host, allowed_origins=frozenset({host}), rules=RULES, limits=limits)

    def ask(self, values: Sequence[str]) -> Mapping[str, Answer]:
        """As the port says; `values` are numbers in E.164. A key that is refused, a server that is away and one that
        wants to be left alone end the asking."""
        return dict(self._asked(values))

    def _asked(self, numbers: Sequence[str]) -> Iterator[tuple[str, Answer]]:
        for number in numbers:
            try:
                body = self._transport.send(
                    "GET",
                    f"/v2/PhoneNumbers/{quote(number, safe='')}",
                    params={"Fields": "line_status"},
                    headers={"Authorization": f"Basic {self._key}"},
                ).body
            except CrmRejected as refused:
                if refused.status in {401, 403}:
                    return
                yield number, Answer(told=None, at=self._clock(), is_charged=False)
            except (RecordGone, UnexpectedPayload):
                yield number, Answer(told=None, at=self._clock(), is_charged=False)
            except CrmError:
                return
            else:
                yield number, _answer(body, self._clock())


def _answer(body: JsonValue, at: datetime) -> Answer:
    """What the register says; an error of its own is no answer, and by the documentation is not charged."""
    status = body.get("line_status") if isinstance(body, dict) else None
    if not isinstance(status, dict) or status.get("error_code") is not None:
        return Answer(told=None, at=at, is_charged=False)
    in_service = _IN_SERVICE.get(str(status.get("status")).casefold())
    return Answer(told=None if in_service is None else Told(is_in_service=in_service), at=at)
