"""Two tenants with the very same ids: no function shows or touches the other's rows, and none works for nobody."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

import connector.storage
from audits.duplicate_terms import DuplicateTerms
from audits.model.activity import ActivityKind
from audits.model.case import Coverage
from audits.model.contract import Contract
from audits.model.exchange import case_to_json
from audits.model.finding import Evidence
from audits.model.said import verbatim
from audits.model.score import FollowUpStatus
from audits.model.surroundings import StageNorm
from audits.model.truth import Given, Learned, Repair
from audits.norms import Norms
from audits.truth.experience import Noted
from audits.truth.judgement import judge
from audits.truth.kept import Truth
from audits.truth.of_case import Became
from audits.truth.outcomes import Found, FoundOut
from connector.crm.lead_fields import FieldKind, KnownField
from connector.crm.values import KnownValue
from connector.errors import InstallLost, InstallNotActive, UnknownInstall
from connector.storage import (
    alerts,
    api_keys,
    campaigns,
    contests,
    contracts,
    cursors,
    field_roles,
    findings,
    health,
    ledger,
    lessons,
    lookups,
    norms,
    outbox,
    outcomes,
    owner_cases,
    people,
    repairs,
    report_runs,
    reports,
    same_people,
    snapshots,
    timeline,
    tokens,
    value_mappings,
    web_sessions,
    worklist,
)
from connector.storage.crowds import Act
from connector.storage.database import Database
from connector.storage.installs import check_fence, purge, take_fence
from connector.storage.lead_lists import LeadFilter
from connector.storage.lessons import Grounds
from connector.storage.lookups import AnswerRow, LookupChoice, LookupKind, Told
from connector.storage.neighbours import Trait
from connector.storage.page_queries import Scope
from connector.storage.policies import PolicyBook, PolicyVersion, put_policy
from connector.storage.repairs import JudgedRepairs, RepairFilter
from connector.storage.report_runs import ReportPart
from connector.storage.snapshots import Packed
from connector.storage.surroundings import Company
from connector.storage.tables import inbox_metadata, metadata
from connector.storage.twins import Sent
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_audit,
    make_case,
    make_deal,
    make_finding,
    make_install,
    make_lead,
    make_owner,
    make_owner_change,
    make_policy,
    make_record,
    make_stage_change,
    make_task,
)

FOREIGN = "FOREIGN"
#: Found by a secret of their own, or of no tenant at all.
NOT_LED_BY_TENANT = {"oauth_states", "web_sessions", "login_links", "worker_slots", "unknown_accounts"}
EMPTY_SCOPE = Scope(leads=LeadFilter())


def seed(conn: Connection, account_id: str, mark: str) -> str:
    """Fill every table of a tenant; the ids are the same for all tenants, what they say has `mark`."""
    tenant = make_install(conn, account_id, name=mark).install_id
    take_fence(conn, tenant, f"job {mark}", NOW)
    tokens.put_token(conn, tenant, "k1", mark.encode(), at(30))
    api_keys.put_key(
        conn, tenant, f"key of {mark}", name=mark, secret_hash=f"hash of {mark}", user_id="user-1", at=at(-60)
    )
    people.replace_owners(conn, tenant, [make_owner(name=mark)])
    people.upsert_user(conn, tenant, "user-1", "olga@seller.example", mark, people.Role.REP, "owner-1")
    web_sessions.create_session(conn, f"session {mark}", install_id=tenant, user_id="user-1", expires_at=at(60))
    web_sessions.put_login_link(conn, f"link {mark}", tenant, "user-1", at(60))
    lead = make_lead("1", company=mark, email="same@example.com", record_url=f"https://crm.example.com/{mark}")
    records = [
        make_record(
            lead,
            activities=[
                make_activity("call-1", "1", raw=(("title", mark),)),
                make_activity(
                    "mail-1", "1", kind=ActivityKind.EMAIL, text=f"We write this very letter to each of you, {mark}"
                ),
            ],
            tasks=[make_task("task-1", "1", raw=(("title", mark),), is_done=True, completed_at=at(-30))],
            owner_changes=[make_owner_change(source=mark)],
            stage_changes=[make_stage_change(source=mark)],
            our_fields={"note": mark},
            deals=[make_deal("deal-1", "1", stage=mark)],
        ),
        make_record(
            make_lead("2", company=mark, email="same@example.com"),
            companion_id="person-1",
            organization_id="company-1",
        ),
        make_record(make_lead("gone", company=mark)),
    ]
    timeline.store_records(conn, tenant, records, at(-50))
    assert same_people.tell_apart(conn, tenant, "1", "2", mark, at(-41))
    timeline.mark_gone(conn, tenant, ["gone"], at(-40))
    timeline.forget(conn, tenant, ["forgotten"], at(-40))
    findings.store_findings(
        conn,
        tenant,
        [make_finding("1", sentence=mark), make_finding("1", "PL004", evidence=(evidence(),), sentence=mark)],
        at(-30),
    )
    truth = Truth(judge(Given(id="1", first_name="test", last_name=mark, email="same@example.com")), ())
    findings.store_audits(
        conn, tenant, [make_audit("1", note=mark, next_change_at=at(-1), due_at=at(-1), truth=truth)]
    )
    breach = make_finding("1", "AG001", sentence=mark, owner_id="owner-1")
    findings.store_findings(conn, tenant, [breach], at(-30))
    contests.open_contest(conn, tenant, breach.fingerprint(), why=mark, user_id="user-1", at=at(-20))
    alerts.plan_alerts(conn, tenant, [ALERT])
    repairs.store_repairs(conn, tenant, [judged_repairs(mark)], at(-30))
    of_owner = make_finding("owner-1", "NC007", sentence=mark)
    owner_cases.put_owner_findings(conn, tenant, [of_owner], at(-30), at(-20))
    contests.open_contest_of_owner(conn, tenant, of_owner.fingerprint(), why=mark, user_id="user-1", at=at(-19))
    for lead_id in ("1", "2"):
        outbox.put_outbox(conn, tenant, lead_id, {"note": mark}, at(-20))
    (row,) = outbox.take_outbox(conn, tenant, 1, NOW)
    outbox.mark_written(conn, tenant, row, at(-10))
    outbox.put_outbox(conn, tenant, "1", {"note": f"{mark} again"}, at(-9))
    cursors.put_cursor(conn, tenant, "backfill", mark, 5, 10, at(-5))
    put_policy(conn, tenant, make_policy("2"), at(-1))
    norms.put_norms(conn, tenant, Norms(stage_norms=(stage_norm(mark),)), at(-1))
    lessons.put_lesson(conn, tenant, lesson(mark), Grounds(outcomes=200), at(-1))
    outcomes.note_outcomes(conn, tenant, [noted("1", mark), noted("2", mark)], at(-30))
    lookups.choose_lookup(conn, tenant, LookupChoice(kind=LookupKind.MX, is_on=True), user_id=mark, at=at(-20))
    lookups.put_answers(conn, tenant, LookupKind.MX, [answer_row(mark)])
    snapshots.put_packed(conn, tenant, [Packed("1", f"digest {mark}", zlib.compress(packed_case(mark)))], at(-30))
    reports.put_report(
        conn,
        tenant,
        kind="weekly",
        since=at(days=-7),
        until=at(-1),
        as_of=at(-1),
        made_at=at(-1),
        inputs={"zone": mark},
        figures=json.dumps({"zone": mark}),
    )
    report_runs.ask_report(conn, tenant, "k", at(days=-7), at(-1), at(-1))
    report_runs.begin_run(conn, tenant, "k", at(-1), {"zone": mark}, 2)
    report_runs.put_parts(conn, tenant, "k", [ReportPart("1", mark.encode())], 1)
    health.bump(conn, tenant, "duplicates", 1, at(-1))
    health.note_unmapped(conn, tenant, "status", mark)
    known = [KnownValue(field="status", value=mark, label=mark)]
    value_mappings.replace_known_values(conn, tenant, known)
    value_mappings.choose_meanings(conn, tenant, {("status", f"{mark} mapped"): "open"}, at(-1))
    field_roles.replace_known_fields(conn, tenant, [KnownField(name="f1", label=mark, kind=FieldKind.DATE)])
    field_roles.choose_roles(conn, tenant, {"recontact_on": mark}, at(-1))
    health.put_notice(conn, tenant, "n1", kind="k", sentence=mark, at=at(-1))
    row_of_event = worklist.EventRow(
        event_key="e1", kind="look_again", object_type="lead", object_id="1", occurred_at=NOW
    )
    worklist.put_events(conn, tenant, [row_of_event], NOW)
    worklist.mark_due(conn, tenant, ["1"], NOW)
    worklist.finish_wake(conn, tenant, 3, last_error=mark)
    campaigns.put_campaign(conn, tenant, campaign(mark))
    contracts.put_version(conn, tenant, agreed(mark), at=at(-30), user_id=mark)
    ledger.append(
        conn, tenant, ledger.Act.CONTRACT_SAVED, at=at(-30), actor=ledger.Actor.USER, actor_id=mark, vendor=mark,
        subject=mark, body={"digest": mark},
    )  # fmt: skip
    return tenant


def packed_case(mark: str) -> bytes:
    """The body of a snapshot, unpacked."""
    told = case_to_json(make_case(make_lead("1", company=mark)))
    del told["as_of"]
    return json.dumps({"case": told, "texts": {}}).encode()


def campaign(mark: str, number: int = 1) -> campaigns.Campaign:
    return campaigns.Campaign(
        campaign_id=f"spot-{number}", label=mark, from_at=at(days=-1), until_at=at(days=1), source=None,
        entered_by="user-1", entered_at=at(-30),
    )  # fmt: skip


def agreed(mark: str, version: int = 1) -> Contract:
    return Contract.model_validate(
        {
            "contract": "acme-solar", "vendor": "acme", "version": version, "valid_from": f"{2019 + version}-01-01",
            "valid_to": f"{2019 + version}-12-31", "timezone": "Europe/Berlin", "currency": "EUR", "signed_ref": mark,
            "pricing": {"price": "25"},
        }
    )  # fmt: skip


def trait(lead_id: str, template: int = 7) -> Trait:
    return Trait(
        lead_id=lead_id, received_at=NOW, known_at=NOW, subnet=template, payload=template, name=None,
        family_name=None, by_net=template, by_browser=None, by_hour=None, buyer_at=NOW,
    )  # fmt: skip


def stage_norm(stage: str) -> StageNorm:
    return StageNorm(pipeline="", stage=stage, segment="", n=20, quantile_s=3600)


def judged_repairs(mark: str) -> JudgedRepairs:
    meant = Repair(field="email", given=f"{mark}@gmial.com", proposed=f"{mark}@gmail.com", why=verbatim(mark))
    return JudgedRepairs(lead_id="1", values={"email": meant.given}, proposed=(meant,))


def answer_row(mark: str) -> AnswerRow:
    told = Told(is_deliverable=True)
    return AnswerRow(key_hash=f"key of {mark}", told=told, asked_at=at(-19), expires_at=at(days=6), currency=mark)


def evidence() -> Evidence:
    return Evidence(record_type="lead", record_id="2", field="email", value="same@example.com")


def lesson(version: str) -> Learned:
    return Learned(version=version, said=(0.1, 0.9), found=(0.2, 0.6))


def noted(lead_id: str, code: str) -> Noted:
    found = FoundOut(found=Found.PSEUDO, why="denied")
    return Noted(lead_id=lead_id, said=0.9, spoke=("PL011",), codes=(code,), found=found)


ALERT = alerts.Alert(
    lead_id="1",
    rule_id="RT002",
    kind=alerts.AlertKind.BREACH,
    due_at=at(-30),
    user_id="user-1",
    send_after=at(-20),
)

#: One value for each parameter that any function of the store has, by name.
ARGUMENTS: dict[str, Any] = {
    "acts": [Act("owner-1", at(hours=-1), "call-0", "0"), Act("owner-1", at(-30), "task-0", "0")],
    "alert": ALERT,
    "announced": campaign("").announced,
    "became": {"1": Became(was_reached=True, has_denied=True, is_buyer=True)},
    "came": [trait("1")],
    "went": [trait("1", 8)],
    "stored": [make_lead("1", ip="203.0.113.9", source="spring")],
    "campaign": campaign("new", 2),
    "campaign_id": "spot-1",
    "asked": RepairFilter(),
    "before": at(-10),
    "given": f"{FOREIGN}@gmial.com",
    "proposed": f"{FOREIGN}@gmail.com",
    "contest_id": "1",
    "contract": "acme-solar",
    "ends_on": date(2020, 6, 30),
    "used": [("acme-solar", 1)],
    "decision": contests.Decision.UPHELD,
    "fingerprint": make_finding("1", "AG001", sentence=FOREIGN, owner_id="owner-1").fingerprint(),
    "fingerprints": [make_finding("1", "AG001", sentence=FOREIGN, owner_id="owner-1").fingerprint()],
    "one": "1",
    "other": "2",
    "terms": DuplicateTerms(window_days=30),
    "gets_alerts": True,
    "gets_digest": True,
    "note": "Checked.",
    "outcome": alerts.AlertOutcome.SENT,
    "planned": [ALERT],
    "why": "I called from my own phone.",
    "book": PolicyBook(
        [PolicyVersion(policy=make_policy("1"), position=1, valid_from=at(days=-9), valid_to=None)]
    ),
    "burst": 3,
    "cases": [
        make_case(
            activities=(
                make_activity("call-0"),
                make_activity("mail-0", kind=ActivityKind.EMAIL, text="We write this very letter to each of you"),
            ),
            tasks=(make_task("task-0", is_done=True, completed_at=at(-30)),),
        )
    ],
    "changes": Company(
        logs=frozenset({Act("owner-1", at(hours=-1), "call-0", "0")}),
        ticks=frozenset({Act("owner-1", at(-30), "task-0", "0")}),
        texts=frozenset({Sent(1, at(hours=-1), "mail-0", "0")}),
    ),
    "most": 5,
    "near_days": 30,
    "ranges": [("owner-1", at(-60), NOW)],
    "texts": [Sent(1, at(hours=-1), "mail-0", "0")],
    "api_url": "https://moved.example.com",
    "companion_id": "person-1",
    "companion_ids": ["person-1"],
    "organization_id": "company-1",
    "owner_ids": ["owner-1"],
    "rule_ids": ["RT001", "PL004"],
    "keep_days": 0,
    "kept_since": at(days=-90),
    "keys": {"handling": "k"},
    "meanings": {("status", "Ours"): "open", ("status", FOREIGN): None},
    "as_of": NOW,
    "at": NOW,
    "audits": [make_audit("1"), make_audit("2")],
    "by": 2,
    "changed": [make_lead("1")],
    "choice": LookupChoice(kind=LookupKind.MX, is_on=True, limit_minor=5),
    "complaint": "refused",
    "coverage": Coverage(),
    "cursor": "page-2",
    "done": 6,
    "done_before": at(60),
    "edges_s": [60, 3600],
    "email": "olga@seller.example",
    "events": [worklist.EventRow(event_key="e2", kind="k", object_type="lead", object_id="1", occurred_at=NOW)],
    "expires_at": at(90),
    "fields": [KnownField(name="f2", label="New", kind=FieldKind.DATE)],
    "fence": 1,
    "field": "status",
    "hashes": [worklist.event_hash("e1")],
    "holder": "job",
    "key_id": "k2",
    "kind": "k",
    "language": "nb",
    "lead_id": "1",
    "lead_ids": ["1", "2", "gone", "forgotten"],
    "marks": {"1": NOW},
    "lesson": lesson("new"),
    "grounds": Grounds(outcomes=300),
    "noted": [noted("1", "mashed_name")],
    "learned": Norms(stage_norms=(stage_norm("New"),)),
    "lease_s": 30,
    "limit": 10,
    "link_hash": "another link",
    "listed": [make_owner("owner-2")],
    "missing_scopes": ["emails"],
    "norms_id": Norms(stage_norms=(stage_norm(FOREIGN),)).norms_id,
    "notice_key": "n1",
    "now": NOW,
    "object_ids": ["call-1", "task-1"],
    "object_type": "call",
    "owner_id": "owner-1",
    "pipelines": {"sales"},
    "policy": make_policy("3"),
    "purge_at": at(days=30),
    "read_at": at(5),
    "reason": "revoked",
    "received_at": NOW,
    "record": make_record("1"),
    "records": [make_record(make_lead("1", company="changed"), activities=[make_activity("call-2")])],
    "region": "DE",
    "deal_ids": ["deal-1"],
    "retry_at": None,
    "role": people.Role.ADMIN,
    "roles": {"recontact_on": "f3"},
    "row": outbox.OutboxRow(
        lead_id="1", values={"note": f"{FOREIGN} again"}, status=outbox.OutboxStatus.PENDING, attempts=0,
        complaint="", planned_at=NOW, retry_at=None,
    ),
    "said": [make_finding("1", "PL004", evidence=(evidence(),)), make_finding("2")],
    "salt": "pepper",
    "scope": EMPTY_SCOPE,
    "sealed": b"sealed anew",
    "sentence": "Mend it.",
    "secret_hash": "another secret",
    "session_hash": "another session",
    "since": at(days=-2),
    "stages": {("", FOREIGN)},
    "total": 10,
    "unseen": {"1": set()},
    "until": at(days=1),
    "user_id": "user-1",
    "valid_from": NOW,
    "value": 7,
    "values": {"note": "new"},
    "version": 1,
    "wake_no": 3,
    "wanted": LeadFilter(),
    "with_measures": True,
    "with_words": True,
    "zone": "Europe/Berlin",
    "neglected": [FollowUpStatus.NEVER_CALLED],
    "judged": [(make_case(), {})],
    "inputs": {"zone": "UTC"},
    "figures": "{}",
    "made_at": NOW,
    "report_id": "20260311-unknown",
    "plan": {"zone": "UTC"},
    "parts": [ReportPart("2", b"new")],
    "leads": 1,
    "failure": "It broke.",
    "after": "",
}  # fmt: skip
#: Where a name means something else.
SPECIAL: dict[str, dict[str, Any]] = {
    "api_keys.put_key": {"key_id": "key of nobody", "name": "Form"},
    "api_keys.revoke_key": {"key_id": f"key of {FOREIGN}"},
    "api_keys.note_use": {"key_id": f"key of {FOREIGN}"},
    "contests.open_contest_of_owner": {
        "fingerprint": make_finding("owner-1", "NC007", sentence=FOREIGN).fingerprint()
    },
    "contests.findings_of": {
        "fingerprints": [
            make_finding("1", "AG001", sentence=FOREIGN, owner_id="owner-1").fingerprint(),
            make_finding("owner-1", "NC007", sentence=FOREIGN).fingerprint(),
        ]
    },
    "snapshots.put_packed": {"cases": [Packed("1", "d", b"new")]},
    "snapshots.known_of": {"cases": [Packed("1", "d", zlib.compress(packed_case("nobody's")))]},
    "repairs.store_repairs": {"judged": [judged_repairs("new")]},
    "repairs.find_repair": {"field": "email"},
    "repairs.decide_repair": {"field": "email", "shown_in": "leadassay_suggested_repair"},
    "repairs.reopen_repair": {"field": "email"},
    **{
        f"lookups.{name}": {
            "kind": LookupKind.MX,
            "judged": [make_lead("1")],
            "rows": [answer_row("nobody")],
            "before": b"sealed",
        }
        for name in (
            "lookup_choice",
            "want_lookups",
            "replace_key",
            "list_wants",
            "defer_wants",
            "end_wants",
            "count_wants",
            "put_answers",
            "drop_answers",
            "looked_up",
            "spent_milli",
            "count_asked",
        )
    },
    "cursors.get_cursor": {"name": "backfill"},
    "cursors.start_cursor": {"name": "backfill"},
    "cursors.put_cursor": {"name": "backfill"},
    "health.bump": {"name": "duplicates"},
    "health.set_gauge": {"name": "duplicates"},
    "health.note_unmapped": {"value": FOREIGN},
    "page_queries.count_unseen": {"name": "owner_history"},
    "people.upsert_user": {"name": "Olga"},
    "ledger.append": {
        "act": ledger.Act.CLAIM_MADE,
        "actor": ledger.Actor.USER,
        "actor_id": "user-1",
        "subject": "claim-1",
        "body": {"lines": 3},
    },
    "ledger.list_entries": {"before": 100},
    "ledger.delivery_mark": {"vendor": "acme", "delivery_id": "d-1"},
    "ledger.verify": {"expected_heads": ()},
    "contracts.put_version": {"contract": agreed("new", 2)},
    "contracts.follow_version": {"contract": agreed("new", 2)},
    "policies.find_policy": {"version": "2"},
    "value_mappings.replace_known_values": {"values": [KnownValue(field="status", value="New", label="New")]},
    "lead_ends.merge_ended": {"records": {"1": make_record("1", merged_ids=("2",))}},
    "deals.store_deals": {"records": {"1": make_record("1", deals=[make_deal("deal-1", "1", stage="changed")])}},
    "timeline_rows": {"records": {"1": make_record("1")}},
}
#: Pure builders of rows and statements: they take install_id and no connection.
Call = tuple[str, Callable[..., Any], dict[str, Any]]


def functions() -> Iterator[Call]:
    """Every public function of the store that takes a connection and an install_id, with its arguments."""
    for module in pkgutil.iter_modules(connector.storage.__path__):
        if module.ispkg:
            continue
        loaded = importlib.import_module(f"connector.storage.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            parameters = inspect.signature(function).parameters
            takes_both = "install_id" in parameters and {"conn", "connection"} & set(parameters)
            if function.__module__ != loaded.__name__ or name.startswith("_") or not takes_both:
                continue
            label = f"{module.name}.{name}"
            arguments = {}
            for parameter in parameters.values():
                if parameter.name in ("conn", "connection", "install_id"):
                    continue
                special = SPECIAL.get(label, {})
                if parameter.name in special or parameter.name in ARGUMENTS:
                    arguments[parameter.name] = special.get(parameter.name, ARGUMENTS.get(parameter.name))
                elif parameter.default is inspect.Parameter.empty:
                    raise AssertionError(f"{label} has a parameter {parameter.name!r}: give it a value in ARGUMENTS")
            yield label, function, arguments


CALLS = list(functions())


def call(conn: Connection, install_id: str, each: Call) -> Any:
    _, function, arguments = each
    first = "conn" if "conn" in inspect.signature(function).parameters else "connection"
    result = function(**{first: conn}, install_id=install_id, **arguments)
    return list(result) if isinstance(result, Iterator) else result


def rows_of(conn: Connection, tenant: str) -> dict[str, list[str]]:
    return {
        table.name: sorted(str(row) for row in conn.execute(sa.select(table).where(table.c.install_id == tenant)))
        for table in metadata.sorted_tables
        if "install_id" in table.c
    }


@pytest.fixture
def tenants(database: Database) -> tuple[str, str]:
    with database.write() as conn:
        return seed(conn, "portal-1", "MINE"), seed(conn, "portal-2", FOREIGN)


def test_there_is_something_to_call() -> None:
    assert len(CALLS) > 70


def test_every_key_begins_with_the_tenant() -> None:
    for table in metadata.sorted_tables:
        first = next(iter(table.primary_key)).name
        assert first == "install_id" or table.name in NOT_LED_BY_TENANT, table.name
        for index in table.indexes:
            leading = next(iter(index.columns)).name
            # Asked over all tenants, by the machinery alone.
            across = {"next_change_at", "expires_at", "purge_at", "email_key"}
            assert leading == "install_id" or leading in across, index.name
    assert set(inbox_metadata.tables) == {"inbox"}


def test_the_seed_fills_every_table_of_a_tenant(database: Database, tenants: tuple[str, str]) -> None:
    with database.read() as conn:
        assert [name for name, rows in rows_of(conn, tenants[1]).items() if not rows] == []


def test_no_function_shows_or_touches_the_rows_of_another_tenant(
    database: Database, tenants: tuple[str, str]
) -> None:
    mine, foreign = tenants
    statements: list[tuple[str, str]] = []

    def watch(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, repr(parameters)))

    with database.write() as conn:
        untouched = rows_of(conn, foreign)
        for each in CALLS:
            nested = conn.begin_nested()
            event.listen(database.engine, "before_cursor_execute", watch)
            statements.clear()
            result = call(conn, mine, each)
            event.remove(database.engine, "before_cursor_execute", watch)
            assert FOREIGN not in repr(result).replace(repr(each[2].get("row")), ""), each[0]
            assert foreign not in repr(result), each[0]
            for statement, parameters in statements:
                assert "install_id" in statement, (each[0], statement)
                assert foreign not in parameters, (each[0], statement)
            assert rows_of(conn, foreign) == untouched, each[0]
            nested.rollback()


def test_nobody_gets_nothing_and_nothing_is_written_for_nobody(database: Database, tenants: tuple[str, str]) -> None:
    with database.write() as conn:
        before = [rows_of(conn, tenant) for tenant in tenants]
        for each in CALLS:
            nested = conn.begin_nested()
            try:
                result = call(conn, "no such install", each)
            except (UnknownInstall, InstallNotActive, sa.exc.IntegrityError):
                result = None
            assert "MINE" not in repr(result), each[0]
            assert FOREIGN not in repr(result), each[0]
            if nested.is_active:
                nested.rollback()
            assert rows_of(conn, "no such install") == {name: [] for name in before[0]}, each[0]
        assert [rows_of(conn, tenant) for tenant in tenants] == before


WRITERS = [each for each in CALLS if each[0].endswith((".store_records", ".store_findings")) or ".put_" in each[0]]


@pytest.mark.parametrize("each", WRITERS, ids=[each[0] for each in WRITERS])
def test_a_job_with_an_unknown_tenant_is_refused(database: Database, each: Call) -> None:
    with pytest.raises((UnknownInstall, sa.exc.IntegrityError)), database.write() as conn:
        call(conn, "no such install", each)


def test_a_job_may_commit_for_the_tenant_it_took_and_no_other(database: Database, tenants: tuple[str, str]) -> None:
    mine, foreign = tenants
    with database.write() as conn:
        fence = take_fence(conn, mine, "this job", NOW)
        check_fence(conn, mine, fence)
        with pytest.raises(InstallLost):
            check_fence(conn, foreign, fence)
        with pytest.raises(InstallNotActive):
            check_fence(conn, "no such install", fence)


def test_a_purge_takes_one_tenant_and_leaves_no_row_of_it(database: Database, tenants: tuple[str, str]) -> None:
    mine, foreign = tenants
    with database.write() as conn:
        untouched = rows_of(conn, foreign)
        purge(conn, mine)
        assert rows_of(conn, mine) == {name: [] for name in untouched}
        assert rows_of(conn, foreign) == untouched
