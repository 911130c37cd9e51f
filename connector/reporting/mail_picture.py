"""A picture as PNG, for mail: few mail programs draw SVG.

The drawing library brings a font for Latin and Greek letters and takes others from the system, where there may be
none; and it writes each word from left to right. Arabic words get our own font and their direction.
"""

from __future__ import annotations

import atexit
import re
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import vl_convert

# WeasyPrint reads fonts with it too, and brings what WOFF2 needs.
from fontTools.ttLib import TTFont

_SCALE = 1.5
_FONT = Path(__file__).parent / "fonts" / "noto-sans-arabic-arabic-400-normal.woff2"
_FAMILY = "Noto Sans Arabic"
_TEXT = re.compile(r"(<text\b[^>]*>)([^<]*)(?=</text>)")
_ARABIC = re.compile("[\u0600-\u06ff]")
_FONT_NAMED = re.compile(r'font-family="[^"]*"')
#: Right-to-left embedding and its end.
_BEGIN, _END = "\u202b", "\u202c"


def png_of(svg: str) -> bytes:
    """The SVG, one of ours, as PNG at one and a half times its size."""
    if _ARABIC.search(svg):
        _register()
        svg = _TEXT.sub(_in_arabic, svg)
    return bytes(vl_convert.svg_to_png(svg, scale=_SCALE))


def _in_arabic(found: re.Match[str]) -> str:
    tag, text = found.groups()
    if not _ARABIC.search(text):
        return str(found.group())
    return f"{_FONT_NAMED.sub(f'font-family={_FAMILY!r}', tag)}{_BEGIN}{text}{_END}"


@lru_cache(maxsize=1)
def _register() -> TemporaryDirectory[str]:
    """The folder of the font in a form that the library reads; it lives as long as the process."""
    folder = TemporaryDirectory(prefix="lead-assay-font-")
    atexit.register(folder.cleanup)
    font = TTFont(_FONT)
    font.flavor = None
    font.save(Path(folder.name) / "arabic.ttf")
    font.close()
    vl_convert.register_font_directory(folder.name)
    return folder
