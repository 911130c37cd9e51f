"""/contests: what people say against findings, and what is decided. /my: all that is said of the viewer himself."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from connector.storage import contests, mail_choices, timeline, worklist
from connector.storage.contests import LONGEST_WHY, Contest, Decision
from connector.storage.owner_cases import owner_findings_of
from connector.web import contest_words
from connector.web.access import Access, needs, viewer
from connector.web.contest_words import may_contest
from connector.web.links import lead_href, owner_href
from connector.web.said_findings import SaidFinding, Teller
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("contests", __name__)

_MINE = 100


@dataclass(frozen=True, slots=True)
class QueuePage:
    """What the queue prints."""

    waiting: list[SaidFinding]
    decided: list[SaidFinding]
    waiting_says: str
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPage:
    """What the page of one's own prints. `is_owner`: whether the CRM knows the viewer as somebody who holds leads.
    `on_me`: what the rules on persons say of him, whatever it is. `findings`: breaches on leads that count against
    him; `set_aside`: those that no longer do."""

    is_owner: bool
    is_manager: bool
    on_me: list[SaidFinding]
    findings: list[SaidFinding]
    findings_says: str
    more_says: str
    set_aside: list[SaidFinding]
    set_aside_says: str
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
        told = Teller(connection, me)
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
    """Say that a finding on a lead is wrong, and why."""
    me, now = viewer(), site().now()
    fingerprint, why = _reason()
    with site().database.write() as connection:
        finding = contests.findings_of(connection, me.install_id, [fingerprint]).get(fingerprint)
        if finding is None or finding.subject_id != lead_id:
            abort(404)
        cases = timeline.load_cases(connection, me.install_id, [lead_id], now, me.install.coverage)
        holder_id = cases[0].lead.owner_id if cases else None
        if not may_contest(me, finding, holder_id):
            abort(404)
        if not why:
            return _back(lead_href(lead_id), finding.rule_id, "contest-why")
        made = contests.open_contest(connection, me.install_id, fingerprint, why=why, user_id=me.user.user_id, at=now)
        if made is not None:
            worklist.mark_due(connection, me.install_id, [lead_id], now)
    return _back(lead_href(lead_id), finding.rule_id, "contested" if made is not None else "contest-not")


@pages.post("/owners/<owner_id>/contest")
@needs(Access.SIGNED_IN)
def contest_of_owner(owner_id: str) -> Response:
    """Say that what a rule says of a person is wrong, and why."""
    me, now = viewer(), site().now()
    fingerprint, why = _reason()
    with site().database.write() as connection:
        finding = contests.findings_of(connection, me.install_id, [fingerprint]).get(fingerprint)
        if finding is None or finding.subject_id != owner_id or not may_contest(me, finding, None):
            abort(404)
        if not why:
            return _back(owner_href(owner_id), finding.rule_id, "contest-why")
        made = contests.open_contest_of_owner(
            connection, me.install_id, fingerprint, why=why, user_id=me.user.user_id, at=now
        )
    return _back(owner_href(owner_id), finding.rule_id, "contested" if made is not None else "contest-not")


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
        if done and found.lead_id:
            worklist.mark_due(connection, me.install_id, [found.lead_id], now)
    said = {"withdraw": "withdrawn", "reopen": "reopened"}.get(deed, "decided")
    if me.is_manager:
        return redirect(f"/contests?note={said if done else 'contest-not'}", 303)
    return _back(_page_of(found), found.rule_id, said if done else "contest-not")


@pages.get("/my")
@needs(Access.SIGNED_IN)
def mine() -> str:
    """All that is charged to the viewer, on leads and on himself, and which mails he gets."""
    me, says = viewer(), current()
    with site().database.read() as connection:
        choice = mail_choices.find_choice(connection, me.install_id, me.user.user_id)
        told = Teller(connection, me)
        on_me: list[SaidFinding] = []
        listed: list[SaidFinding] = []
        aside: list[SaidFinding] = []
        total = total_aside = 0
        if me.user.owner_id is not None:
            owner_id = me.user.owner_id
            on_me = told.on_persons(owner_findings_of(connection, me.install_id, [owner_id]))
            found, total = contests.findings_on(connection, me.install_id, owner_id, _MINE)
            listed = told.on_leads(found)
            found, total_aside = contests.findings_on(connection, me.install_id, owner_id, _MINE, set_aside=True)
            aside = told.on_leads(found)
    page = MyPage(
        is_owner=me.user.owner_id is not None,
        is_manager=me.is_manager,
        on_me=on_me,
        findings=listed,
        findings_says=says.plural("{n} breach is said of you", "{n} breaches are said of you", total),
        more_says=t("The newest {n} are shown.", n=says.number(_MINE)) if total > _MINE else "",
        set_aside=aside,
        set_aside_says=says.plural(
            "{n} breach no longer counts against you", "{n} breaches no longer count against you", total_aside
        ),
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


def _reason() -> tuple[str, str]:
    """Which finding the form is about, and what it says against it, on one line."""
    return request.form.get("fingerprint", ""), " ".join(request.form.get("why", "").split())


def _page_of(found: Contest) -> str:
    return owner_href(found.owner_id) if found.owner_id else lead_href(found.lead_id)


def _back(href: str, rule_id: str, note: str) -> Response:
    """To where the form stood: the page of one's own, or `href`, the page of whom the finding speaks of."""
    if request.form.get("back") == "my":
        return redirect(f"/my?note={note}", 303)
    return redirect(f"{href}?note={note}#{rule_id}", 303)
