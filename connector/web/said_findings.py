"""Findings as lines that can be contested: on leads and on persons, each with what was said against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from audits.model.finding import Evidence, Finding, Outcome
from audits.rulebook import OWNER_RULES
from connector.storage import contests, people
from connector.storage.contests import Contest, Decision
from connector.storage.lead_lists import lead_names
from connector.storage.owner_cases import OwnerFinding
from connector.web import contest_words
from connector.web.access import Viewer
from connector.web.contest_words import ContestShown, may_contest
from connector.web.links import lead_href, owner_href
from connector.web.sentences import written
from connector.web.texts import t
from connector.web.views.rulebook import rule_titles


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidFinding:
    """One finding with whom it speaks of. `href` "": the viewer may not open that. `action`: where it is contested.
    `hint`: what whoever contests it should know."""

    name: str
    href: str
    action: str
    rule_id: str
    title: str
    outcome: Outcome
    fingerprint: str
    sentence: str
    as_of: datetime
    evidence: tuple[Evidence, ...]
    contest: ContestShown | None
    can_contest: bool
    hint: str


class Teller:
    """Writes findings and contests for one viewer, from one transaction."""

    def __init__(self, conn: Connection, me: Viewer) -> None:
        self._conn, self._me, self._titles = conn, me, titles()
        self._deciders = contest_words.deciders_of(conn, me.install_id)
        self._users = contest_words.user_names(conn, me.install_id)

    def contested(self, listed: Sequence[Contest]) -> list[SaidFinding]:
        """What was contested, with each contest."""
        about = contests.findings_of(self._conn, self._me.install_id, [each.fingerprint for each in listed])
        leads = lead_names(self._conn, self._me.install_id, [each.lead_id for each in listed if each.lead_id])
        persons = self._persons(each.owner_id for each in listed)
        said = []
        for each in listed:
            finding = about.get(each.fingerprint)
            if finding is None:
                continue
            if each.owner_id:
                said.append(self._on_person(each.fingerprint, finding, persons, each))
            else:
                said.append(self._on_lead(each.fingerprint, finding, leads, each))
        return said

    def on_leads(self, found: Sequence[tuple[str, Finding]]) -> list[SaidFinding]:
        """What stands of leads, with the contests on it."""
        lead_ids = [finding.subject_id for _, finding in found]
        standing = contests.standing_of(self._conn, self._me.install_id, lead_ids)
        names = lead_names(self._conn, self._me.install_id, lead_ids)
        return [
            self._on_lead(fingerprint, finding, names, standing.get((finding.subject_id, finding.rule_id)))
            for fingerprint, finding in found
        ]

    def on_persons(self, found: Sequence[OwnerFinding]) -> list[SaidFinding]:
        """What stands of persons, with the contests on it."""
        owner_ids = [each.finding.subject_id for each in found]
        standing = contests.standing_of_owners(self._conn, self._me.install_id, owner_ids)
        persons = self._persons(owner_ids)
        return [
            self._on_person(
                each.fingerprint,
                each.finding,
                persons,
                standing.get((each.finding.subject_id, each.finding.rule_id)),
            )
            for each in found
        ]

    def _persons(self, owner_ids: Iterable[str]) -> dict[str, str]:
        wanted = sorted({owner_id for owner_id in owner_ids if owner_id})
        listed = people.list_owners(self._conn, self._me.install_id, wanted)
        return {owner.owner_id: owner.name for owner in listed}

    def _on_lead(
        self,
        fingerprint: str,
        finding: Finding,
        names: Mapping[str, tuple[str, str | None]],
        contest: Contest | None,
    ) -> SaidFinding:
        lead_id, is_there = finding.subject_id, finding.subject_id in names
        name, holder_id = names.get(lead_id, ("", None))
        is_his = self._me.may_know_lead_of(holder_id)
        return self._said(
            fingerprint,
            finding,
            contest,
            name=(name if is_his else "") or t("Lead {id}", id=lead_id),
            # What is said of somebody he may read on the lead's page; of a lead that is gone there is none.
            href=lead_href(lead_id) + f"#{finding.rule_id}" if is_there else "",
            action=f"{lead_href(lead_id)}/contest",
            evidence=finding.evidence if is_his else among_strangers(finding.evidence),
            holder_id=holder_id,
        )

    def _on_person(
        self, fingerprint: str, finding: Finding, names: Mapping[str, str], contest: Contest | None
    ) -> SaidFinding:
        owner_id = finding.subject_id
        return self._said(
            fingerprint,
            finding,
            contest,
            name=names.get(owner_id) or t("owner {id}", id=owner_id),
            href=owner_href(owner_id) + f"#{finding.rule_id}",
            action=f"{owner_href(owner_id)}/contest",
            evidence=finding.evidence,
            hint=t("Name no customers: your sentence stays when a customer's data is deleted."),
        )

    def _said(
        self,
        fingerprint: str,
        finding: Finding,
        contest: Contest | None,
        *,
        name: str,
        href: str,
        action: str,
        evidence: tuple[Evidence, ...],
        holder_id: str | None = None,
        hint: str = "",
    ) -> SaidFinding:
        # What was withdrawn, or was said against something else, stands in the queue's history alone.
        is_about_this = contest is not None and (contest.is_present or contest.fingerprint == fingerprint)
        told = contest if is_about_this else None
        is_free = told is None or told.decision is Decision.WITHDRAWN
        return SaidFinding(
            name=name,
            href=href,
            action=action,
            rule_id=finding.rule_id,
            title=self._titles.get(finding.rule_id, finding.rule_id),
            outcome=finding.outcome,
            fingerprint=fingerprint,
            sentence=written(finding.said),
            as_of=finding.as_of,
            evidence=evidence,
            contest=(
                None if told is None else contest_words.shown(told, self._me, finding, self._deciders, self._users)
            ),
            can_contest=is_free and may_contest(self._me, finding, holder_id),
            hint=hint,
        )


def titles() -> dict[str, str]:
    """Rule id → title, of the rules on leads and on persons."""
    return {**rule_titles(), **{rule.info.rule_id: t(rule.info.title) for rule in OWNER_RULES}}


def among_strangers(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Evidence for somebody who no longer holds the lead: times and small numbers, by which he recognises what he
    did, and no value that could tell who the lead is."""
    return tuple(each for each in evidence if _tells_nobody(each.value))


def _tells_nobody(value: str) -> bool:
    if value.isascii() and value.isdecimal():
        # A telephone number has more digits than any count or length of a call.
        return len(value) <= 4
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return "-" in value
