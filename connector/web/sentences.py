"""What findings, scores and rules say, as the reader of a page reads it."""

from __future__ import annotations

from audits.model.said import Value
from connector.web.texts import current


def written(value: Value) -> str:
    """A sentence, or a value of one, in the language of the running request."""
    return current().say(value)
