"""Which texts of a lead other leads got almost word for word: what of it is calculation.

Only what a person of ours surely wrote and sent is compared, with what went to other leads within the policy's
`twin_days` before and after it. A text is compared by its words without greeting, names and figures
(audits.message_text). Texts are told apart by their digests first: equal ones need no comparing; of the others, those
that share a band of their simhash and lie near it are compared word by word, at most MOST_VARIANTS of them for each
text, the nearest first. Texts that are nearly alike share at least one band, nearly always.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from audits.message_text import LEAST_WORDS, normalised, normalised_likeness, shared_phrase
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.model.surroundings import Twin
from audits.timeline import AttemptVerdict, judge_attempt

#: Simhashes of texts that are nearly alike differ in no more of their 64 bits.
MOST_BITS = 14
#: Other texts with which one is compared word by word.
MOST_VARIANTS = 20
#: Bits of each band of a simhash: 64 in all.
BANDS = (11, 11, 11, 11, 10, 10)
_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)


@dataclass(frozen=True, slots=True)
class TextPrint:
    """What is kept of one text: `digest` of its `words`, and their simhash; both as signed 64-bit numbers."""

    words: str
    digest: int
    simhash: int

    @property
    def bands(self) -> tuple[int, ...]:
        """The bands of the simhash, each with its place in the number."""
        left, found = self.simhash & (2**64 - 1), []
        for place, bits in enumerate(BANDS):
            found.append(place << 16 | left & (1 << bits) - 1)
            left >>= bits
        return tuple(found)


def print_of(text: str, first_name: str | None, last_name: str | None) -> TextPrint | None:
    """The print of a text that was written to that person; None for one that is too short to be compared."""
    words = normalised(text, [name for name in (first_name, last_name) if name])
    split = words.split()
    if len(split) < LEAST_WORDS:
        return None
    digest = int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "big", signed=True)
    hashes = np.array([_hash_of(word) for word in split], dtype=np.uint64)
    votes = np.unpackbits(hashes.view(np.uint8).reshape(len(split), 8), axis=1).sum(axis=0)
    bits = np.packbits(2 * votes > len(split))
    return TextPrint(words, digest, int.from_bytes(bits.tobytes(), "big", signed=True))


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text of a lead that is asked about; others, sent at most `near` before or after it, are twins of it from
    `least_percent` of likeness on."""

    activity: Activity
    made: TextPrint
    least_percent: int
    near: timedelta


def printed_texts(case: LeadCase) -> Iterator[tuple[Activity, TextPrint]]:
    """What a person of ours wrote and sent to the lead at any time, with its print: twins for the texts of others."""
    lead = case.lead
    for activity in case.activities:
        is_ours = activity.direction is Direction.OUTBOUND and activity.is_automated is False
        is_sent = activity.state is ActivityState.DONE and activity.occurred_at <= case.as_of
        if activity.kind in _WRITTEN and activity.text and is_ours and is_sent:
            made = print_of(activity.text, lead.first_name, lead.last_name)
            if made is not None:
                yield activity, made


def own_texts(case: LeadCase, policy: Policy) -> list[OwnText]:
    """The texts of `case` that a person of ours surely wrote and sent, and that are long enough to be compared, as
    the `policy` of its terms asks."""
    found: list[OwnText] = []
    lead = case.lead
    for activity in case.activities:
        if activity.kind not in _WRITTEN or not activity.text:
            continue
        if judge_attempt(activity, lead.received_at, case.as_of).verdict is not AttemptVerdict.YES:
            continue
        made = print_of(activity.text, lead.first_name, lead.last_name)
        if made is not None:
            found.append(OwnText(activity, made, policy.twin_percent, timedelta(days=policy.twin_days)))
    return found


def nearest(made: TextPrint, others: Mapping[int, int]) -> list[int]:
    """The digests of `others` (digest → simhash, of texts that share a band) that may be alike, the nearest first,
    and none more than MOST_VARIANTS."""
    digests = sorted(others.keys() - {made.digest})
    simhashes = np.array([others[digest] for digest in digests], dtype=np.int64)
    apart = np.bitwise_xor(simhashes, np.int64(made.simhash)).view(np.uint8).reshape(-1, 8)
    bits = np.unpackbits(apart, axis=1).sum(axis=1)
    found = sorted((int(count), digest) for count, digest in zip(bits, digests, strict=True) if count <= MOST_BITS)
    return [digest for _, digest in found[:MOST_VARIANTS]]


def alike(own: OwnText, near: Sequence[int], variants: Mapping[int, str]) -> dict[int, int]:
    """The digests of texts that are at least as alike as is asked, with their likeness in percent. `variants`: the
    words of each digest, as far as they are still kept."""
    found = {own.made.digest: 100}
    for digest in near:
        other = variants.get(digest)
        if other is None:
            continue
        percent = normalised_likeness(own.made.words, other)
        # Nobody need ask for the language: texts that share nearly all of their words are of one.
        if percent >= own.least_percent:
            found[digest] = percent
    return found


def twin_of(
    own: OwnText,
    likenesses: Mapping[int, int],
    leads_by_digest: Mapping[int, int],
    others: int,
    variants: Mapping[int, str],
) -> Twin | None:
    """The twin, None without any other lead. `leads_by_digest`: how many other leads got a text of each digest;
    `others`: how many got any; `likenesses` as `alike` gives them."""
    if not others:
        return None
    most = min(leads_by_digest, key=lambda digest: (-leads_by_digest[digest], -likenesses[digest], digest))
    words = own.made.words if most == own.made.digest else variants[most]
    return Twin(
        activity_id=own.activity.activity_id,
        leads=others,
        percent=min(likenesses[digest] for digest in leads_by_digest),
        phrase=shared_phrase(own.activity.text or "", words),
    )


@lru_cache(maxsize=50_000)
def _hash_of(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
