"""Sets of whole seconds as ordered, disjoint, half-open spans [start, end)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> list[Span]:
    """Union of spans in any order; overlapping and touching ones become one, empty and reversed ones vanish."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Seconds in both. Each side ordered and disjoint."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return common


def subtract(spans: Sequence[Span], cut: Sequence[Span]) -> list[Span]:
    """Seconds of the spans that no cut covers. Each side ordered and disjoint."""
    left: list[Span] = []
    j = 0
    for start, end in spans:
        while j < len(cut) and cut[j][1] <= start:
            j += 1
        k = j
        while k < len(cut) and cut[k][0] < end:
            if start < cut[k][0]:
                left.append((start, cut[k][0]))
            start = max(start, cut[k][1])
            k += 1
        if start < end:
            left.append((start, end))
    return left


def clip(spans: Sequence[Span], low: int, high: int) -> list[Span]:
    """The part of ordered, disjoint spans inside [low, high)."""
    return intersect(spans, [(low, high)]) if low < high else []
