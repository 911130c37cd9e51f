"""The walk-throughs say the same as the code: every scope, every address, every picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connector.catalog import CRMS

ROOT = Path(__file__).parents[1]
GUIDES = {crm: ROOT / f"docs/install/{crm}.md" for crm in CRMS}
WITH_MARKETPLACE = [crm for crm, entry in CRMS.items() if not entry.is_self_hosted]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("crm", WITH_MARKETPLACE)
def test_every_scope_is_explained_with_what_happens_without_it(crm: str):
    rows = {
        found.group(1): line.split("|")
        for line in GUIDES[crm].read_text().splitlines()
        if (found := re.match(r"\| `([a-z.:_-]+)`(?: \(optional\))? \|", line))
    }
    entry = CRMS[crm]
    assert set(rows) == {*entry.required_scopes, *entry.optional_scopes}
    for scope, (_, _, why, without, _) in rows.items():
        assert len(why) > 20, scope
        assert ("no connection" in without) == (scope in entry.required_scopes), scope


@pytest.mark.parametrize("crm", WITH_MARKETPLACE)
def test_every_address_that_the_crm_calls_is_named(crm: str):
    text = GUIDES[crm].read_text()
    for address in (f"/oauth/{crm}/callback", f"/webhooks/{crm}", f"/cards/{crm}"):
        assert address in text
    assert f"{crm.upper()}_CLIENT_ID" in text


@pytest.mark.parametrize("guide", sorted(ROOT.glob("docs/install/*.md")), ids=lambda path: path.name)
def test_no_link_or_picture_is_missing(guide: Path):
    for target in LINK.findall(guide.read_text()):
        assert target.startswith("https://") or (guide.parent / target).exists(), target


def test_no_picture_is_there_for_nothing():
    shown = "".join(path.read_text() for path in ROOT.glob("docs/**/*.md"))
    assert [path.name for path in (ROOT / "docs/pictures/install").iterdir() if path.name not in shown] == []
