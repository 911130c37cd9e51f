"""Which domains give mailboxes away for minutes, by two lists that others keep."""

from __future__ import annotations

from functools import lru_cache

from disposable_email_domains import blocklist

from audits.model.truth import Disposable
from audits.truth.email_domains import domain_meant, is_large, is_of_odd_end, is_relay, named_domains


@lru_cache(maxsize=1)
def _second_list() -> frozenset[str]:
    # Imported when first asked: its 56,000 domains take a tenth of a second to load.
    from MailChecker import MailChecker

    return frozenset(MailChecker.blacklist)


@lru_cache(maxsize=1)
def _named() -> frozenset[str]:
    return named_domains().union(blocklist, _second_list())


def is_unnamed(domain: str) -> bool:
    """Whether nothing is said of `domain` (ASCII, lower case) by any list, here or in `email_domains`, which one look
    tells of most; False = the lists are to be asked one by one."""
    return domain.count(".") == 1 and domain not in _named() and not is_of_odd_end(domain)


@lru_cache(maxsize=8_192)
def disposable_by_lists(domain: str) -> tuple[Disposable, str | None]:
    """How many of the two lists name `domain` (ASCII, lower case), and the domain as listed.

    The lists: disposable-email-domains, which names a domain or one above it, and mailchecker, which also names whole
    public suffixes and is therefore taken at its word for the very domain alone, or to confirm the first. Large
    providers, relays and slips of the fingers (gmial.com, whose holder waits for them) are on neither, whatever a
    list says: nobody chose those to throw them away.
    """
    if is_large(domain) or is_relay(domain) or domain_meant(domain) is not None:
        return Disposable.NO, None
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    second = _second_list()
    first = next((each for each in above if each in blocklist), None)
    if first is not None:
        confirmed = any(each in second for each in above if len(each) >= len(first))
        return (Disposable.YES if confirmed else Disposable.DOUBTFUL), first
    return (Disposable.DOUBTFUL, domain) if domain in second else (Disposable.NO, None)
