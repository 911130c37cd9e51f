"""Texts of messages as plain words, however broken their markup is."""

from __future__ import annotations

import time

import pytest

from connector.crm.plain_text import plain_text


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("<p>Hi &amp; bye</p><style>a<b{}</style>x<!-- c -->y<br>3 < 4 <3", "Hi & bye\nxy\n3 < 4 <3"),
        ("<![if !x]>a<![endif]>b", "ab"),
        ("<p>a</p><![CDATA[", "a\n<![CDATA["),
        ("<script>if(a<b){}</script>c <head><title>x</title>q</head>w", "c w"),
        ("<p>shown</p><script>never closed", "shown"),
        ("<p>shown</p><!-- never closed", "shown"),
        ("<header>kept</header>", "kept"),
        ("3 < 4", "3 < 4"),
    ],
)
def test_what_a_reader_sees(sent: str, read: str) -> None:
    assert plain_text(sent) == read


@pytest.mark.parametrize(
    "part", ["<", "<a ", "<!", "<!--", "</", "<![", "<a b='", "&", "&#", "<script>", "<?", "\n "]
)
def test_no_markup_takes_long_to_be_read(part: str) -> None:
    begun = time.process_time()
    plain_text("<p>" + (part * 200_000)[:200_000])
    assert time.process_time() - begun < 3
