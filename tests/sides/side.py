"""What a test may ask of the other side, whichever CRM stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.crm.port import Grant
from connector.sandbox.history import AccountHistory
from connector.settings import CrmApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What an admin gave by consenting. `site`: our registration there, where the CRM is self-hosted."""

    grant: Grant
    site: CrmApp | None = None
    installed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as the CRM's side logged it. `path`: without the query, ids as they were sent. `at`: aware UTC."""

    method: str
    path: str
    status: int
    at: datetime | None = None
    tokens: int = 1

    @property
    def is_oauth(self) -> bool:
        """Whether it belongs to the grant and not to the data."""
        return "oauth" in self.path


class Side(Protocol):
    """A running CRM, made of real parts, that a test steers as its people would.

    Ids of leads and activities are those of the port (Lead.lead_id, Activity.activity_id). Times are aware UTC.
    """

    crm: str
    """Its name in connector.catalog.CRMS."""

    account: str
    """The account that is meant where a test names none."""

    @property
    def env(self) -> Mapping[str, str]:
        """Settings of our app for this CRM. Good once it has started."""
        ...

    def start(self, public_url: str) -> None:
        """Begin to answer. `public_url`: scheme://host of our app, which webhooks go to."""
        ...

    def stop(self) -> None:
        """End, whatever state it is in."""
        ...

    def grant(self, account: str, **details: object) -> Granted:
        """Let the app into an account, as the consent page does."""
        ...

    def create_lead(self, account: str, *, at: datetime | None = None, **person: str) -> str:
        """A new lead with `first_name`, `last_name`, `email`, `phone`; a webhook where the CRM has one. Its id.

        `at`: when it arrived, now unless given.
        """
        ...

    def log_call(self, account: str, lead_id: str, *, at: datetime | None = None) -> str:
        """An outbound call to a lead by a person, noted at `at` (now unless given). Its activity id."""
        ...

    def delete_lead(self, account: str, lead_id: str) -> None:
        """A person throws the lead away."""
        ...

    def our_fields(self, account: str, lead_id: str) -> dict[str, str]:
        """Our six fields as the lead shows them: OurField value → text in our words, "" where it shows none."""
        ...

    def our_writes(self, account: str, lead_id: str) -> list[Mapping[str, object]]:
        """The API writes that set a field of ours on the lead, oldest first."""
        ...

    def wait_for_webhooks(self) -> None:
        """Until every webhook that is due was delivered or given up."""
        ...

    def calls(self) -> list[Call]:
        """The API calls since the last `forget_calls`, oldest first."""
        ...

    def forget_calls(self) -> None:
        """Begin to count anew."""
        ...

    def load(self, account: str, history: AccountHistory) -> Mapping[str, str]:
        """Fill the account with a history and fire no webhook. LeadHistory.ref → the lead's id now.

        Leads that the CRM no longer shows (deleted, merged away) are left out; one that became another record has
        that record's id.
        """
        ...
