"""What happens while the app listens: leads come in, reps call, records change. Each with what must be found then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from connector.demo.account import PORTAL_ID
from connector.sandbox.client import SandboxControl
from connector.sandbox.history import CallResult
from connector.sandbox.hubspot_seed import DISPOSITIONS
from connector.sandbox.people import respelt
from connector.sandbox.population import Planted
from connector.sandbox.story import stamp
from connector.sandbox.wire import JsonObject

Properties = dict[str, object]
_SOURCE: Final[Properties] = {"hs_analytics_source": "PAID_SEARCH", "hs_analytics_source_data_1": "brightfunnel"}


@dataclass(slots=True)
class LiveActs:
    """Acts on a running sandbox. `truth` is kept up to date: contact id → what must be found; gone ones are out.

    `deleted` and `forgotten` name the contacts that went.
    """

    control: SandboxControl
    owner_ids: Mapping[str, str]
    truth: dict[str, Planted]
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    deleted: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)

    def play(self) -> int:
        """Everything, one after the other. Returns how many acts there were."""
        acts: list[Callable[[], None]] = [
            self._new_throw_away_address,
            self._new_duplicate,
            self._new_lead_called_at_once,
            self._new_placeholder_without_source,
            self._new_without_owner,
            self._new_imported,
            self._untouched_is_called,
            self._nobodys_gets_an_owner,
            self._silent_gets_a_task,
            self._unanswered_is_discarded,
            self._sourceless_gets_a_source,
            self._a_contact_is_deleted,
            self._a_person_is_forgotten,
        ]
        for act in acts:
            act()
        return len(acts)

    # -- new leads

    def _new_throw_away_address(self) -> None:
        self._add("live_throw_away", {"PL002"}, email="quick.try@mailinator.com", phone="+49 1512 3987001")

    def _new_duplicate(self) -> None:
        earliest = stamp(self.started_at - timedelta(days=25))
        first = next(
            record
            for record in self._clean()
            if str(_values(record)["createdate"]) > earliest and "phone" in _values(record)
        )
        number = respelt(str(_values(first)["phone"]))
        self._add("live_duplicate", {"PL004"}, email="second.try@example.com", phone=number)

    def _new_lead_called_at_once(self) -> None:
        lead_id = self._add("live_called", set(), email="solveig.nygard@example.org", phone="+47 906 70 001")
        call = {"hs_call_disposition": DISPOSITIONS[CallResult.CONNECTED], "hs_call_duration": "125000"}
        self.control.log_call(PORTAL_ID, lead_id, call)

    def _new_placeholder_without_source(self) -> None:
        properties: Properties = {"firstname": "asdf", "lastname": "asdf", "phone": "+48 601 234 987"}
        self._create("live_placeholder", {"PL003", "DQ002"}, {**properties, **self._owner()})

    def _new_without_owner(self) -> None:
        properties: Properties = {"firstname": "Ήβη", "lastname": "Στεργίου", "phone": "+30 694 239 8701", **_SOURCE}
        self._create("live_unowned", {"DQ001"}, properties)

    def _new_imported(self) -> None:
        properties: Properties = {
            "firstname": "Timo",
            "lastname": "Aalto",
            "email": "timo.aalto@example.net",
            **_SOURCE,
        }
        source: JsonObject = {"type": "IMPORT", "label": "Trade fair list"}
        self._create("live_imported", set(), {**properties, **self._owner()}, source=source)

    # -- known leads

    def _untouched_is_called(self) -> None:
        lead_id = self._of_kind("untouched")
        self.control.log_call(
            PORTAL_ID, lead_id, {"hs_call_disposition": DISPOSITIONS[CallResult.NO_ANSWER], "hs_call_duration": "0"}
        )
        self._now(lead_id, "live_called_late", {"RT001"})

    def _nobodys_gets_an_owner(self) -> None:
        lead_id = self._of_kind("nobodys")
        self.control.set_properties(PORTAL_ID, lead_id, self._owner())
        self._now(lead_id, "live_got_owner", set())

    def _silent_gets_a_task(self) -> None:
        lead_id = self._of_kind("fell_silent")
        due = stamp(self.started_at + timedelta(days=3))
        task = {
            "hs_timestamp": due,
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "CALL",
            "hs_task_subject": "Call",
        }
        self.control.act("log", PORTAL_ID, type="tasks", contact_id=lead_id, properties=task)
        self._now(lead_id, "live_got_task", set())

    def _unanswered_is_discarded(self) -> None:
        lead_id = self._of_kind("unanswered")
        self.control.set_properties(PORTAL_ID, lead_id, {"hs_lead_status": "UNQUALIFIED"})
        self._now(lead_id, "live_discarded", set())

    def _sourceless_gets_a_source(self) -> None:
        lead_id = self._of_kind("sourceless")
        self.control.set_properties(PORTAL_ID, lead_id, {"mobilephone": "+44 7911 123987", **_SOURCE})
        self._now(lead_id, "live_got_source", set())

    def _a_contact_is_deleted(self) -> None:
        lead_id = str(next(self._clean())["id"])
        self.deleted.add(lead_id)
        self.control.act("delete", PORTAL_ID, id=lead_id)
        del self.truth[lead_id]

    def _a_person_is_forgotten(self) -> None:
        lead_id = str(next(self._clean())["id"])
        self.forgotten.add(lead_id)
        self.control.act("gdpr_delete", PORTAL_ID, id=lead_id)
        del self.truth[lead_id]

    # -- how

    def _add(self, kind: str, rules: set[str], *, email: str, phone: str) -> str:
        names: Properties = {"firstname": "Solveig", "lastname": "Nygård"}
        return self._create(kind, rules, {**names, "email": email, "phone": phone, **_SOURCE, **self._owner()})

    def _create(
        self, kind: str, rules: set[str], properties: Mapping[str, object], source: JsonObject | None = None
    ) -> str:
        lead_id = self.control.create_contact(PORTAL_ID, properties, source=source or {"type": "FORM"})
        self._now(lead_id, kind, rules)
        return lead_id

    def _now(self, lead_id: str, kind: str, rules: set[str]) -> None:
        self._used.add(lead_id)
        self.truth[lead_id] = Planted(frozenset(rules), kind, "while the app was listening")

    def _owner(self) -> Properties:
        return {"hubspot_owner_id": next(iter(self.owner_ids.values()))}

    def _of_kind(self, kind: str) -> str:
        lead_id = next(one for one, planted in self.truth.items() if planted.kind == kind and one not in self._used)
        self._used.add(lead_id)
        return lead_id

    def _clean(self) -> Iterator[JsonObject]:
        """Records of everyday leads, untouched by any act, the newest first."""
        records = sorted(self.control.records(PORTAL_ID), key=lambda record: int(str(record["id"])), reverse=True)
        for record in records:
            lead_id = str(record["id"])
            if lead_id not in self._used and self.truth[lead_id].kind in ("in_conversation", "being_tried"):
                self._used.add(lead_id)
                yield record


def _values(record: JsonObject) -> Mapping[str, object]:
    values = record["properties"]
    if not isinstance(values, dict):
        raise TypeError("a record of the sandbox has no properties")
    return values
