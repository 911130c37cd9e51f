"""What happens while the app listens: leads come in, reps call, records change. Each with what is planted by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from audits.model.case import Coverage
from audits.timeline import CONTACT_FACTS
from connector.demo.crm import WEBSITE, Desk, Filled, NewLead, OnRecord
from connector.demo.expectations import Expected, Hidden, Told, expect
from connector.sandbox.faults.classes import EMPTY, RULE
from connector.sandbox.history import By, Call, CallResult, DealHistory, DealStage, Door, LeadHistory, Status
from connector.sandbox.people import respelt
from connector.sandbox.population import Planted, Population


@dataclass(slots=True)
class Truth:
    """What is planted, by the ids of live leads: the rules, and what really happened."""

    planted: dict[str, Planted]
    told: dict[str, Told]
    #: The rules that persons broke over weeks, by owner id.
    people: dict[str, frozenset[str]] = field(default_factory=dict)
    #: Who is on holiday from when to when (aware UTC), by owner id.
    away: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, population: Population, filled: Filled) -> Truth:
        """The truth of a population by the ids that it got."""
        leads = {filled.lead_ids[lead.ref]: lead for lead in population.history.leads}
        shared = {deal.persons[0].lead_ref for deal in population.history.deals if _is_shared(deal)}
        until = population.history.until
        away = {rep.ref for rep in population.history.reps if rep.away is not None}
        planted = {lead_id: population.truth[lead.ref] for lead_id, lead in leads.items()}
        return cls(
            planted=planted,
            told={
                lead_id: replace(
                    told_of(lead, until, shared=shared, away=away), class_shown_by=planted[lead_id].shown_by
                )
                for lead_id, lead in leads.items()
            },
            people={filled.rep_ids[ref]: rules for ref, rules in population.people.items()},
            away={filled.rep_ids[rep.ref]: rep.away for rep in population.history.reps if rep.away is not None},
        )

    def expected(self, coverage: Coverage, hidden: Callable[[Told], Hidden]) -> dict[str, Expected]:
        """What must be found of it, where the adapter declares `coverage` and the CRM hides `hidden` of each lead."""
        return {
            lead_id: expect(
                planted.rules, self.told[lead_id], coverage, hidden(self.told[lead_id]), unsure=planted.unsure
            )
            for lead_id, planted in self.planted.items()
        }

    def people_expected(self, coverage: Coverage) -> dict[str, frozenset[str]]:
        """What must be found on persons, where the adapter declares `coverage`: nothing where attempts are hidden."""
        return {} if coverage.cause(*CONTACT_FACTS) is not None else self.people

    def as_json(self) -> dict[str, object]:
        """For the sandbox's own keeping."""
        return {lead_id: planted.as_json() for lead_id, planted in self.planted.items()}


def told_of(
    lead: LeadHistory, until: datetime, *, shared: Set[str] = frozenset(), away: Set[str | None] = frozenset()
) -> Told:
    """What of a lead's history up to `until` (aware UTC) tells what its CRM can show.

    `shared`: refs of leads in whose deals others stand, too; `away`: of reps who are on holiday.
    """
    return Told(
        acts=lead.acts,
        received_at=lead.received_at,
        preferred_at=lead.preferred_at,
        is_deal=lead.converted_at is not None,
        is_deal_of_several=lead.ref in shared,
        is_of_absent=lead.owner_ref in away,
        has_own_status=lead.status.status is Status.OWN,
        is_on_long_hold=lead.status.status is Status.WAITING
        and until - max(act.recorded_at for act in lead.acts) > timedelta(days=6, hours=12),
    )


def _is_shared(deal: DealHistory) -> bool:
    """Whether others stand in an open deal, too."""
    return len(deal.persons) > 1 and deal.steps[-1].stage is not DealStage.WON


