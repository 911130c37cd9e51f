"""What is typed into Pipedrive's Developer Hub says the same as the code, and a panel is what its schema promises."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.adapters import pipedrive
from connector.adapters.pipedrive.card import PipedriveCard
from connector.crm.card import (
    CardAttempt,
    CardDetails,
    CardLead,
    CardLink,
    CardNotice,
    CardShown,
    CardText,
    Tone,
)
from connector.web.card_words import ATTEMPTS, card_labels

FOLDER = Path(pipedrive.__file__).parent / "marketplace"
FORM = json.loads((FOLDER / "developer-hub.json").read_text())
SCHEMA = json.loads((FOLDER / "panel.schema.json").read_text())

LEAD = CardLead(
    lead_id="deal:1", title="Ada Quick", quality=82, quality_says="82 of 100", handling=None, handling_says="unknown",
    verdict=CardText("Plausible", Tone.GOOD), status=CardText("Overdue", Tone.BAD),
    contests=(CardText("Contested, not decided: Promise kept", Tone.WARN), CardText("Set aside: Never called")),
    details=CardDetails(
        clock=CardText("first attempt: was due Wed 18 Nov, 14:00, overdue by 2 h", Tone.BAD),
        next_step="No attempt was made.",
        attempts=tuple(CardAttempt(what="Call", when=f"at {n}", who="Olga", result="no answer") for n in range(5)),
        no_attempts_says="No attempt so far.",
        warnings=("Mails are not counted.",),
        page=CardLink("Open in Lead Assay", "https://assay.example.com/leads/deal%3A1"),
        record=None,
    ),
)  # fmt: skip
SHOWN = CardShown(
    leads=(LEAD,), labels=card_labels(), empty_says="None.",
    more=CardLink("All leads", "https://assay.example.com/leads"),
    settings=CardLink("Settings", "https://assay.example.com/settings"),
)  # fmt: skip


def is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def is_label(value: Any) -> bool:
    colours = {"green", "red", "blue", "yellow", "purple", "grey"}
    return set(value) == {"color", "label"} and value["color"] in colours and 0 < len(value["label"]) <= 40


def is_link(value: Any) -> bool:
    return (
        set(value) == {"label", "value", "external"} and value["value"].startswith("https://") and value["external"]
    )


#: What Pipedrive's guide on JSON panels says of its built-in types.
BUILT_IN = {
    "#/definitions/numerical": lambda value: isinstance(value, int),
    "#/definitions/header": is_text,
    "#/definitions/text": is_text,
    "#/definitions/label": is_label,
    "#/definitions/link": is_link,
}


def complaints(data: Any) -> list[str]:
    """What is wrong with `data` by panel.schema.json, in which nothing that it does not name may stand."""
    assert SCHEMA["type"] == "array"
    item = SCHEMA["items"]
    found = [] if len(data) <= 10 else ["more than ten objects"]
    for made in data:
        found += [f"{name} is missing" for name in item["required"] if name not in made]
        for name, value in made.items():
            if name not in item["properties"]:
                found.append(f"{name} is not in the schema")
            elif not BUILT_IN[item["properties"][name]["$ref"]](value):
                found.append(f"{name} is {value!r}")
    return found


def test_the_schema_is_one_that_pipedrive_can_read():
    properties = SCHEMA["items"]["properties"]
    assert len(set(properties) - {"header"}) <= 20
    assert {each["$ref"] for each in properties.values()} <= set(BUILT_IN)
    labels = card_labels()
    for name, label in (
        ("lead_quality", labels.quality),
        ("handling", labels.handling),
        ("lead_verdict", labels.verdict),
        ("follow_up_status", labels.status),
        ("clock", labels.clock),
        ("next_step", labels.next_step),
        ("warnings", labels.warnings),
        ("limited", labels.limited),
        ("contests", labels.contests),
    ):
        assert properties[name]["label"] == label
    assert len([name for name in properties if name.startswith("attempt_")]) == ATTEMPTS


LEADS = {
    "all of it": LEAD,
    "long texts": replace(
        LEAD, title="x" * 999, quality_says="x\n\ty" * 200, verdict=CardText("v" * 99), status=CardText("s\n" * 99)
    ),
    "limited": replace(LEAD, details=None, limited_says="Ask whoever holds it."),
    "nothing tried": replace(LEAD, details=replace(LEAD.details, attempts=(), warnings=())),
}


@pytest.mark.parametrize("name", LEADS)
@pytest.mark.parametrize("tone", Tone)
def test_what_is_rendered_fits_the_schema(name: str, tone: Tone):
    lead = replace(LEADS[name], verdict=replace(LEADS[name].verdict, tone=tone))
    reply = PipedriveCard().render(replace(SHOWN, leads=(lead,) * 10))
    assert reply.status == 200
    assert complaints(reply.body["data"]) == []
    assert set(reply.body) == {"data", "external_link", "settings"}
    assert len(reply.body["external_link"]["label"]) <= 40
    json.dumps(reply.body)


def test_all_of_the_schema_is_used():
    made = [
        one for lead in LEADS.values() for one in PipedriveCard().render(replace(SHOWN, leads=(lead,))).body["data"]
    ]
    assert {name for one in made for name in one} == set(SCHEMA["items"]["properties"])


@pytest.mark.parametrize(
    "broken",
    [
        {"header": "x"},
        {"id": "1", "header": "x"},
        {"id": 1, "header": "x", "other": "x"},
        {"id": 1, "header": "x", "clock": {"markdown": True, "value": "x"}},
        {"id": 1, "header": "x", "lead_verdict": {"color": "pink", "label": "x"}},
        {"id": 1, "header": "x", "page": "javascript:alert(1)"},
        {"id": 1, "header": "x" * 256},
    ],
)
def test_the_check_sees_what_is_wrong(broken: dict[str, Any]):
    assert complaints([broken])


def test_nothing_to_show_and_a_notice_have_pipedrives_shapes():
    empty = PipedriveCard().render(replace(SHOWN, leads=(), more=None, settings=None))
    assert (empty.status, empty.body) == (200, {"data": []})
    notice = CardNotice(
        status=403,
        title="A title that is longer than thirty characters",
        text="Why.",
        action=CardLink("Do", "https://x"),
    )
    told = PipedriveCard().render(notice)
    assert told.status == 403
    assert set(told.body) == {"error"}
    assert len(told.body["error"]["title"]) <= 30
    assert told.body["error"]["action"] == {"url": "https://x", "label": "Do"}
    assert "action" not in PipedriveCard().render(replace(notice, action=None)).body["error"]


def test_the_form_asks_for_the_scopes_of_the_code_and_says_why():
    assert tuple(FORM["scopes"]) == (*pipedrive.REQUIRED_SCOPES, *pipedrive.OPTIONAL_SCOPES)
    assert tuple(FORM["optional_scopes"]) == pipedrive.OPTIONAL_SCOPES
    assert all(len(why) > 20 and why.endswith(".") for why in FORM["scopes"].values())


def test_the_form_holds_our_addresses_and_keeps_its_limits():
    panel = FORM["json_panel"]
    assert FORM["callback_url"] == FORM["uninstall_url"] == "${PUBLIC_URL}/oauth/pipedrive/callback"
    assert panel["api_endpoint"] == "${PUBLIC_URL}/cards/pipedrive"
    assert FORM["app_settings"]["url"] == "${PUBLIC_URL}/settings"
    assert len(panel["name"]) <= 30
    assert len(panel["description"]) <= 150
    assert (FOLDER / panel["data_structure"]).is_file()


def test_the_checklist_says_the_same_as_the_form():
    text = (FOLDER / "README.md").read_text()
    for value in (FORM["callback_url"], FORM["json_panel"]["api_endpoint"], FORM["app_settings"]["url"]):
        assert f"`{value}`" in text
    named = set(re.findall(r"`([a-z_]+)`", text)) & {"app_name", "scopes", "json_panel", "short_description"}
    assert named <= set(FORM)
