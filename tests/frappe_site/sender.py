"""The site's background worker: renders, signs and sends webhooks, tries each three times, then gives it up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from jinja2.sandbox import SandboxedEnvironment

from tests.frappe_site.store import Doc, Store

WAITS_S = (1.0, 4.0, 7.0)


class _Seen:
    """The `doc` of a condition."""

    def __init__(self, doc: Doc, before: Doc | None, tables: dict[str, list[Doc]]) -> None:
        self.__dict__.update({**doc, **tables})
        self._doc, self._before = doc, before

    def has_value_changed(self, name: str) -> bool:
        """Of a document that is new everything has changed."""
        return self._before is None or self._before.get(name) != self._doc.get(name)


@dataclass(slots=True)
class Sent:
    """A try: the webhook's name, what was sent, and the answer's status (0 = none)."""

    webhook: str
    body: bytes
    headers: dict[str, str]
    status: int = 0


@dataclass(slots=True)
class Sender:
    """Watches the store. `time_scale`: of the waits between tries."""

    store: Store
    time_scale: float = 0.001
    sent: list[Sent] = field(default_factory=list)
    _waiting: queue.Queue[tuple[Doc, Doc] | None] = field(default_factory=queue.Queue)
    _worker: threading.Thread | None = None

    def start(self) -> None:
        self.store.watchers.append(self.look)
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    def stop(self) -> None:
        self._waiting.put(None)
        if self._worker is not None:
            self._worker.join(timeout=10)

    def wait(self) -> None:
        """Until everything was delivered or given up."""
        self._waiting.join()

    def look(self, event: str, doctype: str, doc: Doc, before: Doc | None) -> None:
        """Enqueue the webhooks that this event fires."""
        tables = {
            table: [row for row in self.store.documents[child].values() if row["parent"] == str(doc["name"])]
            for table, child in self.store.meta(doctype).tables.items()
        }
        for hook in list(self.store.documents["Webhook"].values()):
            if not hook["enabled"] or hook["webhook_doctype"] != doctype:
                continue
            # The site's own condition, in its own language; tests alone write them. As Frappe does it, before the
            # event is looked at: a condition that fails on any event fails the saving of the document.
            is_met = not hook["condition"] or eval(
                hook["condition"], {"__builtins__": {}}, {"doc": _Seen(doc, before, tables)}
            )
            if is_met and hook["webhook_docevent"] == event:
                self._waiting.put((hook, {**doc, **tables}))

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                self._send(*item)
            finally:
                self._waiting.task_done()
        self._waiting.task_done()

    def _send(self, hook: Doc, doc: Doc) -> None:
        # The template sees plain values, dates as text; the document with its methods is the condition's alone.
        text = SandboxedEnvironment().from_string(hook["webhook_json"]).render(doc=doc)
        body = json.dumps(json.loads(text)).encode()
        headers = {
            row["key"]: row["value"]
            for row in self.store.documents["Webhook Header"].values()
            if row["parent"] == hook["name"]
        }
        if hook["enable_security"]:
            signature = hmac.digest(hook["webhook_secret"].encode(), body, hashlib.sha256)
            headers["X-Frappe-Webhook-Signature"] = base64.b64encode(signature).decode()
        for wait_s in WAITS_S:
            tried = Sent(hook["name"], body, headers)
            self.sent.append(tried)
            request = urllib.request.Request(hook["request_url"], data=body, headers=headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=hook["timeout"]) as answer:
                    tried.status = answer.status
                    return
            except urllib.error.HTTPError as refused:
                tried.status = refused.code
            except OSError:
                tried.status = 0
            time.sleep(wait_s * self.time_scale)
