"""Pipedrive in the demo: a company whose head of a team installs, who is an admin and sells herself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from audits.model.case import Coverage, Fact
from connector.adapters.pipedrive import mapping
from connector.adapters.pipedrive.adapter import capabilities_for
from connector.catalog import CRMS
from connector.crm.port import OurField
from connector.demo import visits
from connector.demo.browser import Browser, Page
from connector.demo.crm import Desk, Filled, Head, NewLead, OnRecord, Secrets, counted_webhooks, through_consent
from connector.demo.expectations import SHOWN_BY, Blur, Hidden, Told
from connector.demo.live import LiveActs
from connector.demo.processes import DemoFailed
from connector.sandbox.history import Act, Call, CallResult, Email, EmailStatus
from connector.sandbox.pipedrive.client import PipedriveControl
from connector.sandbox.pipedrive.config import CompanyConfig, CompanyUser
from connector.sandbox.pipedrive.from_history import (
    BY_HAND,
    CHAT_TYPES,
    INCOMING_CALL,
    ORIGINS,
    OWN_TYPES,
    pipedrive_document,
    record_ref,
)
from connector.sandbox.population import REPS, ZONE, Population
from connector.sandbox.terms import DOMAIN
from connector.sandbox.wire import JsonObject

COMPANY_ID: Final = 7_000_131
#: Leads come in by her token; she installs nothing and sells nothing.
MAKER: Final = CompanyUser(12_094_901, f"ada.admin@{DOMAIN}", "Ada Admin", is_admin=True, timezone_name=ZONE)
HEAD: Final = CompanyUser(12_094_902, f"hanna.head@{DOMAIN}", "Hanna Head", timezone_name=ZONE)
#: The rep who installs: Pipedrive shows an app the call logs and mails of its own user alone.
INSTALLER_REF: Final = REPS[0].ref
INSTALLER: Final = CompanyUser(
    12_094_903,
    REPS[0].email,
    f"{REPS[0].first_name} {REPS[0].last_name}",
    is_admin=True,
    timezone_name=ZONE,
)
COMPANY: Final = CompanyConfig(
    company_id=COMPANY_ID,
    name="Meridian Solar",
    domain="meridian-solar",
    country="DE",
    currency="EUR",
    plan="ultimate",
    users=(MAKER, HEAD, INSTALLER),
)
#: Our fields as Pipedrive's people read them.
LABELS: Final = {
    OurField.LEAD_QUALITY: "Lead Assay: lead quality",
    OurField.HANDLING: "Lead Assay: lead handling",
    OurField.LEAD_VERDICT: "Lead Assay: lead verdict",
    OurField.FOLLOW_UP_STATUS: "Lead Assay: follow-up status",
    OurField.AUDIT_NOTE: "Lead Assay: audit note",
    OurField.SUGGESTED_REPAIR: "Lead Assay: suggested repair",
}
#: What the admin says on the app's page: field → value as people see it → meaning.
MEANINGS: Final = {
    mapping.ACTIVITY_TYPE.name: {
        OWN_TYPES[INCOMING_CALL]: mapping.CALL_BY_LEAD,
        **{label: mapping.MESSAGE_BY_US for _, label in CHAT_TYPES.values()},
    },
    mapping.MESSENGERS.name: {"WhatsApp, SMS, chats": "logged"},
}
CLIENT_ID: Final = "lead-assay-demo"
#: The plan's real burst of 480 calls in 2 s would make the first reading of the demo a test of patience.
CALLS_PER_10S: Final = 10_000


class PipedriveDesk:
    """A running sandbox of Pipedrive's dialect."""

    def __init__(self, control: PipedriveControl) -> None:
        self._control = control
        self._rep_id = INSTALLER.user_id

    def close(self) -> None:
        self._control.close()

    def fill(self, population: Population) -> Filled:
        user_ids = {INSTALLER_REF: INSTALLER.user_id}
        document = pipedrive_document(population.history, COMPANY_ID, maker_id=MAKER.user_id, user_ids=user_ids)
        made = self._control.seed(document)
        records, users = made["records"], made["users"]
        if not isinstance(records, dict) or not isinstance(users, dict):
            raise DemoFailed("The sandbox's answer to the seed cannot be read.")
        return Filled(
            lead_ids={
                lead.ref: _app_id("lead" if lead.converted_at is None else "deal", records[record_ref(lead)])
                for lead in population.history.leads
            },
            rep_ids={ref: str(user_id) for ref, user_id in (*users.items(), *user_ids.items())},
        )

    def plant_truth(self, truth: JsonObject) -> None:
        self._control.plant_truth(truth)

    def wait_for_webhooks(self, timeout_s: float) -> None:
        self._control.wait_for_webhooks(timeout_s)

    def webhooks(self) -> dict[str, int]:
        report = self._control.webhooks()
        return {**counted_webhooks(report, lambda _: 1), "echoes": counted_webhooks(report, _is_echo)["delivered"]}

    def our_fields(self) -> dict[str, dict[str, str]]:
        """Of an archived lead those of its person: nobody can change the lead, and persons show them, too."""
        shown = {kind: self._control.custom_values(COMPANY_ID, kind) for kind in ("lead", "deal", "person")}
        found: dict[str, dict[str, str]] = {}
        for kind in ("lead", "deal"):
            for record in self._control.records(COMPANY_ID, kind):
                is_locked = record["is_archived"] is True
                where, key = ("person", "person_id") if is_locked else (kind, "id")
                found[_app_id(kind, record["id"])] = _ours(shown[where][str(record[key])])
        return found

    def leads(self) -> Sequence[OnRecord]:
        persons = {str(person["id"]): person for person in self._control.records(COMPANY_ID, "person")}
        records = [
            (str(record["add_time"])[:19], _app_id(kind, record["id"]), str(record["person_id"]))
            for kind in ("lead", "deal")
            for record in self._control.records(COMPANY_ID, kind)
        ]
        return [
            OnRecord(lead_id=lead_id, **_name(persons[person_id]), phone=_first_phone(persons[person_id]))
            for _, lead_id, person_id in sorted(records, reverse=True)
        ]

    def add(self, lead: NewLead) -> str:
        owner = {"owner_id": self._rep_id if lead.is_owned else MAKER.user_id}
        contact = {
            name: [{"value": value, "primary": True, "label": "work"}]
            for name, value in (("emails", lead.email), ("phones", lead.phone))
            if value
        }
        name = f"{lead.first_name} {lead.last_name}"
        person = self._made("person", {"name": name, **contact, **owner})
        source_name, origin = ORIGINS.get(lead.arrived_by.door, BY_HAND)
        values = {"title": f"{name} lead", "person_id": int(person), "source_name": source_name, "origin": origin}
        return _app_id("lead", self._made("lead", {**values, **owner}))

    def call(self, lead_id: str, result: CallResult, talk_s: int) -> None:
        now = datetime.now(UTC)
        due = {"due_date": f"{now:%Y-%m-%d}", "due_time": f"{now:%H:%M}"}
        values = {"type": "call", "subject": "Call", "done": True, "owner_id": self._rep_id, **due}
        self._control.log(COMPANY_ID, _kind_of(lead_id), _their_id(lead_id), values, as_user=self._rep_id)

    def give_owner(self, lead_id: str) -> None:
        self._set(lead_id, {"owner_id": self._rep_id})

    def plan_task(self, lead_id: str, due_at: datetime) -> None:
        due = {"due_date": f"{due_at:%Y-%m-%d}", "due_time": f"{due_at:%H:%M}"}
        values = {"type": "task", "subject": "Call again", "done": False, "owner_id": self._rep_id, **due}
        self._control.log(COMPANY_ID, _kind_of(lead_id), _their_id(lead_id), values, as_user=self._rep_id)

    def discard(self, lead_id: str) -> None:
        if _kind_of(lead_id) == "deal":
            self._set(lead_id, {"status": "lost"})
        else:
            self._control.act("archive", COMPANY_ID, kind="lead", id=_their_id(lead_id))

    def delete(self, lead_id: str) -> None:
        self._control.act("delete", COMPANY_ID, kind=_kind_of(lead_id), id=_their_id(lead_id))

    def convert(self, lead_id: str) -> str:
        """The lead becomes a deal. Returns the deal's id."""
        made = self._control.act("convert", COMPANY_ID, id=_their_id(lead_id), as_user=self._rep_id)
        return _app_id("deal", made["id"])

    def merge_persons(self, lead_id: str, into_lead_id: str) -> None:
        """The person of one lead goes into the person of another."""
        loser, winner = self._person_of(lead_id), self._person_of(into_lead_id)
        self._control.act("merge", COMPANY_ID, kind="person", id=loser, into_id=winner)

    def correct_phone(self, lead_id: str, number: str) -> None:
        """The lead's person gets another number."""
        phones = {"phones": [{"value": number, "primary": True, "label": "work"}]}
        self._control.set_values(COMPANY_ID, "person", self._person_of(lead_id), phones, as_user=self._rep_id)

    def _made(self, kind: str, values: Mapping[str, object]) -> str:
        return str(self._control.create(COMPANY_ID, kind, values, as_user=MAKER.user_id)["id"])

    def _set(self, lead_id: str, values: Mapping[str, object]) -> None:
        self._control.set_values(COMPANY_ID, _kind_of(lead_id), _their_id(lead_id), values, as_user=self._rep_id)

    def _person_of(self, lead_id: str) -> str:
        records = self._control.records(COMPANY_ID, _kind_of(lead_id))
        return next(str(record["person_id"]) for record in records if str(record["id"]) == _their_id(lead_id))


