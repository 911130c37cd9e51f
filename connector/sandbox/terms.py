"""What the made-up account knows of itself and its market, as its admin tells the app on the page of the policy."""

from __future__ import annotations

from typing import Final

DOMAIN: Final = "meridian-solar.example"
COMPETITOR_DOMAINS: Final = ("sonnkraft-direkt.de", "voltaro-energi.no")
COMPETITOR_NAMES: Final = ("Sonnkraft Direkt", "Voltaro Energi")
PRODUCTS: Final = ("panels", "modules", "heat pump", "battery", "wallbox", "carport", "balcony set")
#: So many panels go onto the roof of a factory.
MOST_PLAUSIBLE: Final = 2_000

#: By the fields of the policy's page, as its people type them.
TYPED: Final = {
    "own_domains": DOMAIN,
    "competitor_domains": ", ".join(COMPETITOR_DOMAINS),
    "competitor_names": ", ".join(COMPETITOR_NAMES),
    "products": ", ".join(PRODUCTS),
    "most_plausible": str(MOST_PLAUSIBLE),
}
