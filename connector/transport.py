"""The only outgoing HTTP: deadlines, bounded retries, rate budget, allow-list, size caps, answers made our errors.

What is particular about a server (names of headers, shapes of error bodies) is given as ServerRules by its adapter.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_random_exponential
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connector.budget import Budget
from connector.day_quota import DayQuota
from connector.errors import (
    CrmError,
    CrmRejected,
    PermissionMissing,
    ReauthorizationNeeded,
    RecordGone,
    RetryLater,
    UnexpectedPayload,
)
from connector.logs import get_logger, redact_text
from connector.origins import checked_origin, is_named, is_public_address, origin_of
from connector.payloads import JsonObject, JsonValue, parse_json
from connector.server_rules import LONGEST_PAUSE_S, TRANSIENT, Limits, ServerRules, TokenSource
from connector.timed_reads import POOLS, clock

_CHUNK = 64 * 1024
# Cut short, wrongly compressed, or with two lengths announced for one body.
_BROKEN = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.InvalidHeader,
)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer; `body` is None where there is none (204)."""

    status: int
    body: JsonValue


class _Transient(Exception):
    """A signal to the retry loop: may be tried again after `pause_s` (None = our back-off).

    `error` is what to raise when there is no further try.
    """

    def __init__(self, error: CrmError, pause_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause_s = pause_s


class Transport:
    """Calls to one server for one install. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        allowed_origins: frozenset[str],
        rules: ServerRules,
        budget: Budget | None = None,
        quota: DayQuota | None = None,
        tokens: TokenSource | None = None,
        limits: Limits | None = None,
        private_hosts: frozenset[str] | None = None,
    ) -> None:
        """`base_url` and `allowed_origins` are scheme://host[:port]; http is taken for loopback only.

        `private_hosts`: for servers whose address a customer typed: only those that stand in the open internet are
        talked to, and the hosts named here (lower case), which may also be http. None = our own choice of servers,
        wherever they are. `quota`: where calls cost tokens of a day's limit that the account's tools share.
        """
        named = private_hosts or frozenset()
        self._allowed = frozenset(checked_origin(origin, named) for origin in allowed_origins)
        self._base = checked_origin(base_url, named)
        self._private_hosts = private_hosts
        self._rules = rules
        self._budget = budget
        self._quota = quota
        self._tokens = tokens
        self._limits = limits or Limits()

    @property
    def origin(self) -> str:
        """scheme://host[:port] of the server that is called."""
        return self._base

    @property
    def quota(self) -> DayQuota | None:
        """The day's tokens, where calls cost some."""
        return self._quota

    @property
    def calls_left(self) -> int | None:
        """Calls left as the server last said; None while it said nothing, or nobody counts."""
        return None if self._budget is None else self._budget.calls_left

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: JsonValue = None,
        lane: str = "",
        is_write: bool | None = None,
        cost: int = 0,
    ) -> JsonValue:
        """The JSON of a 2xx answer, None for 204. `path` begins with "/" and may be a whole URL of an allowed origin.

        `is_write` (default: every method but GET): a lost answer is not tried again but raised as
        RetryLater(is_outcome_unknown=True). `cost`: tokens of the day's limit that one try costs.
        Raises the errors of connector.errors, as their names say.
        """
        return self.send(method, path, params=params, json=json, lane=lane, is_write=is_write, cost=cost).body

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: JsonValue = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        lane: str = "",
        is_write: bool | None = None,
        judged: frozenset[int] = frozenset(),
        cost: int = 0,
        may_be_empty: bool = False,
        is_anonymous: bool = False,
    ) -> Answer:
        """As `request`, with the status. Answers with a status in `judged` are handed back instead of raised.

        `may_be_empty`: a 200 may come without a body. `is_anonymous`: without our token, in no user's name.
        """
        call = _Call(
            method=method,
            url=self._url(path),
            params=dict(params or {}),
            headers=dict(headers or {}),
            body=_encoded(json, form),
            is_form=form is not None,
            lane=lane,
            is_write=method != "GET" if is_write is None else is_write,
            judged=judged,
            cost=cost,
            may_be_empty=may_be_empty,
            is_anonymous=is_anonymous,
            deadline=time.monotonic() + self._limits.total_s,
        )
        attempts = Retrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(self._limits.attempts) | stop_before_delay(self._limits.total_s),
            wait=self._pause,
            reraise=True,
        )
        try:
            return attempts(self._authorised, call)
        except _Transient as last:
            raise last.error from None

    def _url(self, path: str) -> str:
        url = path if "://" in path else self._base + path
        if not path.startswith(("/", "https://", "http://")) or path.startswith("//") or "\\" in path:
            raise UnexpectedPayload(f"An address to call, {path[:60]!r}, is neither a path nor an https URL.")
        if origin_of(url) not in self._allowed:
            raise UnexpectedPayload(
                f"{self._rules.server} sent us to {origin_of(url)!r}, which is not on the list of addresses that may "
                "get our tokens. Nothing was sent there."
            )
        return url

    def _authorised(self, call: _Call) -> Answer:
        """One try, with one more when the access token was refused: it may have died before its time."""
        if self._tokens is None or call.is_anonymous:
            return self._attempt(call, None)
        token = self._tokens.current()
        answer = self._attempt(call, token)
        if answer.status == 401:
            answer = self._attempt(call, self._tokens.renewed(token))
        if answer.status == 401:
            self._tokens.refused()
            raise ReauthorizationNeeded(f"{self._rules.server} refuses a fresh access token: connect again.")
        return answer

    def _attempt(self, call: _Call, token: str | None) -> Answer:
        if self._quota is not None:
            self._quota.take(call.cost)
        if self._budget is not None:
            self._budget.take(call.lane, max(0.0, call.deadline - time.monotonic()))
        started = time.monotonic()
        allowed_s = min(self._limits.attempt_s, call.deadline - started)
        if allowed_s <= 0:
            raise _Transient(RetryLater(f"No time was left to ask {self._rules.server}.", after_s=1.0))
        clock.deadline = started + allowed_s
        clock.may_reach = self._may_reach(call.url)
        try:
            response = _session().request(
                call.method,
                call.url,
                params=call.params,
                data=call.body,
                headers=call.all_headers(token),
                timeout=(min(self._limits.connect_s, allowed_s), allowed_s),
                allow_redirects=False,
                stream=True,
            )
            with response:
                raw = _read(response, self._limits.max_bytes)
        except requests.RequestException as error:
            raise self._lost(call, error, time.monotonic() - started) from error
        log.debug(
            "crm_call",
            server=self._rules.server,
            method=call.method,
            path=self._path(call),
            status=response.status_code,
            ms=round((time.monotonic() - started) * 1000),
        )
        return self._judged(call, response, raw, token)

    def _may_reach(self, url: str) -> Callable[[str], bool] | None:
        if self._private_hosts is None or is_named(url, self._private_hosts):
            return None
        return is_public_address

    def _path(self, call: _Call) -> str:
        """The path of a call as a log may show it."""
        return "[redacted]" if self._rules.hides_paths else urlsplit(call.url).path

    def _lost(self, call: _Call, error: requests.RequestException, took_s: float) -> Exception:
        """What a call that brought no whole answer means."""
        server, was_sent = self._rules.server, not _failed_to_connect(error)
        log.warning(
            "crm_call_lost", server=server, method=call.method, path=self._path(call), why=type(error).__name__
        )
        if self._budget is not None:
            self._budget.failed()
        what = "gave no whole answer" if was_sent else "could not be reached"
        message = f"{server} {what} ({type(error).__name__} after {took_s:.1f} s)."
        if call.is_write and was_sent:
            return RetryLater(message, after_s=5.0, is_outcome_unknown=True)
        is_broken = isinstance(error, _BROKEN)
        return _Transient(UnexpectedPayload(message) if is_broken else RetryLater(message, after_s=5.0))

    def _judged(self, call: _Call, response: requests.Response, raw: bytes, token: str | None) -> Answer:
        """The answer, or the error that its status stands for."""
        status, rules = response.status_code, self._rules
        self._observe(response.headers)
        if 200 <= status < 300:
            return Answer(status, self._body(call, response, raw))
        if 300 <= status < 400:
            raise UnexpectedPayload(f"{rules.server} answered {status}, a redirect; those are never followed.")
        if status == 403 and rules.guard_pause_s is not None and _is_page(response):
            raise self._guarded(rules.guard_pause_s)
        body = _error_body(raw)
        if status in call.judged or (status == 401 and token is not None):
            return Answer(status, body)
        message = _complaint(rules, status, body, token)
        if status in TRANSIENT:
            raise self._busy(call, response, body, message)
        if status == 403 and (scope := rules.missing_scope(body)) is not None:
            raise PermissionMissing(f"{message} The scope {scope} was not granted.", scope=scope)
        if status in {404, 410}:
            raise RecordGone(message)
        raise CrmRejected(message, status=status, fields=rules.rejected_fields(body))

    def _guarded(self, pause_s: float) -> RetryLater:
        """A guard in front of the server sends us away: any further call would make it worse."""
        if self._budget is not None:
            self._budget.hold(pause_s)
        return RetryLater(
            f"A guard in front of {self._rules.server} turned us away with a page, as it does after too many calls.",
            after_s=pause_s,
        )

    def _body(self, call: _Call, response: requests.Response, raw: bytes) -> JsonValue:
        if response.status_code == 204 or not raw:
            if response.status_code in {204, 202} or call.may_be_empty:
                return None
            raise self._unsound(call, UnexpectedPayload(f"{self._rules.server} answered with an empty body."))
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind and kind != "application/json" and not kind.endswith("+json"):
            raise self._unsound(
                call, UnexpectedPayload(f"{self._rules.server} answered with {kind[:40]!r} instead of JSON.")
            )
        try:
            value = parse_json(raw, f"The answer of {self._rules.server}")
        except UnexpectedPayload as error:
            raise self._unsound(call, error) from None
        if self._budget is not None:
            self._budget.succeeded()
        return value

    def _unsound(self, call: _Call, error: UnexpectedPayload) -> Exception:
        """A 2xx that is no answer (a proxy's page): worth another try, unless something may have been written."""
        if call.is_write:
            return RetryLater(str(error), after_s=5.0, is_outcome_unknown=True)
        return _Transient(error)

    def _busy(self, call: _Call, response: requests.Response, body: JsonObject, message: str) -> Exception:
        status = response.status_code
        if status == 429 and self._quota is not None and (spent := self._quota.refusal()) is not None:
            return spent
        pause_s = _retry_after(response.headers.get("Retry-After"))
        if status == 429 and self._rules.reset_s_header is not None:
            # The wait of the burst; whatever Retry-After says beside it has been seen to mean nothing.
            reset_s = _whole(response.headers, self._rules.reset_s_header)
            pause_s = max(pause_s or 0 if reset_s is None else reset_s, self._rules.least_pause_s)
        elif pause_s is None:
            pause_s = self._rules.pause_s(status, body, call.tries)
        call.tries += 1
        if self._budget is not None:
            if status == 429 and pause_s:
                self._budget.hold(pause_s)
            elif status >= 500:
                self._budget.failed()
        is_unknown = call.is_write and status >= 500 and status != 503
        after_s = pause_s if pause_s is not None else 5.0
        return _Transient(RetryLater(message, after_s=after_s, is_outcome_unknown=is_unknown), pause_s)

    def _observe(self, headers: Mapping[str, str]) -> None:
        rules = self._rules
        if self._quota is not None:
            limit, left = _whole(headers, rules.day_limit_header), _whole(headers, rules.day_left_header)
            if limit is not None and left is not None:
                self._quota.observe(limit, left)
        allowed = _whole(headers, rules.limit_header)
        if self._budget is not None and allowed:
            self._budget.resize(allowed)
        if self._budget is None or self._rules.remaining_header is None:
            return
        remaining = headers.get(self._rules.remaining_header, "")
        interval = headers.get(self._rules.interval_ms_header or "", "10000")
        if remaining.isdecimal() and interval.isdecimal():
            self._budget.observe(int(remaining), min(int(interval[:9]) / 1000, 60.0))

    def _pause(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the server asked for, else full jitter that doubles."""
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, _Transient) and error.pause_s is not None:
            return error.pause_s
        return wait_random_exponential(multiplier=self._limits.first_pause_s, max=10)(state)


@dataclass(slots=True, kw_only=True)
class _Call:
    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes | Mapping[str, str] | None
    is_form: bool
    lane: str
    is_write: bool
    judged: frozenset[int]
    cost: int
    may_be_empty: bool
    is_anonymous: bool
    deadline: float
    tries: int = 1

    def all_headers(self, token: str | None) -> dict[str, str]:
        headers = {"Accept": "application/json", **self.headers}
        if self.body is not None and not self.is_form:
            headers["Content-Type"] = "application/json"
        if token is not None:
            if not (token.isascii() and token.isprintable()):
                raise UnexpectedPayload("An access token has letters that no header can carry. Nothing was sent.")
            headers["Authorization"] = f"Bearer {token}"
        return headers


def _encoded(value: JsonValue, form: Mapping[str, str] | None) -> bytes | Mapping[str, str] | None:
    if form is not None:
        return form
    return None if value is None else json.dumps(value, separators=(",", ":")).encode()


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header (seconds or an HTTP date), clamped to a day; None when missing or no sense."""
    if text is None:
        return None
    text = text.strip()
    if text.isdecimal() and len(text) < 12:
        return min(float(text), LONGEST_PAUSE_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, (at - datetime.now(UTC)).total_seconds()), LONGEST_PAUSE_S)


