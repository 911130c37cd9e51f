"""/settings/api-keys: the keys by which programs may check leads for this account. For admins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from connector.checking.described import CHECK_PATH, DOCUMENT_PATH, FIELDS
from connector.storage import api_keys, installs, people
from connector.storage.api_keys import ApiKey
from connector.web.access import Access, needs, viewer
from connector.web.api_secrets import make_key
from connector.web.site import site
from connector.web.texts import t

pages = Blueprint("api_keys", __name__)

LONGEST_NAME = 80
#: Live keys of one account: one for each form and vendor, with room.
MOST_KEYS = 50
_EXAMPLE = ("id", "name", "email", "phone", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key on the list."""

    key_id: str
    shown: str
    name: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeysPage:
    """What the page prints. `made`: a new key in full, shown this once."""

    live: list[KeyRow]
    ended: list[KeyRow]
    made: str
    made_name: str
    name: str
    wrong: str
    longest: int
    example: str
    document_url: str


@pages.get("/settings/api-keys")
@needs(Access.ADMIN)
def listed() -> str:
    """The keys of the account."""
    return _page()


@pages.post("/settings/api-keys")
@needs(Access.ADMIN)
def make() -> str | tuple[str, int]:
    """Make a key and show it, this once: it is in no address and in no log."""
    me, now = viewer(), site().now()
    name = " ".join(request.form.get("name", "").split())
    if not name or len(name) > LONGEST_NAME:
        return _page(name=name[:LONGEST_NAME], wrong=t("Write a name of at most {n} letters.", n=LONGEST_NAME)), 422
    kept, secret = make_key()
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        live = [key for key in api_keys.list_keys(connection, me.install_id) if key.revoked_at is None]
        if len(live) < MOST_KEYS:
            api_keys.put_key(
                connection,
                me.install_id,
                kept.key_id,
                name=name,
                secret_hash=kept.secret_hash,
                user_id=me.user.user_id,
                at=now,
            )
    if len(live) >= MOST_KEYS:
        return _page(name=name, wrong=t("There are {n} keys already. Revoke one first.", n=len(live))), 422
    return _page(made=secret, made_name=name)


@pages.post("/settings/api-keys/<key_id>/revoke")
@needs(Access.ADMIN)
def revoke(key_id: str) -> Response:
    """End a key for good."""
    me, now = viewer(), site().now()
    with site().database.write() as connection:
        if not any(key.key_id == key_id for key in api_keys.list_keys(connection, me.install_id)):
            abort(404)
        api_keys.revoke_key(connection, me.install_id, key_id, now)
    return redirect("/settings/api-keys?note=key-revoked", 303)


def _page(*, made: str = "", made_name: str = "", name: str = "", wrong: str = "") -> str:
    me = viewer()
    with site().database.read() as connection:
        keys = api_keys.list_keys(connection, me.install_id)
        makers = _names(connection, me.install_id)
    rows = [_row(key, makers) for key in keys]
    page = ApiKeysPage(
        live=[row for row in rows if row.revoked_at is None],
        ended=[row for row in rows if row.revoked_at is not None],
        made=made,
        made_name=made_name,
        name=name,
        wrong=wrong,
        longest=LONGEST_NAME,
        example=_curl(made or "la_…"),
        document_url=site().external(DOCUMENT_PATH),
    )
    return render_template("api_keys.html", page=page)


def _row(key: ApiKey, makers: dict[str, str]) -> KeyRow:
    return KeyRow(
        key_id=key.key_id,
        shown=f"la_{key.key_id}_…",
        name=key.name,
        created_at=key.created_at,
        created_by=makers.get(key.created_by, ""),
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _names(connection: Connection, install_id: str) -> dict[str, str]:
    return {user.user_id: user.name or user.email for user in people.list_users(connection, install_id)}


def _curl(key: str) -> str:
    """A call to try, in lines that fit beside the form."""
    lead = json.dumps({name: FIELDS[name].example for name in _EXAMPLE}, ensure_ascii=False)
    return (
        f"curl {site().external(CHECK_PATH)} \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{lead}'".replace('", "', '",\n       "')
    )
