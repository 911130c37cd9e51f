"""What must be found of what was planted, where a CRM cannot show everything. Nothing here comes from the app.

Three things are known beforehand: what is planted (by the population, from the neutral history), what the CRM's
dialect cannot hold of it (stated beside its renderer and in its file under crms/), and which facts the adapter
declares that it cannot show. From these follow, for each planted fault, one of these answers:

| the fault | must come out as |
|---|---|
| cannot stand on this lead in this CRM (`Hidden.never`) | nothing: the rule may not be broken there |
| is none, but for something that this CRM cannot hold (`Hidden.unexcused`) | as a planted one |
| needs a fact (`NEEDS`) that the adapter declares missing, or the CRM hides of this lead (`Hidden.missing`)
  | `not_evaluated`: silence is a fault of the app |
| may hang on an act of which the CRM does not say enough (`Hidden.blurs`, `DOUBTS`) | `not_evaluated`, or `breach`
  where the act's time makes it sure all the same; silence is a fault here, too |
| is what the lead is instead of one of somebody who asked, and the CRM does not show all by which that shows
  (`Told.class_shown_by`, `Hidden.unshown`, `SHOWN_BY`) | anything: the rest may tell it or not |
| none of these | `breach` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from audits.model.case import Coverage, Fact
from connector.sandbox.faults import classes
from connector.sandbox.history import Act, Call, Email, Message

_TOUCHES: Final = (Fact.CALLS, Fact.EMAILS, Fact.MEETINGS, Fact.MESSAGES)

#: Rule → the facts of which each shows the fault or could excuse it: where one is missing, no breach is sure.
NEEDS: Final[Mapping[str, tuple[Fact, ...]]] = {
    "RT001": _TOUCHES,
    "RT002": _TOUCHES,
    "RT003": (Fact.SUBMITTED_AT,),
    "RT004": (Fact.OWNER_HISTORY, Fact.OWNER),
    "RT005": _TOUCHES,
    "RT006": _TOUCHES,
    "NC001": (Fact.CALLS, Fact.MEETINGS, Fact.CONTACT_DATA),
    "NC002": (*_TOUCHES, Fact.TASKS),
    "FU001": (*_TOUCHES, Fact.CONTACT_DATA),
    "FU002": _TOUCHES,
    "FU003": _TOUCHES,
    "FU004": (*_TOUCHES, Fact.CONTACT_DATA),
    "FU005": (*_TOUCHES, Fact.CONTACT_DATA),
    "FU006": (Fact.RECONTACT_ON, *_TOUCHES),
    "FU007": (*_TOUCHES, Fact.CONTACT_DATA),
    "FU008": (Fact.CONSENT, Fact.CALLS),
    "FU009": _TOUCHES,
    "NC003": (Fact.TASKS,),
    "NC004": (Fact.STAGE,),
    "NC005": (Fact.OWNER_HISTORY, *_TOUCHES),
    "NC006": (Fact.OWNER, Fact.OWNERS, *_TOUCHES),
    "LD001": (Fact.DEALS, *_TOUCHES),
    "LD002": (Fact.DEALS, *_TOUCHES),
    "LD003": (Fact.DEALS,),
    "LD004": (Fact.DEALS, *_TOUCHES),
    "AG001": (Fact.STAGE_HISTORY, *_TOUCHES),
    "AG002": (Fact.CALLS,),
    "AG003": (Fact.EMAILS,),
    "AG004": (Fact.STAGE_HISTORY, *_TOUCHES),
    "AG005": (*_TOUCHES, Fact.TASKS),
    "AG006": (Fact.TASKS, *_TOUCHES),
    "AG007": (*_TOUCHES, Fact.CONTACT_DATA, Fact.DUPLICATES),
    "FM001": (Fact.TEXTS, Fact.EMAILS, Fact.MESSAGES),
    "FM002": _TOUCHES,
    "FM003": (Fact.TEXTS, Fact.CONTACT_DATA, Fact.CALLS, Fact.EMAILS, Fact.MESSAGES),
    "PL001": (Fact.CONTACT_DATA,),
    "PL002": (Fact.CONTACT_DATA,),
    "PL003": (Fact.CONTACT_DATA,),
    "PL004": (Fact.DUPLICATES, Fact.CONTACT_DATA),
    "PL005": (Fact.CONTACT_DATA,),
    # What a form notes down of itself, and the message, are no contact data; of a CRM that cannot hold them,
    # Hidden.never says so.
    "PL006": (),
    # Who asked for nothing says so when contact is made; that is a call, nearly always.
    "PL007": (Fact.CALLS,),
    "PL008": (Fact.CONTACT_DATA,),
    "PL009": (Fact.CONTACT_DATA,),
    "PL010": (Fact.CONTACT_DATA,),
    "PL011": (Fact.CONTACT_DATA,),
    "PL012": (),
    "DQ001": (Fact.OWNER,),
    "DQ002": (Fact.SOURCE,),
}


class Blur(StrEnum):
    """What a CRM does not say of an act that it shows."""

    WHO = "who reached out"
    MACHINE = "whether a person or a machine acted"
    RESULT = "whether the person was reached"


#: Rule → the kinds of act and what must be known of them: an act of which it is not said may have excused the fault.
DOUBTS: Final[Mapping[str, tuple[tuple[type[Act], ...], frozenset[Blur]]]] = {
    "RT001": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE})),
    "RT002": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "NC001": ((Call,), frozenset({Blur.WHO, Blur.MACHINE})),
    "NC002": ((), frozenset()),
    "FU001": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU002": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "RT005": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "RT006": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU003": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU004": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU005": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU006": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU007": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FU008": ((Call,), frozenset({Blur.WHO, Blur.MACHINE})),
    "FU009": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "NC005": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE})),
    "NC006": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE})),
    "LD001": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "LD002": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "LD004": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "AG001": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "AG002": ((Call,), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "AG003": ((Call, Email, Message), frozenset({Blur.MACHINE})),
    "AG004": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE})),
    "AG005": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "AG006": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE})),
    "AG007": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "PL007": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FM001": ((Email, Message), frozenset({Blur.WHO, Blur.MACHINE})),
    "FM002": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
    "FM003": ((Call, Email, Message), frozenset({Blur.WHO, Blur.MACHINE, Blur.RESULT})),
}


#: What shows a class, as connector.sandbox.faults.classes names it → the facts and what must be known of acts for it.
SHOWN_BY: Final[Mapping[str, tuple[frozenset[Fact], frozenset[Blur]]]] = {
    classes.MESSAGE: (frozenset(), frozenset()),
    classes.FORM: (frozenset(), frozenset()),
    classes.RESULTS: (frozenset({Fact.CALLS}), frozenset({Blur.RESULT})),
    classes.STATUS: (frozenset(_TOUCHES), frozenset(Blur)),
    classes.DEALS: (frozenset({Fact.DEALS}), frozenset()),
    classes.OTHERS: (frozenset(), frozenset()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What really happened on one lead, as far as it tells what its CRM can show.

    `preferred_at`: from when the person wished to be called. `is_deal`: it was converted.
    `is_deal_of_several`: the person is the first of several in a large deal.
    `is_of_absent`: its owner is on holiday, of which no CRM knows: the app must be told. `is_on_long_hold`: it has
    waited for the lead for so long that it would be silent, were it not on hold. `has_own_status`: it stands in a
    status of the account's own, of which nobody says what it means. `class_shown_by`: what must be shown of it
    for its class to be seen, as connector.sandbox.faults.classes names it.
    """

    acts: tuple[Act, ...]
    received_at: datetime
    preferred_at: datetime | None = None
    is_deal: bool = False
    is_deal_of_several: bool = False
    is_on_long_hold: bool = False
    is_of_absent: bool = False
    has_own_status: bool = False
    class_shown_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What a CRM does not hold or show of one lead.

    `never`: rules whose fault cannot stand on it there. `unexcused`: rules that are broken there alone, as what
    excuses the lead cannot be held. `missing`: facts of it that cannot be read. `blurs`: what is not said of an act
    that is shown. `unshown`: of SHOWN_BY what it holds of no lead.
    """

    never: Set[str] = frozenset()
    unexcused: Set[str] = frozenset()
    missing: Set[Fact] = frozenset()
    blurs: Callable[[Act], Set[Blur]] = lambda _: frozenset()
    unshown: Set[str] = frozenset()


def shows_all(_told: Told) -> Hidden:
    """Of a CRM that holds and shows whatever a rule looks at."""
    return Hidden()


@dataclass(frozen=True, slots=True)
class Expected:
    """The answers for one lead: rules that must be broken, that must be not evaluated, that must be either, and of
    which anything may be said."""

    breaches: frozenset[str]
    not_evaluated: frozenset[str]
    either: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()


def expect(
    rules: Set[str], told: Told, coverage: Coverage, hidden: Hidden, *, unsure: Set[str] = frozenset()
) -> Expected:
    """What must be found of the `rules` that are planted on one lead, of which `unsure` ones may be left in doubt.

    `coverage`: what the adapter declares for the whole account.
    """
    unseen = {fact for fact, _ in coverage.missing} | hidden.missing
    free = {each for each in (rules | unsure) & _OF_CLASSES if _is_class_hidden(each, told, unseen, hidden)}
    able = (rules | hidden.unexcused) - hidden.never - free
    silent = {rule_id for rule_id in able if unseen.intersection(NEEDS[rule_id])}
    doubtful = {rule_id for rule_id in able - silent if _is_doubtful(rule_id, told, hidden)}
    either = doubtful | (unsure - hidden.never - free)
    return Expected(frozenset(able - silent - either), frozenset(silent), frozenset(either), frozenset(free))


_OF_CLASSES: Final = frozenset(classes.RULE.values())


def _is_class_hidden(rule_id: str, told: Told, unseen: Set[Fact], hidden: Hidden) -> bool:
    """Whether some of what shows it is hidden, and other signs may tell it all the same."""
    if told.class_shown_by and unseen & {*NEEDS[rule_id]}:
        return True
    for each in told.class_shown_by:
        facts, blurs = SHOWN_BY[each]
        if each in hidden.unshown or facts & unseen or any(blurs & hidden.blurs(act) for act in told.acts):
            return True
    return False


def _is_doubtful(rule_id: str, told: Told, hidden: Hidden) -> bool:
    kinds, wanted = DOUBTS.get(rule_id, ((), frozenset()))
    return any(
        isinstance(act, kinds) and act.at >= told.received_at and wanted.intersection(hidden.blurs(act))
        for act in told.acts
    )
