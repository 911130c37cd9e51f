"""What the demo must know of a CRM: how its sandbox starts and is filled, what people do in it, what it can show."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from audits.model.case import Coverage
from connector.demo.browser import Browser, Page
from connector.demo.expectations import Hidden, Told
from connector.demo.processes import DemoFailed
from connector.sandbox.history import By, CallResult, Door, Source
from connector.sandbox.population import Population
from connector.sandbox.wire import JsonObject

if TYPE_CHECKING:
    from connector.demo.live import LiveActs

WEBSITE: Final = By(Door.FORM, "Website form")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made anew for every demo."""

    client_secret: str
    control_token: str

    @classmethod
    def make(cls) -> Secrets:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of sales: a user of the CRM. `user_id` as the app's pages name the user."""

    user_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """A lead that comes in while the app listens. Unknown = empty."""

    first_name: str
    last_name: str
    email: str = ""
    phone: str = ""
    source: Source | None = Source.PAID_SEARCH
    is_owned: bool = True
    arrived_by: By = WEBSITE


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """A live lead as the acts choose among them. `phone` is empty when there is none."""

    lead_id: str
    first_name: str
    last_name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What became of a population: ids by the refs of its history, leads as the app names them."""

    lead_ids: Mapping[str, str]
    rep_ids: Mapping[str, str]


class Desk(Protocol):
    """A running sandbox, with people at their desks in it. Every act fires webhooks as in life."""

    def close(self) -> None:
        """End the connection."""
        ...

    def fill(self, population: Population) -> Filled:
        """Load the history, without webhooks."""
        ...

    def plant_truth(self, truth: JsonObject) -> None:
        """Keep the truth where only the sandbox knows it."""
        ...

    def wait_for_webhooks(self, timeout_s: float) -> None:
        """Until nothing is queued, due or in flight. Raises TimeoutError."""
        ...

    def webhooks(self) -> dict[str, int]:
        """fired and delivered (events), deliveries and retried (requests).

        `echoes`: delivered events that tell of the app's own writes, for a CRM that sends such.
        """
        ...

    def our_fields(self) -> dict[str, dict[str, str]]:
        """Every live lead: its id → our six fields by the names of OurField, as they stand in the CRM."""
        ...

    def leads(self) -> Sequence[OnRecord]:
        """Every live lead, the newest record first."""
        ...

    def add(self, lead: NewLead) -> str:
        """A lead comes in. Returns its id."""
        ...

    def call(self, lead_id: str, result: CallResult, talk_s: int) -> None:
        """The rep calls, now, and it is logged."""
        ...

    def give_owner(self, lead_id: str) -> None:
        """A rep gets the lead."""
        ...

    def plan_task(self, lead_id: str, due_at: datetime) -> None:
        """A step is planned."""
        ...

    def discard(self, lead_id: str) -> None:
        """The lead is found to be no buyer."""
        ...

    def delete(self, lead_id: str) -> None:
        """The lead is thrown away."""
        ...


class DemoCrm(Protocol):
    """One CRM in the demo. Holds no connection; `desk` opens one."""

    @property
    def name(self) -> str:
        """As in the catalogue."""
        ...

    @property
    def account_id(self) -> str:
        """The account that is installed."""
        ...

    @property
    def no_absences(self) -> str:
        """Why the admin does not tell the app who is on holiday; "" = he does."""
        ...

    @property
    def head(self) -> Head:
        """Who signs in."""
        ...

    def coverage(self) -> Coverage:
        """What the adapter declares to show, with what the demo's admin allows and says."""
        ...

    def hidden(self, told: Told) -> Hidden:
        """What the CRM does not hold or show of one lead."""
        ...

    def environment(self, sandbox_url: str, keys: Secrets) -> dict[str, str]:
        """Settings of the app beside those that every CRM needs."""
        ...

    def sandbox_config(self, app_url: str, keys: Secrets, seed: int) -> JsonObject:
        """The content of the sandbox's configuration file, for an app under `app_url`."""
        ...

    def sandbox_command(self, config: Path, port: int) -> list[str]:
        """`leadassay ...` that serves the sandbox on the port."""
        ...

    def desk(self, sandbox_url: str, keys: Secrets) -> Desk:
        """Sit down at the running sandbox."""
        ...

    def connect(self, browser: Browser, app_url: str) -> Page:
        """From the app's first page through the consent page back to the app. Returns the page that shows then."""
        ...

    def say_meanings(self, browser: Browser, app_url: str, wait: Callable[[], None]) -> None:
        """The admin says on the app's page what the account's own values mean. `wait` is called while it reads."""
        ...

    def own_acts(self, desk: Desk, scene: LiveActs) -> Sequence[Callable[[], None]]:
        """What happens in this CRM while the app listens, beside what happens in every one."""
        ...

    def people_url(self, sandbox_url: str) -> str:
        """Where people see the leads in the sandbox."""
        ...


def through_consent(
    browser: Browser, app_url: str, crm: str, form: str, button: tuple[str, str], choice: Mapping[str, str]
) -> Page:
    """Press Connect, answer the consent page's `form` with `choice` and `button`. Returns the app's next page.

    Raises DemoFailed when the way does not lead back to the app.
    """
    landing = browser.open(f"{app_url}/")
    consent = browser.submit(landing, landing.form(f"/install/{crm}"))
    connected = browser.submit(consent, consent.form(form), button, typed=choice)
    if not connected.url.startswith(app_url):
        raise DemoFailed(f"The consent did not lead back to the app, but to {connected.url.split('?')[0]}.")
    return connected


def counted_webhooks(report: JsonObject, events_of: Callable[[Any], int]) -> dict[str, int]:
    """The counts of a sandbox's report of its webhooks. `events_of`: how many events an entry of its log carried."""
    counts, deliveries = report["counts"], report["deliveries"]
    if not isinstance(counts, dict) or not isinstance(deliveries, list):
        raise DemoFailed("The sandbox's report of its webhooks cannot be read.")
    acked = [entry for entry in deliveries if entry["status"] == "acked"]
    return {
        "fired": counts.get("fired", 0),
        "delivered": sum(events_of(entry) for entry in acked),
        "deliveries": len(acked),
        "retried": counts.get("retried", 0),
    }
