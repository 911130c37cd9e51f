"""JSON as it stands in text columns: read back with its shape checked, so that no Any leaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from audits.model.case import Coverage, Fact
from audits.model.finding import Evidence, Measure
from audits.model.said import Said, from_json, to_json, verbatim
from audits.model.score import Score, ScorePart
from audits.truth.kept import Truth, has_quotes, truth_from_json, truth_to_json
from connector.storage.column_types import from_micros, storable, to_micros


def dump_list(items: Iterable[object]) -> str:
    """A JSON array."""
    return json.dumps(list(items), separators=(",", ":"))


def dump_map(values: Mapping[str, str]) -> str:
    """A JSON object with sorted keys: equal maps give equal text."""
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":"))


def load_strings(text: str) -> tuple[str, ...]:
    """A JSON array of strings."""
    return tuple(_text(item) for item in json.loads(text))


def load_map(text: str) -> dict[str, str]:
    """A JSON object of strings."""
    return {_text(key): _text(value) for key, value in json.loads(text).items()}


def load_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """A JSON array of pairs of strings."""
    return tuple((_text(key), _text(value)) for key, value in json.loads(text))


def dump_coverage(coverage: Coverage) -> str:
    """Coverage → text."""
    return dump_unseen(coverage.missing)


def load_coverage(text: str) -> Coverage:
    """Text → coverage."""
    return Coverage(missing=load_unseen(text))


def dump_unseen(missing: Iterable[tuple[Fact, str]]) -> str:
    """Facts that one lead does not show, with their causes → text."""
    return dump_list([fact.value, cause] for fact, cause in missing)


def load_unseen(text: str) -> tuple[tuple[Fact, str], ...]:
    """Text → facts that one lead does not show, with their causes."""
    return tuple((Fact(fact), cause) for fact, cause in load_pairs(text))


def dump_measures(measures: Iterable[Measure]) -> str:
    """Measures → text."""
    return dump_list([each.name, each.value, each.unit] for each in measures)


def load_measures(text: str) -> tuple[Measure, ...]:
    """Text → measures."""
    return tuple(Measure(str(name), value, str(unit)) for name, value, unit in json.loads(text))


def dump_evidence(evidence: Iterable[Evidence]) -> str:
    """Evidence → text."""
    return dump_list(
        [each.record_type, each.record_id, each.field, each.value, None if each.at is None else to_micros(each.at)]
        for each in evidence
    )


def load_evidence(text: str) -> tuple[Evidence, ...]:
    """Text → evidence."""
    return tuple(
        Evidence(
            record_type=_text(kind),
            record_id=_text(record_id),
            field=_text(field),
            value=_text(value),
            at=None if at is None else from_micros(at),
        )
        for kind, record_id, field, value, at in json.loads(text)
    )


def dump_score(score: Score) -> str:
    """The parts of a score → text."""
    return dump_list([part.name, part.points, part.out_of, to_json(part.why)] for part in score.parts)


def load_score(text: str) -> Score:
    """Text → score."""
    return Score(
        tuple(ScorePart(str(name), points, out_of, _said(why)) for name, points, out_of, why in json.loads(text))
    )


def dump_said(said: Said) -> str:
    """What is said → text."""
    return json.dumps(to_json(said), separators=(",", ":"))


def load_said(text: str) -> Said:
    """Text → what is said."""
    return _said(json.loads(text))


#: How the text of a judgement begins in which words of the lead's message are quoted.
QUOTES = '{"quotes":true'


def dump_truth(truth: Truth) -> str:
    """What a lead is → text; equal judgements give equal text. It begins with QUOTES where it quotes a message."""
    head: dict[str, object] = {"quotes": True} if has_quotes(truth) else {}
    return json.dumps({**head, **truth_to_json(truth)}, separators=(",", ":"))


def load_truth(text: str) -> Truth:
    """Text → what a lead is. Raises ValueError for what `dump_truth` did not write."""
    return truth_from_json(_all_storable(json.loads(text)))


def _said(data: object) -> Said:
    """A plain text is a sentence from before sentences had parts."""
    said = from_json(_all_storable(data))
    return said if isinstance(said, Said) else verbatim(_text(said))


def _all_storable(data: object) -> object:
    if isinstance(data, str):
        return storable(data)
    if isinstance(data, dict):
        return {_text(name): _all_storable(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_all_storable(each) for each in data]
    return data


def _text(value: object) -> str:
    """A value as text. JSON escapes half of a surrogate pair, so that it passes the column type and comes back."""
    return storable(str(value))
