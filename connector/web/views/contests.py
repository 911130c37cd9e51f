"""/contests: what people say against findings, and what is decided. /my: all that is said of the viewer himself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from audits.model.finding import Evidence, Finding
from connector.storage import contests, mail_choices, timeline, worklist
from connector.storage.contests import LONGEST_WHY, Contest, Decision
from connector.storage.lead_lists import lead_names
from connector.web import contest_words
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.contest_words import ContestShown, may_contest
from connector.web.links import lead_href
from connector.web.sentences import written
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.rulebook import rule_titles

pages = Blueprint("contests", __name__)

_MINE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidFinding:
    """One finding with what it is about. `href` None: the viewer may not open the lead any more."""

    lead_id: str
    lead_name: str
    href: str | None
    rule_id: str
    title: str
    fingerprint: str
    sentence: str
    as_of: datetime
    evidence: tuple[Evidence, ...]
    contest: ContestShown | None
    can_contest: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    """What the queue prints."""

    waiting: list[SaidFinding]
    decided: list[SaidFinding]
    waiting_says: str
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPage:
    """What the page of one's own prints. `is_owner`: whether the CRM knows the viewer as somebody who holds leads."""

    is_owner: bool
    is_manager: bool
    findings: list[SaidFinding]
    findings_says: str
    more_says: str
    gets_alerts: bool
    gets_digest: bool
    email: str
    longest: int


@pages.get("/contests")
@needs(Access.MANAGER)
def queue() -> str:
    """Contests that wait, the oldest first; then those decided."""
    me = viewer()
    with site().database.read() as connection:
        waiting = contests.list_open(connection, me.install_id)
        decided = contests.list_decided(connection, me.install_id)
        total = contests.count_open(connection, me.install_id)
        told = _Teller(connection, me)
        page = QueuePage(
            waiting=told.contested(waiting),
            decided=told.contested(decided),
            waiting_says=current().plural("{n} waits for a decision", "{n} wait for a decision", total),
            longest=LONGEST_WHY,
        )
    return render_template("contests.html", page=page)


@pages.post("/leads/<lead_id>/contest")
@needs(Access.SIGNED_IN)
def contest(lead_id: str) -> Response:
    """Say that a finding is wrong, and why."""
    me, now = viewer(), site().now()
    fingerprint, why = request.form.get("fingerprint", ""), " ".join(request.form.get("why", "").split())
    with site().database.write() as connection:
        finding = contests.findings_of(connection, me.install_id, [fingerprint]).get(fingerprint)
        if finding is None or finding.subject_id != lead_id:
            abort(404)
        cases = timeline.load_cases(connection, me.install_id, [lead_id], now, me.install.coverage)
        holder_id = cases[0].lead.owner_id if cases else None
        if not may_contest(me, finding, holder_id):
            abort(404)
        if not why:
            return _back(lead_id, finding.rule_id, "contest-why")
        made = contests.open_contest(connection, me.install_id, fingerprint, why=why, user_id=me.user.user_id, at=now)
        if made is not None:
            worklist.mark_due(connection, me.install_id, [lead_id], now)
    return _back(lead_id, finding.rule_id, "contested" if made is not None else "contest-not")


@pages.post("/contests/<contest_id>")
@needs(Access.SIGNED_IN)
def decide(contest_id: str) -> Response:
    """Decide, take a decision back, or withdraw one's own."""
    me, now = viewer(), site().now()
    deed, note = request.form.get("do", ""), " ".join(request.form.get("note", "").split())[:LONGEST_WHY]
    with site().database.write() as connection:
        found = contests.find_contest(connection, me.install_id, contest_id)
        if found is None:
            abort(404)
        finding = contests.findings_of(connection, me.install_id, [found.fingerprint]).get(found.fingerprint)
        deciders = contest_words.deciders_of(connection, me.install_id)
        asked = contest_words.shown(found, me, finding, deciders, {})
        done = False
        if deed == "withdraw" and found.opened_by == me.user.user_id:
            done = contests.decide(
                connection,
                me.install_id,
                contest_id,
                Decision.WITHDRAWN,
                note=note,
                user_id=me.user.user_id,
                at=now,
            )
        elif not me.is_manager:
            abort(404)
        elif deed in (Decision.UPHELD, Decision.SET_ASIDE):
            if not contest_words.may_decide(me, found, finding, deciders):
                abort(403, t("It is yours or about you: somebody else decides."))
            if not note:
                return redirect("/contests?note=decide-why", 303)
            done = contests.decide(
                connection, me.install_id, contest_id, Decision(deed), note=note, user_id=me.user.user_id, at=now
            )
        elif deed == "reopen":
            if found.decision is not None and not asked.can_reopen:
                abort(403, t("It is yours or about you: somebody else decides."))
            done = contests.reopen(connection, me.install_id, contest_id, at=now) is not None
        else:
            abort(400, t("The page was not sent as it was made. Load it again."))
        if done:
            worklist.mark_due(connection, me.install_id, [found.lead_id], now)
    said = {"withdraw": "withdrawn", "reopen": "reopened"}.get(deed, "decided")
    if me.is_manager:
        return redirect(f"/contests?note={said if done else 'contest-not'}", 303)
    return _back(found.lead_id, found.rule_id, said if done else "contest-not")


