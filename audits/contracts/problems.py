"""What may be wrong with a contract before it is signed: one closed list of codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audits.model.said import Said, english, joined


class Severity(StrEnum):
    """ERROR: the contract contradicts itself. WARNING: it can be judged, but not all that it says."""

    ERROR = "error"
    WARNING = "warning"


class ProblemCode(StrEnum):
    """What is wrong. The value is what tools read; it is never renamed."""

    # Words against figures
    NUMBER_DIFFERS = "number_differs"
    NUMBER_WITHOUT_FIGURE = "number_without_figure"
    BUSINESS_DAYS_DIFFER = "business_days_differ"

    # Versions
    VERSIONS_OVERLAP = "versions_overlap"
    VERSION_TWICE = "version_twice"
    VERSION_GAP = "version_gap"
    VERSION_ORDER = "version_order"
    VENDOR_CHANGES = "vendor_changes"
    CONTRACTS_COMPETE = "contracts_compete"
    VALID_TO_BEFORE_FROM = "valid_to_before_from"

    # Hours
    BUSINESS_DAYS_WITHOUT_HOURS = "business_days_without_hours"
    BUSINESS_DAYS_WITHOUT_DAYS = "business_days_without_days"
    BUSINESS_TIME_WITHOUT_HOURS = "business_time_without_hours"

    # Prices
    PRICE_PART_UNUSED = "price_part_unused"
    PRICE_ZERO = "price_zero"
    PRICE_MISSING = "price_missing"
    PRICE_TWICE = "price_twice"
    SHARE_OVER_100 = "share_over_100"
    TIER_NEVER_REACHED = "tier_never_reached"
    OVERAGE_WITHOUT_ORDERED = "overage_without_ordered"
    OVERAGE_NEVER_REACHED = "overage_never_reached"
    REV_SHARE_WITH_TOLERANCE = "rev_share_with_tolerance"
    MIN_ORDER_ABOVE_CAP = "min_order_above_cap"
    MIN_ORDER_ABOVE_ORDERED = "min_order_above_ordered"

    # Volume and caps
    ORDERED_ABOVE_CAP = "ordered_above_cap"
    SHORTFALL_WITHOUT_ORDERED = "shortfall_without_ordered"
    SHORTFALL_OVERLAPS = "shortfall_overlaps"
    SHORTFALL_GAP = "shortfall_gap"
    CAP_LETS_NOTHING_PASS = "cap_lets_nothing_pass"  # noqa: S105  (no password)
    CAP_NEVER_REACHED = "cap_never_reached"
    CAP_TWICE = "cap_twice"
    CAP_NOT_WHOLE = "cap_not_whole"
    MONEY_CAP_BELOW_PRICE = "money_cap_below_price"

    # Delivery, filters, duplicates
    WITHOUT_EFFECT = "without_effect"
    QUEUE_MENDS_NOTHING = "queue_mends_nothing"
    RETURNABLE_WITHOUT_RETURNS = "returnable_without_returns"
    FILTER_FIELD_NOT_REQUIRED = "filter_field_not_required"
    FILTERS_EXCLUDE = "filters_exclude"
    FILTER_TWICE = "filter_twice"
    EXCLUSIVITY_DIFFERS = "exclusivity_differs"
    DUPLICATES_TWICE = "duplicates_twice"
    DUPLICATES_TOO_OLD = "duplicates_too_old"

    # Returns
    WINDOW_ENDS_BEFORE_START = "window_ends_before_start"
    WINDOW_WITHOUT_END = "window_without_end"
    CREDITABLE_AND_NOT = "creditable_and_not"
    REASON_TWICE = "reason_twice"
    WORD_TWICE = "word_twice"
    NOTHING_CREDITABLE = "nothing_creditable"
    REASON_WITHOUT_CLAUSE = "reason_without_clause"
    CAP_OVER_100 = "cap_over_100"
    BASE_WITHOUT_ORDERED = "base_without_ordered"
    GROUP_NOT_REQUIRED = "group_not_required"
    TOLERANCE_BEARS_ALL = "tolerance_bears_all"
    TOLERANCE_BEARS_NONE = "tolerance_bears_none"
    SILENCE_WITHOUT_TERM = "silence_without_term"
    TERM_WITHOUT_SILENCE = "term_without_silence"
    AUTO_BEYOND_WINDOW = "auto_beyond_window"
    AUTO_BEFORE_WINDOW = "auto_before_window"
    REPLACEMENT_WITH_RESUBMIT = "replacement_with_resubmit"
    DEEMED_VALID_BEFORE_WINDOW = "deemed_valid_before_window"
    DEEMED_VALID_AFTER_WINDOW = "deemed_valid_after_window"
    CUT_OFF_DEFEATS_REASON = "cut_off_defeats_reason"
    CUT_OFF_AGAINST_DUTY = "cut_off_against_duty"

    # Evidence
    EVIDENCE_IMPOSSIBLE = "evidence_impossible"
    EVIDENCE_NAMES_PERSONS = "evidence_names_persons"
    ATTEMPTS_DIFFER = "attempts_differ"

    # Duties
    DUTY_AFTER_WINDOW = "duty_after_window"
    DUTY_BEFORE_WINDOW = "duty_before_window"
    DUTY_WITHOUT_END = "duty_without_end"
    DUTY_TWICE = "duty_twice"
    DUTY_IMPOSSIBLE = "duty_impossible"
    DUTY_OF_NOTHING = "duty_of_nothing"
    DISPOSITION_DIFFERS = "disposition_differs"

    CANNOT_BE_TESTED = "cannot_be_tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at `place` (returns.window) of a version, and how to mend it. `position`: which of the contracts
    that were checked it is, from 0; `other`: which one it disagrees with, at the same place."""

    place: str
    code: ProblemCode
    severity: Severity
    said: Said
    mend: Said
    position: int = 0
    other: int | None = None

    @property
    def sentence(self) -> str:
        """What is wrong and how to mend it, in English."""
        return english(joined(self.said, self.mend))


def error(place: str, code: ProblemCode, said: Said, mend: Said) -> Problem:
    """A contradiction."""
    return Problem(place=place, code=code, severity=Severity.ERROR, said=said, mend=mend)


def warning(place: str, code: ProblemCode, said: Said, mend: Said) -> Problem:
    """Something that cannot be tested, or has no effect."""
    return Problem(place=place, code=code, severity=Severity.WARNING, said=said, mend=mend)
