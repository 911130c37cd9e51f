"""What stands around the leads of one run, counted over all of its files: see audits.model.surroundings.

Two passes over the cases. The first notes on disk what each lead adds: its logged calls and ticks, how long it waited
with whom, its texts, its stays in stages, and by what others find it. Then crowds, loads and norms are counted, one
owner or one minute in memory at a time. In the second pass each case is given what was counted around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import groupby

from audits.crowds import WINDOW, Act, calls_of, crowds_among, ticked_of
from audits.learning import Stay, finished_stays, learn
from audits.loads import Asked, Waits, asked_of, load_of, waits_of, worked_of
from audits.loads import Wait as OwnerWait
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.surroundings import Crowd, Load, Surroundings, Twin
from audits.model.truth import Neighbours
from audits.norms import Norms
from audits.stages import kind_of, stage_clock
from audits.truth.clusters import (
    DAY,
    MOST_OF_BURST,
    MOST_OF_KEY,
    Seen,
    Tally,
    named_otherwise,
    speaking,
    tally_of,
    templates_of,
)
from audits.truth.of_case import became_of, seen_of_lead
from audits.twins import alike, nearest, own_texts, printed_texts, twin_of
from connector.exports.join import Merge, ReadCase
from connector.exports.packing import EPOCH, micros
from connector.exports.store import (
    ActLine,
    AskedLine,
    CrowdLine,
    LoadLine,
    PrintLine,
    SeenLine,
    Store,
    WaitLine,
)

_LOG, _TICK = "log", "tick"
_SUBNET, _PAYLOAD, _KEY = "subnet", "payload", "key"


def count_around(store: Store, cases: Iterable[ReadCase], policy: Policy, tell: Callable[[int], None]) -> Norms:
    """The first pass: everything that is counted over several leads stands in `store` afterwards. Returns what is
    usual in these files. `tell` hears how many cases are done."""
    clock = stage_clock(policy)
    done = 0
    for done, read in enumerate(cases, start=1):
        case = read.case
        if read.is_logging_known:
            _note_acts(store, _LOG, calls_of(case))
        _note_acts(store, _TICK, ticked_of(case))
        worked = worked_of(case, policy)
        for wait in () if worked is None else waits_of(worked):
            store.add_wait(WaitLine(*wait))
        asked = asked_of(case, policy, case.as_of)
        if asked is not None:
            new_days, capacity = asked.new_for.days, asked.capacity_per_hour_milli
            at = micros(asked.at)
            store.add_asked(AskedLine(asked.holder_id, asked.lead_id, at, asked.working_s, new_days, capacity))
        for act, made in printed_texts(case):
            line = PrintLine(made.digest, micros(act.occurred_at), act.lead_id, act.activity_id, made.words)
            store.add_print(line, made.bands, made.simhash)
        _note_stays(store, case, clock.elapsed)
        _note_seen(store, case, policy)
        tell(done)
    _count_crowds(store)
    _count_loads(store)
    store.index_prints()
    store.index_seen()
    return learn(
        (Stay(pipeline, stage, segment, working_s) for pipeline, stage, segment, working_s in store.stays()),
        (),
        stage_percent=policy.stage_percent,
        won_age_percent=policy.won_age_percent,
    )


def iter_surrounded(store: Store, cases: Iterable[ReadCase], policy: Policy, norms: Norms) -> Iterator[LeadCase]:
    """The second pass: each case with what was counted around it. What no file shows is not counted (None)."""
    crowds = Merge(store.crowds(), lambda _: None)
    loads = Merge(store.loads(), lambda _: None)
    for read in cases:
        case = read.case
        lead_id, unseen = case.lead.lead_id, case.coverage.cause
        of_kind: dict[str, list[Crowd]] = {_LOG: [], _TICK: []}
        for line in crowds.of(lead_id):
            at = EPOCH + timedelta(microseconds=line.at)
            of_kind[line.kind].append(Crowd(record_id=line.act_id, count=line.size, at=at))
        met = loads.of(lead_id)
        sees_logs = read.is_logging_known and unseen(Fact.CALLS) is None
        around = Surroundings(
            norms_id=norms.norms_id,
            crowded_logs=tuple(of_kind[_LOG]) if sees_logs else None,
            crowded_ticks=None if unseen(Fact.TASKS) else tuple(of_kind[_TICK]),
            twins=None if unseen(Fact.TEXTS) else tuple(_twins(store, case, policy)),
            load=_load(met[0]) if met else None,
            stage_norm=norms.stage_norm_for(case),
            deal_norms=norms.deal_norms_for(case) if norms.norms_id else None,
            neighbours=_neighbours(store, case, policy),
        )
        yield replace(case, surroundings=around)


def _note_acts(store: Store, kind: str, acts: Iterable[Act]) -> None:
    for act in acts:
        store.add_act(ActLine(kind, act.owner_id, micros(act.at), act.act_id, act.lead_id))


def _note_stays(store: Store, case: LeadCase, elapsed: Callable[[datetime, datetime], int]) -> None:
    lead = case.lead
    if lead.stage is not None:
        store.add_standing(lead.stage, lead.pipeline or "")
    if lead.is_imported:
        return
    told = sorted((change.occurred_at, change.raw_status, change.field) for change in case.stage_changes)
    segment = kind_of(lead.lead_type, lead.source)
    for stage, entered_at, left_at in finished_stays((field, stage, at) for at, stage, field in told):
        store.add_stay(stage, lead.pipeline or "", segment, elapsed(entered_at, left_at))


def _note_seen(store: Store, case: LeadCase, policy: Policy) -> None:
    seen = seen_of_lead(case.lead, policy.region, became_of(case, policy))
    if seen is None:
        return
    for kind, value in ((_SUBNET, seen.subnet), (_PAYLOAD, seen.payload), *((_KEY, key) for key in set(seen.keys))):
        if value:
            at = micros(seen.received_at)
            line = SeenLine(kind, _short(value), at, seen.lead_id, seen.is_buyer, seen.name, seen.family_name)
            store.add_seen(line)
    for template in _templates(seen):
        store.add_alike(template, seen.was_reached, seen.has_denied)


def _templates(seen: Seen) -> list[str]:
    return [_short(f"{kind}:{template!r}") for kind, template in enumerate(templates_of(seen)) if template]


def _short(text: str) -> str:
    """What is as good as the text for being compared, however long that is."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _neighbours(store: Store, case: LeadCase, policy: Policy) -> Neighbours | None:
    """What audits.truth.clusters says of the lead over all leads of the files; None for one of an import."""
    seen = seen_of_lead(case.lead, policy.region, became_of(case, policy))
    if seen is None:
        return None
    low, high = micros(seen.received_at - DAY), micros(seen.received_at)
    subnet, payload = (
        store.burst(kind, _short(value), low, high, seen.lead_id, MOST_OF_BURST) if value else None
        for kind, value in ((_SUBNET, seen.subnet), (_PAYLOAD, seen.payload))
    )
    mine = tally_of(seen.was_reached, seen.has_denied)
    template = speaking([Tally(*store.tally(each)) - mine for each in _templates(seen)])
    named = (each for key in seen.keys for each in store.names_of(_short(key), high, MOST_OF_KEY))
    return Neighbours(
        subnet_24h=None if subnet is None else subnet[0],
        identical_24h=None if payload is None else payload[0],
        template=None if template is None else template.leads,
        template_reached=0 if template is None else template.reached,
        template_denied=0 if template is None else template.denied,
        returns_under_names=(
            len(named_otherwise(seen.name, seen.family_name, named)) if seen.keys and seen.name else None
        ),
        burst_explained=any(each is not None and each[1] for each in (subnet, payload)),
    )


