"""A believable account: 60 days of leads of eleven reps and four vendors, with planted faults that only we know.

The faults are true by construction: every scenario says which rules must be found on its leads, and counts working
time by its own plain walk (office_hours.py). All of it holds from `until` to at least two hours later.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connector.sandbox.everyday import EVERYDAY, being_tried, in_conversation, sold, sold_slowly
from connector.sandbox.faults import FAULTS
from connector.sandbox.faults.classes import CLUSTERS, KINDS
from connector.sandbox.history import AccountHistory, Rep
from connector.sandbox.load import overloaded
from connector.sandbox.lookalikes import CROWDS, LOOK_ALIKES
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.one_person import favours_clients, flooded
from connector.sandbox.people import Crowd
from connector.sandbox.stage import HOUR, Stage
from connector.sandbox.story import Story
from connector.sandbox.terms import DOMAIN
from connector.sandbox.texts import Pen
from connector.sandbox.traps import TRAPS
from connector.sandbox.web import Web
from connector.sandbox.wire import JsonObject

ZONE: Final = "Europe/Berlin"
#: Fewer leads cannot hold enough plants of every rule and one of every trap.
LEAST_LEADS: Final = 180
#: So many leads break each rule in an account of that many leads or more; a smaller one has fewer of each.
LEAST_PLANTS: Final = 6
LARGE: Final = 500
#: Three mornings of one rep, each with more leads than a small account has in a week: from so many leads on a flood
#: stands among enough other leads.
FLOODED: Final = 230
#: What is usual is learned from twenty deals that were won; so many are sold fast, and as many slowly.
LEAST_SOLD: Final = 11
#: So many are being tried, and as many spoken with: the demo's live acts happen to leads on which nothing is found.
LEAST_WORKED: Final = 8
FEW_PLANTS: Final = 1
NOT_CALLED: Final = "not_called"
OVERLOADED: Final = "overloaded"
_PLANTED_SHARE: Final = 0.30
_TRAP_SHARE: Final = 0.08
#: So many of a hundred leads are of each class of those that nobody sent who wanted to buy.
_CLASS_PERCENT: Final = 1.0
#: So many of a hundred leads look like such, and are none.
_LOOK_ALIKE_SHARE: Final = 0.04
LEAST_LOOK_ALIKES: Final = 5
#: Clusters of leads alike stand among enough others from so many leads on.
CROWDED: Final = 280

Scenario = Callable[[Stage], None]

REPS: Final = tuple(
    Rep(f"rep{number}", number, first, last, f"{slug}@{DOMAIN}", team)
    for number, (first, last, slug, team) in enumerate(
        (
            ("Dana", "Voss", "dana.voss", "North"),
            ("Emre", "Çelik", "emre.celik", "North"),
            ("Zofia", "Wróbel", "zofia.wrobel", "North"),
            ("Luc", "Béranger", "luc.beranger", "North"),
            ("Ελένη", "Αλεξίου", "eleni.alexiou", "South"),
            ("Jonas", "Lindner", "jonas.lindner", "South"),
            ("نور", "حداد", "nour.haddad", "South"),
            ("Milica", "Petrović", "milica.petrovic", "South"),
        ),
        start=1,
    )
)
#: Who left the firm some days ago, and who is on holiday.
GONE: Final = Rep("rep9", 9, "Rolf", "Petersen", f"rolf.petersen@{DOMAIN}", "South")
ABSENT: Final = Rep("rep10", 10, "Inés", "Molina", f"ines.molina@{DOMAIN}", "North")
#: Who looks after those who bought, and gets few new leads.
KEEPER: Final = Rep("rep11", 11, "Tore", "Haugen", f"tore.haugen@{DOMAIN}", "North")


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true of one lead: its complete set of breached rules, and what was played on it."""

    rules: frozenset[str]
    kind: str
    note: str
    #: What explains that the first attempt was late; "" = nothing is late, or it is not said.
    cause: str = ""
    #: Why a rule is broken, where the rule alone does not say it: rule id → code of the reason.
    reasons: Mapping[str, str] = field(default_factory=dict)
    #: What it is instead of somebody who asked (as in audits.model.truth); "" = somebody who asked. `unsure`: rules
    #: that may be in doubt about it. `shown_by`: what its CRM must show, beside who it is, for it to be seen.
    lead_class: str = ""
    unsure: frozenset[str] = frozenset()
    shown_by: frozenset[str] = frozenset()
    #: Whether it looks like such a lead, and is none.
    is_lookalike: bool = False

    def as_json(self) -> JsonObject:
        return {
            "rules": sorted(self.rules),
            "kind": self.kind,
            "note": self.note,
            "cause": self.cause,
            "reasons": dict(self.reasons),
            "class": self.lead_class,
        }


@dataclass(frozen=True, slots=True)
class Population:
    """`history` in nobody's dialect. `truth` holds what is planted, by the ref of the lead in the history; `people`
    the rules that a person broke over weeks, by the ref of the rep; `left_out` says what the account is too small
    for."""

    history: AccountHistory
    truth: dict[str, Planted]
    people: dict[str, frozenset[str]]
    left_out: tuple[str, ...] = ()

    def counts(self) -> Counter[str]:
        """How often each rule is planted."""
        return Counter(rule_id for planted in self.truth.values() for rule_id in planted.rules)


