"""Time zones: which UTC offset holds when, from the time-zone data of the machine (zoneinfo)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# Two clock changes of one zone are days apart (Freetown, 1939: four), so none hides between two daily looks.
_LOOK_EVERY_S = 86_400
# Present on some machines only, or counting leap seconds: the same name would mean different hours elsewhere.
_MACHINE_ZONES = ("localtime", "posixrules", "posix/", "right/")


def load_zone(name: str) -> ZoneInfo:
    """The rules of an IANA zone. Raises ValueError for any other name."""
    if not name.startswith(_MACHINE_ZONES):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass  # three ways in which zoneinfo says the same: unknown, malformed, a folder such as "Europe"
    raise ValueError(f"tz: {name!r} is not a time zone; give an IANA name such as Europe/Berlin")


def year_start(year: int) -> int:
    """UTC epoch seconds of 1 January, 00:00 UTC."""
    return (datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // SECOND


@lru_cache(maxsize=1024)
def offset_stretches(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """One UTC year cut where the zone's offset changes: (start, end, offset) in order, [start, end) in UTC epoch
    seconds, offset in seconds ahead of UTC. A change of the abbreviation alone is no change."""
    rules = load_zone(zone)

    def offset_at(instant: int) -> int:
        offset = (EPOCH + timedelta(seconds=instant)).astimezone(rules).utcoffset()
        return 0 if offset is None else offset // SECOND

    low, high = year_start(year), year_start(year + 1)
    stretches: list[tuple[int, int, int]] = []
    start, offset = low, offset_at(low)
    known = low
    while known < high - 1:
        ahead = min(known + _LOOK_EVERY_S, high - 1)
        if offset_at(ahead) == offset:
            known = ahead
            continue
        same, changed = known, ahead
        while changed - same > 1:
            middle = (same + changed) // 2
            if offset_at(middle) == offset:
                same = middle
            else:
                changed = middle
        stretches.append((start, changed, offset))
        start, offset, known = changed, offset_at(changed), changed
    stretches.append((start, high, offset))
    return tuple(stretches)
