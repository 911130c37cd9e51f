"""Repairs as a page shows them: what was given, what is proposed and why, what was decided, and who may decide."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from audits.model.said import phrase
from connector.storage.repairs import KeptRepair, RepairState
from connector.web.access import Viewer
from connector.web.links import lead_href
from connector.web.sentences import written
from connector.web.texts import t

#: The fields of a lead in which anything can be repaired.
FIELDS = {
    "phone": phrase("Phone"),
    "mobile": phrase("Mobile"),
    "email": phrase("E-mail"),
    "name": phrase("Name"),
    "first_name": phrase("First name"),
    "last_name": phrase("Last name"),
}
_STATE = {
    RepairState.OPEN: (phrase("To be decided"), "plain"),
    RepairState.ACCEPTED: (phrase("Accepted"), "good"),
    RepairState.DECLINED: (phrase("Declined"), "quiet"),
    RepairState.MENDED: (phrase("Mended in the CRM"), "good"),
}


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """What may have been meant. `is_chosen`: accepted, or to be accepted unless another is picked."""

    proposed: str
    why: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairShown:
    """One repair. `given` "" = nothing was given. `key` names it with what was shown of it. `decided_by` "" = nobody.

    `proposals`: once one was accepted or taken over, that one alone.
    """

    key: str
    field: str
    field_says: str
    given: str
    proposals: list[ProposalLine]
    label: str
    tone: str
    is_open: bool
    can_undo: bool
    decided_by: str
    decided_at: datetime | None
    mended_at: datetime | None
    action: str


def may_repair(me: Viewer, holder_id: str | None) -> bool:
    """Whether the viewer may decide on the repairs of a lead: a manager, or whoever holds it."""
    return me.may_know_lead_of(holder_id)


def field_label(field: str) -> str:
    """The field in a word."""
    return t(FIELDS.get(field, field))


def state_label(state: RepairState) -> str:
    """The state in a word or two."""
    return t(_STATE[state][0])


def key_of(kept: KeptRepair) -> str:
    """Names a repair as it was shown: of another value, or with another first proposal, it is another."""
    shown = "\x1f".join((kept.given, *(each.proposed for each in kept.proposals[:1])))
    return f"{hashlib.sha256(shown.encode()).hexdigest()[:16]}:{kept.field}:{kept.lead_id}"


def shown(kept: KeptRepair, names: Mapping[str, str]) -> RepairShown:
    """The repair for whoever may decide on it. `names`: user id → name."""
    label, tone = _STATE[kept.state]
    listed = [each for each in kept.proposals if kept.chosen in ("", each.proposed)]
    return RepairShown(
        key=key_of(kept),
        field=kept.field,
        field_says=field_label(kept.field),
        given=kept.given,
        proposals=[ProposalLine(each.proposed, written(each.why), place == 0) for place, each in enumerate(listed)],
        label=t(label),
        tone=tone,
        is_open=kept.is_open,
        can_undo=kept.state in (RepairState.ACCEPTED, RepairState.DECLINED),
        decided_by=names.get(kept.decided_by, t("somebody who is gone")) if kept.decided_by else "",
        decided_at=kept.decided_at,
        mended_at=kept.mended_at,
        action=f"{lead_href(kept.lead_id)}/repairs",
    )
