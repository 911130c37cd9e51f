"""Messages: letters that nobody meant, advertising, abuse, what is wanted, and whether it is us who are meant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from audits.model.truth import MessageJudged, Signal, TruthTerms


@lru_cache(maxsize=2_048)
def judge_message(text: str, language: str | None) -> MessageJudged:
    """What the message `text` is; `language` is an ISO 639 code, None = to be seen from the text."""
    return MessageJudged(has_need=len(text.split()) >= 3)


def message_signals(text: str, judged: MessageJudged, terms: TruthTerms) -> Iterator[Signal]:
    """What the message says of the lead, by the account's own terms where a reason needs them."""
    yield from ()