@pages.get("/my")
@needs(Access.SIGNED_IN)
def mine() -> str:
    """Every breach that is charged to the viewer, and which mails he gets."""
    me = viewer()
    with site().database.read() as connection:
        choice = mail_choices.find_choice(connection, me.install_id, me.user.user_id)
        listed: list[tuple[str, Finding]] = []
        total = 0
        if me.user.owner_id is not None:
            listed, total = contests.findings_on(connection, me.install_id, me.user.owner_id, _MINE)
        found = _Teller(connection, me).listed(listed)
    page = MyPage(
        is_owner=me.user.owner_id is not None,
        is_manager=me.is_manager,
        findings=found,
        findings_says=current().plural("{n} breach is said of you", "{n} breaches are said of you", total),
        more_says=t("The newest {n} are shown.", n=current().number(_MINE)) if total > _MINE else "",
        gets_alerts=choice is not None and choice.gets_alerts,
        gets_digest=choice is not None and choice.gets_digest,
        email=me.user.email,
        longest=LONGEST_WHY,
    )
    return render_template("my.html", page=page)


@pages.post("/my/mails")
@needs(Access.SIGNED_IN)
def choose_mails() -> Response:
    """Which mails the viewer gets."""
    me = viewer()
    with site().database.write() as connection:
        mail_choices.choose_mails(
            connection,
            me.install_id,
            me.user.user_id,
            gets_alerts=request.form.get("alerts") == "yes",
            gets_digest=request.form.get("digest") == "yes" and me.is_manager,
        )
    return redirect("/my?note=mails", 303)


def _back(lead_id: str, rule_id: str, note: str) -> Response:
    if request.form.get("back") == "my":
        return redirect(f"/my?note={note}", 303)
    return redirect(f"{lead_href(lead_id)}?note={note}#{rule_id}", 303)


class _Teller:
    """Writes findings and contests for one viewer, from one transaction."""

    def __init__(self, conn: Connection, me: Viewer) -> None:
        self.conn, self.me, self.titles = conn, me, rule_titles()
        self.deciders = contest_words.deciders_of(conn, me.install_id)
        self.users = contest_words.user_names(conn, me.install_id)

    def contested(self, listed: list[Contest]) -> list[SaidFinding]:
        """What was contested, with each contest."""
        about = contests.findings_of(self.conn, self.me.install_id, [each.fingerprint for each in listed])
        names = lead_names(self.conn, self.me.install_id, [each.lead_id for each in listed])
        return [
            self._said(each.fingerprint, about[each.fingerprint], names, each)
            for each in listed
            if each.fingerprint in about
        ]

    def listed(self, found: list[tuple[str, Finding]]) -> list[SaidFinding]:
        """What stands, with the contests on it."""
        lead_ids = [finding.subject_id for _, finding in found]
        standing = contests.standing_of(self.conn, self.me.install_id, lead_ids)
        names = lead_names(self.conn, self.me.install_id, lead_ids)
        said = []
        for fingerprint, finding in found:
            contest = standing.get((finding.subject_id, finding.rule_id))
            said.append(self._said(fingerprint, finding, names, contest if contest and contest.is_present else None))
        return said

    def _said(
        self,
        fingerprint: str,
        finding: Finding,
        names: Mapping[str, tuple[str, str | None]],
        contest: Contest | None,
    ) -> SaidFinding:
        name, holder_id = names.get(finding.subject_id, ("", None))
        is_his = self.me.only_owner_id is None or holder_id == self.me.only_owner_id
        is_free = contest is None or contest.decision is Decision.WITHDRAWN
        return SaidFinding(
            lead_id=finding.subject_id,
            lead_name=(name if is_his else "") or t("Lead {id}", id=finding.subject_id),
            href=lead_href(finding.subject_id) + f"#{finding.rule_id}" if is_his else None,
            rule_id=finding.rule_id,
            title=self.titles.get(finding.rule_id, finding.rule_id),
            fingerprint=fingerprint,
            sentence=written(finding.said),
            as_of=finding.as_of,
            evidence=finding.evidence,
            contest=(
                None if contest is None else contest_words.shown(contest, self.me, finding, self.deciders, self.users)
            ),
            can_contest=is_free and may_contest(self.me, finding, holder_id),
        )