def _is_own(act: Act) -> bool:
    """Whether it is the installing user's. Mails of leads that nobody has come from her mailbox."""
    return act.rep_ref in (None, INSTALLER_REF)


def _blurs(act: Act) -> Set[Blur]:
    """Calls end without a result, but in a call log, which is shown to its user alone. What Pipedrive itself sent may
    have come from its composer or from a workflow."""
    match act:
        case Call():
            return frozenset() if act.rep_ref == INSTALLER_REF else {Blur.RESULT}
        case Email() if act.by.is_automated:
            return {Blur.MACHINE}
        case _:
            return frozenset()


def _is_padded(act: Act) -> bool:
    """A call that was noted much later, or claims a conversation of seconds without a call log that is shown."""
    if not isinstance(act, Call):
        return False
    is_short = act.result is CallResult.CONNECTED and act.talk_s < 20
    return act.recorded_at - act.at > timedelta(hours=1) or (is_short and act.rep_ref != INSTALLER_REF)


class PipedriveDemo:
    """Pipedrive as the demo shows it."""

    name: Final = "pipedrive"
    account_id: Final = str(COMPANY_ID)
    head: Final = Head(user_id=str(HEAD.user_id), email=HEAD.email, name=HEAD.name)
    no_absences: Final = (
        "No absence is entered: Pipedrive shows of a lead no history of owners, so that with absences the app could "
        "not tell whose hours held on any lead."
    )

    def coverage(self) -> Coverage:
        """With all scopes granted, and chats logged as activities, as the demo's admin says; no field is named for
        what Pipedrive has none for."""
        return CRMS[self.name].roles({}).narrow(capabilities_for((), sees_chats=True).coverage)

    def hidden(self, told: Told) -> Hidden:
        """Every lead has an owner (whoever's token made it) and an origin. Colleagues' mails are not shown, so that a
        lead with some of them shows no e-mails for sure; a bounced mail of the own user is shown like any other.

        There is no status that claims contact or means waiting, nor a time asked for. A lead stands in no stage, and
        one that is archived was discarded, never lost; so is one in a status of the account's own. A call is there
        from its first ring on, and how long it took stands in call logs alone; a mail is there as soon as it was
        sent. Neither a person's city nor what a lead wrote is a field; a deal has one person, without a role. Nobody
        tells the app here who is on holiday. What a lead shows by its message, by how the form was filled in, by
        how calls ended, by a status or by other leads does not show.
        """
        mails = [act for act in told.acts if isinstance(act, Email)]
        is_own = all(_is_own(mail) for mail in mails)
        has_bounced = is_own and any(mail.status is EmailStatus.BOUNCED for mail in mails)
        return Hidden(
            never={
                *("DQ001", "DQ002", "RT004", "AG001", "AG003", "AG004", "AG005", "FM002", "LD002"),
                *({"RT002"} if has_bounced else ()),
                *({"RT001"} if told.preferred_at else ()),
                *({"AG002"} if any(_is_padded(act) for act in told.acts) else ()),
                *(() if told.is_deal else ("FU006",)),
                *(("NC006",) if told.is_of_absent else ()),
            },
            unexcused={
                *({"NC002"} if told.is_on_long_hold else ()),
                *({"AG007"} if told.has_own_status and not told.acts else ()),
                *({"LD001"} if told.is_deal_of_several else ()),
            },
            missing={
                *(() if is_own else (Fact.EMAILS,)),
                *(() if told.is_deal else (Fact.STAGE, Fact.OWNER_HISTORY)),
            },
            blurs=_blurs,
            unshown={*SHOWN_BY},
        )

    def environment(self, sandbox_url: str, keys: Secrets) -> dict[str, str]:
        return {
            "LEADASSAY_CRM_CALLS_PER_10S": str(CALLS_PER_10S),
            "PIPEDRIVE_CLIENT_ID": CLIENT_ID,
            "PIPEDRIVE_CLIENT_SECRET": keys.client_secret,
            "PIPEDRIVE_AUTH_URL": sandbox_url,
            "PIPEDRIVE_API_URL": sandbox_url,
        }

    def sandbox_config(self, app_url: str, keys: Secrets, seed: int) -> JsonObject:
        return {
            "dialect": "pipedrive",
            "control_token": keys.control_token,
            "seed": seed,
            "app": {
                "client_id": CLIENT_ID,
                "client_secret": keys.client_secret,
                "redirect_uri": f"{app_url}/oauth/pipedrive/callback",
            },
            "companies": [asdict(COMPANY)],
            # A retry that Pipedrive would make after 3 s comes after a third of a tenth.
            "settings": {"burst_limit": CALLS_PER_10S, "webhook_time_scale": 0.01},
        }

    def sandbox_command(self, config: Path, port: int) -> list[str]:
        return ["sandbox", "--port", str(port), "--config", str(config)]

    def desk(self, sandbox_url: str, keys: Secrets) -> PipedriveDesk:
        return PipedriveDesk(PipedriveControl(sandbox_url, keys.control_token))

    def connect(self, browser: Browser, app_url: str) -> Page:
        choice = {"account": f"{COMPANY_ID}:{INSTALLER.user_id}"}
        return through_consent(browser, app_url, self.name, "/oauth/authorize", ("decision", "grant"), choice)

    def say_meanings(self, browser: Browser, app_url: str, wait: Callable[[], None]) -> None:
        visits.say_meanings(browser, app_url, MEANINGS, wait=wait)

    def own_acts(self, desk: Desk, scene: LiveActs) -> Sequence[Callable[[], None]]:
        if not isinstance(desk, PipedriveDesk):
            raise TypeError("the desk of another CRM")
        acts = (_a_lead_becomes_a_deal, _two_persons_are_one, _a_number_is_corrected)
        return tuple(partial(act, desk, scene) for act in acts)

    def people_url(self, sandbox_url: str) -> str:
        return f"{sandbox_url}/companies/{COMPANY_ID}"


