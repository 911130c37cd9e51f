"""Numbers that regulators keep free for films, books and broadcasts: in the numbering plan, and nobody's.

Each range as (country code, pattern of the national significant number, who keeps it where). Looked up in November
2026. Countries of which no regulator's list was found (Norway, Denmark, Finland, Greece, the Arab states, Spain,
Italy, Poland …) have none here: a number is never called fictitious on hearsay.
"""

from __future__ import annotations

import re
from functools import lru_cache

DRAMA_RANGES: tuple[tuple[int, str, str], ...] = (
    # NANPA: 555-0100 to 555-0199 in each geographic area code; of the toll-free ones, 800-555-0199 alone.
    (1, r"(?!8(?:00|33|44|55|66|77|88)|900)[2-9]\d\d55501\d\d|8005550199", "NANPA, 555 line numbers"),
    # Ofcom, "Telephone numbers for use in TV and radio drama programmes".
    (44, r"1(?:1[3-8]|[2-6]1)4960\d{3}|1914980\d{3}|2079460\d{3}|2920180\d{3}|28(?:96496|90180)\d{3}", "Ofcom"),
    (44, r"1632960\d{3}|7700900\d{3}|8081570\d{3}|9098790\d{3}|306999\d{4}", "Ofcom"),
    # ACMA, "Phone numbers for use in TV shows, films and creative works".
    (61, r"[2378](?:5550|7010)\d{4}|1800160401|1[38]009757(?:0[7-9]|1[01])", "ACMA"),
    (
        61,
        r"49157(?:0(?:006|1(?:10|5[6-9])|313|737)|1(?:266|491|804)|2(?:549|665|983)|3(?:087|770)|4(?:118|632)"
        r"|5(?:254|789)|6(?:398|801)|7(?:426|644)|8(?:148|888|957)|9(?:212|455|760))",
        "ACMA",
    ),
    # ComReg, Numbering Conditions of Use: 020 91x xxxx for drama.
    (353, r"2091\d{5}", "ComReg"),
    # Arcep, decision 2018-0881, blocks for audiovisual works.
    (33, r"(?:19900|26191|35301|46571|53649|63998)\d{4}", "Arcep"),
    # Bundesnetzagentur, notice 148/2021, "Rufnummern für Medienproduktionen".
    (49, r"(?:3023125|6990009|4066969|2214710|8999998)\d{3}|17139200\d\d|176040690\d\d", "Bundesnetzagentur"),
    (
        49,
        r"152(?:28817386|28895456|54599371)|172(?:9925904|9968532|997318[56]|9980752)|174(?:9091317|9464308)",
        "Bundesnetzagentur",
    ),
    # PTS, "Telefonnummer för användning i böcker och filmer".
    (46, r"313900[6]\d\d|4062804\d\d|8465004\d\d|9803192\d\d|701740(?:60[5-9]|6[1-9]\d)", "PTS"),
)


@lru_cache(maxsize=1)
def _patterns() -> dict[int, re.Pattern[str]]:
    found: dict[int, list[str]] = {}
    for country_code, pattern, _ in DRAMA_RANGES:
        found.setdefault(country_code, []).append(pattern)
    return {country_code: re.compile("|".join(patterns)) for country_code, patterns in found.items()}


def is_of_film(country_code: int | None, national: str) -> bool:
    """Whether the number of this country code is one that a regulator keeps for films."""
    pattern = _patterns().get(country_code or 0)
    return pattern is not None and pattern.fullmatch(national) is not None
