"""What the answer to a card costs, beside the lead page for the same lead, in one run on one machine.

    python benchmarks/cards.py [leads]

One account on SQLite. Both are asked over WSGI, signed as a CRM and a browser would, in turns. The card's part of the
lead page's time is the figure that compares machines; that a card takes well under a second is what CRMs ask for.
The account is then ten times as big: what a card costs must not follow.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from connector.logs import configure_logs
from connector.storage.migrate import upgrade
from tests.conftest import DatabaseUrls
from tests.web.card_calls import ask_hubspot
from tests.web.conftest import WebApp, close_web, open_web
from tests.web.seed import NOW, Tenant, seed_tenant

ROUNDS = 60


def one(web: WebApp, tenant: Tenant, lead_id: str) -> tuple[float, float]:
    """Milliseconds of a card and of the page of one lead."""
    client = web.signed_in(tenant, tenant.admin_id)
    begun = time.perf_counter()
    answer = ask_hubspot(client, portal="247279312", user=tenant.admin_id, record=lead_id, now=NOW)
    card_ms = (time.perf_counter() - begun) * 1e3
    begun = time.perf_counter()
    page = client.get(f"/leads/{lead_id}")
    page_ms = (time.perf_counter() - begun) * 1e3
    if (answer.status_code, page.status_code) != (200, 200) or not answer.json["leads"][0]["details"]:
        raise SystemExit("the card or the page did not answer")
    return card_ms, page_ms


def measure(leads: int) -> tuple[float, float, float]:
    """Median of the card, its 99th percentile, median of the page; milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        urls = DatabaseUrls(f"sqlite:///{name}/leadassay.sqlite", f"sqlite:///{name}/inbox.sqlite")
        upgrade(urls.database_url, urls.inbox_url)
        web = open_web(urls, Path(name))
        try:
            tenant = seed_tenant(web.context, leads=leads)
            step = max(1, len(tenant.lead_ids) // ROUNDS)
            one(web, tenant, tenant.lead_ids[0])
            taken = [one(web, tenant, lead_id) for lead_id in tenant.lead_ids[::step][:ROUNDS]]
        finally:
            close_web(web)
    cards = sorted(card for card, _ in taken)
    return median(cards), cards[int(len(cards) * 0.99)], median(page for _, page in taken)


def main() -> None:
    """Print one line per size, and the ratios."""
    configure_logs("ERROR")
    small = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print("   leads   card ms   p99 ms   page ms   card / page")
    medians = []
    for leads in (small, 10 * small):
        card_ms, p99_ms, page_ms = measure(leads)
        medians.append(card_ms)
        print(f"{leads:8,} {card_ms:9.1f} {p99_ms:8.1f} {page_ms:9.1f} {card_ms / page_ms:13.2f}")
    print(f"ten times the leads: the card takes {medians[1] / medians[0]:.2f} times as long")


if __name__ == "__main__":
    main()