def make_population(*, seed: int, until: datetime, leads: int, zone: str = ZONE) -> Population:
    """The history of one account up to `until` (aware UTC) under office hours in `zone`.

    Equal arguments give an equal population. `leads` may be missed by one: some scenarios need two. Raises
    ValueError for fewer leads than LEAST_LEADS.
    """
    if leads < LEAST_LEADS:
        raise ValueError(f"{leads} leads are too few to plant every fault: give at least {LEAST_LEADS}.")
    dice = random.Random(seed)
    hours = OfficeHours(ZoneInfo(zone))
    gone = replace(GONE, left_at=hours.before(until, 24 * HOUR))
    absent = replace(ABSENT, away=(hours.before(until, 20 * HOUR), until + timedelta(days=9)))
    web = Web(random.Random(f"web of {seed}"))
    stage = Stage(dice, hours, until, REPS, Crowd(dice), Pen(dice), web, gone, absent, KEEPER)
    people = {KEEPER.ref: favours_clients(stage)}
    if leads >= FLOODED:
        flooded(stage)
    told_together = len(stage.stories)
    yields = _play(
        stage,
        [scenario for scenario, _ in FAULTS],
        [weight for _, weight in FAULTS],
        told_together + round(_PLANTED_SHARE * leads),
    )
    _top_up(stage, yields, LEAST_PLANTS if leads >= LARGE else FEW_PLANTS)
    for number in range(max(1, round(_CLASS_PERCENT * leads / 100))):
        for kinds in KINDS.values():
            kinds[number % len(kinds)](stage)
    if leads >= CROWDED:
        for cluster in CLUSTERS:
            cluster(stage)
    for _ in range(LEAST_SOLD):
        sold(stage)
        sold_slowly(stage)
    for _ in range(LEAST_WORKED):
        being_tried(stage)
        in_conversation(stage)
    planted = len(stage.stories)
    _play(stage, list(TRAPS), [1] * len(TRAPS), max(planted, round((_PLANTED_SHARE + _TRAP_SHARE) * leads)))
    look_alikes = max(LEAST_LOOK_ALIKES, round(_LOOK_ALIKE_SHARE * leads))
    for number in range(look_alikes):
        LOOK_ALIKES[number % len(LOOK_ALIKES)](stage)
    if leads >= CROWDED:
        for crowd in CROWDS:
            crowd(stage)
    everyday, weights = [scenario for scenario, _ in EVERYDAY], [weight for _, weight in EVERYDAY]
    while len(stage.stories) < leads:
        dice.choices(everyday, weights=weights)[0](stage)
    told = tuple(story.history() for story in stage.stories)
    burdened = overloaded(told, hours)
    return Population(
        history=AccountHistory(
            until=until,
            opened_at=until.replace(year=until.year - 2, day=1),
            reps=(*REPS, gone, absent, KEEPER),
            leads=told,
            deals=tuple(deal for story in stage.stories if (deal := story.deal()) is not None),
        ),
        truth={
            story.ref: Planted(
                story.rules,
                story.kind,
                story.note,
                _cause(story, burdened),
                story.reasons,
                story.lead_class,
                story.unsure,
                story.shown_by,
                story.is_lookalike,
            )
            for story in stage.stories
        },
        people=people,
        left_out=_left_out(leads),
    )


def _left_out(leads: int) -> tuple[str, ...]:
    """What an account of so many leads is too small for."""
    found = []
    if leads < FLOODED:
        found.append(f"No flood of leads, which would explain late attempts by overload: that takes {FLOODED} leads.")
    if leads < CROWDED:
        found.append(
            f"No paid form-fillers, no burst of a program, no probe that returns, no crowd after a spot on "
            f"television: clusters of leads take {CROWDED} leads."
        )
    return tuple(found)


def _cause(story: Story, burdened: Set[str]) -> str:
    """What explains that the first attempt was late: what was played; else that more lay before its rep than he
    manages (`burdened`, by ref), which the dice bring about; else that nobody called."""
    if story.cause or not story.rules & {"RT001", "RT002"}:
        return story.cause
    return OVERLOADED if story.ref in burdened else NOT_CALLED


def _play(
    stage: Stage, scenarios: list[Scenario], weights: list[int], until_leads: int
) -> list[tuple[Scenario, frozenset[str]]]:
    """Each scenario as often as its weight asks for, once at the least, until there are so many leads.

    Returns which rules each of them plants.
    """
    wanted = max(0, until_leads - len(stage.stories))
    total = sum(weights)
    yields: list[tuple[Scenario, frozenset[str]]] = []
    for scenario, weight in zip(scenarios, weights, strict=True):
        before = len(stage.stories)
        for _ in range(max(1, round(wanted * weight / total))):
            scenario(stage)
        yields.append((scenario, frozenset().union(*(story.rules for story in stage.stories[before:]))))
    return yields


def _top_up(stage: Stage, yields: list[tuple[Scenario, frozenset[str]]], least: int) -> None:
    """Plant more of every rule of which there are too few, by the scenario that plants the least beside it."""

    def count(rule_id: str) -> int:
        return sum(rule_id in story.rules for story in stage.stories)

    for rule_id in sorted({rule_id for _, rules in yields for rule_id in rules}):
        scenario, _ = min(
            ((each, rules) for each, rules in yields if rule_id in rules), key=lambda pair: len(pair[1])
        )
        while count(rule_id) < least:
            scenario(stage)
