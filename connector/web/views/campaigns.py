"""/settings/campaigns: spans in which many leads are to be expected, so that a burst is not held against them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from audits.truth.clusters import Announced
from connector.storage import campaigns, installs, people, worklist
from connector.storage.campaigns import Campaign
from connector.web.access import Access, needs, viewer
from connector.web.policy_draft import parse_moment
from connector.web.site import site
from connector.web.texts import t

pages = Blueprint("campaigns", __name__)

PAGE = "/settings/campaigns"
LONGEST_TEXT = 80
#: A span that never ends would switch bursts off for good.
LONGEST_DAYS = 92
#: Campaigns that hold, of one account.
MOST_CAMPAIGNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """One campaign on the list; names of users, "" = somebody who is no user any more."""

    campaign_id: str
    label: str
    source: str
    from_at: datetime
    until_at: datetime
    entered_at: datetime
    entered_by: str
    removed_at: datetime | None
    removed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignForm:
    """What stands in the form, and what is wrong with it by field name."""

    label: str = ""
    begin: str = ""
    end: str = ""
    source: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignsPage:
    """What the page prints."""

    live: list[CampaignRow]
    ended: list[CampaignRow]
    form: CampaignForm
    longest: int


@pages.get(PAGE)
@needs(Access.MANAGER)
def listed() -> str:
    """All campaigns of the account."""
    return _page(CampaignForm())


@pages.post(PAGE)
@needs(Access.MANAGER)
def enter() -> Response | tuple[str, int]:
    """Keep a campaign; the leads of its span are judged again."""
    me, now = viewer(), site().now()
    label, begin, end, source = (" ".join(request.form.get(name, "").split()) for name in _FIELDS)
    typed = CampaignForm(label=label, begin=begin, end=end, source=source)
    read = _read(typed, ZoneInfo(me.install.zone))
    if isinstance(read, CampaignForm):
        return _page(read), 422
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        live = [each for each in campaigns.list_campaigns(connection, me.install_id) if each.removed_at is None]
        is_news = all((each.label, each.announced) != (typed.label, read) for each in live)
        if is_news and len(live) < MOST_CAMPAIGNS:
            made = Campaign(
                campaign_id=secrets.token_hex(8),
                label=typed.label,
                from_at=read.from_at,
                until_at=read.until_at,
                source=read.source,
                entered_by=me.user.user_id,
                entered_at=now,
            )
            campaigns.put_campaign(connection, me.install_id, made)
            _judge_again(connection, me.install_id, made, now)
    if is_news and len(live) >= MOST_CAMPAIGNS:
        full = t("There are {n} campaigns already. Take one back first.", n=len(live))
        return _page(replace(typed, wrong={"label": full})), 422
    return redirect(f"{PAGE}?note=campaign-entered", 303)


@pages.post(f"{PAGE}/<campaign_id>")
@needs(Access.MANAGER)
def change(campaign_id: str) -> Response:
    """Take a campaign back, or put it back; the leads of its span are judged again."""
    me, now = viewer(), site().now()
    deed = request.form.get("do", "")
    act = campaigns.take_back if deed == "take-back" else campaigns.set_again
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        found = campaigns.find_campaign(connection, me.install_id, campaign_id)
        if found is None:
            abort(404)
        if deed not in {"take-back", "put-back"}:
            abort(400, t("The page was not sent as it was made. Load it again."))
        if act(connection, me.install_id, campaign_id, me.user.user_id, now):
            _judge_again(connection, me.install_id, found, now)
    note = "campaign-taken" if deed == "take-back" else "campaign-entered"
    return redirect(f"{PAGE}?note={note}", 303)


_FIELDS = ("label", "begin", "end", "source")


def _judge_again(connection: Connection, install_id: str, campaign: Campaign, now: datetime) -> None:
    due = campaigns.leads_explained(connection, install_id, campaign.announced)
    worklist.mark_due(connection, install_id, due, now)


def _read(typed: CampaignForm, zone: ZoneInfo) -> Announced | CampaignForm:
    """The span that `typed` describes, or the form again, saying what is wrong."""
    wrong: dict[str, str] = {}
    if not typed.label or len(typed.label) > LONGEST_TEXT:
        wrong["label"] = t("Write a name of at most {n} letters.", n=LONGEST_TEXT)
    if len(typed.source) > LONGEST_TEXT:
        wrong["source"] = t("Write a name of at most {n} letters.", n=LONGEST_TEXT)
    ends: dict[str, datetime] = {}
    for name in ("begin", "end"):
        try:
            ends[name] = parse_moment(getattr(typed, name), zone, is_end=name == "end")
        except ValueError as error:
            wrong[name] = str(error)
    if len(ends) == 2:
        if ends["end"] <= ends["begin"]:
            wrong["end"] = t("The campaign ends before it begins.")
        elif ends["end"] - ends["begin"] > timedelta(days=LONGEST_DAYS):
            wrong["end"] = t("A campaign lasts at most {n} days here: enter a longer one in parts.", n=LONGEST_DAYS)
    if wrong:
        return replace(typed, wrong=wrong)
    # The end of a day is the last instant of it: a lead of the next midnight came after.
    until_at = ends["end"] - timedelta(microseconds=1) if len(typed.end) == len("2026-07-01") else ends["end"]
    return Announced(from_at=ends["begin"], until_at=until_at, source=typed.source or None)


def _page(form: CampaignForm) -> str:
    me = viewer()
    with site().database.read() as connection:
        kept = campaigns.list_campaigns(connection, me.install_id)
        names = {user.user_id: user.name or user.email for user in people.list_users(connection, me.install_id)}
    rows = [_row(each, names) for each in kept]
    page = CampaignsPage(
        live=[row for row in rows if row.removed_at is None],
        ended=[row for row in rows if row.removed_at is not None],
        form=form,
        longest=LONGEST_TEXT,
    )
    return render_template("campaigns.html", page=page)


def _row(campaign: Campaign, names: Mapping[str, str]) -> CampaignRow:
    return CampaignRow(
        campaign_id=campaign.campaign_id,
        label=campaign.label,
        source=campaign.source or "",
        from_at=campaign.from_at,
        until_at=campaign.until_at,
        entered_at=campaign.entered_at,
        entered_by=names.get(campaign.entered_by, ""),
        removed_at=campaign.removed_at,
        removed_by=names.get(campaign.removed_by or "", ""),
    )
