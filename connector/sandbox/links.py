"""Which record is associated with which, both ways, with the association type ids."""

from __future__ import annotations

from connector.sandbox.kinds import KINDS, Kind, association_type_id

_BY_PLURAL = {kind.plural: kind for kind in KINDS}


class Links:
    """The associations of one portal. The caller holds the portal's lock."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], dict[str, dict[str, list[int]]]] = {}

    def of(self, from_kind: Kind, from_id: str, to_kind: Kind) -> dict[str, list[int]]:
        """id -> type ids of what is associated."""
        return self._links.get((from_kind.plural, to_kind.plural), {}).get(from_id, {})

    def all_of(self, kind: Kind, record_id: str) -> list[tuple[Kind, str, tuple[int, ...]]]:
        """(type, id, type ids) of everything associated with a record."""
        return [
            (_BY_PLURAL[pair[1]], other_id, tuple(type_ids))
            for pair, by_id in self._links.items()
            if pair[0] == kind.plural
            for other_id, type_ids in by_id.get(record_id, {}).items()
        ]

    def put(self, from_kind: Kind, from_id: str, to_kind: Kind, to_id: str, type_ids: tuple[int, ...]) -> None:
        """Associate both ways; without type ids by the default type."""
        self._put(from_kind, from_id, to_kind, to_id, type_ids or (association_type_id(from_kind, to_kind),))
        self._put(to_kind, to_id, from_kind, from_id, (association_type_id(to_kind, from_kind),))

    def drop(self, from_kind: Kind, from_id: str, to_kind: Kind, to_id: str) -> None:
        self.of(from_kind, from_id, to_kind).pop(to_id, None)
        self.of(to_kind, to_id, from_kind).pop(from_id, None)

    def forget(self, kind: Kind, record_id: str) -> None:
        """Drop all associations of a record."""
        for other_kind, other_id, _ in self.all_of(kind, record_id):
            self.drop(kind, record_id, other_kind, other_id)

    def _put(self, from_kind: Kind, from_id: str, to_kind: Kind, to_id: str, type_ids: tuple[int, ...]) -> None:
        by_id = self._links.setdefault((from_kind.plural, to_kind.plural), {})
        held = by_id.setdefault(from_id, {}).setdefault(to_id, [])
        held.extend(type_id for type_id in type_ids if type_id not in held)
