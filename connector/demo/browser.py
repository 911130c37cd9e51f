"""As much of a browser as the demo needs: follows links and redirects, keeps cookies, fills the forms it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from connector.demo.processes import DemoFailed

TIMEOUT_S = 30


@dataclass(slots=True)
class Form:
    """A form as the page shows it: `fields` holds what would be sent if nothing were typed."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """What was shown at the end of all redirects."""

    url: str
    status: int
    text: str
    forms: tuple[Form, ...]

    def form(self, action: str) -> Form:
        """The first form whose action holds `action`. Raises DemoFailed when there is none."""
        found = self.find_form(action)
        if found is None:
            raise DemoFailed(f"The page {self.url} ({self.status}) has no form for {action}.")
        return found

    def find_form(self, action: str) -> Form | None:
        """The same, or None."""
        return next((form for form in self.forms if action in form.action), None)


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self._session = requests.Session()
        # Proxies of the environment are for the internet; all of this is loopback.
        self._session.trust_env = False

    def close(self) -> None:
        """Forget the cookies."""
        self._session.close()

    def open(self, url: str) -> Page:
        """Go to `url`. Raises DemoFailed when nobody answers or the answer is an error page."""
        return self._shown(lambda: self._session.get(url, timeout=TIMEOUT_S), url)

    def submit(self, page: Page, form: Form, *added: tuple[str, str], typed: Mapping[str, str] | None = None) -> Page:
        """Send `form` with what it holds, `typed` in place of its own values, and `added` (a button, a tick)."""
        texts = typed or {}
        sent = [(name, value) for name, value in form.fields if name not in texts]
        sent += [*texts.items(), *added]
        url = urljoin(page.url, form.action)
        if form.method == "get":
            return self._shown(lambda: self._session.get(url, params=sent, timeout=TIMEOUT_S), url)
        headers = {"Referer": page.url}
        return self._shown(lambda: self._session.post(url, data=sent, headers=headers, timeout=TIMEOUT_S), url)

    def download(self, url: str) -> bytes:
        """The content of a file behind a link. Raises DemoFailed."""
        try:
            answer = self._session.get(url, timeout=TIMEOUT_S)
        except requests.RequestException as problem:
            raise DemoFailed(f"{url} cannot be reached: {problem}") from problem
        if answer.status_code != 200:
            raise DemoFailed(f"{url} answers {answer.status_code}.")
        return answer.content

    def _shown(self, call: Callable[[], requests.Response], url: str) -> Page:
        try:
            answer = call()
        except requests.RequestException as problem:
            raise DemoFailed(f"{url} cannot be reached: {problem}") from problem
        if answer.status_code >= 400:
            raise DemoFailed(f"{answer.url} answers {answer.status_code}: {_words(answer.text)[:300]}")
        return Page(answer.url, answer.status_code, answer.text, _forms(answer.text))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._chosen: str | None = None
        self._textarea: str | None = None
        self._skips = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._form)
        elif tag in ("script", "style"):
            self._skips += 1
        elif self._form is None:
            return
        elif tag == "input":
            self._input(self._form, given)
        elif tag == "select":
            self._select, self._chosen = given.get("name"), None
        elif tag == "option" and self._select and (self._chosen is None or "selected" in given):
            self._chosen = given.get("value") or ""
        elif tag == "textarea" and given.get("name"):
            self._textarea = given["name"]
            self._form.fields.append((self._textarea or "", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("script", "style"):
            self._skips -= 1
        elif tag == "select" and self._form is not None and self._select:
            self._form.fields.append((self._select, self._chosen or ""))
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None and self._form is not None:
            name, before = self._form.fields.pop()
            self._form.fields.append((name, before + data))
        if not self._skips and data.strip():
            self.words.append(data.strip())

    def _input(self, form: Form, given: dict[str, str | None]) -> None:
        name, kind = given.get("name"), (given.get("type") or "text").lower()
        if not name or "disabled" in given or kind in ("submit", "button", "image", "reset", "file"):
            return
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        form.fields.append((name, given.get("value") or ("on" if kind == "checkbox" else "")))


def _forms(text: str) -> tuple[Form, ...]:
    reader = _Reader()
    reader.feed(text)
    return tuple(reader.forms)


def _words(text: str) -> str:
    reader = _Reader()
    reader.feed(text)
    return " ".join(reader.words)