def _a_lead_becomes_a_deal(desk: PipedriveDesk, scene: LiveActs) -> None:
    lead_id = next(record.lead_id for record in scene.clean() if _kind_of(record.lead_id) == "lead")
    deal_id = desk.convert(lead_id)
    scene.renamed(lead_id, deal_id)
    scene.now(deal_id, "live_converted", set())


def _two_persons_are_one(desk: PipedriveDesk, scene: LiveActs) -> None:
    """Two enquiries of one person within 30 days: the later is a duplicate of the earlier."""
    clean = scene.clean()
    told = scene.truth.told
    earlier, later = sorted((next(clean), next(clean)), key=lambda each: told[each.lead_id].received_at)
    if told[later.lead_id].received_at - told[earlier.lead_id].received_at > timedelta(days=25):
        raise DemoFailed("The two newest everyday leads are too far apart to be duplicates.")
    desk.merge_persons(later.lead_id, earlier.lead_id)
    scene.now(later.lead_id, "live_merged", {"PL004"})
    scene.now(earlier.lead_id, "live_merged_into", set())


def _a_number_is_corrected(desk: PipedriveDesk, scene: LiveActs) -> None:
    lead_id = next(scene.clean()).lead_id
    desk.correct_phone(lead_id, "+44 7911 123987")
    scene.now(lead_id, "live_number_corrected", set())


