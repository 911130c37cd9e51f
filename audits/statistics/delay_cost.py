"""What slow answers go with, from the account's own leads alone: the share converted by class of delay.

It is an observation, not an effect: a fresh lead called at once may also be the easier lead, and slow days differ
from quick ones. So it is a range, in leads and never in money, and "not enough data" is what it says by default.
Published multiples of others' studies are never applied.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from audits.model.said import Said, say
from audits.statistics.enough import NotEnoughData
from audits.statistics.shares import Rate, Share, difference


@dataclass(frozen=True, slots=True)
class DelayClass:
    """Leads whose first attempt took more than the class before, up to and including `up_to_s` seconds of working
    time; None = longer still, or never. `converted`: those that became customers."""

    up_to_s: int | None
    converted: Share


@dataclass(frozen=True, slots=True)
class DelayCost:
    """`classes`: the quickest first. `difference`: how much greater the share converted is in the first class than
    in all others together. `leads_low`, `leads_high`: so many more of the slower leads would have converted at the
    first class's share; a range that holds 0 says that the data show no cost."""

    classes: tuple[DelayClass, ...]
    difference: Rate | NotEnoughData
    leads_low: int | None
    leads_high: int | None

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        known = self.difference if isinstance(self.difference, Rate) else None
        return {
            "classes": [{"up_to_s": each.up_to_s, **each.converted.to_json()} for each in self.classes],
            "difference": None if known is None else [known.share, known.low, known.high],
            "leads": None if known is None else [self.leads_low, self.leads_high],
        }

    def said(self) -> Said:
        """The result as a sentence."""
        if isinstance(self.difference, NotEnoughData):
            return self.difference.said()
        if self.leads_low is not None and self.leads_low <= 0:
            return say("Your own leads show no cost of delay that the numbers carry.")
        return say(
            "Had the slower leads converted as the quick ones did, {low} to {high} more would have: seen in your own "
            "leads, not proven to be due to the delay.",
            low=self.leads_low or 0,
            high=self.leads_high or 0,
        )


def delay_cost(leads: Iterable[tuple[int | None, bool]], edges_s: Sequence[int]) -> DelayCost:
    """`leads`: working seconds to the first attempt (None = never tried) and whether the lead converted; only leads
    that are ripe, closed or older than the usual cycle. `edges_s`: the upper edges of the classes, rising, at least
    one. Raises ValueError when they do not rise."""
    edges = list(edges_s)
    if not edges or any(later <= earlier for earlier, later in pairwise(edges)):
        raise ValueError(f"the edges {edges} do not rise")
    counts = [[0, 0] for _ in range(len(edges) + 1)]
    for delay_s, is_converted in leads:
        place = len(edges) if delay_s is None else bisect_left(edges, delay_s)
        counts[place][0] += is_converted
        counts[place][1] += 1
    classes = tuple(
        DelayClass(edge, Share(converted, n)) for edge, (converted, n) in zip([*edges, None], counts, strict=True)
    )
    quick = classes[0].converted
    slow = Share(sum(each.converted.hits for each in classes[1:]), sum(each.converted.n for each in classes[1:]))
    gap = difference(quick, slow)
    if isinstance(gap, NotEnoughData):
        return DelayCost(classes, gap, None, None)
    return DelayCost(classes, gap, floor(gap.low * slow.n), ceil(gap.high * slow.n))