@dataclass(slots=True)
class LiveActs:
    """Acts on a running sandbox. `truth` is kept up to date; leads that went are out of it.

    `deleted` and `forgotten` name the leads that went.
    """

    desk: Desk
    truth: Truth
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    deleted: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)

    def common(self) -> list[Callable[[], None]]:
        """What happens in every CRM."""
        return [
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
            self._a_lead_is_deleted,
        ]

    # -- new leads

    def _new_throw_away_address(self) -> None:
        self._add("live_throw_away", {"PL002"}, email="quick.try@mailinator.com", phone="+49 1512 3987001")

    def _new_duplicate(self) -> None:
        earliest = self.started_at - timedelta(days=25)
        told = self.truth.told
        first = next(each for each in self.clean() if told[each.lead_id].received_at > earliest and each.phone)
        lead = NewLead(
            first_name=first.first_name,
            last_name=first.last_name,
            email="second.try@harbourmail-home.co.uk",
            phone=respelt(first.phone),
        )
        self.add(lead, "live_duplicate", {"PL004"})

    def _new_lead_called_at_once(self) -> None:
        lead_id = self._add("live_called", set(), email="solveig.nygard@fjordposten-nett.no", phone="+47 906 70 001")
        self.call(lead_id, CallResult.CONNECTED, 125)

    def _new_placeholder_without_source(self) -> None:
        lead = NewLead(first_name="asdf", last_name="asdf", phone="+48 601 234 987", source=None)
        self.add(lead, "live_placeholder", {"PL003", "DQ002"}, EMPTY)

    def _new_without_owner(self) -> None:
        lead = NewLead(first_name="Ήβη", last_name="Στεργίου", phone="+30 694 239 8701", is_owned=False)
        self.add(lead, "live_unowned", {"DQ001"})

    def _new_imported(self) -> None:
        by = By(Door.IMPORT, "Trade fair list")
        lead = NewLead(first_name="Timo", last_name="Aalto", email="timo.aalto@post.nordlys-hjem.no", arrived_by=by)
        self.add(lead, "live_imported", set())

    # -- known leads

    def _untouched_is_called(self) -> None:
        lead_id = self.of_kind("untouched")
        self.call(lead_id, CallResult.NO_ANSWER, 0)
        self.now(lead_id, "live_called_late", {"RT001", "NC004"})

    def _nobodys_gets_an_owner(self) -> None:
        lead_id = self.of_kind("nobodys")
        self.desk.give_owner(lead_id)
        self.now(lead_id, "live_got_owner", {"RT004"})

    def _silent_gets_a_task(self) -> None:
        lead_id = self.of_kind("fell_silent")
        self.desk.plan_task(lead_id, self.started_at + timedelta(days=3))
        self.now(lead_id, "live_got_task", set())

    def _unanswered_is_discarded(self) -> None:
        lead_id = self.of_kind("unanswered")
        self.desk.discard(lead_id)
        # Untried, but an attempt within ten minutes would still stand for it: AG007 waits as long.
        self.now(lead_id, "live_discarded", set())

    def _a_lead_is_deleted(self) -> None:
        lead_id = next(self.clean()).lead_id
        self.deleted.add(lead_id)
        self.desk.delete(lead_id)
        self.gone(lead_id)

    # -- how

    def add(self, lead: NewLead, kind: str, rules: set[str], lead_class: str = "") -> str:
        """A lead comes in with these faults; perhaps of this class. Returns its id."""
        lead_id = self.desk.add(lead)
        self.truth.told[lead_id] = Told(acts=(), received_at=datetime.now(UTC))
        self.now(lead_id, kind, rules, lead_class)
        return lead_id

    def call(self, lead_id: str, result: CallResult, talk_s: int) -> None:
        """The rep calls, now."""
        self.desk.call(lead_id, result, talk_s)
        at = datetime.now(UTC)
        call = Call(
            at=at,
            recorded_at=at,
            rep_ref=None,
            by=By(Door.HAND),
            subject="Call",
            number="",
            is_inbound=False,
            result=result,
            talk_s=talk_s,
        )
        told = self.truth.told[lead_id]
        self.truth.told[lead_id] = replace(told, acts=(*told.acts, call))

    def now(self, lead_id: str, kind: str, rules: set[str], lead_class: str = "") -> None:
        """From now on exactly these faults stand on the lead; it is perhaps of this class."""
        self._used.add(lead_id)
        self.truth.planted[lead_id] = Planted(
            frozenset(rules),
            kind,
            "while the app was listening",
            lead_class=lead_class,
            unsure=frozenset({RULE[lead_class]} if lead_class else ()),
        )

    def renamed(self, lead_id: str, new_id: str) -> None:
        """The lead goes on under another id."""
        truth = self.truth
        truth.planted[new_id] = truth.planted.pop(lead_id)
        truth.told[new_id] = truth.told.pop(lead_id)
        self._used |= {lead_id, new_id}

    def gone(self, lead_id: str) -> None:
        """The lead is not there any more."""
        del self.truth.planted[lead_id]

    def of_kind(self, kind: str) -> str:
        """A lead on which this was played, which no act has used."""
        planted = self.truth.planted
        lead_id = next(one for one, told in planted.items() if told.kind == kind and one not in self._used)
        self._used.add(lead_id)
        return lead_id

    def clean(self) -> Iterator[OnRecord]:
        """Everyday leads, untouched by any act, the newest first."""
        for record in self.desk.leads():
            lead_id = record.lead_id
            if lead_id not in self._used and self.truth.planted[lead_id].kind in ("in_conversation", "being_tried"):
                self._used.add(lead_id)
                yield record

    def _add(self, kind: str, rules: set[str], *, email: str, phone: str) -> str:
        lead = NewLead(first_name="Solveig", last_name="Nygård", email=email, phone=phone, arrived_by=WEBSITE)
        return self.add(lead, kind, rules)
