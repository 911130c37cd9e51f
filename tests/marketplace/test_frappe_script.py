"""The button for Frappe CRM leads to our page of the lead, whatever the lead's name holds."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from connector.adapters import frappe

SCRIPT = Path(frappe.__file__).parent / "marketplace/open-in-lead-assay.js"
RUN = """
const opened = [];
globalThis.window = { open: (...given) => opened.push(given) };
const CRMLead = new Function(require('fs').readFileSync(process.argv[1], 'utf8') + '; return CRMLead;')();
const form = new CRMLead();
form.doc = { name: process.argv[2] };
form.actions = [{ label: 'another' }];
form.onLoad();
for (const action of form.actions) { if (action.onClick) { action.onClick(); } }
console.log(JSON.stringify({ labels: form.actions.map((action) => action.label), opened }));
"""


@pytest.mark.parametrize(
    ("name", "path"),
    [("CRM-LEAD-2026-00017", "CRM-LEAD-2026-00017"), ("../x?y=1#z", "..%2Fx%3Fy%3D1%23z"), ("Ä b", "%C3%84%20b")],
)
def test_the_button_opens_our_page_of_the_lead(name: str, path: str):
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is missing: the script for Frappe CRM was not run.")
    done = subprocess.run([node, "-e", RUN, SCRIPT, name], capture_output=True, text=True, check=True, timeout=30)
    said = json.loads(done.stdout)
    assert said["labels"] == ["another", "Open in Lead Assay"]
    assert said["opened"] == [[f"https://assay.example.com/leads/{path}", "_blank", "noopener"]]
