"""Texts of messages as plain words: what people wrote, without the markup that programs put around it."""

from __future__ import annotations

import re
from html import unescape

_BLOCKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul"})
_HIDDEN = frozenset({"style", "script", "head", "title"})
_LOOKS_LIKE_MARKUP = re.compile(r"<[a-zA-Z!/][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{2,5});")
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]*)|<[!/?]")
_END_OF = {name: re.compile(f"</{name}(?![a-z0-9])", re.IGNORECASE) for name in _HIDDEN}
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")


def _words(text: str) -> str:
    """What a reader sees of HTML. Every character is looked at a fixed number of times, however broken the markup is:
    anybody may write to a lead's address."""
    parts: list[str] = []
    hidden, place = "", 0
    while True:
        tag = (_TAG if not hidden else _END_OF[hidden]).search(text, place)
        if tag is None:
            break
        if not hidden:
            parts.append(unescape(text[place : tag.start()]))
        is_comment = tag.group() == "<!--"
        end = text.find("-->" if is_comment else ">", tag.end())
        if end < 0:
            # Never closed: a comment hides the rest, anything else was no tag.
            place = len(text) if is_comment or hidden else tag.start()
            break
        place = end + (3 if is_comment else 1)
        if hidden:
            hidden = ""
            continue
        name = (tag.group(2) or "").lower()
        if name in _BLOCKS:
            parts.append("\n")
        elif name in _HIDDEN and not tag.group(1):
            hidden = name
    if not hidden:
        parts.append(unescape(text[place:]))
    return "".join(parts)


def plain_text(text: str | None) -> str | None:
    """`text`, HTML or not, as plain words with one line per paragraph; None when nothing readable is in it."""
    if not text:
        return None
    if _LOOKS_LIKE_MARKUP.search(text):
        text = _words(text)
    lines = (_SPACES.sub(" ", line).strip() for line in text.replace("\r\n", "\n").split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip() or None
