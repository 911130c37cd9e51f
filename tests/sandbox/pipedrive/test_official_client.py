"""The official client from npm, pointed at the sandbox: what it cannot do here is a fault of the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.sandbox import PipedriveControl, PipedriveHandle
from tests.sandbox.conftest import Api
from tests.sandbox.pipedrive.conftest import ADMIN, COMPANY, REP, Listener, data_of

pytestmark = pytest.mark.process

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WITNESS = ROOT / "var" / "witness-pipedrive"


#: path of a list -> (generation, the client's declarations of one entry, what they lack, what we leave out of them)
SHAPES = {
    "/api/v1/leads": ("v1", ("lead",), {"archive_time"}, set()),
    "/api/v1/users": ("v1", ("base-user",), {"is_admin"}, set()),
    "/api/v1/notes": ("v1", ("note",), {"lead", "pinned_to_lead_flag"}, set()),
    "/api/v1/activityTypes": ("v1", ("activity-type",), set(), set()),
    "/api/v1/leadLabels": ("v1", ("lead-label",), set(), set()),
    "/api/v1/webhooks": ("v1", ("base-webhook",), set(), set()),
    "/api/v1/callLogs": ("v1", ("add-call-log-request", "response-call-log-object-all-of"), set(), set()),
    "/api/v1/deals/{deal}/changelog": ("v1", ("get-changelog-response-all-of-data-inner",), set(), set()),
    "/api/v2/deals": ("v2", ("deal",), {"archive_time", "creator_user_id"}, set()),
    "/api/v2/persons": ("v2", ("person",), set(), {"birthday", "im", "job_title", "notes", "postal_address"}),
    "/api/v2/organizations": (
        "v2", ("organization-item",), set(),
        {"address", "website", "linkedin", "industry", "annual_revenue", "employee_count"},
    ),
    "/api/v2/activities": ("v2", ("activity-item",), set(), {"attendees"}),
    "/api/v2/stages": ("v2", ("stage-item",), set(), set()),
    "/api/v2/pipelines": ("v2", ("get-pipelines-response-all-of-data-inner",), set(), set()),
    "/api/v2/dealFields?include_fields=ui_visibility,important_fields,required_fields": (
        "v2", ("get-deal-fields200-response-data-inner",), set(), set(),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node, with the pinned client beside it. Skips, with a sentence, what this machine cannot run."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is missing: the official Pipedrive client was not run against the sandbox.")
    lock = WITNESS / "package-lock.json"
    if (
        not (WITNESS / "node_modules/pipedrive").is_dir()
        or lock.read_bytes() != (HERE / "package-lock.json").read_bytes()
    ):
        installed = subprocess.run(
            [ROOT / "scripts/witness.sh"], capture_output=True, text=True, check=False, timeout=300
        )
        if installed.returncode != 0:
            pytest.skip(
                "The npm package pipedrive could not be installed (no npm, or no way to its registry): the official "
                "client was not run against the sandbox."
            )
    return found


def test_what_the_official_client_sees_and_does(
    node: str, sandbox: PipedriveHandle, control: PipedriveControl, listener: Listener
):
    ids: Any = control.seed(
        {
            "company_id": COMPANY,
            "organizations": [{"ref": "o", "name": "Org"}],
            "persons": [{"ref": "p", "name": "Pat Doe", "emails": [{"value": "pat@x.example", "primary": True}]}],
            "leads": [
                {"ref": "late", "title": "b", "person_id": {"ref": "p"}, "add_time": "2026-11-02T10:00:00Z"},
                {"ref": "lead", "title": "a", "person_id": {"ref": "p"}, "add_time": "2026-11-01T10:00:00Z"},
                {"ref": "old", "title": "c", "person_id": {"ref": "p"}, "is_archived": True},
            ],
            "deals": [
                {"ref": "deal", "title": "d", "person_id": {"ref": "p"}, "add_time": "2026-11-01T10:00:00Z"},
                {"ref": "other", "title": "e", "add_time": "2026-11-02T10:00:00Z"},
            ],
            "activities": [
                {"ref": "call", "type": "call", "subject": "c", "lead_id": {"ref": "lead"}, "done": True},
                {"ref": "plan", "type": "call", "subject": "c", "lead_id": {"ref": "lead"}},
            ],
            "call_logs": [
                {"user_id": ADMIN, "outcome": "busy", "to_phone_number": "+15550100",
                 "start_time": "2026-11-03T11:00:00Z", "end_time": "2026-11-03T11:00:10Z"}
            ],
            "mail_messages": [
                {"user_id": ADMIN, "person_id": {"ref": "p"}, "from": [{"email_address": "pat@x.example"}],
                 "to": [{"email_address": "a@x.example"}], "sent_flag": 0, "subject": "Hi", "body": "x",
                 "message_time": "2026-11-03T10:00:00Z"}
            ],
        }
    )["records"]  # fmt: skip
    control.set_values(COMPANY, "deal", ids["deal"], {"owner_id": REP})
    app = sandbox.sandbox.config.app
    task = {
        "base_url": sandbox.base_url,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": app.redirect_uri,
        "code": parse_qs(urlsplit(control.marketplace_url(COMPANY)).query)["code"][0],
        "lead_id": ids["lead"],
        "deal_id": ids["deal"],
        "person_id": ids["p"],
        "hook_url": listener.url,
    }
    ran = subprocess.run(
        [node, HERE / "client.mjs"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "WITNESS_FOLDER": str(WITNESS), "NO_PROXY": "127.0.0.1"},
    )
    assert ran.returncode == 0, f"{ran.stderr}\n{control.request_log()['counts']}"
    seen = json.loads(ran.stdout)

    assert seen["tokens"] == {
        "expires_in": 3599, "api_domain": sandbox.base_url, "keeps_refresh_token": True, "has_new_access_token": True,
    }  # fmt: skip
    assert (seen["me"]["id"], seen["me"]["company_id"], seen["users"]) == (ADMIN, COMPANY, 2)
    assert seen["leads"] == [ids["lead"], ids["late"]]
    assert seen["lead"]["id"] == ids["lead"]
    assert seen["archived"] == seen["call_logs"] == seen["organizations"] == seen["pipelines"] == 1
    assert (seen["lead_sources"], seen["lead_labels"], seen["stages"]) == (10, 3, 5)
    assert "call" in seen["activity_types"]
    assert seen["mails"][0]["data"]["body"] == "x"
    assert sorted(seen["deals"]) == sorted([ids["deal"], ids["other"]])
    assert seen["person"]["emails"][0]["value"] == "pat@x.example"
    assert seen["activities"] == [ids["call"]]

    verdict = seen["verdict"]
    assert seen["field"]["field_name"] == "[LA] Lead verdict"
    assert [option["label"] for option in seen["field"]["options"]] == ["plausible", "suspect", "doubtful"]
    assert seen["deal"]["custom_fields"] == {verdict["field_code"]: verdict["options"][1]["id"]}
    assert list(seen["changed_person"]["custom_fields"].values()) == ["disposable address"]
    assert seen["changed_lead"][verdict["field_code"]] == verdict["options"][0]["id"]
    assert verdict["field_code"] in seen["lead_fields"]
    assert seen["task"]["person_id"] == ids["p"]
    assert (seen["note"]["lead_id"], seen["notes"]) == (ids["lead"], 1)
    assert {line["field_key"]: line["new_value"] for line in seen["changelog"]}["user_id"] == str(REP)
    assert "dealChange" in seen["flow"]

    assert (seen["hook"]["last_http_status"], seen["hook"]["is_active"], seen["hooks_left"]) == (200, 1, 0)
    assert listener.events[0]["data"]["title"] == "Heard"
    assert seen["conversion"]["status"] == "completed"
    deal = next(one for one in control.records(COMPANY, "deals") if one["id"] == seen["conversion"]["deal_id"])
    assert deal["source_lead_id"] == ids["lead"]
    assert (seen["refusal"]["success"], seen["refusal"]["error"]) == (False, "Deal not found")
    assert seen["after_revocation"]["error"] == "unauthorized access"
    assert {line["door"] for line in control.writes() if line["action"] == "create"} == {"api"}


def test_answers_hold_the_names_that_the_client_declares(
    node: str, control: PipedriveControl, api: Api, listener: Listener
):
    ids: Any = control.seed(
        {
            "company_id": COMPANY,
            "organizations": [{"name": "Org"}],
            "persons": [{"ref": "p", "name": "Pat"}],
            "leads": [{"ref": "l", "title": "x", "person_id": {"ref": "p"}}],
            "deals": [{"ref": "deal", "title": "x"}],
            "activities": [{"type": "call", "subject": "x"}],
            "notes": [{"content": "x", "lead_id": {"ref": "l"}}],
            "call_logs": [
                {"user_id": ADMIN, "outcome": "busy", "to_phone_number": "1", "start_time": 0, "end_time": 1000}
            ],
            "changelog": [
                {"entity": "deal", "id": {"ref": "deal"}, "field_key": "title", "new_value": "x", "time": 0}
            ],
        }
    )["records"]
    data_of(api.post("/api/v2/dealFields", {"field_name": "x", "field_type": "text"}), 201)
    hook = {"subscription_url": listener.url, "event_action": "*", "event_object": "*", "name": "x"}
    data_of(api.post("/api/v1/webhooks", hook), 201)
    for path, (generation, models, lacking, left_out) in SHAPES.items():
        shown = set(data_of(api.get(path.format(**ids)))[-1])
        declared = set().union(*(declared_names(generation, model) for model in models))
        assert declared, path
        assert shown - declared == lacking, path
        assert declared - shown == left_out, path


def declared_names(generation: str, model: str) -> set[str]:
    """The names of one type in the client's declarations."""
    path = WITNESS / f"node_modules/pipedrive/dist/versions/{generation}/models/{model}.d.ts"
    return set(re.findall(r"^    '(\w+)'\??:", path.read_text(), re.MULTILINE))
