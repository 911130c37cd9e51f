"""The site over HTTP: OAuth, lists, documents and methods, with the shapes of answers and errors of Frappe 15."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.frappe_site.meta import DOCTYPES, SALES, SINGLES, SYSTEM
from tests.frappe_site.sender import Sender
from tests.frappe_site.store import Asked, Refused, Store

OAUTH = "frappe.integrations.oauth2"
TOKEN_LIFE_S = 3600
ADMIN, ROBOT = "Administrator", "lead.assay@example.com"
LEAD_STATUSES = ("New", "Contacted", "Nurture", "Qualified", "Unqualified", "Junk")
DEAL_STATUSES = (
    "Qualification", "Demo/Making", "Proposal/Quotation", "Negotiation", "Ready to Close", "Won", "Lost",
)  # fmt: skip
SIDE_PANEL = (
    '[{"label": "Details", "name": "details_section", "opened": true, "columns": [{"name": "column_kl92", '
    '"fields": ["organization", "source", "lead_owner"]}]}]'
)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request as the site logged it."""

    method: str
    path: str
    status: int
    at: datetime
    query: dict[str, str]
    body: Any


@dataclass(slots=True)
class _Grant:
    user: str
    scope: str
    expires_at: datetime
    refresh_token: str


@dataclass(slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    user: str


@dataclass(slots=True)
class Fault:
    """Answers to come for paths that hold `part`, instead of the site's own."""

    part: str
    times: int
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Tests print nothing."""


class FrappeSite:
    """One site. Use as a context manager, or `start` and `stop` it.

    `robot_roles`: the roles of the user that we connect as. `apps`: what is installed. `checks_secret`: whether the
    token endpoint looks at the client's secret, which Frappe 15.55 does not.
    """

    def __init__(
        self,
        zone: str = "Asia/Kolkata",
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        robot_roles: tuple[str, ...] = (SYSTEM, SALES),
        apps: dict[str, str] | None = None,
    ) -> None:
        self.store = Store(zone, clock)
        self.sender = Sender(self.store)
        self.clock = clock
        self.robot_roles = robot_roles
        self.apps = {"frappe": "15.55.1", "crm": "1.56.5"} if apps is None else apps
        self.checks_secret = False
        self.asked: list[Asking] = []
        self.faults: list[Fault] = []
        self.clients: dict[str, tuple[str, str]] = {}
        self._codes: dict[str, _Code] = {}
        self._grants: dict[str, _Grant] = {}
        self._lock = threading.Lock()
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._app(), threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._fill(zone)

    def __enter__(self) -> FrappeSite:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()
        self.sender.start()

    def stop(self) -> None:
        self.sender.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def account(self) -> str:
        """What we call the site's account."""
        return urlsplit(self.url).netloc

    def add_client(self, redirect_uri: str) -> tuple[str, str]:
        """An OAuth Client made by the site's admin: (client id, client secret)."""
        client_id, secret = secrets.token_hex(5), secrets.token_hex(5)
        self.clients[client_id] = (secret, redirect_uri)
        return client_id, secret

    def approve(self, authorize_url: str, user: str = ROBOT) -> dict[str, str]:
        """What the browser of a signed-in `user` does with the consent page: the query of our callback."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()}
        secret, redirect_uri = self.clients[asked["client_id"]]
        assert secret
        assert asked["redirect_uri"] == redirect_uri, "Frappe compares the whole address"
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "+" not in urlsplit(authorize_url).query
        code = secrets.token_urlsafe(20)
        self._codes[code] = _Code(asked["client_id"], redirect_uri, asked["code_challenge"], asked["scope"], user)
        return {"code": code, "state": asked["state"]}

    def grant(self, user: str = ROBOT, scope: str = "all openid") -> dict[str, Any]:
        """A grant without the consent page, as the token endpoint answers it."""
        return self._new_grant(user, scope)

    def end_grants(self) -> None:
        """An admin deletes every token of ours."""
        self._grants.clear()

    def expire_tokens(self) -> None:
        """Every access token is over; refresh tokens live."""
        for grant in self._grants.values():
            grant.expires_at = datetime(2000, 1, 1, tzinfo=UTC)

    def is_granted(self, token: str) -> bool:
        """Whether an access token is good."""
        grant = self._grants.get(token)
        return grant is not None and grant.expires_at > datetime.now(UTC)

    def fail(self, part: str, status: int, body: bytes = b"", *, times: int = 1, **headers: str) -> None:
        """Answer the next `times` requests whose path holds `part` so; underscores in header names become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(part, times, status, body, named))

    def _fill(self, zone: str) -> None:
        insert = self.store.insert
        self.store.is_silent = True
        for email, name, roles in ((ADMIN, ADMIN, ()), (ROBOT, "Lead Assay", self.robot_roles)):
            values = {"email": email, "full_name": name, "enabled": 1, "user_type": "System User"}
            insert("User", {**values, "roles": [{"role": role} for role in roles]}, user=ADMIN)
        self.store.documents["User"][ADMIN]["email"] = "admin@example.com"
        for place, status in enumerate(LEAD_STATUSES, start=1):
            insert("CRM Lead Status", {"lead_status": status, "position": place}, user=ADMIN)
        for place, status in enumerate(DEAL_STATUSES, start=1):
            insert("CRM Deal Status", {"deal_status": status, "position": place}, user=ADMIN)
        insert("CRM Fields Layout", {"dt": "CRM Lead", "type": "Side Panel", "layout": SIDE_PANEL}, user=ADMIN)
        for single in sorted(SINGLES):
            insert(single, {"__newname": single}, user=ADMIN)
        self.store.documents["System Settings"]["System Settings"] |= {"time_zone": zone, "currency": "INR"}
        self.store.is_silent = False

    def _app(self) -> Flask:
        app = Flask("frappe")

        @app.before_request
        def fault() -> Response | None:
            with self._lock:
                for one in self.faults:
                    if one.part in request.path and one.times > 0:
                        one.times -= 1
                        return Response(one.body, status=one.status, headers=one.headers)
            return None

        @app.after_request
        def log(response: Response) -> Response:
            sent = request.get_json(silent=True) if request.is_json else dict(request.form)
            query = {name: request.args[name] for name in request.args}
            self.asked.append(
                Asking(request.method, request.path, response.status_code, datetime.now(UTC), query, sent)
            )
            return response

        @app.errorhandler(Refused)
        def refused(error: Refused) -> Response:
            trace = f'Traceback (most recent call last):\n  File "apps/frappe/frappe/app.py"\n{_full(error)}\n'
            body = {
                "exception": _full(error),
                "exc_type": error.kind,
                "exc": json.dumps([trace]),
                "_server_messages": json.dumps(
                    [json.dumps({"message": f"<b>{error.message}</b>", "title": "Message"})]
                ),
            }
            if error.status == 401:
                body = {"exc_type": error.kind}
            return _json(body, error.status)

        @app.get("/api/resource/<doctype>")
        def listed(doctype: str) -> Response:
            self._permit(doctype, request.args.get("parent"))
            return _json({"data": self.store.rows(doctype, _asked(dict(request.args), doctype), self._user())})

        @app.post("/api/resource/<doctype>")
        def made(doctype: str) -> Response:
            self._permit(doctype)
            name = self.store.insert(doctype, request.get_json(), user=self._user())
            return _json({"data": self.store.whole(doctype, name)})

        @app.get("/api/resource/<doctype>/<path:name>")
        def one(doctype: str, name: str) -> Response:
            self._permit(doctype)
            return _json({"data": self.store.whole(doctype, name)})

        @app.put("/api/resource/<doctype>/<path:name>")
        def changed(doctype: str, name: str) -> Response:
            self._permit(doctype)
            self.store.update(doctype, name, request.get_json(), user=self._user())
            return _json({"data": self.store.whole(doctype, name)})

        @app.delete("/api/resource/<doctype>/<path:name>")
        def deleted(doctype: str, name: str) -> Response:
            self._permit(doctype)
            self.store.delete(doctype, name)
            return _json({"message": "ok"}, 202)

        @app.route("/api/method/<method>", methods=["GET", "POST"])
        def called(method: str) -> Response:
            calls: dict[str, Callable[[], Response]] = {
                f"{OAUTH}.get_token": self._get_token,
                f"{OAUTH}.revoke_token": self._revoke_token,
                "frappe.auth.get_logged_user": lambda: _json({"message": self._user()}),
                "frappe.utils.change_log.get_versions": self._versions,
                "frappe.client.get_list": self._get_list,
                "frappe.client.get_count": self._get_count,
                "frappe.client.bulk_update": self._bulk_update,
            }
            if method not in calls:
                raise Refused(417, "ValidationError", f"Failed to get method for command {method}")
            return calls[method]()

        return app

    def _user(self) -> str:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._grants.get(token)
        if kind != "Bearer" or grant is None or grant.expires_at <= datetime.now(UTC):
            raise Refused(401, "AuthenticationError", "")
        return grant.user

    def _permit(self, doctype: str, parent: str | None = None) -> None:
        user = self._user()
        meta = self.store.meta(doctype)
        if meta.is_child and parent is not None:
            meta = self.store.meta(parent)
        if user != ADMIN and not meta.roles & set(self.robot_roles):
            raise Refused(403, "PermissionError", f"Insufficient Permission for {doctype}")

    def _get_list(self) -> Response:
        asked = request.get_json()
        doctype = asked.pop("doctype")
        self._permit(doctype, asked.get("parent"))
        return _json({"message": self.store.rows(doctype, _asked(asked, doctype), self._user())})

    def _get_count(self) -> Response:
        doctype = request.args["doctype"]
        self._permit(doctype)
        asked = _asked({"filters": request.args["filters"], "limit_page_length": "0"}, doctype)
        return _json({"message": len(self.store.rows(doctype, asked, self._user()))})

    def _bulk_update(self) -> Response:
        user, failed = self._user(), []
        for doc in json.loads(request.get_json()["docs"]):
            try:
                self._permit(doc["doctype"])
                self.store.update(doc["doctype"], doc["docname"], doc, user=user)
            except Refused as refused:
                trace = f'Traceback (most recent call last):\n  File "apps/frappe/client.py"\n{_full(refused)}\n'
                failed.append({"doc": doc, "exc": trace})
        return _json({"message": {"failed_docs": failed}})

    def _versions(self) -> Response:
        self._user()
        return _json({"message": {app: {"title": app, "version": version} for app, version in self.apps.items()}})

    def _get_token(self) -> Response:
        form = request.form
        client = self.clients.get(form.get("client_id", ""))
        if client is None:
            raise Refused(404, "DoesNotExistError", "OAuth Client not found")
        if self._is_signed_in() or (self.checks_secret and form.get("client_secret") != client[0]):
            return _json({"error": "invalid_client"}, 400)
        if form["grant_type"] == "refresh_token":
            known = next((one for one in self._grants.values() if one.refresh_token == form["refresh_token"]), None)
            if known is None:
                raise Refused(404, "DoesNotExistError", "OAuth Bearer Token not found")
            return _json(self._new_grant(known.user, known.scope))
        code = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = code is not None and (code.client_id, code.redirect_uri, code.challenge) == (
            form["client_id"], form.get("redirect_uri"), challenge,
        )  # fmt: skip
        if code is None or not fits:
            return _json({"error": "invalid_grant"}, 400)
        return _json(self._new_grant(code.user, code.scope))

    def _is_signed_in(self) -> bool:
        """Frappe proves a client by comparing the request's user with its cookie: a bearer token fits none."""
        return "Authorization" in request.headers

    def _revoke_token(self) -> Response:
        if self._is_signed_in():
            return _json({}, 401)
        self._grants.pop(request.form.get("token", ""), None)
        return _json({})

    def _new_grant(self, user: str, scope: str) -> dict[str, Any]:
        token, refresh_token = secrets.token_hex(15), secrets.token_hex(15)
        expires_at = datetime.now(UTC) + timedelta(seconds=TOKEN_LIFE_S)
        self._grants[token] = _Grant(user, scope, expires_at, refresh_token)
        return {
            "access_token": token,
            "expires_in": TOKEN_LIFE_S,
            "token_type": "Bearer",
            "scope": scope,
            "refresh_token": refresh_token,
            "id_token": "an.id.token",
        }


def _asked(asked: dict[str, Any], doctype: str) -> Asked:
    def listed(name: str) -> Any:
        value = asked.get(name)
        return json.loads(value) if isinstance(value, str) else value

    filters = [tuple(one[-3:]) for one in listed("filters") or []]
    assert doctype in DOCTYPES
    return Asked(
        fields=tuple(listed("fields") or ("name",)),
        filters=tuple(filters),
        order_by=str(asked.get("order_by") or "modified desc"),
        limit=int(asked.get("limit_page_length", 20)),
        parent=asked.get("parent"),
    )


def _full(error: Refused) -> str:
    return f"frappe.exceptions.{error.kind}: {error.message}"


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")
