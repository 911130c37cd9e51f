"""Values that are free text at a CRM: what they may mean, what we ship, and what the admin said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MappableField:
    """A field of the CRM whose values are the account's own, so that an admin says what they mean.

    `name` is also the field under which unmapped values are counted (LeadsRead.unmapped). `choices`: (meaning, words
    for people) in the order of the page. `shipped`: meanings of the values that the CRM itself ships, in the values'
    case-folded form. A value that is in neither is unknown, never guessed.
    """

    name: str
    label: str
    explains: str
    choices: tuple[tuple[str, str], ...]
    shipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def meanings(self) -> frozenset[str]:
        """The meanings that may be chosen."""
        return frozenset(meaning for meaning, _ in self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWords:
    """Statuses that a CRM ships: which `contacted` claim that somebody tried, and which mean `waiting` for the lead.
    They stand in the first policy of a new account."""

    contacted: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownValue:
    """A value that the account defines for a mappable field. `label`: what its people see."""

    field: str
    value: str
    label: str


class ValueMap:
    """What the values of the mappable fields mean for one install."""

    def __init__(
        self, fields: tuple[MappableField, ...], chosen: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        """`chosen`: (field, value) → meaning, as an admin said. A meaning that is no choice of the field is passed
        over: it was chosen in an older version."""
        self._shipped = {one.name: one.shipped for one in fields}
        meanings = {one.name: one.meanings for one in fields}
        self._chosen = {
            (name, value.casefold()): meaning
            for (name, value), meaning in (chosen or {}).items()
            if meaning in meanings.get(name, frozenset())
        }

    def is_chosen(self, name: str, meaning: str) -> bool:
        """Whether an admin said of any value of the field `name` that it means `meaning`."""
        return any(one == meaning for (field_name, _), one in self._chosen.items() if field_name == name)

    def meaning(self, name: str, value: str) -> str | None:
        """What `value` of the field `name` means: as chosen, else as shipped, else None. Case does not matter."""
        key = value.strip().casefold()
        chosen = self._chosen.get((name, key))
        return chosen if chosen is not None else self._shipped.get(name, {}).get(key)


@dataclass(slots=True)
class Unmapped:
    """What the values of the mappable fields mean to an account; collects (field, value) pairs without a word."""

    values: ValueMap = field(default_factory=lambda: ValueMap(()))
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def meaning(self, name: str, value: str) -> str | None:
        """What a value of a mappable field means; None, and noted, where nobody said."""
        meaning = self.values.meaning(name, value)
        if meaning is None:
            self.note(name, value)
        return meaning

    def note(self, name: str, value: str) -> None:
        """Remember one."""
        self.pairs.append((name, value[:100]))
