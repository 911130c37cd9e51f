"""What is planted is what the real adapter and rules find in Pipedrive, at any hour of any week, by the table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audits.engine import audit
from audits.learning import DealSpan, learn, longest_gap_s
from audits.model.activity import ActivityKind, Owner
from audits.model.case import Coverage, LeadCase
from audits.model.deal import Deal
from audits.model.lead import LeadStatus
from audits.model.surroundings import Surroundings
from connector.adapters.pipedrive import MAPPABLE, RULES, PipedriveAdapter, PipedriveClient
from connector.adapters.pipedrive.mapping import ACTIVITY_TYPE, ANY_MESSENGER, MESSENGERS
from connector.crm.first_token import FixedToken
from connector.crm.port import LeadRecord
from connector.crm.values import ValueMap
from connector.day_quota import DayQuota
from connector.demo.crm import Secrets
from connector.demo.crms.pipedrive import COMPANY_ID, INSTALLER, MEANINGS, PipedriveDemo
from connector.demo.live import Truth
from connector.sandbox import PipedriveControl
from connector.sandbox.dialects import read_config
from connector.sandbox.pipedrive.from_history import OWN_TYPES
from connector.sandbox.population import LEAST_LEADS, ZONE, make_population
from connector.sandbox.server import run_in_thread
from connector.storage.policies import default_policy
from connector.transport import Transport
from tests.demo.account_cases import sightings_of
from tests.demo.history_cases import crowded, sure_touches, with_terms
from tests.demo.test_population import UNTILS

DEMO = PipedriveDemo()
KEYS_OF_TYPES = {label: key for key, label in OWN_TYPES.items()}
CHOSEN = {
    **{
        (ACTIVITY_TYPE.name, KEYS_OF_TYPES[label]): meaning for label, meaning in MEANINGS[ACTIVITY_TYPE.name].items()
    },
    (MESSENGERS.name, ANY_MESSENGER): "logged",
}


@dataclass(frozen=True)
class Connected:
    """The install as the adapter sees it."""

    zone: str = ZONE
    record_url_base: str = "https://meridian-solar.pipedrive.com/"
    missing_scopes: tuple[str, ...] = ()
    field_keys: Mapping[str, str] = field(default_factory=dict)
    installed_by: str = str(INSTALLER.user_id)


@pytest.fixture
def quota(tmp_path: Path) -> Iterator[DayQuota]:
    made = DayQuota(tmp_path / "budget.sqlite", "test", 60, server="Pipedrive")
    yield made
    made.close()


def read(
    base_url: str, token: str, quota: DayQuota, lead_ids: list[str]
) -> tuple[tuple[LeadRecord, ...], tuple[Owner, ...]]:
    transport = Transport(
        base_url,
        allowed_origins=frozenset({base_url}),
        rules=RULES,
        quota=quota,
        tokens=FixedToken(token, "Pipedrive"),
    )
    adapter = PipedriveAdapter(
        PipedriveClient(transport),
        install=Connected(),
        values=ValueMap(MAPPABLE, CHOSEN),
        revoke=lambda: None,
    )
    assert adapter.capabilities().coverage == DEMO.coverage()
    batch = adapter.capabilities().read_batch
    found: list[LeadRecord] = []
    for start in range(0, len(lead_ids), batch):
        found += adapter.read_leads(lead_ids[start : start + batch]).records
    return tuple(found), tuple(adapter.iter_owners())


def cases(records: tuple[LeadRecord, ...], owners: tuple[Owner, ...], as_of: datetime) -> Iterator[LeadCase]:
    """What the loader makes of the records: others of the same number, touches of deals, crowds, what is usual."""
    shared = sightings_of([record.lead for record in records])
    logs = crowded(
        (act.owner_id, act.recorded_at, act.lead_id, act.activity_id)
        for record in records
        for act in record.activities
        if act.kind is ActivityKind.CALL
    )
    ticks = crowded(
        (task.owner_id, task.completed_at, task.lead_id, task.task_id)
        for record in records
        for task in record.tasks
        if task.completed_at is not None
    )
    deals = {record.lead.lead_id: tuple(_touched(deal, record) for deal in record.deals) for record in records}
    norms = learn((), _spans(records, as_of), stage_percent=80, won_age_percent=80)
    for record in records:
        lead_id = record.lead.lead_id
        case = LeadCase(
            lead=record.lead,
            as_of=as_of,
            activities=tuple(act for act in record.activities if act.recorded_at <= as_of),
            tasks=tuple(task for task in record.tasks if task.recorded_at <= as_of),
            owner_changes=record.owner_changes,
            stage_changes=record.stage_changes,
            sightings=tuple(shared[lead_id]),
            deals=deals[lead_id],
            owners=owners,
            coverage=Coverage(missing=(*DEMO.coverage().missing, *record.missing)),
        )
        around = Surroundings(
            crowded_logs=tuple(logs[lead_id]),
            crowded_ticks=tuple(ticks[lead_id]),
            deal_norms=norms.deal_norms_for(case),
        )
        yield replace(case, surroundings=around)


def _touched(deal: Deal, record: LeadRecord) -> Deal:
    last = max(sure_touches(record.activities), default=None)
    return replace(deal, contacts=tuple(replace(each, last_touch_at=last) for each in deal.contacts))


def _spans(records: tuple[LeadRecord, ...], as_of: datetime) -> Iterator[DealSpan]:
    for record in records:
        for deal in record.deals:
            if deal.status is LeadStatus.LOST:
                continue
            end = deal.closed_at or as_of
            touches = {at for at in sure_touches(record.activities) if deal.created_at <= at <= end}
            is_won = deal.status is LeadStatus.WON
            yield DealSpan(
                pipeline=deal.pipeline,
                age_s=int((end - deal.created_at).total_seconds()),
                is_won=is_won,
                longest_gap_s=longest_gap_s(sorted({deal.created_at, end, *touches})) if is_won and touches else None,
            )


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize(
    "until", [UNTILS[number] for number in (1, 3, 6, 9, 12)], ids=lambda until: until.strftime("%a-%Y-%m-%d-%H%M")
)
def test_found_is_planted_where_pipedrive_can_show_it(until: datetime, seed: int, quota: DayQuota) -> None:
    population = make_population(seed=seed, until=until, leads=LEAST_LEADS)
    keys = Secrets.make()
    with run_in_thread(read_config(DEMO.sandbox_config("http://127.0.0.1:9", keys, seed))) as sandbox:  # type: ignore[arg-type]
        desk = DEMO.desk(sandbox.base_url, keys)
        truth = Truth.of(population, desk.fill(population))
        control = PipedriveControl(sandbox.base_url, keys.control_token)
        token = str(control.install(COMPANY_ID, user_id=INSTALLER.user_id)["access_token"])
        records, owners = read(sandbox.base_url, token, quota, sorted(truth.planted))
        control.close()
        desk.close()
    policy = with_terms(default_policy(ZONE))
    expected = truth.expected(DEMO.coverage(), DEMO.hidden)
    assert {record.lead.lead_id for record in records} == set(expected)
    wrong = []
    for hours in (0, 2):
        for case in cases(records, owners, until + timedelta(hours=hours)):
            lead_id, kind = case.lead.lead_id, truth.planted[case.lead.lead_id].kind
            said = {finding.rule_id: finding.outcome.value for finding in audit(case, policy).findings}
            broken = {rule_id for rule_id, outcome in said.items() if outcome == "breach"}
            wanted = expected[lead_id]
            if broken - wanted.either - wanted.free != wanted.breaches:
                wrong.append((kind, lead_id, sorted(broken), sorted(wanted.breaches), hours))
            silent = {rule_id for rule_id in wanted.not_evaluated if said[rule_id] != "not_evaluated"}
            silent |= {rule_id for rule_id in wanted.either if said[rule_id] not in ("breach", "not_evaluated")}
            if silent:
                wrong.append((kind, lead_id, "silent on", sorted(silent), hours))
    assert wrong == []
    hidden = sum(len(each.not_evaluated) for each in expected.values())
    shown = sum(len(each.breaches) for each in expected.values())
    assert hidden > 5
    assert shown > 20
