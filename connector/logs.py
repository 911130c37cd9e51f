"""Structured logs: one JSON line per event, with request, install and job ids; never payloads, tokens or names."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from itertools import pairwise
from typing import Any, TextIO

import structlog

#: Keys whose values never reach a log, whoever passes them.
SECRET_KEYS = frozenset(
    {"access_token", "refresh_token", "token", "client_secret", "code", "code_verifier", "authorization", "cookie",
     "password", "secret", "body", "payload", "email", "phone", "first_name", "last_name", "name"}
)  # fmt: skip
_TOKENLIKE = re.compile(r"(?i)(bearer\s+|(?:access_token|refresh_token|client_secret|code|token)=)[^\s&\"']+")
# A key of our API, wherever it stands: its id may be read, its secret never.
_API_KEY = re.compile(r"\b(la_[0-9a-f]{12}_)[0-9a-f]{16,}")
# PostgreSQL quotes rows in its errors: "Failing row contains (…)".
_DETAIL = re.compile(r"(?s)DETAIL:.*?(?=\n\n|\n\[SQL|\Z)")
_WORD = re.compile(r"[^\s<>\"']+")


def redact_text(text: str) -> str:
    """`text` with bearer tokens, secret query values, rows of databases and e-mail addresses replaced by a mark."""
    cleaned = _DETAIL.sub("DETAIL: [redacted]", _TOKENLIKE.sub(r"\1[redacted]", text))
    cleaned = _API_KEY.sub(r"\1[redacted]", cleaned)
    # Word by word, because one pattern for whole addresses takes time in the square of what a stranger sends.
    return _WORD.sub(_without_address, cleaned) if "@" in cleaned else cleaned


def _without_address(word: re.Match[str]) -> str:
    sides = pairwise(word[0].split("@"))
    return "[address]" if any(left and "." in right.strip(".") for left, right in sides) else word[0]


def _redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key.lower() in SECRET_KEYS:
            event[key] = "[redacted]"
        elif isinstance(value, str):
            event[key] = redact_text(value)
    return event


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send our logs and the libraries' to `stream` (default stderr) as one JSON object a line, redacted."""
    target = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ])
    )  # fmt: skip
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger for the module `name`; bind install_id, job_id and request_id with structlog.contextvars."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger
