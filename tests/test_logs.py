"""Logs: one JSON line per event, ids kept, secrets and personal data removed whoever passes them."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from connector.logs import configure_logs, get_logger

CANARIES = ("tok-canary-1", "sec-canary-2", "anna.canary@example.com", "+491700000000")


@pytest.fixture
def stream():
    target = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("DEBUG", target)
    yield target
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_secrets_never_reach_the_log(stream):
    log = get_logger("test")
    log.info("call", access_token=CANARIES[0], client_secret=CANARIES[1], email=CANARIES[2], phone=CANARIES[3])
    log.info("call", url=f"https://crm.example/x?code={CANARIES[0]}&a=1", header=f"Bearer {CANARIES[1]}")
    log.warning("refused", reason=f"user {CANARIES[2]} is unknown")
    try:
        raise ValueError(f"refresh_token={CANARIES[0]} for {CANARIES[2]}")
    except ValueError:
        log.exception("failed")
    logging.getLogger("lib").warning("sent to %s with token=%s", CANARIES[2], CANARIES[0])
    text = stream.getvalue()
    assert text.count("\n") == 5
    for canary in CANARIES:
        assert canary not in text


def test_one_line_per_event_whatever_is_in_it(stream):
    get_logger("test").info("row", install_id="i1", note="line\r\nbreak \x1b[31m red {{7*7}}")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    event = json.loads(lines[0])
    assert event["install_id"] == "i1"
    assert event["event"] == "row"
    assert event["timestamp"].endswith("Z")


def test_ids_are_bound_for_the_whole_job(stream):
    with structlog.contextvars.bound_contextvars(install_id="i9", job_id="advance:i9:3"):
        get_logger("test").info("step")
    assert json.loads(stream.getvalue())["job_id"] == "advance:i9:3"
