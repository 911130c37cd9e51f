"""Reading leads and deals out of the sandbox, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.case import Fact
from audits.model.lead import LeadStatus
from connector.adapters.pipedrive import PipedriveAdapter, client, reading
from connector.adapters.pipedrive.call_logs import CallLogs
from connector.crm.lead_fields import FieldRoles
from connector.crm.port import LeadRecord, Page
from connector.day_quota import DayQuota
from connector.errors import QuotaSpent, ReauthorizationNeeded, RetryLater, UnexpectedPayload
from connector.payloads import JsonObject
from connector.transport import Transport
from tests.adapters.pipedrive.conftest import Make
from tests.sides.pipedrive import ADMIN, COMPANY, REP, PipedriveSide, without
from tests.unruly import answer_json, unruly

NOT_NAMED = [fact for fact, _ in FieldRoles().missing]
NOW = datetime.now(UTC)
SINCE = NOW - timedelta(days=90)


def back_filled(adapter: PipedriveAdapter, since: datetime = SINCE) -> tuple[list[str], int]:
    """(ids of all pages, how many were scanned)."""
    found: list[str] = []
    scanned, cursor = 0, None
    for _ in range(50):
        page: Page = adapter.list_leads(cursor, since)
        found += page.lead_ids
        scanned += page.scanned
        cursor = page.cursor
        if cursor is None:
            return found, scanned
    raise AssertionError("the back-fill does not end")


def one(adapter: PipedriveAdapter, lead_id: str) -> LeadRecord:
    read = adapter.read_leads([lead_id])
    assert not read.gone_ids
    (record,) = read.records
    return record


def lead_of(side: PipedriveSide, **details: str) -> tuple[str, str]:
    """(our id, Pipedrive's id) of a new lead."""
    made = side.create_lead(side.account, **{"first_name": "Ann", "phone": "+49 30 5550177", **details})
    return made, made.removeprefix("lead:")


def calls(side: PipedriveSide) -> list[str]:
    return [f"{call.method} {call.path}" for call in side.calls() if not call.is_oauth]


def test_the_back_fill_names_leads_and_deals_archived_or_not(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    kept = [lead_of(side)[0] for _ in range(3)]
    side.control.act("archive", COMPANY, kind="lead", id=kept[1].removeprefix("lead:"))
    deals = [side.control.create(COMPANY, "deal", {"title": "D"})["id"] for _ in range(2)]
    side.control.act("archive", COMPANY, kind="deal", id=deals[1])
    old = side.create_lead(side.account, at=SINCE - timedelta(days=1), first_name="Old")
    found, scanned = back_filled(adapter)
    assert sorted(found) == sorted([*kept, *(f"deal:{one}" for one in deals)])
    assert scanned == 6
    assert old not in found


def test_a_page_that_moves_loses_no_lead(
    side: PipedriveSide, adapter: PipedriveAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIST_LIMIT", 10)
    monkeypatch.setattr(client, "OVERLAP_PART", 2)
    made = [
        side.create_lead(side.account, at=NOW - timedelta(hours=number), first_name=f"P{number}")
        for number in range(25)
    ]
    first = adapter.list_leads(None, SINCE)
    for gone in made[:3]:
        side.delete_lead(side.account, gone)
    side.create_lead(side.account, first_name="New")
    found, cursor = list(first.lead_ids), first.cursor
    while cursor is not None:
        page = adapter.list_leads(cursor, SINCE)
        found += page.lead_ids
        cursor = page.cursor
    assert set(made) <= set(found)


def test_everything_of_a_lead(side: PipedriveSide, make: Make) -> None:
    adapter = make({("activity_type", "deadline"): "no_touch"})
    lead_id, uuid = lead_of(side, last_name="Lee", email="ann@x.example")
    company = side.control.create(COMPANY, "organization", {"name": "Lee & Söhne"})
    side.control.set_values(COMPANY, "lead", uuid, {"organization_id": company["id"]})
    side.log_call(side.account, lead_id, at=NOW)
    side.control.log(COMPANY, "lead", uuid, {"type": "deadline"})
    side.control.create(COMPANY, "activity", {"type": "meeting", "lead_id": uuid, "due_date": "2099-01-01"})
    side.control.create(COMPANY, "activity", {"type": "task", "lead_id": uuid})
    side.control.create(COMPANY, "note", {"content": "<b>secret</b>", "lead_id": uuid})
    record = one(adapter, lead_id)
    kinds = [(act.kind, act.direction) for act in record.activities]
    assert sorted(kinds) == sorted(
        [(ActivityKind.CALL, Direction.OUTBOUND), (ActivityKind.NOTE, None), (ActivityKind.MEETING, None)]
    )
    assert len(record.tasks) == 1
    assert (record.lead.company, record.lead.email) == ("Lee & Söhne", "ann@x.example")
    assert record.companion_id is not None
    assert record.organization_id == f"organization:{company['id']}"
    assert {fact for fact, _ in record.missing} == {Fact.OWNER_HISTORY, Fact.STAGE_HISTORY, Fact.STAGE}
    assert "secret" not in repr(record)


def test_gone_and_archived_are_told_apart(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    (shelved, uuid), (thrown, _) = lead_of(side), lead_of(side)
    side.control.act("archive", COMPANY, kind="lead", id=uuid)
    side.delete_lead(side.account, thrown)
    deals = [f"deal:{side.control.create(COMPANY, 'deal', {'title': 'D'})['id']}" for _ in range(3)]
    side.control.act("archive", COMPANY, kind="deal", id=deals[1].removeprefix("deal:"))
    side.control.act("delete", COMPANY, kind="deal", id=deals[2].removeprefix("deal:"))
    read = adapter.read_leads([shelved, thrown, *deals, "deal:999999", "lead:nobody", "contact:1"])
    assert {record.lead.lead_id: record.lead.status for record in read.records} == {
        shelved: LeadStatus.DISCARDED,
        deals[0]: LeadStatus.OPEN,
        deals[1]: LeadStatus.DISCARDED,
    }
    assert set(read.gone_ids) == {thrown, deals[2], "deal:999999", "lead:nobody", "contact:1"}


def test_a_deal_tells_its_history_and_what_it_was(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    lead_id, uuid = lead_of(side)
    side.log_call(side.account, lead_id)
    deal = side.control.act("convert", COMPANY, id=uuid)["id"]
    at = datetime.now(UTC) + timedelta(minutes=5)
    side.control.set_values(COMPANY, "deal", deal, {"owner_id": REP}, at=at.isoformat())
    side.control.set_values(
        COMPANY, "deal", deal, {"status": "lost", "lost_reason": "Price"}, at=(at + timedelta(minutes=1)).isoformat()
    )
    record = one(adapter, f"deal:{deal}")
    assert record.converted_from == lead_id
    assert [change.owner_id for change in record.owner_changes] == [str(ADMIN), str(REP)]
    assert [change.raw_status for change in record.stage_changes] == ["lost"]
    assert (record.lead.status, record.lead.raw_status) == (LeadStatus.LOST, "lost: Price")
    assert len(record.activities) == 1
    assert record.missing == ()


def test_a_deal_in_which_nothing_changed_costs_no_history(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    deal = side.control.create(COMPANY, "deal", {"title": "D"})["id"]
    side.forget_calls()
    one(adapter, f"deal:{deal}")
    assert not [call for call in calls(side) if "changelog" in call]


def test_histories_are_left_when_half_of_our_part_of_the_day_is_gone(side: PipedriveSide, make: Make) -> None:
    side.control.settings(daily_token_limit=10_000)
    adapter = make()
    deal = side.control.create(COMPANY, "deal", {"title": "D"})["id"]
    later = (NOW + timedelta(hours=1)).isoformat()
    side.control.set_values(COMPANY, "deal", deal, {"owner_id": REP}, at=later)
    assert one(adapter, f"deal:{deal}").missing == ()
    side.control.spend_tokens(COMPANY, 2_100)
    adapter.account()
    record = one(adapter, f"deal:{deal}")
    assert {fact for fact, _ in record.missing} == {Fact.OWNER_HISTORY, Fact.STAGE_HISTORY}
    assert "20 tokens" in record.missing[0][1]
    assert (make().capabilities().reread_per_poll, adapter.capabilities().reread_per_poll) == (0, 0)


@pytest.mark.parametrize(("limit", "reread", "minutes"), [(30_000, 1, 48), (120_000, 1, 12), (270_000, 5, 13.9)])
def test_polls_take_half_of_our_part_at_most(
    side: PipedriveSide, adapter: PipedriveAdapter, limit: int, reread: int, minutes: float
) -> None:
    side.control.settings(daily_token_limit=limit)
    assert adapter.capabilities().poll_every_s == 0
    adapter.account()
    capable = adapter.capabilities()
    assert (capable.reread_per_poll, round(capable.poll_every_s / 60, 1)) == (reread, minutes)


def test_one_poll_a_day_is_made_however_few_tokens_there_are(adapter: PipedriveAdapter, quota: DayQuota) -> None:
    quota.observe(100, 100)
    assert adapter.capabilities().poll_every_s == 86_400


def test_mails_that_are_shown_to_their_owners_alone_are_missed(
    side: PipedriveSide, adapter: PipedriveAdapter
) -> None:
    lead_id, _ = lead_of(side)
    person = one(adapter, lead_id).companion_id
    assert person is not None
    mail = {
        "user_id": ADMIN, "person_id": int(person.removeprefix("person:")),
        "from": [{"email_address": "a@x.example"}], "to": [{"email_address": "b@x.example"}],
        "sent_flag": True, "message_time": NOW.isoformat(),
    }  # fmt: skip
    side.control.seed({"company_id": COMPANY, "mail_messages": [mail, {**mail, "sent_flag": False}]})
    record = one(adapter, lead_id)
    assert sorted(act.direction or "" for act in record.activities) == [Direction.INBOUND, Direction.OUTBOUND]
    assert Fact.EMAILS not in {fact for fact, _ in record.missing}
    side.control.seed({"company_id": COMPANY, "mail_messages": [{**mail, "user_id": REP}]})
    hidden = one(adapter, lead_id)
    assert len(hidden.activities) == 2
    assert Fact.EMAILS in {fact for fact, _ in hidden.missing}


def test_call_logs_of_the_tokens_user_refine_his_calls(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    lead_id, uuid = lead_of(side)
    mine = side.log_call(side.account, lead_id).removeprefix("activity:")
    theirs = side.control.log(COMPANY, "lead", uuid, {"owner_id": REP})["id"]
    log = {
        "user_id": ADMIN, "activity_id": int(mine), "outcome": "connected", "duration": 200, "lead_id": uuid,
        "from_phone_number": "+49 30 5550177", "to_phone_number": "+49 30 1", "start_time": NOW.isoformat(),
        "end_time": NOW.isoformat(),
    }  # fmt: skip
    side.control.seed({"company_id": COMPANY, "call_logs": [log, {**log, "user_id": REP, "activity_id": theirs}]})
    acts = {act.activity_id: act for act in one(adapter, lead_id).activities}
    assert len(acts) == 2
    known = acts[f"activity:{mine}"]
    assert (known.disposition, known.duration_s, known.direction) == (Disposition.CONNECTED, 200, Direction.INBOUND)
    assert acts[f"activity:{theirs}"].disposition is None


def test_call_logs_are_listed_once_for_the_leads_of_a_while(side: PipedriveSide, make: Make) -> None:
    lead_id, uuid = lead_of(side)
    mine = int(side.log_call(side.account, lead_id).removeprefix("activity:"))
    log = {"user_id": ADMIN, "outcome": "busy", "start_time": NOW.isoformat(), "end_time": NOW.isoformat()}
    log |= {"from_phone_number": "+49 30 1", "to_phone_number": "+49 30 2", "lead_id": uuid}
    side.control.seed(
        {"company_id": COMPANY, "call_logs": [*({**log} for _ in range(119)), {**log, "activity_id": mine}]}
    )
    keys = {"deal/leadassay_audit_note": f"ours{side.sandbox.base_url}"}
    side.forget_calls()
    for _ in range(3):
        acts = one(make(field_keys=keys), lead_id).activities
        assert [act.disposition for act in acts] == [Disposition.BUSY]
    assert calls(side).count("GET /api/v1/callLogs") == 3, "120 logs are three pages that overlap"


class Clock:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_when_call_logs_are_listed_again() -> None:
    clock, listed = Clock(), list[datetime]()
    kept = CallLogs(clock)

    def read() -> list[JsonObject]:
        listed.append(clock.now)
        return [{"activity_id": 1, "outcome": "busy", "subject": "private"}, {"activity_id": None}]

    def find(number: int, done_at: datetime, whose: str = "1") -> JsonObject | None:
        return kept.find(("account", whose), {"id": number, "marked_as_done_time": done_at.isoformat()}, read)

    before = NOW - timedelta(hours=1)
    assert find(1, before) == {"outcome": "busy"}
    assert find(2, before) is None
    assert len(listed) == 1, "a call without a log, made before the list was read, has none"
    assert find(2, NOW, "2") is None
    assert len(listed) == 2, "another user's are others"
    clock.now = NOW + timedelta(seconds=30)
    assert find(3, clock.now) is None
    assert len(listed) == 2, "never twice in a minute"
    clock.now = NOW + timedelta(minutes=2)
    find(3, NOW + timedelta(seconds=30))
    assert len(listed) == 3, "a call that was made since"
    clock.now += timedelta(minutes=15)
    assert kept.find(("account", "1"), {"id": 1}, None) is None
    assert len(listed) == 3, "not now: the day's tokens are for new leads"
    assert find(1, before) == {"outcome": "busy"}
    assert len(listed) == 4


def test_an_activity_of_an_unknown_type_may_have_been_a_touch(side: PipedriveSide, make: Make) -> None:
    side.control.seed({"company_id": COMPANY, "activity_types": [{"name": "Besuch", "key_string": "besuch"}]})
    lead_id, uuid = lead_of(side)
    side.control.log(COMPANY, "lead", uuid, {"type": "besuch"})
    adapter = make()
    read = adapter.read_leads([lead_id])
    assert ("activity_type", "besuch") in read.unmapped
    assert Fact.CALLS in {fact for fact, _ in read.records[0].missing}
    assert ("activity_type", "besuch") in {(known.field, known.value) for known in adapter.known_values()}
    meant = one(make({("activity_type", "besuch"): "meeting"}), lead_id)
    assert [act.kind for act in meant.activities] == [ActivityKind.MEETING]
    assert Fact.CALLS not in {fact for fact, _ in meant.missing}


def test_what_hangs_on_the_person_alone_is_read_with_each_lead(side: PipedriveSide, make: Make) -> None:
    lead_id, _ = lead_of(side)
    person = (one(make(), lead_id).companion_id or "").removeprefix("person:")
    side.control.log(COMPANY, "person", person, {"participants": [{"person_id": int(person), "primary": True}]})
    assert len(one(make(), lead_id).activities) == 1
    adapter = make()
    page = adapter.list_leads(None, SINCE)
    (swept,) = adapter.read_leads(page.lead_ids).records
    assert len(swept.activities) == 1


def test_a_sweep_reads_what_lead_by_lead_reading_reads(side: PipedriveSide, make: Make) -> None:
    leads = [lead_of(side)[0] for _ in range(12)]
    for number, lead_id in enumerate(leads):
        for _ in range(number % 3):
            side.log_call(side.account, lead_id)
        if number % 4 == 0:
            uuid = lead_id.removeprefix("lead:")
            side.control.create(COMPANY, "note", {"content": "n", "lead_id": uuid})
        if number % 5 == 0:
            side.control.act("convert", COMPANY, id=lead_id.removeprefix("lead:"))
    adapter = make()
    ids, _ = back_filled(adapter)
    side.forget_calls()
    swept = adapter.read_leads(ids)
    assert len([call for call in calls(side) if call.endswith("/activities")]) == 1
    direct = make().read_leads(ids)
    assert swept == direct
    assert len(swept.records) == 12


def test_what_was_asked_for_by_itself_is_not_taken_from_an_older_sweep(side: PipedriveSide, make: Make) -> None:
    leads = [lead_of(side)[0] for _ in range(3)]
    adapter = make()
    page = adapter.list_leads(None, SINCE)
    adapter.read_leads(page.lead_ids[:1])
    side.log_call(side.account, leads[0])
    assert len(one(adapter, page.lead_ids[0]).activities) == (1 if page.lead_ids[0] == leads[0] else 0)
    touched = make()
    touched.list_leads(None, SINCE)
    touched.read_leads([leads[1]])
    fresh = side.log_call(side.account, leads[0])
    assert fresh in {act.activity_id for act in one(touched, leads[0]).activities} or leads[0] in page.lead_ids


def test_a_sweep_that_is_too_long_is_given_up(
    side: PipedriveSide, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIST_LIMIT", 2)
    leads = [lead_of(side)[0] for _ in range(2)]
    for _ in range(9):
        side.log_call(side.account, leads[0])
    adapter = make()
    ids, _ = back_filled(adapter)
    side.forget_calls()
    read = adapter.read_leads(ids)
    assert sorted(len(record.activities) for record in read.records) == [0, 9]
    assert reading._too_much[side.sandbox.base_url] > 0
    side.forget_calls()
    other = make()
    ids, _ = back_filled(other)
    other.read_leads(ids)
    assert len([call for call in calls(side) if call.endswith("/activities")]) == 6


def test_the_poll_finds_what_changed(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    before = NOW - timedelta(days=3)
    quiet, touched, shelved, called = (
        side.create_lead(side.account, at=before, first_name=name) for name in ("Q", "T", "S", "C")
    )
    deal, dead = (side.control.create(COMPANY, "deal", {"title": "D"}, at=before.isoformat())["id"] for _ in range(2))
    since, until = NOW - timedelta(hours=1), datetime.now(UTC) + timedelta(minutes=1)
    side.control.set_values(COMPANY, "lead", touched.removeprefix("lead:"), {"title": "new"})
    side.control.act("archive", COMPANY, kind="lead", id=shelved.removeprefix("lead:"))
    side.log_call(side.account, called)
    side.control.set_values(COMPANY, "deal", deal, {"title": "new"})
    side.control.act("delete", COMPANY, kind="deal", id=dead)
    person = side.control.records(COMPANY, "persons")[0]["id"]
    side.control.set_values(COMPANY, "person", person, {"name": "Renamed"})
    found: set[str] = set()
    companions: set[str] = set()
    cursor = None
    while True:
        page = adapter.list_modified(since, until, cursor)
        found.update(page.lead_ids)
        companions.update(page.companion_ids)
        cursor = page.cursor
        if cursor is None:
            break
    assert found == {touched, shelved, called, f"deal:{deal}", f"deal:{dead}"}
    assert quiet not in found
    assert f"person:{person}" in companions


def test_owners_and_account(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    side.control.act("change_user", COMPANY, user_id=REP, is_active=False)
    owners = {owner.owner_id: owner for owner in adapter.iter_owners()}
    assert (owners[str(ADMIN)].is_archived, owners[str(REP)].is_archived) == (False, True)
    account = adapter.account()
    assert (account.account_id, account.zone) == (str(COMPANY), "America/New_York")
    assert account.api_url == side.sandbox.base_url


@pytest.mark.parametrize(
    ("scope", "facts"),
    [
        ("mail:read", {Fact.EMAILS, Fact.MESSAGES}),
        ("recents:read", {Fact.OWNER_HISTORY, Fact.STAGE_HISTORY, Fact.MESSAGES}),
        ("phone-integration", {Fact.MESSAGES}),
    ],
)
def test_optional_scopes(side: PipedriveSide, make: Make, scope: str, facts: set[Fact]) -> None:
    adapter = make(scopes=without(scope))
    capabilities = adapter.without_scope(scope)
    assert {fact for fact, _ in capabilities.coverage.missing} == facts | {Fact.TEXTS, *NOT_NAMED}
    lead_id, uuid = lead_of(side)
    side.log_call(side.account, lead_id)
    deal = side.control.act("convert", COMPANY, id=uuid)["id"]
    side.control.set_values(COMPANY, "deal", deal, {"owner_id": REP}, at=(NOW + timedelta(hours=1)).isoformat())
    assert len(one(adapter, f"deal:{deal}").activities) == 1


def test_without_a_scope_that_we_need_nothing_can_be_done(adapter: PipedriveAdapter) -> None:
    with pytest.raises(ReauthorizationNeeded):
        adapter.without_scope("leads:full")


def test_chats_count_as_seen_when_the_admin_says_so(make: Make) -> None:
    def unseen(chosen: dict[tuple[str, str], str]) -> set[Fact]:
        return {fact for fact, _ in make(chosen).capabilities().coverage.missing}

    assert Fact.MESSAGES in unseen({("messengers", "all"): "unseen"})
    assert Fact.MESSAGES not in unseen({("messengers", "all"): "logged"})
    assert Fact.MESSAGES not in unseen({("activity_type", "whatsapp"): "message_by_us"})


def test_the_day_ends_at_the_reserve(side: PipedriveSide, make: Make, quota: DayQuota) -> None:
    side.control.settings(daily_token_limit=1_000)
    adapter = make()
    adapter.account()
    assert quota.tokens_left == 398
    assert adapter.calls_left() == 39
    side.control.spend_tokens(COMPANY, 380)
    adapter.account()
    side.forget_calls()
    with pytest.raises(QuotaSpent, match="60 % of all stay for the account's other tools") as spent:
        list(adapter.iter_owners())
    assert calls(side) == []
    assert 0 < spent.value.after_s <= 86_400


def test_a_day_that_others_have_spent_is_no_burst(side: PipedriveSide, make: Make) -> None:
    side.control.settings(daily_token_limit=1_000)
    side.control.spend_tokens(COMPANY, 1_000)
    side.forget_calls()
    with pytest.raises(QuotaSpent, match="used up"):
        make().account()
    assert calls(side) == ["GET /api/v1/users/me"]


def test_without_the_daily_headers_a_429_is_a_burst(side: PipedriveSide, make: Make) -> None:
    side.control.settings(burst_limit=3, burst_window_s=2.0, daily_headers=False, block_after=100)
    adapter = make()
    for _ in range(5):
        assert adapter.account().account_id == str(COMPANY)
    refused = [call for call in side.calls() if call.status == 429]
    assert len(refused) <= 2


def test_the_guard_in_front_of_pipedrive_is_no_lack_of_permission(side: PipedriveSide, make: Make) -> None:
    side.control.settings(burst_limit=1, burst_window_s=30.0, block_after=1, daily_headers=False)
    adapter = make()
    adapter.account()
    with pytest.raises(RetryLater, match="429"):
        adapter.account()
    with pytest.raises(RetryLater, match="guard") as turned_away:
        adapter.account()
    assert turned_away.value.after_s == client.GUARD_PAUSE_S


def test_a_closed_company_is_asked_again_later(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    side.control.act("close_company", COMPANY)
    with pytest.raises(RetryLater, match="not open"):
        adapter.account()


def test_half_an_answer_is_never_read_as_nothing(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    lead_of(side)
    for fault in ("html", "cut"):
        side.control.misbehave(fault, path="/api/v1/leads", count=None)
        with pytest.raises((UnexpectedPayload, RetryLater)):
            adapter.list_leads(None, SINCE)
        side.control.clear_rules()
    assert len(adapter.list_leads(None, SINCE).lead_ids) == 1


@pytest.mark.parametrize("more", [{}, {"additional_data": None}, {"additional_data": {}}])
def test_a_page_that_is_not_full_need_not_say_that_it_is_the_last(more: dict[str, object]) -> None:
    body = {"success": True, "data": [{"id": number} for number in range(1, 4)], **more}
    with unruly(lambda handler, _: answer_json(handler, body)) as server:
        transport = Transport(server.url, allowed_origins=frozenset({server.url}), rules=client.RULES)
        pipedrive = client.PipedriveClient(transport)
        assert len(list(pipedrive.iter_deal_changes("7"))) == 3
        with pytest.raises(UnexpectedPayload, match="whether another follows"):
            pipedrive.list_deals(None, is_archived=False, limit="3")
