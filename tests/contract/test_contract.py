"""The contract of an adapter, held by every CRM of the catalogue. Each request is held to the letter (wire.py)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from connector.catalog import CRMS, oauth_for
from connector.crm.port import CrmAdapter, CrmOAuth, EventKind, FieldWrite, OurField
from connector.crm.values import ValueMap
from connector.errors import PermissionMissing, ReauthorizationNeeded, RetryLater, UnexpectedPayload
from connector.settings import load_settings
from tests.contract import CONTRACTS
from tests.contract.replies import (
    NEW_REFRESH,
    NEW_TOKEN,
    NOTE,
    OLD_REFRESH,
    OLD_TOKEN,
    CannotOccur,
    ContractReplies,
    Exchange,
    Reading,
    Reply,
    Talk,
)
from tests.contract.wire import wired
from tests.stack import KEYS

Case = TypeVar("Case")
FOREVER = 20
"""More pages, or tries, than any talk of the suite has."""


class Tokens:
    """An install's tokens in memory: renewed by the real OAuth side, over the wire."""

    def __init__(self, oauth: CrmOAuth) -> None:
        self._oauth = oauth
        self.access, self.refresh = OLD_TOKEN, OLD_REFRESH
        self.is_refused = False

    def current(self) -> str:
        return self.access

    def renewed(self, rejected: str) -> str:
        assert rejected == self.access
        grant = self._oauth.refresh(self.refresh)
        self.access, self.refresh = grant.access_token, grant.refresh_token
        return self.access

    def refresh_token(self) -> str:
        return self.refresh

    def refused(self) -> None:
        self.is_refused = True


@dataclass
class Rig:
    """One CRM's adapter as the catalogue makes it, and what it is told."""

    replies: ContractReplies
    adapter: CrmAdapter
    oauth: CrmOAuth
    tokens: Tokens
    slept: list[float]

    def probe(self, *said: Reply) -> Talk:
        """The probe asked so many times, and answered so."""
        return tuple((self.replies.probe().asked, reply) for reply in said)


@pytest.fixture(params=sorted(CRMS))
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """The real adapter, OAuth side and transport; time passes at once."""
    replies = CONTRACTS[request.param]()
    settings = load_settings(
        {
            "LEADASSAY_PUBLIC_URL": "https://assay.example.com",
            "LEADASSAY_KEYS": KEYS,
            "LEADASSAY_DATA_DIR": str(tmp_path),
            **replies.env,
        }
    )
    entry, install = CRMS[replies.crm], replies.install()
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    oauth = oauth_for(settings, replies.crm, replies.site() if entry.is_self_hosted else None)
    tokens = Tokens(oauth)
    adapter = entry.adapter(settings, install, tokens, ValueMap(entry.mappable), entry.roles({}))
    return Rig(replies, adapter, oauth, tokens, slept)


def told(case: Case | CannotOccur) -> Case:
    """The case. What cannot occur says why, in words, and stands in docs/crms.md."""
    if isinstance(case, CannotOccur):
        assert len(case.because.split()) > 4
        assert not case.because.endswith(".")
        pytest.skip(f"cannot occur here: {case.because}")
    return case


def later(exchange: Exchange, token: str) -> Exchange:
    """The same, asked with another token."""
    return replace(exchange[0], token=token), exchange[1]


def test_every_crm_of_the_catalogue_is_in_the_suite() -> None:
    assert set(CONTRACTS) == set(CRMS)


def test_a_dead_token_is_renewed_once_and_the_call_made_again(rig: Rig) -> None:
    probe = rig.replies.probe()
    again = replace(probe.asked, token=NEW_TOKEN), probe.reply
    with wired(rig.replies.origin, (*rig.probe(rig.replies.unauthorized()), rig.replies.refreshed(), again)):
        assert probe.act(rig.adapter) == probe.gives
    assert (rig.tokens.access, rig.tokens.refresh, rig.tokens.is_refused) == (NEW_TOKEN, NEW_REFRESH, False)