def _count_crowds(store: Store) -> None:
    """Acts that lie a minute or more from all others of their owner stand alone: only what lies between such gaps is
    looked at together."""
    for (kind, _), lines in groupby(store.acts(), key=lambda line: (line.kind, line.owner)):
        near: list[Act] = []
        for line in lines:
            act = Act(line.owner, EPOCH + timedelta(microseconds=line.at), line.act_id, line.lead_id)
            if near and act.at - near[-1].at >= WINDOW:
                _keep_crowds(store, kind, near)
                near = []
            near.append(act)
        _keep_crowds(store, kind, near)


def _keep_crowds(store: Store, kind: str, near: list[Act]) -> None:
    if len(near) < 2:
        return
    for lead_id, crowds in crowds_among(near, near).items():
        for crowd in crowds:
            store.add_crowd(CrowdLine(lead_id, kind, micros(crowd.at), crowd.record_id, crowd.count))


def _count_loads(store: Store) -> None:
    waits = Merge(store.waits(), lambda _: None, key=lambda line: line.owner)
    for owner, lines in groupby(store.asked(), key=lambda line: line.owner):
        columns = Waits.of(OwnerWait(*line) for line in waits.of(owner))
        for line in lines:
            asked = Asked(
                lead_id=line.lead_id,
                holder_id=owner,
                at=EPOCH + timedelta(microseconds=line.at),
                working_s=line.working_s,
                new_for=timedelta(days=line.new_days),
                capacity_per_hour_milli=line.capacity,
            )
            load = load_of(asked, columns)
            capacity, n = load.capacity_per_hour_milli, load.n
            store.add_load(LoadLine(line.lead_id, owner, load.open_new_leads, line.working_s, capacity, n))


def _load(line: LoadLine) -> Load:
    return Load(
        holder_id=line.owner,
        open_new_leads=line.waiting,
        working_s=line.working_s,
        capacity_per_hour_milli=line.capacity,
        n=line.n,
    )


def _twins(store: Store, case: LeadCase, policy: Policy) -> Iterator[Twin]:
    for own in own_texts(case, policy):
        near = nearest(own.made, store.simhashes(own.made.bands))
        variants = store.words(near)
        likenesses = alike(own, near, variants)
        act = own.activity
        low, high = micros(act.occurred_at - own.near), micros(act.occurred_at + own.near)
        counts, others = store.others_with(sorted(likenesses), low, high, act.lead_id, act.activity_id)
        twin = twin_of(own, likenesses, counts, others, variants)
        if twin is not None:
            yield twin
