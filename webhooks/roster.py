"""The senders that we listen to. A new one is a file in receivers/ and a line here; see ADDING.md."""

from __future__ import annotations

from collections.abc import Mapping

from webhooks.receiver import Receiver
from webhooks.receivers.frappe import FrappeReceiver
from webhooks.receivers.hubspot import HubSpotReceiver
from webhooks.receivers.pipedrive import PipedriveReceiver

_RECEIVERS: tuple[Receiver, ...] = (HubSpotReceiver(), FrappeReceiver(), PipedriveReceiver())

#: Name in the address → receiver.
ROSTER: Mapping[str, Receiver] = {receiver.name: receiver for receiver in _RECEIVERS}
