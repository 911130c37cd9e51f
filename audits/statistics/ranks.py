"""Which of ordered values is the percentile."""

from __future__ import annotations


def nearest_rank(n: int, percent: int) -> int:
    """The place, from 1, of the percentile among n ordered values. Raises ValueError for n = 0."""
    if n < 1 or not 0 < percent <= 100:
        raise ValueError(f"there is no {percent} % of {n}")
    return -(-n * percent // 100)
