"""Policies and calendars: nothing is lost on the way through the form, each mistake is said at its field, and the
effect shown before is what another policy would have said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from audits.model.policy import Policy
from audits.model.working_calendar import Calendar
from connector.storage import policies, worklist
from connector.web import policy_numbers, public_days
from connector.web.policy_changes import changes
from connector.web.policy_draft import PolicyDraft, draft_of, draft_typed, policy_from_draft
from connector.web.policy_effect import effect_of
from connector.web.policy_form import form_of, policy_from
from tests.factories import make_policy
from tests.web.conftest import WebApp
from tests.web.seed import Tenant

EDIT = "/settings/policies/edit"
OWNERS = frozenset({"71", "72"})


class Fields(HTMLParser):
    """What a browser would send for the form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: MultiDict[str, str] = MultiDict()
        self._select: tuple[str, str | None, str | None] | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name = has.get("name") or ""
        if tag == "input" and name:
            kind = has.get("type")
            if kind not in ("checkbox", "radio") or "checked" in has:
                self.sent.add(name, has.get("value") or "")
        elif tag == "select":
            self._select = (name, None, None)
        elif tag == "option" and self._select is not None:
            name, first, chosen = self._select
            value = has.get("value") or ""
            self._select = (name, value if first is None else first, value if "selected" in has else chosen)
        elif tag == "textarea":
            self._area = name
            self.sent.add(name, "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.sent[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            name, first, chosen = self._select
            if name and first is not None:
                self.sent.add(name, first if chosen is None else chosen)
            self._select = None
        elif tag == "textarea" and self._area is not None:
            # A browser leaves out the first line break, and sends the others as CR LF.
            self.sent[self._area] = self.sent[self._area].removeprefix("\n").replace("\n", "\r\n")
            self._area = None


def fields_of(html: str) -> MultiDict[str, str]:
    parser = Fields()
    parser.feed(html[html.index('id="policy"') :])
    return parser.sent


def rich_policy() -> Policy:
    """A policy with something in every corner."""
    general = make_policy("7").calendar
    berlin = public_days.days_of("DE", "BE", 2025, 2028)
    night = Calendar(
        "Field",
        "Europe/Oslo",
        {0: ((79_200, 21_600),), 1: ((0, 86_400),), 4: ((32_400, 45_000), (48_600, 64_800))},
        public_days.days_of("NO", "", 2025, 2028) | {date(2026, 6, 1)},
        {date(2026, 12, 31): ((32_400, 43_200),)},
        {date(2026, 12, 24): ((43_200, 46_800),)},
    )
    return replace(
        make_policy("7"),
        calendar=replace(
            general, zone="Europe/Berlin", holidays=berlin | {date(2026, 12, 27)}, overrides={date(2026, 12, 30): ()}
        ),
        team_calendars={"Field": night},
        owner_calendars={"72": general},
        absences={
            "71": (
                (datetime(2026, 6, 30, 22, tzinfo=UTC), datetime(2026, 7, 14, 22, tzinfo=UTC)),
                (datetime(2026, 8, 3, 10, 30, tzinfo=UTC), datetime(2026, 8, 3, 15, tzinfo=UTC)),
            )
        },
        contacted_statuses=("Contacted", "CONNECTED"),
        waiting_statuses=("On hold",),
        response_target_s=90,
        response_goal_s=60,
        single_thread_minor=123_456,
        capacity_per_hour_milli=2_500,
        silent_after_s=7201,
        holidays_source="holidays 0.1: DE-BE, NO; 2025 to 2028",
        region="DE",
    )


def typed(draft: PolicyDraft, **more: str) -> PolicyDraft:
    """The draft after the way through a form, with other values typed."""
    sent: MultiDict[str, str] = MultiDict(
        {
            "targets": str(len(draft.targets)),
            "calendars": str(len(draft.calendars)),
            "absences": str(len(draft.absences)),
            "phone_region": draft.region,
            "valid": draft.valid,
            "valid_from": draft.valid_from,
        }
    )
    for n, target in enumerate(draft.targets):
        sent[f"t{n}_name"] = target.name
        for name, (number, unit) in (("goal", target.goal), ("due", target.due)):
            sent[f"t{n}_{name}"], sent[f"t{n}_{name}_unit"] = number, unit
        for name, words in target.words.items():
            sent[f"t{n}_{name}"] = words
    for n, each in enumerate(draft.calendars):
        for day, hours in each.hours.items():
            sent[f"c{n}_hours_{day}"] = hours
        for name in ("team", "zone", "country", "region"):
            sent[f"c{n}_{name}"] = getattr(each, name)
        for name in ("days_off", "breaks"):
            sent[f"c{n}_{name}"] = getattr(each, name).replace("\n", "\r\n")
    for n, absence in enumerate(draft.absences):
        sent[f"a{n}_owner"], sent[f"a{n}_begin"], sent[f"a{n}_end"] = absence.owner_id, absence.begin, absence.end
    sent.setlist("contacted", list(draft.contacted)[::-1])
    sent.setlist("waiting", list(draft.waiting))
    for name, (number, unit) in draft.numbers.items():
        sent[name], sent[f"{name}_unit"] = number, unit
    for name, value in more.items():
        sent[name] = value
    return draft_typed(sent)


def made(policy: Policy, **more: str) -> Policy | PolicyDraft:
    draft = typed(draft_of(policy, now_year=2026), **more)
    return policy_from_draft(draft, policy, "8", now_year=2026, owner_ids=OWNERS)


@pytest.mark.parametrize("policy", [make_policy("7"), rich_policy()], ids=["plain", "rich"])
def test_what_nobody_touched_comes_back_as_it_was(policy: Policy):
    assert made(policy) == replace(policy, version="8")


def test_the_draft_shows_places_absences_and_spans_as_people_write_them():
    draft = draft_of(rich_policy(), now_year=2026)
    general, field = draft.calendars
    assert (general.country, general.region, general.days_off) == ("DE", "BE", "2026-12-27\n2026-12-30")
    assert (field.country, field.region) == ("NO", "")
    assert field.hours["mon"] == "22:00-6:00"
    assert field.hours["tue"] == "0:00-24:00"
    assert field.breaks == "2026-12-24 12:00-13:00"
    assert [(each.begin, each.end) for each in draft.absences] == [
        ("2026-07-01", "2026-07-14"),
        ("2026-08-03 12:30", "2026-08-03 17:00"),
    ]
    assert draft.numbers["response_target_s"] == ("90", "s")
    assert draft.numbers["single_thread_minor"] == ("1234.56", "")
    assert draft.numbers["capacity_per_hour_milli"] == ("2.5", "")


def test_every_plain_figure_of_a_policy_has_its_field():
    """A figure that the form does not know would be lost to the admin."""
    names = {
        name for name, value in make_policy("7").to_json().items() if isinstance(value, int) and value is not True
    } | {f"cadence.{name}" for name in ("calls", "emails", "within_days")}
    assert {each.name for each in policy_numbers.THRESHOLDS} == names


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("t0_name", "", "Give the target a name"),
        ("t0_goal", "-5", "Give a whole number"),
        ("t1_due", "0", "goal cannot come after"),
        ("response_goal_s", "500", "goal cannot come after"),
        ("response_target_s", "soon", "Give a whole number from"),
        ("stage_percent", "100", "Give a whole number from 50 to 99"),
        ("single_thread_minor", "12.345", "Give a whole number"),
        ("c0_hours_mon", "nine", "Write hours such as"),
        ("c0_zone", "Berlin", "is not a time zone"),
        ("c0_country", "XX", "No public holidays are known"),
        ("c0_region", "ZZ", "No public holidays are known"),
        ("c0_days_off", "24.12.2026", "is no day"),
        ("c1_breaks", "2026-12-24", "is no break"),
        ("c1_breaks", "2026-12-24 noon", "is no break"),
        ("a0_owner", "99", "Choose who is away"),
        ("a0_begin", "summer", "Write a day such as"),
        ("a0_end", "2026-06-01", "ends before it begins"),
        ("phone_region", "XX", "no such country"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_kept(field: str, value: str, says: str):
    found = made(rich_policy(), **{field: value})
    assert isinstance(found, PolicyDraft)
    place = "t1_goal" if (field, says[:4]) == ("t1_due", "goal") else field
    assert says in found.wrong[place], found.wrong
    assert len(found.wrong) == 1
    assert replace(found, wrong={}) == typed(draft_of(rich_policy(), now_year=2026), **{field: value})


def test_a_calendar_that_never_opens_and_a_status_of_two_meanings_are_refused():
    closed = {f"c0_hours_{day}": "" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    found = made(make_policy("7"), **closed)
    assert isinstance(found, PolicyDraft)
    assert "never open" in found.wrong["c0_hours_mon"]
    found = made(rich_policy(), waiting_more="Contacted")
    assert isinstance(found, PolicyDraft)
    assert "cannot both" in found.wrong["waiting"]


def test_another_region_brings_its_holidays_and_says_whence():
    found = made(rich_policy(), c0_region="BY")
    assert isinstance(found, Policy)
    assert (
        public_days.days_of("DE", "BY", 2025, 2028) | {date(2026, 12, 27), date(2026, 12, 30)}
        == found.calendar.holidays
    )
    assert found.holidays_source is not None
    assert found.holidays_source.endswith("DE-BY, NO; 2025 to 2028")
    assert found.team_calendars == rich_policy().team_calendars


def test_changes_name_each_difference_once():
    old = rich_policy()
    new = made(
        old, t0_due="45", c0_hours_sat="10-14", a0_end="2026-07-20", stage_percent="85", c1_zone="Europe/Paris"
    )
    assert isinstance(new, Policy)
    found = changes(old, new, {"71": "Anneke"})
    assert [each.what for each in found] == [
        "Target 1",
        "Stalled: longer in a stage than this share of the leads",
        "General hours",
        "Hours of the team Field",
        "Absences of Anneke",
    ]
    assert "due 45\xa0min" in found[0].after
    assert changes(old, replace(old, version="8"), {}) == []


def edit(web: WebApp, client: FlaskClient, deed: str, page: str | None = None, **changed: str):
    """Press a button of the form with other values typed."""
    sent = fields_of(page or client.get(EDIT).text)
    for name, value in changed.items():
        sent[name] = value
    sent["do"] = deed
    return client.post(EDIT, data=sent)


def test_a_version_is_made_on_the_page_and_nothing_else_changes(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    with web.database.read() as connection:
        before = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
    assert edit(web, client, "save").headers["Location"].endswith("note=same-policy")
    saved = edit(web, client, "save", t0_due="20", response_target_s="25")
    assert saved.headers["Location"].endswith("note=policy-saved")
    web.clock.now += timedelta(seconds=1)
    with web.database.read() as connection:
        after = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
        due = worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
    assert after == replace(
        before,
        version=after.version,
        response_target_s=1500,
        targets=(replace(before.targets[0], due_s=1200), *before.targets[1:]),
    )
    assert set(due) == set(tenant.lead_ids)
    listed = client.get("/settings/policies").text
    assert "in force" in listed
    assert "First attempt due, where no target fits" in listed


def test_rows_are_added_moved_and_removed_without_losing_what_was_typed(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    page = edit(web, client, "target-add", stage_percent="soon", c0_days_off="not a day").text
    sent = fields_of(page)
    count = int(sent["targets"])
    assert (sent["stage_percent"], sent["c0_days_off"]) == ("soon", "not a day")
    page = edit(web, client, f"target-up-{count - 1}", page, **{f"t{count - 1}_name": "fair"}).text
    assert fields_of(page)[f"t{count - 2}_name"] == "fair"
    page = edit(web, client, "target-remove-0", page).text
    assert int(fields_of(page)["targets"]) == count - 1
    page = edit(web, client, "calendar-add", page, new_team="Field").text
    assert (fields_of(page)["calendars"], fields_of(page)["c1_team"]) == ("2", "Field")
    page = edit(web, client, "absence-add", page).text
    page = edit(web, client, "redraw", page, c0_country="NO").text
    assert "the whole country" in page
    answer = edit(web, client, "save", page, a0_owner="72", a0_begin="2026-12-01", a0_end="2026-12-05")
    assert answer.status_code == 422
    page = edit(
        web,
        client,
        "save",
        answer.text,
        stage_percent="81",
        c0_days_off="",
        c1_days_off="",
        **{f"t{count - 3}_{name}": "4" for name in ("goal", "due")},
    )
    assert re.findall(r'class="wrong" id="([^"]+)">([^<]+)', page.text) == []
    assert page.headers["Location"].endswith("note=policy-saved")
    with web.database.read() as connection:
        found = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
    assert found.stage_percent == 81
    assert set(found.absences) == {"72"}
    assert set(found.team_calendars) == {"Field"}
    assert "fair" in {each.name for each in found.targets}


def test_a_later_version_waits_for_its_day(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    past = edit(web, client, "save", valid="later", valid_from="2026-01-01", stage_percent="85")
    assert "This moment has passed" in past.text
    edit(web, client, "save", valid="later", valid_from="2027-01-01", stage_percent="85")
    with web.database.read() as connection:
        versions = policies.list_policies(connection, tenant.install_id)
        now = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
    assert versions[-1].valid_from == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert now.stage_percent == 80
    assert "planned" in client.get("/settings/policies").text
    assert "takes the place of this one" in client.get(EDIT).text


def test_two_admins_do_not_overwrite_one_another(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    old = client.get(EDIT).text
    edit(web, client, "save", stage_percent="85")
    answer = edit(web, client, "save", old, stage_percent="90")
    assert answer.status_code == 422
    assert "Meanwhile version" in answer.text
    assert fields_of(answer.text)["stage_percent"] == "90"
    assert edit(web, client, "save", answer.text).headers["Location"].endswith("note=policy-saved")


def test_the_effect_shown_is_what_the_other_policy_says(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    with web.database.read() as connection:
        present = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
        same = effect_of(connection, tenant.install, replace(present, version="x"), web.clock.now, patience_s=60)
        never = effect_of(
            connection,
            tenant.install,
            replace(present, version="x", targets=(), response_goal_s=0, response_target_s=60),
            web.clock.now,
            patience_s=60,
        )
        hasty = effect_of(connection, tenant.install, present, web.clock.now, patience_s=-1)
    assert (same.otherwise, same.rules, same.judged) == (0, (), same.leads)
    late = {each.rule_id: each for each in never.rules}["RT001"]
    assert late.after > late.before
    assert 0 < never.otherwise <= never.judged
    assert (hasty.judged, hasty.leads) == (0, never.leads)
    with web.database.read() as connection:
        versions = policies.list_versions(connection, tenant.install_id)
    shown = edit(web, client, "preview", t0_goal="0", t0_due="1", response_goal_s="0", response_target_s="1")
    assert "would be judged otherwise" in shown.text
    assert fields_of(shown.text)["t0_due"] == "1"
    with web.database.read() as connection:
        assert policies.list_versions(connection, tenant.install_id) == versions


@pytest.mark.parametrize("policy", [make_policy("7"), rich_policy()], ids=["plain", "rich"])
def test_the_short_form_of_the_settings_loses_nothing_either(policy: Policy):
    """Seconds, a region's holidays, teams and targets: what it cannot show stays."""
    shown = form_of(policy, now_year=2026)
    assert policy_from(shown, policy, "7", now_year=2026) == policy
    typed_there = replace(shown, numbers={**shown.numbers, "cadence_calls": "9"})
    assert policy_from(typed_there, policy, "8", now_year=2026) == replace(
        policy, version="8", cadence=replace(policy.cadence, calls=9)
    )


def test_a_head_of_sales_reads_what_is_in_force_and_changes_nothing(seeded: tuple[WebApp, Tenant]) -> None:
    web, tenant = seeded
    head = web.signed_in(tenant, tenant.head_id)
    page = head.get("/settings/policies").text
    assert "First attempt due, where no target fits" in page
    assert 'href="/settings/policies/edit' not in page
    assert 'href="/settings/policies"' in head.get("/overview").text
    assert head.get("/settings/policies/edit").status_code == 403
    assert web.signed_in(tenant, tenant.rep_id).get("/settings/policies").status_code == 403
    admin = web.signed_in(tenant, tenant.admin_id)
    assert 'href="/settings/policies/edit' in admin.get("/settings/policies").text


def test_what_proves_a_duplicate_is_chosen(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    form = fields_of(client.get("/settings/policies/edit").text)
    assert form.getlist("duplicate_fields") == ["", "phone", "email", "person"]
    form.setlist("duplicate_fields", ["", "email"])
    form.setlist("duplicate_percent", ["80"])
    form.setlist("do", ["save"])
    assert client.post("/settings/policies/edit", data=form).status_code == 303
    with web.database.read() as connection:
        policy = policies.policy_as_of(connection, tenant.install_id, web.clock())
    assert (policy.duplicate_fields, policy.duplicate_percent) == (("email",), 80)
    assert "What proves a duplicate" in client.get("/settings/policies").text
    assert fields_of(client.get("/settings/policies/edit").text).getlist("duplicate_fields") == ["", "email"]
