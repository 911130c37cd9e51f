"""The HubSpot project on HubSpot's own tools: its parser of projects, the types of its kit, and its renderer.

Not done here: the schemas of the components, which HubSpot gives out only for an account (`hs project validate`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connector.adapters import hubspot
from connector.storage import contests
from connector.storage.tables import lead_audits, leads
from tests.conftest import DatabaseUrls
from tests.web.card_calls import ask_hubspot
from tests.web.conftest import WebApp
from tests.web.seed import NOW, Tenant, seed_tenant
from tests.web.test_card import put_lead

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
PROJECT = Path(hubspot.__file__).parent / "marketplace"
TOOLS = ROOT / "var/hubspot-tools"
PORTAL = "247279312"


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node, with HubSpot's tools installed. Skips, with a sentence, what this machine cannot run."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is missing: the HubSpot project was not judged by HubSpot's own tools.")
    install = [ROOT / "scripts/witness.sh", TOOLS, HERE, "@hubspot/project-parsing-lib"]
    if subprocess.run(install, capture_output=True, check=False, timeout=300).returncode:
        pytest.skip(
            "The npm packages of tests/marketplace could not be installed (no npm, or no way to its registry): the "
            "HubSpot project was not judged by HubSpot's own tools."
        )
    return found


@pytest.fixture
def workshop(node: str, tmp_path: Path) -> Iterator[Path]:
    """A copy of the project beside the tools, so that it finds them."""
    folder = TOOLS / f"work-{os.getpid()}-{tmp_path.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copytree(PROJECT / "src", folder / "src")
    shutil.copy(PROJECT / "hsproject.json", folder)
    for name in ("tsconfig.json", "translate.mjs", "card.test.mjs"):
        shutil.copy(HERE / name, folder)
    yield folder
    shutil.rmtree(folder)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def translated(node: str, folder: Path) -> dict[str, Any]:
    done = run(folder, node, "translate.mjs", ".", "example")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_hubspots_parser_finds_every_part_in_its_place(node: str, workshop: Path):
    said = translated(node, workshop)
    assert said["skipped"] == []
    assert {uid: each["componentType"] for uid, each in said["nodes"].items()} == {
        "lead_assay_app": "APPLICATION",
        "lead_assay_webhooks": "WEBHOOKS",
        "lead_assay_lead_card": "CARD",
        "lead_assay_settings": "SETTINGS",
    }
    for each in said["nodes"].values():
        assert "${" not in json.dumps(each["config"]), "a variable that no profile sets"
        entry = each["config"].get("entrypoint")
        assert entry is None or (workshop / "src" / entry.lstrip("/")).is_file()
    app = said["nodes"]["lead_assay_app"]["config"]
    assert app["permittedUrls"]["fetch"] == ["https://assay.example.com"]
    assert app["auth"]["redirectUrls"] == ["https://assay.example.com/oauth/hubspot/callback"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("src/app/cards/lead-card-hsmeta.json", '"lead_assay_lead_card"', '"lead_assay_app"'),
        ("src/app/cards/lead-card-hsmeta.json", "{", "{,"),
        ("src/app/app-hsmeta.json", "${PUBLIC_URL}", "${NO_SUCH_VARIABLE}"),
    ],
)
def test_the_parser_would_say_what_is_wrong(node: str, workshop: Path, file: str, old: str, new: str):
    path = workshop / file
    path.write_text(path.read_text().replace(old, new, 1))
    done = run(workshop, node, "translate.mjs", ".", "example")
    nodes = json.loads(done.stdout)["nodes"] if done.returncode == 0 else {}
    assert len(nodes) < 4


def test_the_profile_is_an_example_that_names_all_variables():
    profile = json.loads((PROJECT / "src/hsprofile.example.json").read_text())
    used = {
        name
        for path in (PROJECT / "src").rglob("*-hsmeta.json")
        for name in re.findall(r"\$\{(.*?)\}", path.read_text())
    }
    assert used == set(profile["variables"])


def test_the_versions_of_the_project_are_those_that_are_tested():
    pinned = json.loads((HERE / "package.json").read_text())["dependencies"]
    for path in (PROJECT / "src/app").glob("*/package.json"):
        wanted = json.loads(path.read_text())["dependencies"]
        assert wanted == {name: pinned[name] for name in wanted}


def compiled(node: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run(folder, node, "../node_modules/typescript/bin/tsc", "-p", "tsconfig.json")


def test_the_types_fit_hubspots_kit(node: str, workshop: Path):
    done = compiled(node, workshop)
    assert done.returncode == 0, done.stdout
    card = workshop / "src/app/cards/LeadCard.tsx"
    card.write_text(card.read_text().replace('variant="microcopy"', 'variant="tiny"'))
    assert compiled(node, workshop).returncode != 0


@pytest.fixture
def answers(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls) -> dict[str, Any]:
    """What our server answers, by the state that the card has to show."""
    web = make_web(sqlite_urls)
    tenant = seed_tenant(web.context, leads=12)
    put_lead(web, tenant)
    put_lead(web, tenant, "4712", activities=())
    with web.database.write() as connection:
        connection.execute(sa.delete(lead_audits).where(lead_audits.c.lead_id == tenant.lead_ids[0]))
        others = connection.execute(
            sa.select(leads.c.lead_id).where(leads.c.owner_id != tenant.rep_owner_id)
        ).scalars()
        not_his = next(iter(others))

    def ask(user: str, record: str, later: timedelta = timedelta()) -> dict[str, Any]:
        web.clock.now = NOW + later
        return json.loads(ask_hubspot(web.visitor(), portal=PORTAL, user=user, record=record, now=web.clock.now).data)

    said = {
        "own": ask(tenant.rep_id, "4711"),
        "overdue": ask(tenant.rep_id, "4712", timedelta(days=1)),
        "others": ask(tenant.rep_id, not_his),
        "unknown": ask(tenant.admin_id, tenant.lead_ids[0]),
        "empty": ask(tenant.admin_id, "999999"),
        "contested": contested(web, tenant),
        "stranger": ask("99999", "4711"),
    }
    return said | {"hostile": hostile(web, tenant)}


def contested(web: WebApp, tenant: Tenant) -> dict[str, Any]:
    """The card of a lead of which the rep contests a breach."""
    with web.database.write() as connection:
        listed, _ = contests.findings_on(connection, tenant.install_id, tenant.rep_owner_id)
        fingerprint, finding = listed[0]
        contests.open_contest(
            connection, tenant.install_id, fingerprint, why="I called.", user_id=tenant.rep_id, at=web.clock.now
        )
    answer = ask_hubspot(
        web.visitor(), portal=PORTAL, user=tenant.rep_id, record=finding.subject_id, now=web.clock.now
    )
    return json.loads(answer.data)


def hostile(web: WebApp, tenant: Tenant) -> dict[str, Any]:
    text = "<script>alert(1)</script>"
    with web.database.write() as connection:
        connection.execute(sa.update(leads).values(first_name=text, record_url="javascript:alert(1)"))
        connection.execute(sa.text("UPDATE owners SET name = :text").bindparams(text=text))
    answer = ask_hubspot(web.visitor(), portal=PORTAL, user=tenant.admin_id, record="4711", now=NOW)
    return json.loads(answer.data)


def test_the_card_shows_every_state(node: str, workshop: Path, answers: dict[str, Any]):
    assert compiled(node, workshop).returncode == 0
    (workshop / "answers.json").write_text(json.dumps(answers))
    for built in (workshop / "built").rglob("*.js"):
        # A browser's bundler adds the ending; Node wants to read it.
        built.write_text(re.sub(r"from '(\./\w+)'", r"from '\1.js'", built.read_text()))
    done = run(workshop, node, "--test", "card.test.mjs")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"^# pass 14$", done.stdout, re.MULTILINE), done.stdout[-2000:]
