"""Which language a page is in: the user's own, else this browser's choice, else what the browser asks for."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Flask, g, request
from flask_babel import Babel, get_locale
from werkzeug.wrappers import Response

from connector.language.languages import DEFAULT, LANGUAGES, PSEUDO, best_language, language_of
from connector.language.texts import texts_for
from connector.web.access import visitor
from connector.web.site import site

COOKIE = "assay-language"
_KEPT_S = 365 * 24 * 3600


def install_languages(app: Flask) -> None:
    """Let the locale of each request be that of its reader."""
    Babel(app, locale_selector=_locale_of_request)


def choose_texts() -> None:
    """Before every request, once its reader is known: in what it is answered."""
    me, locale = visitor(), get_locale()
    code = next((each.code for each in LANGUAGES.values() if each.locale == locale), DEFAULT)
    g.texts = texts_for(PSEUDO if _asks_for_pseudo() else code, me.install.zone if me else "UTC")


def _chosen_language() -> str:
    """The code of a language. An address may ask for another one with ?lang=."""
    if request.blueprint in {"cards", "api"}:
        # Programs read the API; a card stands among the CRM's own words, and no CRM tells in which language.
        return DEFAULT
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    me = visitor()
    if me is not None and me.user.language in LANGUAGES:
        return me.user.language
    kept = request.cookies.get(COOKIE, "")
    if kept in LANGUAGES:
        return kept
    return best_language(list(request.accept_languages.values()))


def keep_choice(response: Response, code: str) -> None:
    """Remember in this browser what somebody chose who has not signed in."""
    response.set_cookie(
        COOKIE,
        code,
        max_age=_KEPT_S,
        path="/",
        secure=site().settings.cookie_is_secure,
        httponly=True,
        samesite="Lax",
    )


_CARRY_CODES = ("/oauth/", "/sign-in/oidc/callback", "/sign-in/link/")


def here_without_choice() -> str:
    """The path and query of this request, without what asks for a language: where a reader goes on in another one.

    The addresses to which a CRM or a sign-in provider sends a browser carry codes and strangers' words: nothing of
    them is printed, and the reader goes on at the start. A page on an error prints the path alone.
    """
    if request.path.startswith(_CARRY_CODES):
        return "/"
    if g.get("is_error_page"):
        return quote(request.path)
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("lang", "note")]
    return quote(request.path) + (f"?{urlencode(kept)}" if kept else "")


def _asks_for_pseudo() -> bool:
    return request.args.get("lang") == PSEUDO and site().settings.is_development


def _locale_of_request() -> str:
    return language_of(_chosen_language()).cldr
