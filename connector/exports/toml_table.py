"""One table of a TOML file that says in a sentence what is wrong with it: file, table and key."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

from connector.exports.problems import UnusableInput


class TomlTable:
    """A table being read. Every key must be asked for before `done`, which refuses the others as unknown."""

    def __init__(self, file: str, name: str, data: Mapping[str, object]) -> None:
        self.file = file
        self.name = name
        self._data = data
        self._asked: set[str] = set()

    @classmethod
    def load(cls, path: Path) -> TomlTable:
        """The top table of the file. Raises UnusableInput when it cannot be read or is no TOML."""
        try:
            with path.open("rb") as source:
                return cls(path.name, "", tomllib.load(source))
        except OSError as error:
            raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UnusableInput(f"{path}: is no valid TOML: {error}") from error

    def place(self, key: str = "") -> str:
        """Where `key` stands, for a sentence."""
        table = f"table [{self.name}]" if self.name else "the top of the file"
        return f"{self.file}, {table}" + (f", key {key!r}" if key else "")

    def problem(self, key: str, complaint: str) -> UnusableInput:
        """The error about `key`, to be raised."""
        return UnusableInput(f"{self.place(key)}: {complaint}")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def all_keys(self) -> tuple[str, ...]:
        """All keys; asking for them so counts as having read them."""
        self._asked.update(self._data)
        return tuple(self._data)

    def value(self, key: str) -> object:
        """The value as TOML gives it, or None."""
        self._asked.add(key)
        return self._data.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that must be there unless a default is given."""
        found = self.optional_text(key)
        if found is not None:
            return found
        if default is None:
            raise self.problem(key, "is missing")
        return default

    def optional_text(self, key: str) -> str | None:
        """A text or None."""
        found = self.value(key)
        if found is None or isinstance(found, str):
            return found
        raise self.problem(key, f"{found!r} is not a text; put it in quotes")

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """One text or a list of texts, as a tuple."""
        found = self.value(key)
        if found is None:
            return default
        if isinstance(found, str):
            return (found,)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return tuple(found)
        raise self.problem(key, f"{found!r} is neither a text nor a list of texts")

    def whole_number(self, key: str, default: int, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        found = self.value(key)
        if found is None:
            return default
        if isinstance(found, int) and not isinstance(found, bool) and found >= least:
            return found
        raise self.problem(key, f"{found!r} is not a whole number of at least {least}")

    def flag(self, key: str, *, default: bool) -> bool:
        """true or false."""
        found = self.value(key)
        if found is None:
            return default
        if isinstance(found, bool):
            return found
        raise self.problem(key, f"{found!r} is neither true nor false")

    def table(self, key: str) -> TomlTable | None:
        """The table under `key`, or None."""
        found = self.value(key)
        if found is None:
            return None
        if isinstance(found, dict):
            return TomlTable(self.file, self._below(key), found)
        raise self.problem(key, f"must be a table; write [{self._below(key)}]")

    def tables(self, key: str) -> list[TomlTable]:
        """The tables under `key`, which may be one table or a list of them ([[key]])."""
        found = self.value(key)
        if isinstance(found, list) and all(isinstance(item, dict) for item in found):
            return [TomlTable(self.file, self._below(key), item) for item in found]
        one = self.table(key)
        return [] if one is None else [one]

    def done(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not read as an absent one."""
        for key in self._data:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise self.problem(key, f"is unknown; {hint}Known here: {', '.join(sorted(self._asked))}")

    def _below(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key
