"""What the representatives found out about a lead: labels with noise, each told by a fact and by what could tell it.

Nothing here is a judgement. What somebody noted counts where an attempt before it could have told him so:

- `denied`: a status says that nothing was asked for, and contact was made before it was set. It bears out the classes
  in whose leads somebody else's data stand (paid form-filler, bot, joker, empty). Trust: middling. Whoever does not
  want to be called says so too.
- `invalid`, `spam`, `test`, `job`, `supplier`, `competitor`, `joker`: a status says so, and before it was set contact
  was made, the wrong person answered, or a mail came back. Each bears out its own classes and speaks against the
  others; `invalid` names none and bears out all. Trust: middling. After none but a wrong number or a mail come back,
  `invalid` shows an error and no more.
- `wrong_number`: a call that took place ended so, or a status says so after a call that was answered; and `bounced`:
  a mail came back. They show an error, and nothing of whether anybody asked: a person who asked mistypes too. Trust:
  high for the call, low for the mail (a full mailbox sends mail back as well).
- `duplicate`: a status says so. It needs no attempt, for the other record shows it. Trust: middling.
- `won`: a deal was won that was opened after the lead came, or the lead was won and contact was made. Nobody pays for
  a request that he did not make. Trust: high.
- `own_act`: the person came to a meeting, or wrote after we had turned to him. Trust: high.
- `deal`: contact was made, and a deal was opened after the lead came and was not lost. Trust: middling.

A lead that was discarded untried, one that nobody reached, and one that was merely reached prove nothing: a paid
form-filler answers the telephone too. What is won goes before what a status says, and that before the rest. The
words of a status: audits.truth.status_words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from audits.lead_rule import activity_evidence, lead_evidence
from audits.model.activity import Activity, ActivityKind, Disposition
from audits.model.case import LeadCase
from audits.model.finding import Evidence
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.truth import PSEUDO_CLASSES, LeadClass
from audits.timeline import attempts, connections
from audits.truth.of_case import find_own_act, says_denied
from audits.truth.status_words import status_says


class Found(StrEnum):
    """What was found out. ERROR and DUPLICATE say nothing of whether anybody asked."""

    GENUINE = "genuine"
    PSEUDO = "pseudo"
    ERROR = "error"
    DUPLICATE = "duplicate"


class Way(StrEnum):
    """By what somebody was reached, or could not be."""

    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOut:
    """What was found out about one lead. `why`: a code of the module's list. `classes`: what it bears out; `against`:
    what it speaks against. `worked`: ways by which contact was made, `failed`: ways that led to somebody else or
    nowhere. `at`: when it was so (aware UTC), None = the CRM does not say."""

    found: Found
    why: str
    classes: tuple[LeadClass, ...] = ()
    against: tuple[LeadClass, ...] = ()
    worked: tuple[Way, ...] = ()
    failed: tuple[Way, ...] = ()
    at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()


#: What each status bears out: whoever notes one of these knows who was at the other end.
_OF_STATUS: Mapping[str, tuple[LeadClass, ...]] = MappingProxyType(
    {
        "denied": (LeadClass.PAID_FILLER, LeadClass.BOT, LeadClass.JOKER, LeadClass.EMPTY),
        "invalid": PSEUDO_CLASSES,
        "spam": (LeadClass.BOT, LeadClass.NOT_ADDRESSED, LeadClass.EMPTY),
        "test": (LeadClass.TEST,),
        "job": (LeadClass.NOT_ADDRESSED,),
        "supplier": (LeadClass.NOT_ADDRESSED,),
        "competitor": (LeadClass.COMPETITOR,),
        "joker": (LeadClass.JOKER, LeadClass.EMPTY),
    }
)
#: Whoever says that he asked for nothing may still be a competitor or a tester who does not want to be known.
_NAMES_NO_KIND = frozenset({"denied", "invalid"})

_WAY_OF_KIND = MappingProxyType({ActivityKind.CALL: Way.PHONE, ActivityKind.EMAIL: Way.EMAIL})


@dataclass(frozen=True, slots=True)
class _Tried:
    """What became of the attempts on a lead: contact made, and those that led to somebody else or nowhere."""

    reached: tuple[Activity, ...]
    wrong: tuple[Activity, ...]
    bounced: tuple[Activity, ...]

    def until(self, at: datetime) -> _Tried:
        """The same by `at`."""
        return _Tried(
            *(
                tuple(each for each in some if each.occurred_at <= at)
                for some in (self.reached, self.wrong, self.bounced)
            )
        )

    @property
    def calls(self) -> tuple[Activity, ...]:
        """Calls that somebody answered, whoever it was."""
        return (*self.wrong, *(each for each in self.reached if each.kind is ActivityKind.CALL))

    @property
    def worked(self) -> tuple[Way, ...]:
        """The ways by which contact was made."""
        ways = {_WAY_OF_KIND.get(each.kind) for each in self.reached}
        return tuple(way for way in Way if way in ways)

    @property
    def failed(self) -> tuple[Way, ...]:
        """The ways that led astray."""
        return (*((Way.PHONE,) if self.wrong else ()), *((Way.EMAIL,) if self.bounced else ()))


def outcome_of(case: LeadCase, policy: Policy) -> FoundOut | None:
    """What was found out about the lead by `case.as_of`, by the rules of the module; None where nobody found out."""
    tried = _tried(case, policy)
    return _sale(case, tried) or _status(case, tried) or _contact(case, policy, tried) or _astray(tried)


def _sale(case: LeadCase, tried: _Tried) -> FoundOut | None:
    lead = case.lead
    won = min(
        (
            (each.closed_at, each.deal_id)
            for each in case.deals
            if each.status is LeadStatus.WON
            and each.closed_at is not None
            and each.created_at >= lead.received_at
            and each.closed_at <= case.as_of
        ),
        default=None,
    )
    if won is not None:
        return _genuine("won", won[0], tried, _of_deal(won[1], "closed_at", won[0]))
    if lead.status is LeadStatus.WON and tried.reached:
        return _genuine("won", lead.closed_at, tried, _of_status(lead), *activity_evidence(tried.reached[0]))
    return None


def _status(case: LeadCase, tried: _Tried) -> FoundOut | None:
    """What a status says, where what was done before it was set could tell."""
    lead = case.lead
    said = None if lead.status is LeadStatus.OPEN else status_says(lead.raw_status)
    if said is None and says_denied(lead):
        said = "denied"
    if said is None:
        return None
    at = _noted_at(case)
    then = tried.until(at or case.as_of)
    if said == "duplicate":
        return FoundOut(found=Found.DUPLICATE, why=said, at=at, evidence=(_of_status(lead),))
    astray = (*then.wrong, *then.bounced)
    if said == "wrong_number":
        could_tell = then.calls
    elif said == "denied":
        could_tell = then.reached
    else:
        could_tell = (*then.reached, *astray)
    if not could_tell:
        return None
    evidence = (_of_status(lead), *activity_evidence(could_tell[0]))
    if said == "wrong_number" or (said == "invalid" and not then.reached):
        failed = set(then.failed) | ({Way.PHONE} if said == "wrong_number" else set())
        return FoundOut(
            found=Found.ERROR,
            why=said,
            classes=(LeadClass.ERROR,),
            worked=tuple(way for way in then.worked if way not in failed),
            failed=tuple(way for way in Way if way in failed),
            at=at,
            evidence=evidence,
        )
    borne_out = _OF_STATUS[said]
    return FoundOut(
        found=Found.PSEUDO,
        why=said,
        classes=borne_out,
        against=() if said in _NAMES_NO_KIND else tuple(each for each in PSEUDO_CLASSES if each not in borne_out),
        worked=then.worked,
        failed=then.failed,
        at=at,
        evidence=evidence,
    )


def _contact(case: LeadCase, policy: Policy, tried: _Tried) -> FoundOut | None:
    """What only a person who asked can have done, or what nobody does for another."""
    own = find_own_act(case, policy)
    if own is not None:
        return _genuine("own_act", own.occurred_at, tried, *activity_evidence(own))
    opened = min(
        (
            (each.created_at, each.deal_id)
            for each in case.deals
            if each.status is LeadStatus.OPEN and case.lead.received_at <= each.created_at <= case.as_of
        ),
        default=None,
    )
    if opened is None or not tried.reached:
        return None
    evidence = _of_deal(opened[1], "created_at", opened[0])
    return _genuine("deal", opened[0], tried, evidence, *activity_evidence(tried.reached[0]))


def _astray(tried: _Tried) -> FoundOut | None:
    acts = sorted((*tried.wrong, *tried.bounced), key=lambda each: (each.occurred_at, each.activity_id))
    if tried.reached or not acts:
        return None
    return FoundOut(
        found=Found.ERROR,
        why="wrong_number" if acts[0] in tried.wrong else "bounced",
        classes=(LeadClass.ERROR,),
        failed=tried.failed,
        at=acts[0].occurred_at,
        evidence=activity_evidence(acts[0]),
    )


def _genuine(why: str, at: datetime | None, tried: _Tried, *evidence: Evidence) -> FoundOut:
    return FoundOut(
        found=Found.GENUINE,
        why=why,
        against=PSEUDO_CLASSES,
        worked=tried.worked,
        failed=tried.failed,
        at=at,
        evidence=evidence,
    )


def _tried(case: LeadCase, policy: Policy) -> _Tried:
    """Attempts that took place. A wrong number of no seconds is a slip of the pen: nobody answered."""
    sure = attempts(case, policy).sure
    return _Tried(
        reached=connections(case, policy).sure,
        wrong=tuple(
            each
            for each in sure
            if each.kind is ActivityKind.CALL
            and each.disposition is Disposition.WRONG_NUMBER
            and (each.duration_s is None or each.duration_s > 0)
        ),
        bounced=tuple(
            each for each in sure if each.kind is ActivityKind.EMAIL and each.disposition is Disposition.BOUNCED
        ),
    )


def _noted_at(case: LeadCase) -> datetime | None:
    """When the status that stands was set: by its history, else when the lead was closed; None = not known."""
    lead = case.lead
    for change in reversed(case.stage_changes):
        if change.occurred_at <= case.as_of:
            if change.raw_status == lead.raw_status:
                return change.occurred_at
            break
    return lead.closed_at


def _of_status(lead: Lead) -> Evidence:
    return lead_evidence(lead, "raw_status", lead.raw_status or "")


def _of_deal(deal_id: str, field: str, at: datetime) -> Evidence:
    return Evidence(record_type="deal", record_id=deal_id, field=field, value=at.isoformat(), at=at)
