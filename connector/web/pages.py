"""All pages, put into the app: views, templates' helpers, guards, headers and error pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, request, url_for
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup

from audits.model.said import phrase
from connector.language.languages import LANGUAGES
from connector.storage.installs import InstallStatus
from connector.web import access, charts, error_pages, labels, languages, texts
from connector.web.access import Access, Viewer, visitor
from connector.web.headers import allow_forms_to, put_headers
from connector.web.notes import notes_of_request
from connector.web.sessions import PageSessions
from connector.web.site import Site, put_site
from connector.web.views import ALL as ALL_VIEWS
from connector.web.views import api, card, install
from connector.web.views.landing import authorize_urls

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _NavItem:
    label: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class _NavGroup:
    """One entry of the bar: a menu of pages, or the one page that this viewer sees of it."""

    label: str
    items: tuple[_NavItem, ...]

    @property
    def is_here(self) -> bool:
        return any(item.is_here for item in self.items)


#: What the bar holds, in its order: an entry's label, and of each page its path, its label and who sees it.
#: Six entries fit on one line in every language; each page that comes new goes into a menu.
_NAV = (
    (phrase("Overview"), (("/overview", phrase("Overview"), Access.SIGNED_IN),)),
    (
        phrase("Leads"),
        (
            ("/leads", phrase("All leads"), Access.SIGNED_IN),
            ("/neglected", phrase("Neglected"), Access.SIGNED_IN),
            ("/repairs", phrase("Repairs"), Access.SIGNED_IN),
            ("/duplicates", phrase("Duplicates"), Access.MANAGER),
        ),
    ),
    (
        phrase("Analysis"),
        (
            ("/response", phrase("Response"), Access.SIGNED_IN),
            ("/follow-up", phrase("Follow-up"), Access.SIGNED_IN),
            ("/funnel", phrase("Funnel"), Access.SIGNED_IN),
            ("/owners", phrase("People"), Access.SIGNED_IN),
            ("/report", phrase("Reports"), Access.MANAGER),
        ),
    ),
    (
        phrase("Vendors"),
        (
            ("/contracts", phrase("Contracts"), Access.MANAGER),
            ("/vendors/log", phrase("Log"), Access.MANAGER),
        ),
    ),
    (
        phrase("Rules"),
        (
            ("/rules-at-work", phrase("Rules at work"), Access.MANAGER),
            ("/contests", phrase("Contests"), Access.MANAGER),
            ("/settings/policies", phrase("Policies"), Access.MANAGER),
            ("/rulebook", phrase("Rulebook"), Access.SIGNED_IN),
        ),
    ),
    (phrase("Sync"), (("/sync", phrase("Sync"), Access.MANAGER),)),
    (phrase("Settings"), (("/settings", phrase("Settings"), Access.ADMIN),)),
)


def install_pages(app: Flask, site: Site) -> CSRFProtect:
    """Put the pages into `app`. Raises RuntimeError when a view has no access class."""
    put_site(app.extensions, site)
    app.config.update(
        SECRET_KEY=site.secret("flask").hex(),
        MAX_CONTENT_LENGTH=256_000,
        MAX_FORM_MEMORY_SIZE=256_000,
        MAX_FORM_PARTS=400,
        # Our own Referrer-Policy may hide the referrer; the token and the cookie's SameSite carry the defence.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.session_interface = PageSessions()
    error_pages.register(app)
    languages.install_languages(app)
    app.before_request(access.know_viewer)
    app.before_request(languages.choose_texts)
    app.before_request(access.guard)
    csrf = CSRFProtect(app)
    csrf.exempt(install.uninstalled_there)
    app.after_request(put_headers)
    _teach_templates(app)
    for blueprint in ALL_VIEWS:
        app.register_blueprint(blueprint)
    # A CRM has no session and no token of ours; it proves itself. So does who calls the API, by his key.
    csrf.exempt(card.pages)
    csrf.exempt(api.pages)
    access.check_every_view(app)
    return csrf


def _teach_templates(app: Flask) -> None:
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        t=texts.t,
        texts=texts.current,
        plural=_plural,
        dir_of=_dir_of,
        languages=tuple(LANGUAGES.values()),
        here_without_choice=languages.here_without_choice,
        asset=_asset,
        meter=charts.meter,
        status_label=labels.status_label,
        status_tone=labels.status_tone,
        verdict_label=labels.verdict_label,
        verdict_tone=labels.verdict_tone,
        outcome_label=labels.outcome_label,
        outcome_tone=labels.outcome_tone,
        role_name=labels.role_label,
        family_label=labels.family_label,
        crm_name=labels.crm_name,
        is_self_hosted=labels.is_self_hosted,
        record_name=labels.record_name,
        record_names=labels.record_names,
    )
    app.context_processor(_every_page)


def _every_page() -> dict[str, object]:
    me = visitor()
    if me is not None and me.is_admin and me.install.status is InstallStatus.PAUSED:
        # The notice on every page holds the button that connects again.
        allow_forms_to(authorize_urls())
    return {"viewer": me, "nav": _nav(me), "notes": notes_of_request()}


def _nav(viewer: Viewer | None) -> list[_NavGroup]:
    if viewer is None:
        return []
    seen = [(name, [page for page in pages if viewer.rank >= page[2]]) for name, pages in _NAV]
    # The policies lie below the settings: the nearest page is the one that is open.
    above = [path for _, pages in seen for path, _, _ in pages if (request.path + "/").startswith(path + "/")]
    here = max(above, key=len, default=None)
    return [
        _NavGroup(texts.t(name), tuple(_NavItem(texts.t(label), path, path == here) for path, label, _ in pages))
        for name, pages in seen
        if pages
    ]


def _dir_of(data: str) -> Markup:
    """The attribute for data without a letter, such as a phone number: it is written from left to right."""
    return Markup("") if any(letter.isalpha() for letter in data) else Markup(' dir="ltr"')


def _plural(one: str, many: str, n: int, **values: object) -> str:
    return texts.current().plural(one, many, n, **values)


def _asset(name: str) -> str:
    return url_for("static", filename=name, v=_mark_of(name))


@lru_cache(maxsize=64)
def _mark_of(name: str) -> str:
    """Changes with the file, so that browsers may keep it for ever."""
    return hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:10]
