"""Answers kept by what was asked: for the many words of texts cheaper than a cache that knows which was used last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


class KeptAnswers(dict[str, Answer]):
    """`kept[text]` is `function(text)`, worked out once. Of more than `most` texts all are forgotten, and asked anew;
    `kept.get(text)` asks nothing. What is raised is raised each time."""

    def __init__(self, function: Callable[[str], Answer], most: int) -> None:
        super().__init__()
        self._function, self._most = function, most

    def __missing__(self, text: str) -> Answer:
        found = self._function(text)
        if len(self) >= self._most:
            self.clear()
        self[text] = found
        return found
