"""The parts of one running sandbox, and the guard every CRM call passes: token, scopes, rate limit."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Response, g, jsonify, request

from connector.sandbox.changes import Origin
from connector.sandbox.config import SandboxConfig, Settings
from connector.sandbox.grants import Grants, Token
from connector.sandbox.limits import Limiter, too_many
from connector.sandbox.misbehave import FaultAnswers, RuleBook
from connector.sandbox.portal import Portal
from connector.sandbox.record import Source
from connector.sandbox.requestlog import RequestLog
from connector.sandbox.state import Store
from connector.sandbox.webhooks import Dispatcher
from connector.sandbox.wire import ApiError, JsonObject, error_body, iso, now_ms

ORIGINAL_PATH = "sandbox.original_path"

FAULT_ANSWERS = FaultAnswers(
    rate_limit=lambda: too_many("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", {}),
    server_error=lambda status: ApiError(status, error_body("internal error", "SERVER_ERROR")),
)


@dataclass(slots=True)
class Sandbox:
    """One running sandbox. `settings` is replaced as a whole, never changed in place."""

    config: SandboxConfig
    settings: Settings
    store: Store
    grants: Grants
    limiter: Limiter
    rules: RuleBook
    dispatcher: Dispatcher
    requests: RequestLog
    truth: object = None
    settings_lock: threading.Lock = field(default_factory=threading.Lock)

    def change_settings(self, values: Mapping[str, object]) -> Settings:
        """Raises ValueError naming what is wrong; then nothing has changed."""
        with self.settings_lock:
            self.settings = self.settings.changed(values)
            return self.settings


def assemble(config: SandboxConfig) -> Sandbox:
    """The parts, wired together; threads start with `dispatcher.start()`."""
    holder: list[Sandbox] = []

    def settings() -> Settings:
        return holder[0].settings if holder else config.settings

    rules = RuleBook(random.Random(config.seed), FAULT_ANSWERS)
    store = Store(config, settings)
    grants = Grants(config, settings)
    dispatcher = Dispatcher(config, settings, grants, rules, random.Random(config.seed + 1))
    store.journal.listeners.append(dispatcher.notice)
    sandbox = Sandbox(
        config=config,
        settings=config.settings,
        store=store,
        grants=grants,
        limiter=Limiter(settings),
        rules=rules,
        dispatcher=dispatcher,
        requests=RequestLog(),
    )
    holder.append(sandbox)
    return sandbox


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the portal the token belongs to, and how the call's writes are to be signed."""

    portal: Portal
    token: Token
    origin: Origin


def authorised(sandbox: Sandbox, *scopes: str, is_search: bool = False) -> Caller:
    """Check the bearer token, count the call, check the scopes (all of them). Raises ApiError 401, 403 or 429."""
    token = _bearer(sandbox)
    grant = sandbox.grants.grant_of(token)
    portal = sandbox.store.portal(grant.portal_id)
    g.portal_id = portal.id
    if is_search:
        sandbox.limiter.take_search(portal.id)
    else:
        g.rate_headers = sandbox.limiter.take(portal.id)
    missing = [scope for scope in scopes if scope not in grant.scopes]
    if missing:
        raise missing_scopes(missing)
    app = sandbox.config.app
    source = Source("INTEGRATION", str(app.app_id), app.name, grant.user_id)
    origin = Origin(source, "api", request.method, original_path(), app.app_id)
    return Caller(portal, token, origin)


def missing_scopes(scopes: list[str]) -> ApiError:
    link = "https://developers.hubspot.com/scopes"
    return ApiError(
        403,
        error_body(
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes "
            f"here: {link}.",
            "MISSING_SCOPES",
            errors=[
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": scopes},
                }
            ],
            links={"scopes": link},
        ),
    )


def original_path() -> str:
    """The path as the caller wrote it, before aliases."""
    path = request.environ.get(ORIGINAL_PATH, request.path)
    return str(path)


def body() -> JsonObject:
    """The JSON object sent. Raises ApiError 400."""
    sent = request.get_json(silent=True, force=True)
    if not isinstance(sent, dict):
        raise ApiError(400, error_body("Invalid input JSON: an object is expected", "VALIDATION_ERROR"))
    return sent


def answer(content: Mapping[str, object], status: int = 200) -> Response:
    response = jsonify(content)
    response.status_code = status
    return response


def no_content() -> Response:
    return Response(status=204)


def _bearer(sandbox: Sandbox) -> Token:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = sandbox.grants.find_access(value.strip()) if scheme.lower() == "bearer" else None
    if token is None or not token.is_live:
        raise ApiError(
            401,
            error_body(
                "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
                "INVALID_AUTHENTICATION",
            ),
        )
    age_ms = now_ms() - token.expires_ms
    if age_ms >= 0:
        raise ApiError(
            401,
            error_body(
                f"The OAuth token used to make this call expired {age_ms // 1000} second(s) ago.",
                "EXPIRED_AUTHENTICATION",
                context={"expire time": [iso(token.expires_ms)]},
            ),
        )
    return token


SettingsReader = Callable[[], Settings]