def _whole(headers: Mapping[str, str], name: str | None) -> int | None:
    """The whole number that a header says, None when there is none of that name or it says something else."""
    text = headers.get(name, "").strip() if name is not None else ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 12 else None


def _is_page(response: requests.Response) -> bool:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "text/html"


def _error_body(raw: bytes) -> JsonObject:
    try:
        value = parse_json(raw, "An error")
    except UnexpectedPayload:
        return {}
    return value if isinstance(value, dict) else {}


def _complaint(rules: ServerRules, status: int, body: JsonObject, token: str | None) -> str:
    server = rules.server
    said = rules.complaint(body)
    if said is None:
        return f"{server} answered {status}."
    # Some servers quote what they were sent, and messages end in logs and on pages.
    quoted = said.replace(token, "[redacted]") if token else said
    words = " ".join(redact_text(quoted).split())[:200].rstrip(".")
    return f"{server} answered {status}: {words}."


def _failed_to_connect(error: requests.RequestException) -> bool:
    """Whether the request certainly never left: no connection, or no TLS."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _read(response: requests.Response, max_bytes: int) -> bytes:
    """The decompressed body. The cap counts decompressed bytes, so that a bomb is stopped while it unfolds."""
    parts, size = [], 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise UnexpectedPayload(f"An answer of more than {max_bytes} bytes was cut off; nothing of it was used.")
        parts.append(chunk)
    return b"".join(parts)


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: object) -> None:
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = POOLS


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: the library would read the whole body of a redirect before our cap could count it."""


class _Sessions(threading.local):
    session: requests.Session | None = None


_sessions = _Sessions()


def _session() -> requests.Session:
    """This thread's session. It keeps connections, and nothing else: no cookies, no proxy or netrc of the machine."""
    if _sessions.session is None:
        session = _Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update({"User-Agent": "LeadAssay/1", "Accept-Encoding": "gzip"})
        session.mount("https://", _Adapter(max_retries=0))
        session.mount("http://", _Adapter(max_retries=0))
        _sessions.session = session
    return _sessions.session
