"""How a form was filled in: honeypot, time, browser, and from where."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import lru_cache

from audits.model.said import say
from audits.model.truth import FormJudged, Given, Signal, TruthTerms
from audits.truth.weights import signal


def judge_form(given: Given) -> FormJudged:
    """What the browser and the address of the sender are."""
    return FormJudged(bot=bot_named(given.user_agent or ""), ip_class=ip_class(given.ip or ""))


@lru_cache(maxsize=8_192)
def bot_named(user_agent: str) -> str | None:
    """The crawler or tool that a user agent names; None when it names none."""
    return "unnamed tool" if user_agent and "bot" in user_agent.casefold() else None


@lru_cache(maxsize=8_192)
def ip_class(text: str) -> str:
    """private, loopback, reserved or public; unknown when `text` is no address."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return "unknown"
    if address.is_loopback:
        return "loopback"
    if address.is_private:
        return "private"
    return "public" if address.is_global else "reserved"


def form_signals(given: Given, judged: FormJudged, terms: TruthTerms) -> Iterator[Signal]:
    """What the form says of the lead."""
    if given.honeypot and given.honeypot.strip():
        said = say("A field that people do not see was filled in.")
        yield signal("honeypot_filled", said, field="honeypot", value=given.honeypot.strip())
    if given.time_on_form_s is not None and given.time_on_form_s < terms.least_form_s:
        said = say("The form was sent after {spent} s.", spent=f"{given.time_on_form_s:g}")
        yield signal("form_too_fast", said, field="time_on_form_s", value=f"{given.time_on_form_s:g}")
    if judged.bot is not None:
        said = say("The browser names itself as {bot}.", bot=judged.bot)
        yield signal("user_agent_crawler", said, field="user_agent", value=given.user_agent or "")
