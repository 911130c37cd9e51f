"""Logs: one JSON line per event, ids kept, secrets and personal data removed whoever passes them."""

from __future__ import annotations

import io
import json
import logging
import time

import pytest
import structlog

from connector.logs import configure_logs, get_logger, redact_text

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


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("to anna@example.com, and", "to [address] and"),
        ("<anna@example.com>", "<[address]>"),
        ("@x a@b @c.d", "@x a@b @c.d"),
        ("@one.example,anna@example.com", "[address]"),
        ("a@b.example@c", "[address]"),
        ("at 10:00 @ the office.", "at 10:00 @ the office."),
    ],
)
def test_addresses_are_cut_out_of_texts(text, cleaned):
    assert redact_text(text) == cleaned


@pytest.mark.parametrize("unit", ["a", "a.", "a@", "@", "a@b.", "bearer ", "code=", "a@b.c "])
def test_cleaning_takes_time_in_proportion_to_the_text(unit):
    began = time.perf_counter()
    redact_text(unit * 20_000)
    assert time.perf_counter() - began < 0.5


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
