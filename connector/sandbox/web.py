"""How the people of a made-up account fill in a form: from which address, by which browser, in what time.

Addresses are those that are kept for documents and for measuring (RFC 3849, RFC 2544): they belong to nobody.
"""

from __future__ import annotations

import random
from typing import Final

from connector.sandbox.history import Visit

#: Browsers as they name themselves; the commonest first, as often as `_SHARES` says.
BROWSERS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 "
    "Edg/131.0.0.0",
)
_SHARES: Final = (30, 25, 20, 10, 8, 7)
#: Programs, which do not hide it.
PROGRAMS: Final = (
    "python-requests/2.32.3",
    "Scrapy/2.11.2 (+https://scrapy.org)",
    "curl/8.7.1",
    "Go-http-client/2.0",
)
HEADLESS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36"
)


class Web:
    """Gives visits. No two people share a part of the net, unless somebody sends them there."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._nets: set[str] = set()

    def visit(self) -> Visit:
        """That of a person: half a minute to some minutes on the form."""
        return Visit(self.address(self.net()), self.browser(), round(self._dice.lognormvariate(4.2, 0.5)) + 12)

    def browser(self) -> str:
        """A browser that many use."""
        return self._dice.choices(BROWSERS, weights=_SHARES)[0]

    def net(self) -> str:
        """A part of the net in which nobody else of the account is, as the beginning of its addresses."""
        while True:
            dice = self._dice
            net = (
                f"198.{dice.choice((18, 19))}.{dice.randrange(256)}."
                if dice.random() < 0.3 and len(self._nets) < 300
                else f"2001:db8:{dice.randrange(1, 16**4):x}:{dice.randrange(1, 16**4):x}:"
            )
            if net not in self._nets:
                self._nets.add(net)
                return net

    def address(self, net: str) -> str:
        """An address in that part of the net."""
        if net.endswith("."):
            return f"{net}{self._dice.randrange(1, 255)}"
        return (
            f"{net}{self._dice.randrange(16**4):x}:{self._dice.randrange(16**4):x}::{self._dice.randrange(16**4):x}"
        )
