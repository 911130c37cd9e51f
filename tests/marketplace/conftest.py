"""The app of the pages' tests answers the card here, too."""

from tests.web.conftest import make_web

__all__ = ["make_web"]