def _is_echo(entry: JsonObject) -> int:
    """1 for a delivery that tells of a write through the API: nobody but the app writes there in the demo."""
    event = entry["event"]
    meta = event["meta"] if isinstance(event, dict) else None
    return int(isinstance(meta, dict) and meta["change_source"] == "api")


def _ours(fields: Mapping[str, str]) -> dict[str, str]:
    """Our six fields by the names of OurField, from a record's fields by the names that people read."""
    return {field.value: _word(field, fields.get(label, "")) for field, label in LABELS.items()}


def _word(field: OurField, shown: str) -> str:
    """What people read → our word: options begin with a capital and have blanks, numbers may have a fraction."""
    if field in (OurField.LEAD_VERDICT, OurField.FOLLOW_UP_STATUS):
        return shown.lower().replace(" ", "_")
    return shown.removesuffix(".0") if field in (OurField.LEAD_QUALITY, OurField.HANDLING) else shown


def _kind_of(lead_id: str) -> str:
    """lead or deal: the ids of the app begin with it."""
    return lead_id.partition(":")[0]


def _app_id(kind: str, their_id: object) -> str:
    return f"{kind}:{their_id}"


def _their_id(lead_id: str) -> str:
    return lead_id.partition(":")[2]


def _name(person: JsonObject) -> dict[str, str]:
    first, _, last = str(person["name"]).partition(" ")
    return {"first_name": first, "last_name": last}


def _first_phone(person: JsonObject) -> str:
    phones = person.get("phones")
    if not isinstance(phones, list) or not phones:
        return ""
    return str(phones[0]["value"])
