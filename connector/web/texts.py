"""The texts of the running request."""

from __future__ import annotations

from flask import g, has_request_context

from connector.language.texts import Texts


def current() -> Texts:
    """The texts of the running request; English and UTC outside of one."""
    if has_request_context():
        found = g.get("texts")
        if isinstance(found, Texts):
            return found
    return Texts()


def t(text: str, **values: object) -> str:
    """`text` in the language of the running request."""
    return current().t(text, **values)
