"""The parts of one running sandbox of Pipedrive's dialect, and what every API call passes on its way in."""

from __future__ import annotations

import functools
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from flask import Blueprint, Response, g, jsonify, request

from connector.sandbox.misbehave import FaultAnswers, RuleBook
from connector.sandbox.pipedrive.company import Company, WriteLog
from connector.sandbox.pipedrive.config import PipedriveConfig, PipedriveSettings
from connector.sandbox.pipedrive.grants import Grants, Token
from connector.sandbox.pipedrive.hooks import Dispatcher
from connector.sandbox.pipedrive.limits import Limiter, too_many
from connector.sandbox.pipedrive.queries import Query, read_query
from connector.sandbox.pipedrive.records import Origin
from connector.sandbox.pipedrive.said import gone_missing, refused
from connector.sandbox.requestlog import RequestLog
from connector.sandbox.wire import JsonObject, now_ms

_PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(slots=True)
class Sandbox:
    """One running sandbox. `settings` is replaced as a whole, never changed in place."""

    config: PipedriveConfig
    settings: PipedriveSettings
    companies: dict[int, Company]
    grants: Grants
    limiter: Limiter
    rules: RuleBook
    dispatcher: Dispatcher
    requests: RequestLog
    log: WriteLog
    truth: object = None
    settings_lock: threading.Lock = field(default_factory=threading.Lock)
    conversions: dict[str, JsonObject] = field(default_factory=dict)
    timers: list[threading.Timer] = field(default_factory=list)

    def change_settings(self, values: Mapping[str, object]) -> PipedriveSettings:
        """Raises ValueError naming what is wrong; then nothing has changed."""
        with self.settings_lock:
            self.settings = self.settings.changed(values)
            return self.settings

    def company(self, company_id: object) -> Company:
        """Raises ApiError 404."""
        found = self.companies.get(company_id) if isinstance(company_id, int) else None
        if found is None:
            raise gone_missing("Company")
        return found


def assemble(config: PipedriveConfig) -> Sandbox:
    """The parts, wired together; threads start with `dispatcher.start()`."""
    holder: list[Sandbox] = []

    def settings() -> PipedriveSettings:
        return holder[0].settings if holder else config.settings

    answers = FaultAnswers(rate_limit=too_many, server_error=lambda status: refused(status, "Internal server error"))
    rules = RuleBook(random.Random(config.seed), answers)
    dispatcher = Dispatcher(config, settings, rules, random.Random(config.seed + 1))
    log = WriteLog()
    companies = {
        company.company_id: Company(company, config.first_id, config.seed, log, dispatcher.notice)
        for company in config.companies
    }
    sandbox = Sandbox(
        config=config,
        settings=config.settings,
        companies=companies,
        grants=Grants(config, settings),
        limiter=Limiter(settings),
        rules=rules,
        dispatcher=dispatcher,
        requests=RequestLog(),
        log=log,
    )
    holder.append(sandbox)
    return sandbox


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the token's user in the token's company, and the checked query."""

    company: Company
    token: Token
    origin: Origin
    query: Mapping[str, object]

    @property
    def user_id(self) -> int:
        return self.token.grant.user_id


Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API: what it costs and needs. `shape` is the path with `{id}` for what varies."""

    method: str
    shape: str
    cost: int
    scopes: tuple[str, ...]


class Calls:
    """Registers the API's calls on a blueprint. `listed` is the whole table of costs."""

    def __init__(self, sandbox: Sandbox, blueprint: Blueprint) -> None:
        self._sandbox = sandbox
        self._blueprint = blueprint
        self.listed: list[Call] = []

    def add(
        self, method: str, path: str, cost: int, scopes: tuple[str, ...], query: Query | None = None
    ) -> Callable[[Handler], Handler]:
        """The handler runs with the caller and the path's parts, under the company's lock."""
        self.listed.append(Call(method, _PARAMETER.sub("{id}", path), cost, scopes))
        endpoint = re.sub(r"\W+", "_", f"{method}{path}")

        def register(handler: Handler) -> Handler:
            @functools.wraps(handler)
            def guarded(**parts: object) -> Response:
                token = self._admit(cost, scopes)
                company = self._sandbox.company(token.grant.company_id)
                asked = read_query(query or {})
                origin = Origin(
                    "api", token.grant.user_id, request.method, request.path,
                    request.headers.get("User-Agent"),
                )  # fmt: skip
                with company.lock:
                    return handler(Caller(company, token, origin, asked), **parts)

            self._blueprint.add_url_rule(path, endpoint, guarded, methods=[method])
            return handler

        return register

    def _admit(self, cost: int, scopes: tuple[str, ...]) -> Token:
        """Token, company, limits, scope: in this order. Raises ApiError 401, 402, 403, 429, and Blocked."""
        sandbox = self._sandbox
        token = _bearer(sandbox)
        company = sandbox.company(token.grant.company_id)
        g.caller = {"companyId": company.id, "userId": token.grant.user_id, "cost": cost}
        if company.is_closed:
            raise refused(402, "Company account is not open")
        g.rate_headers = sandbox.limiter.take(token.value, company.config, cost)
        if scopes and not set(scopes) & set(token.grant.scopes):
            raise refused(403, "Scope and URL mismatch", "Grant the app one of the scopes " + ", ".join(scopes))
        return token


def _bearer(sandbox: Sandbox) -> Token:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = sandbox.grants.find_access(value.strip()) if scheme.lower() == "bearer" else None
    if token is None or not token.is_live or token.expires_ms <= now_ms():
        raise refused(401, "unauthorized access", "Please check your access token")
    return token


def said(data: object, additional: object = None, http_status: int = 200, **more: object) -> Response:
    """A success. `additional` None leaves `additional_data` out."""
    body: JsonObject = {"success": True, "data": data, **more}
    if additional is not None:
        body["additional_data"] = additional
    response = jsonify(body)
    response.status_code = http_status
    return response
