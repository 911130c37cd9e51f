"""From pairs to persons: the likeliest pairs first, and never two in one cluster whom a guard keeps apart."""

from __future__ import annotations

import numpy as np

from audits.truth.duplicates.table import Flags, Numbers, Weights


def by_weight(left: Numbers, right: Numbers, weights: Weights) -> Numbers:
    """The pairs from the heaviest to the lightest; equal ones in the order of their places."""
    return np.lexsort((right, left, -np.round(weights, 6)))


def united(size: int, left: Numbers, right: Numbers, weights: Weights, apart: tuple[Numbers, Numbers]) -> Numbers:
    """For each of `size` records the first record of its cluster. `left`, `right`: pairs that are one person;
    `apart`: pairs that are two, and stay so even where a third record would join them."""
    root = list(range(size))
    enemies: dict[int, set[int]] = {}
    # Only who is joined to anybody can be joined to the wrong one: of many households few are looked at.
    is_joined = np.zeros(size, np.bool_)
    is_joined[left] = is_joined[right] = True
    both = is_joined[apart[0]] & is_joined[apart[1]]
    for one, other in zip(apart[0][both].tolist(), apart[1][both].tolist(), strict=True):
        enemies.setdefault(one, set()).add(other)
        enemies.setdefault(other, set()).add(one)
    members: dict[int, list[int]] = {}

    def head(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    order = by_weight(left, right, weights)
    for one, other in zip(left[order].tolist(), right[order].tolist(), strict=True):
        kept, gone = sorted((head(one), head(other)))
        if kept == gone:
            continue
        mine, theirs = members.get(kept, [kept]), members.get(gone, [gone])
        small, large = sorted((mine, theirs), key=len)
        if enemies and any(enemies.get(each) and not enemies[each].isdisjoint(large) for each in small):
            continue
        root[gone] = kept
        members[kept] = mine + theirs
        members.pop(gone, None)
    return np.array([head(place) for place in range(size)], np.int64)


def one_to_one(left: Numbers, right: Numbers, weights: Weights) -> Flags:
    """Which pairs stay when each record of either side has one partner at most: the heaviest first."""
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    stays = np.zeros(len(left), np.bool_)
    order = by_weight(left, right, weights)
    for place, one, other in zip(order.tolist(), left[order].tolist(), right[order].tolist(), strict=True):
        if one not in taken_left and other not in taken_right:
            taken_left.add(one)
            taken_right.add(other)
            stays[place] = True
    return stays