def test_a_fresh_token_that_is_refused_means_that_the_grant_is_dead(rig: Rig) -> None:
    probe, no = rig.replies.probe(), rig.replies.unauthorized()
    talk = (*rig.probe(no), rig.replies.refreshed(), (replace(probe.asked, token=NEW_TOKEN), no))
    with wired(rig.replies.origin, talk), pytest.raises(ReauthorizationNeeded):
        probe.act(rig.adapter)
    assert rig.tokens.is_refused


def test_a_dead_grant_is_told_when_its_token_is_renewed(rig: Rig) -> None:
    talk = (*rig.probe(rig.replies.unauthorized()), rig.replies.refresh_refused())
    with wired(rig.replies.origin, talk), pytest.raises(ReauthorizationNeeded):
        rig.replies.probe().act(rig.adapter)


def test_a_missing_scope_is_named_and_no_call_is_repeated(rig: Rig) -> None:
    refusal = told(rig.replies.missing_scope())
    with wired(rig.replies.origin, rig.probe(refusal.reply)), pytest.raises(refusal.raises) as caught:
        rig.replies.probe().act(rig.adapter)
    if isinstance(caught.value, PermissionMissing):
        assert caught.value.scope == refusal.scope
        try:
            left = rig.adapter.without_scope(refusal.scope)
        except ReauthorizationNeeded:
            return
        assert refusal.scope in left.missing_scopes


def test_429_with_retry_after_is_asked_again_when_it_may_be(rig: Rig) -> None:
    pause, probe = told(rig.replies.busy_with_retry_after()), rig.replies.probe()
    with wired(rig.replies.origin, rig.probe(pause.reply, probe.reply)):
        assert probe.act(rig.adapter) == probe.gives
    assert max(rig.slept) >= pause.at_least_s


def test_429_without_retry_after_waits_for_the_window_to_pass(rig: Rig) -> None:
    pause, probe = told(rig.replies.busy_without_retry_after()), rig.replies.probe()
    with wired(rig.replies.origin, rig.probe(pause.reply, probe.reply)):
        assert probe.act(rig.adapter) == probe.gives
    assert max(rig.slept) >= pause.at_least_s


def test_a_spent_day_stops_all_calls_and_says_for_how_long(rig: Rig) -> None:
    case = told(rig.replies.spent_day())
    with wired(rig.replies.origin, case.talk) as wire:
        with pytest.raises(RetryLater) as caught:
            case.act(rig.adapter)
        assert caught.value.after_s >= case.at_least_s
        assert not caught.value.is_outcome_unknown
        asked = wire.seen
        with pytest.raises(RetryLater):
            case.act(rig.adapter)
        assert wire.seen == asked


@pytest.mark.parametrize("name", ["half_page", "moving_page"])
def test_a_listing_names_every_lead(rig: Rig, name: str) -> None:
    case = rig.replies.half_page() if name == "half_page" else rig.replies.moving_page()
    found: list[str] = []
    with wired(rig.replies.origin, case.talk):
        cursor: str | None = None
        for _ in range(FOREVER):
            page = rig.adapter.list_leads(cursor, rig.replies.since)
            found += page.lead_ids
            cursor = page.cursor
            if cursor is None:
                break
    assert cursor is None
    assert set(found) == case.lead_ids
    assert case.repeats or len(found) == len(set(found))


def test_a_cursor_that_does_not_move_is_an_error_and_no_endless_loop(rig: Rig) -> None:
    case = rig.replies.stuck_cursor()
    with wired(rig.replies.origin, case.talk), pytest.raises(UnexpectedPayload):
        case.act(rig.adapter)


@pytest.mark.parametrize("name", ["unknown_field", "partial_batch"])
def test_every_record_of_a_write_gets_its_own_result(rig: Rig, name: str) -> None:
    case = rig.replies.unknown_field() if name == "unknown_field" else rig.replies.partial_batch()
    if isinstance(case, Reading):
        hold_reading(rig, case)
        return
    with wired(rig.replies.origin, case.talk):
        assert rig.adapter.write_fields(case.writes) == case.results


