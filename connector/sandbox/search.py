"""Search: filter groups, one sort, offset paging with its cap, and an index that lags behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connector.sandbox.config import Settings
from connector.sandbox.fields import Definition
from connector.sandbox.kinds import CONTACTS, Kind, find_kind
from connector.sandbox.portal import Portal
from connector.sandbox.record import Record, record_json
from connector.sandbox.wire import (
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    as_texts,
    invalid,
    now_ms,
    parse_moment,
)

PAGE_LIMIT: Final = 200
GROUP_LIMIT: Final = 5
FILTER_LIMIT: Final = 6
ALL_FILTERS_LIMIT: Final = 18
BODY_LIMIT: Final = 3000
_FULL_TEXT: Final = {
    "contacts": ("email", "firstname", "lastname", "phone", "mobilephone", "company"),
    "companies": ("name", "domain", "phone"),
    "deals": ("dealname",),
}

Values = Mapping[str, str]
Test = Callable[[Record, Values], bool]


def search(portal: Portal, kind: Kind, sent: JsonObject, body_size: int, settings: Settings) -> JsonObject:
    """One page of a search. Raises ApiError 400 for what HubSpot refuses."""
    if body_size > BODY_LIMIT:
        raise invalid(f"The search request body is too long: {body_size} characters, at most {BODY_LIMIT}.")
    limit = as_int(sent.get("limit", 10), "limit")
    if not 1 <= limit <= PAGE_LIMIT:
        raise invalid(f"limit must be between 1 and {PAGE_LIMIT}, got {limit}")
    offset = as_int(sent.get("after") or 0, "after")
    if offset + limit > settings.search_cap:
        raise invalid(f"The request cannot page past {settings.search_cap} results: after {offset}, limit {limit}.")
    test = _groups(portal, kind, sent)
    key, is_descending = _sort(portal, kind, sent)
    needle = sent.get("query")
    words = as_text(needle, "query").lower().split() if needle else []
    until_ms = now_ms() - round(settings.index_lag_s * 1000)
    found: list[tuple[Record, Values]] = []
    with portal.lock:
        for record in portal.live(kind):
            values = record.indexed_values(until_ms)
            if values is not None and _has_words(kind, values, words) and test(record, values):
                found.append((record, values))
        found.sort(key=lambda pair: key(pair[1]), reverse=is_descending)
        names = as_texts(sent.get("properties"), "properties") or kind.shown
        page = [
            record_json(record, names, portal.known_names(kind), values=values)
            for record, values in found[offset : offset + limit]
        ]
    content: JsonObject = {"total": len(found), "results": page}
    if offset + limit < len(found):
        content["paging"] = {"next": {"after": str(offset + limit)}}
    return content


def _groups(portal: Portal, kind: Kind, sent: JsonObject) -> Test:
    groups = [as_object(entry, "filterGroups") for entry in as_list(sent.get("filterGroups"), "filterGroups")]
    if not groups and sent.get("filters"):
        groups = [{"filters": sent["filters"]}]
    filters = [[as_object(one, "filters") for one in as_list(group.get("filters"), "filters")] for group in groups]
    if len(groups) > GROUP_LIMIT:
        raise invalid(f"At most {GROUP_LIMIT} filterGroups are allowed, got {len(groups)}.")
    if any(len(group) > FILTER_LIMIT for group in filters):
        raise invalid(f"At most {FILTER_LIMIT} filters are allowed in a group.")
    if sum(len(group) for group in filters) > ALL_FILTERS_LIMIT:
        raise invalid(f"At most {ALL_FILTERS_LIMIT} filters are allowed in a request.")
    tests = [[_filter(portal, kind, one) for one in group] for group in filters]

    def fits(record: Record, values: Values) -> bool:
        return not tests or any(all(test(record, values) for test in group) for group in tests)

    return fits


def _filter(portal: Portal, kind: Kind, sent: JsonObject) -> Test:
    name = as_text(sent.get("propertyName"), "propertyName")
    operator = as_text(sent.get("operator"), "operator")
    if name.startswith("associations."):
        return _association_filter(portal, kind, name, operator, sent)
    definition = portal.known_names(kind).get(name)
    if definition is None or definition.archived:
        raise invalid(f"There was a problem with the request: property {name} does not exist.", propertyName=[name])
    if operator == "HAS_PROPERTY":
        return lambda _record, values: bool(values.get(name))
    if operator == "NOT_HAS_PROPERTY":
        return lambda _record, values: not values.get(name)
    if operator in ("IN", "NOT_IN"):
        return _in_filter(definition, as_texts(sent.get("values"), "values"), operator == "IN")
    if operator == "BETWEEN":
        low = _comparable(definition, as_text(sent.get("value"), "value"))
        high = _comparable(definition, as_text(sent.get("highValue"), "highValue"))
        return lambda _record, values: _compared(
            definition, values, lambda own: not _is_less(own, low) and not _is_less(high, own)
        )
    wanted_text = as_text(sent.get("value"), "value")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        token = wanted_text.lower().strip("*")
        return lambda _record, values: (token in values.get(name, "").lower()) == (operator == "CONTAINS_TOKEN")
    wanted = _comparable(definition, wanted_text)
    tests: dict[str, Callable[[float | str], bool]] = {
        "EQ": lambda own: own == wanted,
        "LT": lambda own: _is_less(own, wanted),
        "LTE": lambda own: own == wanted or _is_less(own, wanted),
        "GT": lambda own: _is_less(wanted, own),
        "GTE": lambda own: own == wanted or _is_less(wanted, own),
    }
    if operator == "NEQ":
        return lambda _record, values: not _compared(definition, values, tests["EQ"])
    if operator not in tests:
        raise invalid(f"Invalid operator {operator}.")
    return lambda _record, values: _compared(definition, values, tests[operator])


def _in_filter(definition: Definition, texts: list[str], is_in: bool) -> Test:
    # HubSpot compares IN on strings in lower case and expects the caller to send it so.
    wanted = {_comparable(definition, text) if definition.type != "string" else text for text in texts}

    def fits(_record: Record, values: Values) -> bool:
        return _compared(definition, values, lambda own: own in wanted) == is_in

    return fits


def _association_filter(portal: Portal, kind: Kind, name: str, operator: str, sent: JsonObject) -> Test:
    other = find_kind(name.removeprefix("associations."))
    if operator == "EQ":
        ids = {as_text(sent.get("value"), "value")}
    elif operator == "IN":
        ids = set(as_texts(sent.get("values"), "values"))
    else:
        raise invalid(f"Invalid operator {operator} for {name}.")
    linked = {link[0] for one in ids for link in portal.associated(other, one, kind)}
    return lambda record, _values: record.id in linked


def _compared(definition: Definition, values: Values, test: Callable[[float | str], bool]) -> bool:
    text = values.get(definition.name)
    if not text:
        return False
    return test(_comparable(definition, text))


def _is_less(left: float | str, right: float | str) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return str(left) < str(right)
    return left < right


def _comparable(definition: Definition, text: str) -> float | str:
    """Moments and numbers as numbers, the rest in lower case."""
    try:
        if definition.type in ("datetime", "date"):
            return float(parse_moment(text))
        if definition.type == "number":
            return float(text)
    except ValueError:
        raise invalid(f"{text} is not a valid value of {definition.name}.", propertyName=[definition.name]) from None
    return text.lower()


def _sort(portal: Portal, kind: Kind, sent: JsonObject) -> tuple[Callable[[Values], tuple[bool, float, str]], bool]:
    sorts = as_list(sent.get("sorts"), "sorts")
    if len(sorts) > 1:
        raise invalid("Only one sort is allowed.")
    name, is_descending = kind.created, False
    if sorts:
        wish = sorts[0]
        if isinstance(wish, dict):
            name = as_text(wish.get("propertyName"), "propertyName")
            is_descending = as_text(wish.get("direction", "ASCENDING"), "direction") == "DESCENDING"
        else:
            name = as_text(wish, "sorts")
            is_descending, name = name.startswith("-"), name.removeprefix("-")
    definition = portal.known_names(kind).get(name)
    if definition is None:
        raise invalid(f"There was a problem with the request: property {name} does not exist.", propertyName=[name])

    def key(values: Values) -> tuple[bool, float, str]:
        text = values.get(name)
        if not text:
            return (not is_descending, 0.0, "")
        value = _comparable(definition, text)
        return (is_descending, 0.0, value) if isinstance(value, str) else (is_descending, value, "")

    return key, is_descending


def _has_words(kind: Kind, values: Values, words: list[str]) -> bool:
    if not words:
        return True
    names = _FULL_TEXT.get(kind.plural, _FULL_TEXT[CONTACTS.plural])
    text = " ".join(values.get(name, "") for name in names).lower()
    return all(word in text for word in words)
