"""The arrows between the parts: they hold, and each contract is seen to fail when it is broken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")

#: One forbidden import per contract: file → line that breaks it.
BREACHES = {
    "the layers of connector": ("connector/storage/tables.py", "import connector.jobs.context"),
    "audits is the bottom": ("audits/model/lead.py", "import connector.errors"),
    "audits is pure": ("audits/model/case.py", "import sqlite3"),
    "webhooks knows only the inbox": ("webhooks/receiver.py", "import connector.transport"),
    "adapters, port, storage": ("connector/crm/port.py", "import audits.engine"),
    "exports are files alone": ("connector/exports/sheet.py", "import connector.storage.tables"),
    "contracts are files alone": ("connector/contracts/yaml_nodes.py", "import connector.storage.tables"),
    "rules never import": (
        "audits/rules/response/rt001_first_attempt_late.py",
        "import audits.rules.response.rt002_not_answered_yet",
    ),
    "receivers never import": ("webhooks/receivers/hubspot.py", "import webhooks.receivers.other"),
    "the sandbox stands alone": ("connector/settings.py", "import connector.sandbox.state"),
}


def lint(root: Path) -> tuple[int, str]:
    ran = subprocess.run([LINT, "--no-cache"], cwd=root, capture_output=True, text=True, check=False, timeout=120)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def copy_of_the_tree(tmp_path: Path) -> Path:
    for package in ("audits", "connector", "webhooks"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_arrows_hold():
    code, said = lint(ROOT)
    assert code == 0, said


def test_each_contract_fails_when_broken(copy_of_the_tree: Path):
    (copy_of_the_tree / "webhooks/receivers/other.py").write_text('"""A second sender."""\n')
    for file, line in BREACHES.values():
        path = copy_of_the_tree / file
        path.write_text(path.read_text() + f"\n{line}\n")
    code, said = lint(copy_of_the_tree)
    assert code == 1
    broken = re.findall(r"^(.*) BROKEN", said, re.MULTILINE)
    for name in BREACHES:
        assert any(line.startswith(name) for line in broken), f"{name!r} was not seen to break:\n{said}"


def test_the_three_lists_are_complete():
    """Every member of the three plug-in points stands in its explicit list."""
    from audits.rulebook import OWNER_RULES, RULES
    from connector.catalog import CRMS
    from webhooks.roster import ROSTER

    rules = {path.stem.split("_")[0].upper() for path in (ROOT / "audits/rules").glob("*/[a-z]*[0-9]_*.py")}
    assert {rule.info.rule_id for rule in (*RULES, *OWNER_RULES)} == rules
    crms = {path.name for path in (ROOT / "connector/adapters").iterdir() if (path / "__init__.py").exists()}
    assert set(CRMS) == crms
    receivers = {path.stem for path in (ROOT / "webhooks/receivers").glob("[a-z]*.py")}
    assert set(ROSTER) == receivers


def test_the_web_process_never_loads_the_job_engine():
    """A webhook is answered whether or not the engine is there: the app does not even import it."""
    code = "import sys, connector.app; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_every_part_of_connector_has_its_layer():
    """A new module that stands in no layer would be held by no arrow."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    named = {name.strip().removeprefix("connector.") for layer in layers for name in layer.split("|")}
    parts = {
        path.stem
        for path in (ROOT / "connector").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - named == {"__init__", "sandbox"}