@pytest.mark.parametrize(
    "bad",
    [
        Reply(raw=b"<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html; charset=utf-8"}),
        Reply(raw=b'{"results": [{"id": "1"', headers={"Content-Type": "application/json"}),
        Reply(raw=b"", headers={"Content-Type": "application/json"}),
    ],
    ids=["html", "cut", "nothing"],
)
def test_what_is_no_answer_is_asked_again_and_never_read_as_empty(rig: Rig, bad: Reply) -> None:
    probe = rig.replies.probe()
    with wired(rig.replies.origin, rig.probe(bad, probe.reply)):
        assert probe.act(rig.adapter) == probe.gives
    with wired(rig.replies.origin, rig.probe(*[bad] * 4)), pytest.raises(UnexpectedPayload):
        probe.act(rig.adapter)


@pytest.mark.parametrize("name", ["merged", "converted", "deleted"])
def test_a_lead_that_is_no_longer_itself_is_told(rig: Rig, name: str) -> None:
    cases = {"merged": rig.replies.merged, "converted": rig.replies.converted, "deleted": rig.replies.deleted}
    hold_reading(rig, told(cases[name]()))


def hold_reading(rig: Rig, case: Reading) -> None:
    """Read the leads and hold what comes against the case."""
    with wired(rig.replies.origin, case.talk):
        read = rig.adapter.read_leads(case.lead_ids)
    assert {record.lead.lead_id for record in read.records} == case.read
    assert set(read.gone_ids) == case.gone
    assert {one.lead.lead_id: one.merged_ids for one in read.records if one.merged_ids} == case.merged
    assert {one.lead.lead_id: one.converted_from for one in read.records if one.converted_from} == case.converted


def test_our_own_writes_do_not_make_us_look_again(rig: Rig) -> None:
    case = told(rig.replies.own_echo())
    parse = CRMS[rig.replies.crm].parse_delivery
    for echo in case.echoes:
        assert {event.kind for event in parse(echo)} <= {EventKind.IGNORED}
    assert EventKind.LOOK_AGAIN in {event.kind for event in parse(case.real)}


def test_moments_are_those_that_the_crm_means(rig: Rig) -> None:
    case = rig.replies.time_zones()
    with wired(rig.replies.origin, case.talk):
        (record,) = rig.adapter.read_leads((case.lead_id,)).records
    assert record.lead.received_at == case.received_at
    assert {act.activity_id: act.occurred_at for act in record.activities} == case.occurred_at
    assert {act.activity_id: act.recorded_at for act in record.activities} == case.recorded_at
    assert {task.task_id: task.due_at for task in record.tasks} == case.due_at
    moments = [record.lead.received_at, *case.occurred_at.values(), *case.recorded_at.values()]
    assert all(moment.utcoffset() is not None for moment in moments)


def test_letters_of_all_scripts_survive_both_ways(rig: Rig) -> None:
    case = rig.replies.unicode()
    with wired(rig.replies.origin, case.read):
        (record,) = rig.adapter.read_leads((case.lead_id,)).records
    assert record.lead.first_name == case.first_name
    write = FieldWrite(lead_id=case.lead_id, values={OurField.AUDIT_NOTE.value: NOTE})
    with wired(rig.replies.origin, case.write):
        (result,) = rig.adapter.write_fields((write,))
    assert result.is_written, result.complaint


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("is_foreign", [True, False])
def test_a_redirect_is_never_followed_with_a_token(rig: Rig, status: int, is_foreign: bool) -> None:
    host = "https://api.hubapi.com.evil.example" if is_foreign else rig.replies.origin
    moved = Reply(status=status, raw=b"", headers={"Location": f"{host}/elsewhere"})
    with wired(rig.replies.origin, rig.probe(moved)), pytest.raises(UnexpectedPayload, match="redirect"):
        rig.replies.probe().act(rig.adapter)


def test_a_host_that_the_crm_names_is_held_against_the_list(rig: Rig) -> None:
    case = rig.replies.foreign_host()
    with wired(rig.replies.origin, case.talk):
        if case.raises is None:
            case.act(rig.adapter, rig.oauth)
        else:
            with pytest.raises(case.raises):
                case.act(rig.adapter, rig.oauth)
